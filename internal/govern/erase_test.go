package govern_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/store"
)

// An eraser is a lab with two stewards whose word counts.
type eraser struct {
	*lab
	ben *govtest.Actor
}

func newEraser(t *testing.T) *eraser {
	e := &eraser{lab: newLab(t, govtest.New(t))}
	e.ben = e.Person("ben", gov.Steward, "lab")
	e.Clock.Turn(8 * 24 * time.Hour)
	return e
}

// subject is a record of a person, with a mark that a file can be searched for.
func subject(key, who string, labels ...string) *gov.Record {
	r := govtest.Record(key, labels...)
	r.Attributes = map[string]string{"subject": who, "note": "marker-of-" + who}
	return r
}

const ofS17 = `record.attributes["subject"] == "s17"`

func (e *eraser) request(where string) gov.ErasureID {
	e.t.Helper()
	done, err := e.Service.RequestErasure(ctx, e.sue.Call(), govern.RequestErasure{Project: "lab", Where: where, Reason: "article 17"})
	e.must(err)
	return done.Event.Erasure
}

func (e *eraser) approve(id gov.ErasureID) {
	e.t.Helper()
	_, err := e.Service.ApproveErasure(ctx, e.ben.Call(), id)
	e.must(err)
}

func (e *eraser) run(id gov.ErasureID) error {
	_, err := e.Service.RunErasure(ctx, e.sue.Call(), id)
	return err
}

func (e *eraser) erase(where string) gov.ErasureID {
	e.t.Helper()
	id := e.request(where)
	e.approve(id)
	e.must(e.run(id))
	return id
}

// fill registers versions in which s17 comes, is relabelled, and stays.
func (e *eraser) fill() {
	e.Dataset("lab/faces")
	e.Register(e.sue, "lab/faces", subject("a", "s1", "fist"), subject("b", "s17", "fist"), subject("c", "s2", "palm"))
	e.Edit(e.sue, "lab/faces", govern.Edit{Put: subject("b", "s17", "palm")})
	e.Edit(e.sue, "lab/faces", govern.Edit{Put: subject("d", "s17")})
	e.Edit(e.sue, "lab/faces", govern.Edit{Put: subject("e", "s3")})
}

// fileHolds reports whether the bytes stand anywhere in a file of the store.
func (e *eraser) fileHolds(path, text string) bool {
	e.t.Helper()
	b, err := os.ReadFile(path)
	e.must(err)
	return bytes.Contains(b, []byte(text))
}

// compacted returns a compacted copy of the store's file.
func (e *eraser) compacted() string {
	e.t.Helper()
	dir := e.t.TempDir()
	copied, compact := filepath.Join(dir, "copy.db"), filepath.Join(dir, "compact.db")
	e.must(e.Store.Backup(ctx, copied))
	e.must(store.Compact(copied, compact))
	return compact
}

// derived counts what is kept of measures and indexes.
func (e *eraser) derived() (memos, indexes int) {
	e.t.Helper()
	back := errors.New("take it back")
	err := e.Store.Update(ctx, func(tx *store.Tx) error {
		_, memos = tx.ForgetMemos(nil, 1<<20, func(gov.Digest) bool { return false })
		err := tx.Indexes("lab/faces", func(gov.Digest, []byte) error {
			indexes++
			return nil
		})
		return errors.Join(err, back)
	})
	if !errors.Is(err, back) {
		e.t.Fatal(err)
	}
	return memos, indexes
}

