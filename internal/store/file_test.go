package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"govd/internal/gov"
)

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "govd.db")
	_, err := Open(path, quick())
	wantReason(t, err, gov.NotFound, "NO_STORE")
	s := newStoreAt(t, dir)
	defer checkAndClose(t, s)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	_, err = Create(path, quick())
	wantReason(t, err, gov.Exists, "STORE_EXISTS")
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("the directory holds %v", left)
	}
}

func TestOneProcess(t *testing.T) {
	s := newStore(t, quick())
	_, err := Open(s.db.Path(), Options{Timeout: time.Nanosecond})
	wantReason(t, err, gov.Conflict, "STORE_HELD")
	if !strings.Contains(err.Error(), "held by another process") {
		t.Errorf("the error is %q", err)
	}
}

func TestReadOnly(t *testing.T) {
	s := newStoreAt(t, t.TempDir())
	update(t, s, put("a"))
	path := s.db.Path()
	checkAndClose(t, s)
	o := Options{ReadOnly: true}
	for range 2 { // several may look at once
		r, err := Open(path, o)
		if err != nil {
			t.Fatal(err)
		}
		defer checkAndClose(t, r)
		expect(t, "projects", names(t, r), "a ")
		if err := r.Update(context.Background(), put("b")); err != errReadOnly {
			t.Errorf("Update of a read-only store returns %v", err)
		}
	}
}