// What is erased is nowhere, and everything else is what it was.
func TestErasure(t *testing.T) {
	e := newEraser(t)
	e.fill()
	if !e.fileHolds(e.compacted(), "marker-of-s17") {
		t.Fatal("the mark is not in the file before: the test shows nothing")
	}
	var digests []gov.Digest
	for n := uint64(1); n <= 4; n++ {
		v, err := e.Service.Version(ctx, e.sue.Call(), gov.Ref{Dataset: "lab/faces", Number: n})
		e.must(err)
		digests = append(digests, v.Digest)
	}
	for _, stage := range []gov.Stage{1, 4} { // what was measured and indexed goes too
		_, err := e.Service.RunCheck(ctx, e.sue.Call(), govern.Check{Ref: gov.Ref{Dataset: "lab/faces"}, Stage: stage}, func(uint64, uint64) {})
		e.must(err)
	}
	if memos, indexes := e.derived(); memos == 0 || indexes == 0 {
		t.Fatalf("%d memos and %d indexes before: the test shows nothing", memos, indexes)
	}
	id := e.erase(ofS17)
	if memos, indexes := e.derived(); memos+indexes > 0 {
		t.Errorf("%d memos and %d indexes saw what was erased", memos, indexes)
	}
	row, err := e.Service.Erasure(ctx, e.sue.Call(), id)
	if e.must(err); row.State != gov.ErasureDone || row.Found != (gov.ErasureCount{Records: 2, Values: 3, Versions: 4, Looked: 14, Failed: 2}) {
		t.Errorf("the erasure is %+v", row)
	}
	for n := uint64(1); n <= 4; n++ {
		ref := gov.Ref{Dataset: "lab/faces", Number: n}
		v, err := e.Service.Version(ctx, e.sue.Call(), ref)
		if e.must(err); v.Digest != digests[n-1] || v.ComputeDigest() != v.Digest {
			t.Errorf("version %d has another digest", n)
		}
		_, _, err = e.Service.Record(ctx, e.sue.Call(), ref, "b")
		e.refused(err, gov.NotFound, "ERASED")
		r, _, err := e.Service.Record(ctx, e.sue.Call(), ref, "a")
		if e.must(err); r.Attributes["subject"] != "s1" {
			t.Errorf("record a is %+v", r)
		}
	}
	if e.fileHolds(e.compacted(), "marker-of-s17") {
		t.Error("the value is still in the file")
	}
	if !e.fileHolds(e.compacted(), "marker-of-s1") || !e.fileHolds(e.compacted(), "marker-of-s3") {
		t.Error("others' values are gone")
	}
	before := e.LogSize()
	if e.must(e.run(id)); e.LogSize() != before {
		t.Error("an erasure that is done is run again")
	}

	// A push that still has the file is told so; one that leaves it out is not.
	register := func(records ...*gov.Record) error {
		in := govern.Register{Dataset: "lab/faces", Parent: e.Newest(e.sue, "lab/faces")}
		_, err := e.Service.RegisterVersion(ctx, e.sue.Call(), in, govtest.Puts(records...))
		return err
	}
	e.refused(register(subject("a", "s1"), subject("b", "s17", "fist")), gov.Invalid, "RECORD_ERASED")
	e.refused(register(subject("a", "s1"), subject("b", "under another name", "wave")), gov.Invalid, "RECORD_ERASED")
	e.must(register(subject("a", "s1"), subject("c", "s2", "palm")))
	for ref, gone := range map[string]bool{"lab/faces@v1": true, "lab/faces@v4": true, "lab/faces@v5": false, "lab/poses@v1": false} {
		if e.lacking(ref)["ERASED"] != gone {
			t.Errorf("a run on %s is held up for what was erased: %v, want %v", ref, !gone, gone)
		}
	}
	_, err = e.Service.RequestErasure(ctx, e.sue.Call(), govern.RequestErasure{Project: "lab", Where: ofS17, Reason: "again"})
	e.refused(err, gov.NotFound, "NOTHING_FOUND")
}

// A record that was erased stays out whichever way it is brought, and is known by
// its key and content together: neither alone keeps anything out.
func TestErasedStaysOut(t *testing.T) {
	e := newEraser(t)
	e.fill()
	id := e.erase(ofS17)
	b, other, moved := subject("b", "s17", "fist"), subject("b", "s17"), subject("bb", "s17")
	other.Content[0] ^= 1
	moved.Content = b.Content
	push := func(r *gov.Record) error {
		in := govern.Register{Dataset: faces, Parent: e.Newest(e.sue, faces), Delta: true}
		_, err := e.Service.RegisterVersion(ctx, e.sue.Call(), in, govtest.Puts(r))
		return err
	}
	take := func(lot string, r *gov.Record) error {
		_, err := e.Service.TakeLot(ctx, e.sue.Call(), govern.TakeLot{Dataset: faces, Lot: lot, Message: "new ones"}, govtest.Puts(r))
		return err
	}
	e.refused(push(b), gov.Invalid, "RECORD_ERASED")
	e.refused(take("one", b), gov.Invalid, "RECORD_ERASED")
	e.must(push(moved))
	e.must(push(other))

	// The log holds the tags in their frozen form, and the salt makes them tell nothing.
	var salt [16]byte
	var doc []byte
	var hashes []gov.Digest
	e.View(func(tx *store.Tx) error {
		d, err := tx.Dataset(faces)
		row, err1 := tx.Erasure(id)
		err = errors.Join(err, err1)
		if err == nil {
			salt, err = tx.Salt(d.Salt)
		}
		if err == nil {
			doc, err = tx.Document(row.Hashes)
			doc = bytes.Clone(doc)
		}
		if err == nil {
			hashes, err = govern.ErasedHashes(tx, row)
		}
		return err
	})
	var tags []gov.Digest
	for _, r := range []*gov.Record{b, subject("d", "s17")} {
		mac := hmac.New(sha256.New, salt[:])
		mac.Write(append(append([]byte("govd/erased/1\x00"), byte(len(r.Key))), r.Key...))
		mac.Write(r.Content[:])
		tags = append(tags, gov.Digest(mac.Sum(nil)))
	}
	slices.SortFunc(tags, func(a, b gov.Digest) int { return bytes.Compare(a[:], b[:]) })
	want := fmt.Appendf(nil, "govd/erased/1\n%d\n", len(hashes))
	for _, h := range append(hashes, tags...) {
		want = append(want, h[:]...)
	}
	if len(hashes) != 3 || !bytes.Equal(doc, want) {
		t.Errorf("the document of what was erased is\n%x\nwant\n%x", doc, want)
	}
}