func TestNotAStore(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk")
	if err := os.WriteFile(junk, bytes.Repeat([]byte("junk"), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(junk, quick())
	wantReason(t, err, gov.Internal, "BAD_STORE")
	other, err := bolt.Open(filepath.Join(dir, "other"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	_, err = Open(filepath.Join(dir, "other"), quick())
	wantReason(t, err, gov.Invalid, "BAD_STORE")
}

// boltAt opens the file of a new store with bbolt alone.
func boltAt(t *testing.T) (*bolt.DB, string) {
	s := newStoreAt(t, t.TempDir())
	path := s.db.Path()
	s.Close()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, path
}

func TestFileFromTheFuture(t *testing.T) {
	db, path := boltAt(t)
	if err := db.Update(func(tx *bolt.Tx) error { return setFormat(tx, 7) }); err != nil {
		t.Fatal(err)
	}
	db.Close()
	_, err := Open(path, quick())
	wantReason(t, err, gov.Invalid, "NEWER_STORE")
	if !strings.Contains(err.Error(), "format 7") || !strings.Contains(err.Error(), fmt.Sprint("up to ", format)) {
		t.Errorf("the error is %q", err)
	}
}

// Pending steps run in order and in one transaction, after the file was copied.
func TestMigrate(t *testing.T) {
	db, path := boltAt(t)
	if err := db.Update(asFormat1); err != nil {
		t.Fatal(err)
	}
	var ran string
	steps := []func(*bolt.Tx) error{
		func(*bolt.Tx) error { ran += "1"; return nil },
		func(tx *bolt.Tx) error { ran += "2"; _, err := tx.CreateBucket([]byte("new")); return err },
	}
	failing := append(steps[:2:2], func(*bolt.Tx) error { return errors.New("no") })
	wantReason(t, migrate(db, path, true, steps), gov.Invalid, "OLDER_STORE")
	if err := migrate(db, path, false, failing); err == nil {
		t.Error("a failing step goes unnoticed")
	}
	if n, _ := formatOf(db); n != 1 || hasBucket(db, "new") {
		t.Errorf("after a failed migration the format is %d", n)
	}
	ran = ""
	for _, known := range [][]func(*bolt.Tx) error{steps[:1], steps} { // one release after the other
		if err := migrate(db, path, false, known); err != nil {
			t.Fatal(err)
		}
	}
	if n, _ := formatOf(db); n != 3 || ran != "12" || !hasBucket(db, "new") {
		t.Errorf("the format is %d and the steps %s ran", n, ran)
	}
	ran = ""
	if err := migrate(db, path, false, steps); err != nil || ran != "" {
		t.Errorf("migrated again: %q, %v", ran, err)
	}
	old, err := Open(path+".v1", quick())
	if err != nil {
		t.Fatal(err)
	}
	checkAndClose(t, old)
}

// asFormat1 makes a file of format 1 from a new one.
func asFormat1(tx *bolt.Tx) error {
	for _, name := range addedBy2 {
		if err := tx.DeleteBucket([]byte(name)); err != nil {
			return err
		}
	}
	return setFormat(tx, 1)
}

func hasBucket(db *bolt.DB, name string) (has bool) {
	db.View(func(tx *bolt.Tx) error { has = tx.Bucket([]byte(name)) != nil; return nil })
	return has
}

// fill stores one record of each table, all of whose fields are set, and a node.
func fill(t tb, s *Store) {
	text := gov.SaltText{Salt: [16]byte{1, 2}, Text: "because"}
	d := func(b byte) gov.Digest { return gov.Digest{b} }
	s.UseSeal(func(uint64, [][]byte) ([]Tile, []byte, error) {
		return []Tile{{0, 0, []byte("hashes")}}, []byte("checkpoint"), nil
	})
	m := begin(t, s)
	if err := m.PutNode(d(1), []byte("frame")); err != nil {
		t.Fatalf("put node: %v", err)
	}
	update(t, s, func(tx *Tx) error {
		tx.Append([]byte("entry"))
		tx.Next("persons")
		return errors.Join(
			tx.PutPerson(gov.Person{ID: "sa:7", Name: "ann", Owner: "user:1", Disabled: true, Created: noon}),
			tx.PutCredential(gov.Credential{
				ID: "t12", Person: "sa:7", Kind: gov.Token, Secret: d(2), Created: noon, Expires: noon.Add(time.Hour),
				Scope: gov.Scope{Actions: []gov.Action{gov.AuditRead}, Places: []gov.Place{"vision"}},
			}),
			tx.PutCredential(gov.Credential{ID: "t13", Person: "sa:7", Kind: gov.LocalUser, Subject: "1000", Created: noon}),
			tx.PutCredential(gov.Credential{ID: "t14", Person: "sa:7", Kind: gov.LocalUser, Subject: "1001", Created: noon, Revoked: true}),
			tx.PutGrant(gov.Grant{Person: "sa:7", Role: gov.Trainer, Place: "vision/hands", By: "user:1", Entry: 3}),
			tx.PutProject(gov.ProjectInfo{Name: "vision", By: "user:1", Created: noon}),
			tx.PutDataset(gov.Dataset{
				Name: "vision/hands", Stage: 2, Taxonomy: d(3), Purposes: []string{"training"}, Sensitivity: "biometric",
				License: "CC0-1.0", Salt: d(4), By: "user:1", Created: noon, Versions: 2,
			}),
			tx.PutVersion(gov.Version{By: "sa:7", Created: noon, Entry: 9, Registration: gov.Registration{
				Dataset: "vision/hands", Number: 2, Digest: d(5),
				Tree: gov.Tree{Params: d(6), Root: d(7), Level: 1, Records: 10, Bytes: 100}, Parents: []gov.Digest{d(8)},
				Counts: gov.Counts{Added: 1, Removed: 2, Changed: 3, Unchanged: 4}, Message: text.Digest(),
			}}),
			tx.PutTag(gov.Tag{Dataset: "vision/hands", Name: "gold", Number: 2, By: "sa:7", Set: noon}),
			fillChanges(tx, text.Digest()),
			fillInspections(tx, text.Digest()),
			fillReports(tx, text.Digest()),
			fillLineage(tx, text.Digest()),
			fillHolds(tx, text.Digest()),
			tx.PutRequest("sa:7", [16]byte{9}, 5),
			tx.SetRevision("vision", 4),
			tx.PutText(text.Digest(), text),
			tx.PutDocument(d(10), []byte("{}")),
			tx.PutSalt(d(11), [16]byte{12}),
			m.Commit(tx),
		)
	})
	if err := m.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// fillChanges is what a file holds from format 2 on.
func fillChanges(tx *Tx, text gov.Digest) error {
	d := func(b byte) gov.Digest { return gov.Digest{b} }
	return errors.Join(
		tx.PutVersion(gov.Version{By: "user:2", Created: noon, Entry: 12, Change: 6, Registration: gov.Registration{
			Dataset: "vision/hands", Number: 3, Digest: d(20), Tree: gov.Tree{Params: d(6), Root: d(21), Records: 10, Bytes: 100},
		}}),
		tx.PutChange(gov.Change{
			ID: 6, Dataset: "vision/hands", Author: "user:1", State: gov.ChangeApplied, Entry: 7, Opened: noon, Expires: noon.Add(time.Hour),
			Reopened: 8, Revision: 1, Result: 3, Glass: &gov.Glass{
				Revision: d(22), Asked: []gov.GlassAsk{{Person: "user:3", Time: noon, Entry: 9, Reason: text, Ticket: text}},
				Applied: noon, Due: noon.Add(time.Hour), Ratified: 11,
			},
		}),
		tx.PutRevision(gov.Revision{
			Change: 6, Number: 1, Digest: d(22), Dataset: "vision/hands", Base: gov.Base{Number: 2, Digest: d(5), Records: 10},
			Edits: gov.Tree{Params: d(6), Root: d(23), Records: 2, Bytes: 20}, Touched: 1, Moved: 100, Labels: []string{"palm"}, Stage: 2,
			Why: text, Evidence: []gov.Digest{d(24)}, Rules: d(25), By: "user:1", For: "user:4", Created: noon,
		}),
		tx.PutVote(gov.Vote{
			Change: 6, Revision: d(22), Person: "user:2", Kind: gov.Lift, Of: "user:3", Entry: 10, Time: noon, Why: text,
			Signature: d(26), Key: "SHA256:x", Looked: gov.Looked{Stat: true, Edits: 2, Seconds: 9},
		}),
		tx.PutEvidence(gov.Evidence{
			Change: 6, Revision: d(22), Votes: text, Count: 9, Items: 3, Reviewers: 3, Alpha: 8000, Known: true, Agree: 2, By: "user:1", Time: noon, Entry: 13,
		}),
		tx.PutRuleSet(gov.RuleSet{
			Place: "vision", Of: "stage-2", Number: 1, Document: d(10), By: "user:1", Proposed: noon, Entry: 14,
			Consents: []gov.Consent{{Person: "user:3", Time: noon, Entry: 15}}, Effective: noon.Add(time.Hour), Withdrawn: 16,
		}),
		tx.PutSSHKey(gov.SSHKey{Fingerprint: "SHA256:x", Public: "ssh-ed25519 AAAA", Person: "user:2", Added: noon, Entry: 17, Revoked: noon.Add(time.Hour)}),
	)
}

// fillInspections is what a file holds from format 2 on.
func fillInspections(tx *Tx, text gov.Digest) error {
	d := func(b byte) gov.Digest { return gov.Digest{b} }
	return errors.Join(
		tx.PutProject(gov.ProjectInfo{Name: "dance", By: "user:1", Created: noon, Ahead: &gov.Commitment{Digest: d(30), Entry: 18}}),
		tx.PutInspection(gov.Inspection{
			ID: 4, Dataset: "vision/hands", Number: 3, Root: d(21), State: gov.InspectionPassed, Design: d(31), Sheet: text, Gold: text,
			Commitment: d(32), Committed: 8, By: "user:3", Drawn: noon, Entry: 19, Answers: 1, Last: text, Ended: noon,
			End: &gov.InspectionEnd{State: gov.InspectionPassed, Result: d(33), Why: text, Secret: "00ff"},
		}),
		tx.PutInspectionAnswer(gov.InspectionAnswer{Inspection: 4, Item: "0a", Person: "user:2", Answer: text, Time: noon, Entry: 20}),
		tx.PutSecret(d(32), [32]byte{1, 2}),
	)
}

// fillReports is what a file holds from format 2 on.
func fillReports(tx *Tx, text gov.Digest) error {
	d := func(b byte) gov.Digest { return gov.Digest{b} }
	return errors.Join(
		tx.PutReport(gov.Report{
			Dataset: "vision/hands", Number: 3, Version: d(20), Stage: 2, Policy: d(40), Digest: d(41), Verdict: "warn", Records: 10,
			Partial: true, Against: 2, By: "user:2", Time: noon, Entry: 21,
		}),
		tx.PutReading(gov.Reading{
			Dataset: "vision/hands", Number: 3, Version: d(20), Of: 10, Read: 4, Failed: 3, Wrong: 2, Broken: 1, Document: d(42),
			By: "user:2", Time: noon, Entry: 22,
		}),
		tx.PutPromotion(gov.Promotion{
			Dataset: "vision/hands", Number: 3, Version: d(20), To: 3, Report: d(41), Policy: d(40), Waived: []string{"S1.size"}, Why: text,
			Approvers: []gov.PersonID{"user:2", "user:3"}, By: "user:3", Time: noon, Entry: 23,
		}),
		tx.PutLabelVotes(gov.LabelVotes{
			Dataset: "vision/hands", Number: 3, Version: d(20), Votes: text, Count: 6, Records: 3, Gold: 1, Annotators: 2, By: "user:2", Time: noon, Entry: 29,
		}),
		tx.PutDoubts(gov.Doubts{
			Dataset: "vision/hands", Number: 3, Version: d(20), Records: 10, Errors: 125_000, Count: 2, Suspects: text, By: "user:1", Time: noon, Entry: 30,
		}),
		tx.PutLot(gov.Lot{
			Dataset: "vision/hands", Name: "may", Tree: gov.Tree{Params: d(6), Root: d(60), Records: 5, Bytes: 50}, State: gov.LotRejected, Skipped: 1,
			Message: text, By: "user:1", Taken: noon, Entry: 31, Inspection: 4, Number: 3, Why: text, EndedBy: "user:2", Ended: noon, EndEntry: 32,
		}),
		tx.PutMemo(d(43), d(44), []byte("state")),
		tx.PutIndex("vision/hands", d(45), []byte("indexed")),
	)
}

// fillLineage is what a file holds from format 2 on.
func fillLineage(tx *Tx, text gov.Digest) error {
	d := func(b byte) gov.Digest { return gov.Digest{b} }
	const run = "0190a6e0-0000-7000-8000-000000000001"
	outputs := []gov.Output{{Digest: d(52), Name: "frame-1"}, {Digest: d(51)}}
	tx.PutLineageRow([]byte{0, 1, 1, 3, 1, 2, 1, 9}, []byte("row"))
	tx.PutCell("run x", []byte("claims"))
	return errors.Join(
		tx.PutNodeInfo(1, gov.NodeInfo{Node: gov.VersionOf("vision/hands", 3), Since: 9, Projects: []gov.Project{"vision", "dance"}}),
		tx.PutEvent(d(50), EventPlace{Entry: 24, Offset: 7, Length: 300}),
		tx.PutDrop(Drop{gov.Node{Kind: gov.ExternalNode, Name: "s3://lake#raw"}, 24}, noon),
		tx.PutRun(gov.Run{
			ID: run, Project: "vision", Job: "train-pose", State: gov.RunFailed, Purpose: "research", Inputs: []gov.Node{gov.VersionOf("vision/hands", 3)},
			Outputs: []gov.Node{gov.VersionOf("vision/hands", 4)}, Exploratory: true, By: "sa:7", Entry: 25, Started: noon, Ended: noon,
			Digests: []gov.Digest{d(20)}, ParamsText: text, Gates: d(53), Status: 3, Why: text, EndEntry: 26,
		}),
		tx.PutModel(gov.ModelVersion{
			Model: "vision/pose", Number: 1, Digest: d(54), Run: run, Exploratory: true, By: "sa:7", Created: noon, Entry: 27, Files: 2, Bytes: 1234, OMS: d(55),
		}),
		tx.PutModelTag(gov.TaggedModel{Model: "vision/pose", Name: "live", Number: 1, By: "sa:7", Set: noon}),
		tx.PutDeployment(gov.Deployment{
			Site: "vision/clinic", Number: 1, Model: gov.ModelRef{Model: "vision/pose", Number: 1}, Trial: true, Gates: d(53), Note: text, By: "sa:7",
			Since: noon, Entry: 29, Until: noon, EndEntry: 30, EndedBy: "user:2", EndNote: text,
		}),
		tx.PutBatch(gov.Batch{
			Number: 9, Model: gov.ModelRef{Model: "vision/pose", Number: 1}, Root: d(56), Count: 2, By: "sa:7", Created: noon, Entry: 28,
			Deployment: gov.DeploymentRef{Site: "vision/clinic", Number: 1},
		}),
		tx.PutOutputs(9, outputs),
		tx.IndexOutputs(9, outputs),
	)
}

// fillHolds is what a file holds from format 2 on.
func fillHolds(tx *Tx, text gov.Digest) error {
	return errors.Join(tx.PutErased(gov.Digest{60}, 2), tx.PutErasure(gov.Erasure{
		ID: 2, Project: "vision", State: gov.ErasureDone, Where: text, Reason: text, List: text,
		Found: gov.ErasureCount{Records: 1, Values: 2, Edits: 3, Versions: 4, Looked: 5, Failed: 6}, By: "user:1", Asked: noon, Entry: 32,
		Approver: "user:2", Approved: 33, Hashes: gov.Digest{61}, Begun: 34, Done: 35, Ended: noon, Compacted: 36,
	}), tx.PutHold(gov.Hold{
		ID: 3, Place: "vision/hands", Version: 3, Keys: text, Count: 2, Reason: text, By: "user:1", Placed: noon, Entry: 29,
		Asked: &gov.Lifting{By: "user:1", Time: noon, Entry: 30, Reason: text}, Lifted: &gov.Lifting{By: "user:2", Time: noon, Entry: 31},
	}))
}

// storedBytes writes out every key and value of the file, indexes and all.
func storedBytes(t tb, s *Store) string {
	var out strings.Builder
	view(t, s, func(tx *Tx) error {
		for b := range bucketCount {
			for k, v := range tx.scan(b, span{}) {
				fmt.Fprintf(&out, "%s %q\n\t%q\n", buckets[b].name, k, v)
			}
		}
		return nil
	})
	return out.String()
}

var rewrite = flag.Bool("rewrite", false, "write testdata anew from what the code does now")

// What is stored is golden: a field that is renamed would be lost from old files.
func TestStoredBytes(t *testing.T) {
	o := quick()
	o.Now = (&clock{noon}).read
	s := newStore(t, o)
	fill(t, s)
	const golden = "testdata/stored.txt"
	got := storedBytes(t, s)
	if *rewrite {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("stored bytes differ (-want +got):\n%s", diff)
	}
}

// Files of every format so far open, are sound, and hold what fill stored when
// they were made. With -rewrite, the file of the current format is made, if
// there is none.
func TestOldFiles(t *testing.T) {
	if *rewrite {
		writeCurrent(t, fmt.Sprintf("testdata/v%d.db.gz", format))
	}
	old, err := filepath.Glob("testdata/v*.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	if len(old) == 0 {
		t.Fatal("testdata holds no file of any format")
	}
	for _, packed := range old {
		path := filepath.Join(t.TempDir(), "govd.db")
		unpack(t, packed, path)
		s, err := Open(path, quick())
		if err != nil {
			t.Errorf("%s: %v", packed, err)
			continue
		}
		golden, err := os.ReadFile("testdata/stored.txt")
		if err != nil {
			t.Fatal(err)
		}
		want := rows(string(golden))
		for row := range rows(storedBytes(t, s)) {
			if !want[row] {
				t.Errorf("%s holds what stored.txt does not:\n%s", packed, row)
			}
		}
		checkAndClose(t, s)
	}
}

// rows returns what storedBytes wrote, a key and its value each.
func rows(stored string) map[string]bool {
	all := map[string]bool{}
	lines := strings.Split(stored, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		all[lines[i]+"\n"+lines[i+1]] = true
	}
	return all
}

func writeCurrent(t *testing.T, packed string) {
	to, err := os.OpenFile(packed, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	o := quick()
	o.Now = (&clock{noon}).read
	s := newStore(t, o)
	fill(t, s)
	z := gzip.NewWriter(to)
	view(t, s, func(tx *Tx) error { _, err := tx.bolt.WriteTo(z); return err })
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, packed, path string) {
	from, err := os.Open(packed)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	z, err := gzip.NewReader(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFile(path, func(w io.Writer) error { _, err := io.Copy(w, z); return err }); err != nil {
		t.Fatal(err)
	}
}

func TestBackupAndCompact(t *testing.T) {
	s := newStore(t, quick())
	fill(t, s)
	dir := t.TempDir()
	copied, compact := filepath.Join(dir, "copy.db"), filepath.Join(dir, "compact.db")
	if err := s.Backup(context.Background(), copied); err != nil {
		t.Fatal(err)
	}
	if err := Compact(copied, compact); err != nil {
		t.Fatal(err)
	}
	want := storedBytes(t, s)
	for _, path := range []string{copied, compact} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
		o, err := Open(path, quick())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, storedBytes(t, o)); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", path, diff)
		}
		checkAndClose(t, o)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Backup(cancelled, copied); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled backup returns %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("the directory holds %v", left)
	}
	if _, err := (cancellable{cancelled, io.Discard}).Write([]byte("x")); err != context.Canceled {
		t.Errorf("a backup that is cancelled midway goes on: %v", err)
	}
}

// Erased bytes are gone once the file has been compacted.
func TestCompactErases(t *testing.T) {
	s := newStoreAt(t, t.TempDir())
	secret := gov.SaltText{Text: strings.Repeat("secret", 1000)}
	update(t, s, func(tx *Tx) error { return tx.PutText(gov.Digest{1}, secret) })
	update(t, s, func(tx *Tx) error { return tx.RemoveText(gov.Digest{1}) })
	path := s.db.Path()
	checkAndClose(t, s)
	if b, _ := os.ReadFile(path); !bytes.Contains(b, []byte("secretsecret")) {
		t.Fatal("the text is gone already: the test shows nothing")
	}
	if err := Compact(path, path); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || bytes.Contains(b, []byte("secretsecret")) {
		t.Errorf("the text is still there, %v", err)
	}
}

// What lies beside the log goes from one store to another; nothing else does.
func TestDumpAndLoad(t *testing.T) {
	from, to := newStore(t, quick()), newStore(t, quick())
	fill(t, from)
	want := dump(t, from, Beside)
	update(t, to, func(tx *Tx) error {
		return fromView(from, func(f *Tx) error {
			return f.Dump(func(table string, k, v []byte) error {
				if err := tx.Load(table, k, v); (err == nil) != Beside(table) {
					t.Errorf("Load of %s returns %v", table, err)
				}
				return nil
			})
		})
	})
	everything := func(string) bool { return true }
	if got := dump(t, to, everything); got != want || strings.Count(want, "\n") != 5 {
		t.Errorf("loaded:\n%s\nwant:\n%s", got, want)
	}
	if n := strings.Count(dump(t, from, everything), "\n"); n != 49 {
		t.Errorf("Dump calls %d times", n)
	}
}

func fromView(s *Store, fn func(*Tx) error) error { return s.View(context.Background(), fn) }

func dump(t tb, s *Store, of func(table string) bool) (out string) {
	view(t, s, func(tx *Tx) error {
		return tx.Dump(func(table string, k, v []byte) error {
			if of(table) {
				out += fmt.Sprintf("%s %q %q\n", table, k, v)
			}
			return nil
		})
	})
	return out
}

func TestStats(t *testing.T) {
	s := newStore(t, quick())
	fill(t, s)
	m := begin(t, s)
	defer m.Close()
	st, err := s.Stats(context.Background())
	if err != nil || st.Bytes == 0 || st.Entries != 1 || st.Imports != 1 {
		t.Errorf("%+v, %v", st, err)
	}
}

// TestCutOffFile: bbolt maps the file, and reading past its end would end the
// process where no code could say why.
func TestCutOffFile(t *testing.T) {
	for _, size := range []int64{0, 100, 4096, 10_000, 20_000} {
		path := filepath.Join(t.TempDir(), "govd.db")
		s, err := Create(path, Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		if s, err = Open(path, Options{}); gov.ReasonOf(err) != "BAD_STORE" {
			t.Errorf("a file cut to %d bytes opens: %v, want BAD_STORE", size, err)
			s.Close()
		}
		if info, err := os.Stat(path); err != nil || info.Size() != size {
			t.Errorf("a file cut to %d bytes has %d after it was looked at (%v)", size, info.Size(), err)
		}
	}
}