// Two people, holds, and what was looked at.
func TestErasureIsRefused(t *testing.T) {
	e := newEraser(t)
	e.fill()
	ask := func(by *govtest.Actor, where, reason string) error {
		_, err := e.Service.RequestErasure(ctx, by.Call(), govern.RequestErasure{Project: "lab", Where: where, Reason: reason})
		return err
	}
	e.refused(ask(e.tim, ofS17, "a trainer"), gov.Denied, "DENIED")
	e.refused(ask(e.Admin(), ofS17, "an admin"), gov.Denied, "DENIED")
	e.refused(ask(e.sue, ofS17, ""), gov.Invalid, "NO_REASON")
	for _, where := range []string{"", "record.nothing", "record.size", `record.key == 7`, "record.key == ", strings.Repeat("(", 100), `record.labels.all(a, record.labels.all(b, record.labels.all(c, a + b == c)))`} {
		e.refused(ask(e.sue, where, "it does not type"), gov.Invalid, "BAD_WHERE")
	}
	e.refused(ask(e.sue, `record.key == "none"`, "nothing"), gov.NotFound, "NOTHING_FOUND")

	id := e.request(ofS17)
	approve := func(by *govtest.Actor) error {
		_, err := e.Service.ApproveErasure(ctx, by.Call(), id)
		return err
	}
	before := e.LogSize()
	e.refused(e.run(id), gov.Denied, "NOT_APPROVED")
	if last := e.Entry(e.LogSize() - 1); e.LogSize() != before+1 || last.Refused != "NOT_APPROVED" || last.Do != gov.EraseRun {
		t.Errorf("the refusal is recorded as %+v", last)
	}
	bot := e.Machine("bot", e.sue, gov.Steward, "lab")
	e.refused(approve(e.sue), gov.Denied, "SELF_APPROVAL")
	e.refused(approve(e.Login(e.sue)), gov.Denied, "SELF_APPROVAL")
	e.refused(approve(bot), gov.Denied, "SELF_APPROVAL")
	e.refused(approve(e.tim), gov.Denied, "DENIED")
	e.refused(approve(e.stranger()), gov.NotFound, "NO_ERASURE")
	e.approve(id)
	e.refused(approve(e.ben), gov.Conflict, "ERASURE_APPROVED")

	// Holds win, whichever way they hold.
	lift := func(hold gov.HoldID) {
		for _, by := range []*govtest.Actor{e.sue, e.ben} {
			_, err := e.Service.LiftHold(ctx, by.Call(), govern.LiftHold{Hold: hold, Reason: "settled"})
			e.must(err)
		}
	}
	faces := gov.Place("lab/faces")
	for what, in := range map[string]govern.PlaceHold{
		"project": {Place: "lab"}, "dataset": {Place: faces}, "version": {Place: faces, Ref: gov.Ref{Dataset: "lab/faces", Number: 2}},
		"record": {Place: faces, Keys: []string{"b"}}, "record of a version": {Place: faces, Ref: gov.Ref{Dataset: "lab/faces", Number: 4}, Keys: []string{"d"}},
	} {
		hold := e.holdOn(in)
		if err := e.run(id); gov.ReasonOf(err) != "ON_HOLD" {
			t.Errorf("a hold on a %s does not win: %v", what, err)
		}
		lift(hold)
	}
	free := []gov.HoldID{e.holdOn(govern.PlaceHold{Place: faces, Keys: []string{"a"}}), e.holdOn(govern.PlaceHold{Place: gov.Place(poses)})}

	// More than was approved came since: ask again.
	e.Edit(e.sue, "lab/faces", govern.Edit{Put: subject("f", "s17")})
	e.refused(e.run(id), gov.Denied, "STATE_MOVED")
	id = e.request(ofS17)
	e.approve(id)
	e.Revoke(e.ben, gov.Steward, "lab")
	e.refused(e.run(id), gov.Denied, "NOT_APPROVED")
	e.Grant(e.ben, gov.Steward, "lab")
	e.Edit(e.sue, "lab/faces", govern.Edit{Put: subject("g", "s4")}) // holds what was approved as well
	if e.must(e.run(id)); len(free) != 2 {
		t.Fatal("there are no holds")
	}
	e.refused(e.run(77), gov.NotFound, "NO_ERASURE")
}

// Everything may be erased, and the dataset goes on.
func TestErasureOfEverything(t *testing.T) {
	e := newEraser(t)
	e.fill()
	e.erase("true")
	e.refused(func() error {
		_, _, err := e.Service.Record(ctx, e.sue.Call(), gov.Ref{Dataset: poses}, "a")
		return err
	}(), gov.NotFound, "ERASED")
	e.Edit(e.sue, "lab/faces", govern.Edit{Put: subject("z", "s9")})
	if e.fileHolds(e.compacted(), "marker-of-s1") || !e.fileHolds(e.compacted(), "marker-of-s9") {
		t.Error("what should be erased is there, or what should not is not")
	}
}

// The label edits of what is erased go too, and changes about it cannot be
// applied any more; others can.
func TestErasureTakesEdits(t *testing.T) {
	e := newEraser(t)
	e.fill()
	propose := func(key, to string) gov.ChangeID {
		in := govern.Propose{Ref: gov.Ref{Dataset: "lab/faces"}, Proposal: govern.Proposal{Stage: 1}}
		p, err := e.Service.ProposeChange(ctx, e.tim.Call(), in, edits(gov.LabelEdit{Key: key, Label: "9", To: to}))
		e.must(err)
		return p.Change.ID
	}
	about, other := propose("b", "wave"), propose("a", "fist")
	id := e.erase(ofS17)
	row, err := e.Service.Erasure(ctx, e.sue.Call(), id)
	if e.must(err); row.Found.Edits != 1 {
		t.Errorf("%d edits are erased, want 1", row.Found.Edits)
	}
	rows, err := e.Service.Edits(ctx, e.sue.Call(), govern.EditFilter{Change: about})
	e.must(err)
	for row, err := range rows {
		t.Errorf("an edit is still there: %+v, %v", row, err)
	}
	_, err = e.Service.ApplyChange(ctx, e.sue.Call(), govern.ApplyChange{Change: about})
	e.refused(err, gov.NotFound, "ERASED")
	_, err = e.Service.ApplyChange(ctx, e.sue.Call(), govern.ApplyChange{Change: other})
	e.must(err)
}

// While an erasure runs nothing is imported, and what was begun before it comes
// to nothing: it might hold what is erased.
func TestErasureEndsImports(t *testing.T) {
	e := newEraser(t)
	e.fill()
	id := e.request(ofS17)
	e.approve(id)
	in := govern.Register{Dataset: "lab/faces", Parent: e.Newest(e.sue, "lab/faces"), Delta: true}
	edits := func(yield func(govern.Edit, error) bool) {
		if yield(govern.Edit{Put: subject("bb", "s5")}, nil) { // a new leaf with all values beside it
			e.must(e.run(id))
			yield(govern.Edit{Put: subject("x", "s6")}, nil)
		}
	}
	_, err := e.Service.RegisterVersion(ctx, e.sue.Call(), in, edits)
	e.refused(err, gov.Conflict, "IMPORT_EXPIRED")
	if e.fileHolds(e.compacted(), "marker-of-s17") {
		t.Error("the import has brought the value back")
	}
}

// A dying context ends when it has been asked so many times whether it has.
type dying struct {
	context.Context
	cancel context.CancelFunc
	left   int
}

func (d *dying) Err() error {
	if d.left--; d.left == 0 {
		d.cancel()
	}
	return d.Context.Err()
}

// An erasure that is cut off anywhere goes on when it is run again.
func TestErasureIsCutOff(t *testing.T) {
	for cut := 1; ; cut++ {
		e := newEraser(t)
		e.fill()
		id := e.request(ofS17)
		e.approve(id)
		inner, cancel := context.WithCancel(context.Background())
		_, err := e.Service.RunErasure(&dying{inner, cancel, cut}, e.sue.Call(), id)
		cancel()
		e.Check()
		e.Restart()
		e.must(e.run(id))
		if e.fileHolds(e.compacted(), "marker-of-s17") {
			t.Errorf("cut off at look %d, the value is still in the file", cut)
		}
		e.Check()
		if err == nil {
			if cut < 20 {
				t.Errorf("an erasure was cut off %d times alone: the test shows little", cut)
			}
			return
		}
	}
}

// eraseStory makes every event of erasures happen.
func eraseStory(t *testing.T, k *govtest.Kit) {
	k.Dataset("clinic/faces")
	pat, pip := k.Person("pat", gov.Steward, "clinic"), k.Person("pip", gov.Steward, "clinic")
	k.Register(pat, "clinic/faces", subject("a", "s1"), subject("b", "s17"))
	k.Clock.Turn(8 * 24 * time.Hour)
	done, err := k.Service.RequestErasure(ctx, pat.Call(), govern.RequestErasure{Project: "clinic", Where: ofS17, Reason: "article 17"})
	if err == nil {
		_, err = k.Service.ApproveErasure(ctx, pip.Call(), done.Event.Erasure)
	}
	if err == nil {
		_, err = k.Service.RunErasure(ctx, pat.Call(), done.Event.Erasure)
	}
	if err == nil {
		err = k.Service.Compacted(ctx)
	}
	if err == nil {
		_, err = k.Service.CertifyErasure(ctx, pat.Call(), govern.CertifyErasure{Erasure: done.Event.Erasure})
	}
	if err != nil {
		t.Fatal(err)
	}
}
