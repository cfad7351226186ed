package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/tree"
)

// A forgetting is a log in which two values are erased from three versions, with
// all that a certificate of that holds.
type forgetting struct {
	*world
	bundle Bundle
	at     map[string]uint64 // log entries by what they are
	list   gov.ErasureList
}

const forgotten = "train/fist/0003.png"

func newForgetting(tb testing.TB, t twist) *forgetting {
	if t == nil {
		t = func(_ string, data any) any { return data }
	}
	f := &forgetting{world: newWorld(tb), at: map[string]uint64{}}
	tell := func(who gov.PersonID, do gov.Action, event string, data any) {
		b, err := json.Marshal(t(event, data))
		f.must(err)
		f.at[event] = f.add(audit.Entry{Who: who, Do: do, At: "hands", Event: event, Data: b})
		f.bundle.Entries = append(f.bundle.Entries, f.at[event])
	}
	var trees []gov.Tree
	for n := range 3 {
		trees = append(trees, f.tree(5-n)) // the last has no more than train/fist/0002.png
		f.at[fmt.Sprintf("v%d", n+1)] = f.register(f.registration(uint64(n+1), trees[n]))
	}
	f.bundle.Entries = append(f.bundle.Entries, f.at["v2"], f.at["v3"])
	f.list.Values = []gov.ErasedValue{
		{Dataset: "hands/stage1", Key: "train/fist/0002.png", Stay: gov.Digest{1}, Versions: [][2]uint64{{1, 3}}},
		{Dataset: "hands/stage1", Key: forgotten, Stay: gov.Digest{2}, Versions: [][2]uint64{{1, 2}}},
	}
	gone := map[gov.Digest]bool{}
	for i := range f.list.Values {
		v := &f.list.Values[i]
		_, e, err := tree.Leaf(f, trees[0], []byte(v.Key))
		f.must(err)
		v.Hash = e.Hash
		gone[e.Hash] = true
	}
	text := func(salt byte, s string) gov.SaltText { return gov.SaltText{Salt: [16]byte{salt}, Text: s} }
	b, err := json.Marshal(f.list)
	f.must(err)
	where, reason, before, list := text(1, `record.key > "train/fist/0001.png"`), text(2, "article 17"), text(3, string(b)), text(4, string(b))
	found := f.list.Count()
	found.Looked = 12
	tell("user:2", gov.EraseRequest, "erasure.requested", map[string]any{"erasure": 1, "project": "hands", "where": where.Digest(), "reason": reason.Digest(), "list": before.Digest(), "found": found})
	tell("user:3", gov.EraseApprove, "erasure.approved", map[string]any{"erasure": 1, "list": before.Digest()})
	hashes := f.list.Hashes()
	tell("user:2", gov.EraseRun, "erasure.begun", map[string]any{"erasure": 1, "list": list.Digest(), "hashes": gov.DocumentDigest(hashes), "found": found, "datasets": []string{"hands/stage1"}})
	for id, frame := range f.nodes {
		if frame, n, err := tree.Erase(frame, func(_ []byte, hash gov.Digest) bool { return gone[hash] }); err == nil && n > 0 {
			f.nodes[id] = frame
		}
	}
	tell("user:2", gov.EraseRun, "erasure.done", map[string]any{"erasure": 1, "nodes": 3})
	tell("sys:govd", "server.compact", "server.compacted", map[string]any{"size": f.LogSize()})
	f.bundle.Documents, f.bundle.Texts = [][]byte{hashes}, []gov.SaltText{where, reason, list}
	f.bundle.Gone = []Gone{f.gone(trees[2], 3, "train/fist/0002.png"), f.gone(trees[1], 2, forgotten)}
	f.bundle.Certificate = &Certificate{
		Format: CertificateFormat, Origin: "log.example/hands", AsOf: f.LogSize(), Erasure: 1, Project: "hands", Where: where.Text, Reason: reason.Text, Found: found,
		Newest: []gov.Node{gov.VersionOf("hands/stage1", 3)},
		Values: []CertifiedValue{{"hands/stage1", "train/fist/0002.png", 3, NowErased}, {"hands/stage1", forgotten, 2, NowUnproven}},
		People: []Person{{ID: "user:2", Name: "ann"}, {ID: "user:3"}},
	}
	for _, event := range []string{"erasure.requested", "erasure.approved", "erasure.begun", "erasure.done", "server.compacted"} {
		e, err := audit.DecodeEntry(f.entries[f.at[event]])
		f.must(err)
		f.bundle.Certificate.Steps = append(f.bundle.Certificate.Steps, CertifiedStep{event, e.Who, e.Time, f.at[event]})
	}
	return f
}

// gone proves that version n holds the value of a key no more.
func (f *forgetting) gone(t gov.Tree, n int, key string) Gone {
	f.tb.Helper()
	p, err := tree.ProveErased(f, t, []byte(key))
	f.must(err)
	return Gone{Entry: f.at[fmt.Sprintf("v%d", n)], Key: key, Proof: p}
}

// issue records that the certificate was handed out, and returns the file.
func (f *forgetting) issue(lie func(*Bundle)) []byte {
	f.tb.Helper()
	b := f.bundle
	content, err := b.Content()
	f.must(err)
	data, err := json.Marshal(map[string]any{"erasure": 1, "as_of": b.Certificate.AsOf, "content": content})
	f.must(err)
	b.Entries = append(slices.Clone(b.Entries), f.add(audit.Entry{Who: "user:5", Do: gov.EraseRead, At: "hands", Event: "erasure.certified", Data: data}))
	if lie != nil {
		lie(&b)
	}
	file, err := b.Encode(f.head(len(f.entries), 2))
	f.must(err)
	return file
}

// TestCertificate shows what a certificate proves, and freezes its words.
func TestCertificate(t *testing.T) {
	f := newForgetting(t, nil)
	file := f.issue(nil)
	claims, err := verify(file, f.options(2))
	f.must(err)
	goldenClaims(t, filepath.Join("certificate", "claims.txt"), claims)
	c, err := ReadCertificate(file)
	if diff := cmp.Diff(f.bundle.Certificate, c); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	golden(t, filepath.Join("certificate", "page.txt"), []byte(c.Page().Text(80)))
	if _, err := ReadCertificate(newStory(t, nil).receipt()); gov.ReasonOf(err) != "NO_CERTIFICATE" {
		t.Errorf("a receipt: %v", err)
	}
	if _, err := ReadChain(file); gov.ReasonOf(err) != "NO_CHAIN" {
		t.Errorf("a certificate: %v", err)
	}
}

// TestCertificateEveryByte changes every byte of the parts of a certificate, the
// keys beside erased values among them, which no tree vouches for.
func TestCertificateEveryByte(t *testing.T) {
	f := newForgetting(t, nil)
	everyPart(t, f.issue(nil), f.options(2), 3)
}

// TestFalseCertificates puts together what does not belong together, with the log
// vouching for all of it.
func TestFalseCertificates(t *testing.T) {
	for name, lie := range map[string]func(*forgetting){
		"another key of the list": func(f *forgetting) { f.bundle.Certificate.Values[1].Key = "train/fist/0002.png" },
		"a value of no list":      func(f *forgetting) { f.bundle.Certificate.Values[1].Key = "train/fist/0001.png" },
		"a version without proof": func(f *forgetting) { f.bundle.Certificate.Values[1].In = 1 },
		"absent without proof":    func(f *forgetting) { f.bundle.Certificate.Values[1].Now = NowAbsent },
		"erased in the newest":    func(f *forgetting) { f.bundle.Certificate.Values[1].Now = NowErased },
		"another word":            func(f *forgetting) { f.bundle.Certificate.Values[1].Now = "burnt" },
		"another project":         func(f *forgetting) { f.bundle.Certificate.Project = "lab" },
		"another erasure":         func(f *forgetting) { f.bundle.Certificate.Erasure = 2 },
		"another count":           func(f *forgetting) { f.bundle.Certificate.Found.Values++ },
		"another reason":          func(f *forgetting) { f.bundle.Certificate.Reason = "article 16" },
		"another expression":      func(f *forgetting) { f.bundle.Certificate.Where = "true" },
		"somebody else":           func(f *forgetting) { f.bundle.Certificate.Steps[1].By = "user:9" },
		"a step less":             func(f *forgetting) { f.bundle.Certificate.Steps = f.bundle.Certificate.Steps[:4] },
		"another log":             func(f *forgetting) { f.bundle.Certificate.Origin = "log.example/feet" },
		"a proof's key": func(f *forgetting) {
			g := &f.bundle.Gone[1]
			g.Key = "train/fist/0003.pnh"
			step := &g.Proof.Steps[len(g.Proof.Steps)-1]
			step.Shown = slices.Clone(step.Shown)
			g.Proof.Key, step.Shown[3].Key = []byte(g.Key), []byte(g.Key)
			f.bundle.Certificate.Values[1].Key = g.Key // in the tree it may be any key, and in the list it is not this one
		},
		"a proof's version": func(f *forgetting) { f.bundle.Gone[1].Entry = f.at["v3"] },
		"no entry":          func(f *forgetting) { f.bundle.Gone[1].Entry = 99 },
		"no proof":          func(f *forgetting) { f.bundle.Gone[1].Proof = nil },
		"absent and erased": func(f *forgetting) { f.bundle.Gone[1].Absent = true },
		"no list":           func(f *forgetting) { f.bundle.Texts = f.bundle.Texts[:2] },
	} {
		f := newForgetting(t, nil)
		lie(f)
		refused(t, name, f.issue(nil), f.options(0))
	}
	f := newForgetting(t, nil)
	bundle := f.bundle
	bundle.Certificate = nil
	receipt, err := bundle.Encode(f.head(len(f.entries), 0))
	f.must(err)
	refused(t, "gone in a receipt", receipt, f.options(0))
	both := &archive{shown: []part{{chainPart, []byte("{}")}, {certificatePart, []byte("{}")}}}
	if err := newProven(&verifier{}).exported(both, nil); gov.ReasonOf(err) != "BAD_PROOF_FILE" {
		t.Errorf("a trail and a certificate: %v", err)
	}
	refused(t, "changed after it was issued", f.issue(func(b *Bundle) {
		c := *b.Certificate
		c.People = nil
		b.Certificate = &c
	}), f.options(0))
}

// TestErasureTold: the steps must be there, in their order, by people who may.
func TestErasureTold(t *testing.T) {
	set := func(event, name string, value any) twist {
		return func(e string, data any) any {
			if e == event {
				data.(map[string]any)[name] = value
			}
			return data
		}
	}
	for name, f := range map[string]*forgetting{
		"requested: project":  newForgetting(t, set("erasure.requested", "project", "lab")),
		"approved: list":      newForgetting(t, set("erasure.approved", "list", gov.Digest{1})),
		"approved: erasure":   newForgetting(t, set("erasure.approved", "erasure", 2)),
		"begun: hashes":       newForgetting(t, set("erasure.begun", "hashes", gov.DocumentDigest([]byte("x")))),
		"begun: found":        newForgetting(t, set("erasure.begun", "found", gov.ErasureCount{Records: 2, Values: 2, Versions: 2})),
		"done: erasure":       newForgetting(t, set("erasure.done", "erasure", 2)),
		"compacted: before":   newForgetting(t, set("server.compacted", "size", 3)),
		"not asked for":       without(newForgetting(t, nil), "erasure.requested"),
		"not approved":        without(newForgetting(t, nil), "erasure.approved"),
		"not begun":           without(newForgetting(t, nil), "erasure.begun"),
		"not done":            without(newForgetting(t, nil), "erasure.done"),
		"compacted: left out": without(newForgetting(t, nil), "server.compacted"),
	} {
		refused(t, name, f.issue(nil), f.options(0))
	}
	asks := entryOf("user:2", "hands", "erasure.requested", map[string]any{"erasure": 1, "project": "hands", "list": gov.Digest{5}, "found": gov.ErasureCount{Records: 1, Values: 1}})
	agrees := func(who gov.PersonID) audit.Entry {
		return entryOf(who, "hands", "erasure.approved", map[string]any{"erasure": 1, "list": gov.Digest{5}})
	}
	machine := entryOf("user:1", gov.Server, "person.added", map[string]any{"id": "sa:9", "name": gov.Digest{8}, "owner": "user:2"})
	list := gov.ErasureList{Values: []gov.ErasedValue{{Dataset: "hands/stage1", Key: "k", Hash: gov.Digest{1}, Versions: [][2]uint64{{1, 2}}}}}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	begins := func(hashes []byte, found gov.ErasureCount) Claim {
		text := gov.SaltText{Text: string(data)}
		e := entryOf("user:2", "hands", "erasure.begun", map[string]any{"erasure": 1, "list": text.Digest(), "hashes": gov.DocumentDigest(hashes), "found": found})
		claims, _ := toldWith([]gov.SaltText{text}, [][]byte{hashes}, asks, agrees("user:3"), e)
		return claims[len(claims)-1]
	}
	for name, c := range map[string]struct {
		claim Claim
		want  string
	}{
		"begun":        {begins(list.Hashes(), list.Count()), "true both are in this file and agree"},
		"other hashes": {begins((&gov.ErasureList{}).Hashes(), list.Count()), "false the list of them is of others"},
		"other count":  {begins(list.Hashes(), gov.ErasureCount{Records: 1, Values: 1, Versions: 3}), "false the list of them is of others"},
	} {
		holds, words, _ := strings.Cut(c.want, " ")
		if fmt.Sprint(c.claim.Holds) != holds || !strings.Contains(c.claim.Evidence, words) {
			t.Errorf("%s: %+v", name, c.claim)
		}
	}
	tellAll(t, map[string]toldCase{
		"out of order":   {entries: []audit.Entry{agrees("user:3")}, want: "no entry before it here is the erasure.requested", fails: true},
		"not agreed":     {entries: []audit.Entry{asks, entryOf("user:2", "hands", "erasure.begun", map[string]any{"erasure": 1})}, want: "no entry before it here is the erasure.approved", fails: true},
		"another place":  {entries: []audit.Entry{asks, entryOf("user:3", "lab", "erasure.approved", map[string]any{"erasure": 1, "list": gov.Digest{5}})}, want: "is of another project", fails: true},
		"another person": {entries: []audit.Entry{asks, agrees("user:3")}, want: "user:2 asked for it"},
		"the same":       {entries: []audit.Entry{asks, agrees("user:2")}, want: "is or answers for who approved it", fails: true},
		"their machine":  {entries: []audit.Entry{machine, asks, agrees("sa:9")}, want: "is or answers for who approved it", fails: true},
		"twice":          {entries: []audit.Entry{asks, asks}, want: "was asked for before", fails: true},
		"approved twice": {entries: []audit.Entry{asks, agrees("user:3"), agrees("user:3")}, want: "has a erasure.approved already", fails: true},
	})
}

func without(f *forgetting, event string) *forgetting {
	f.bundle.Entries = slices.DeleteFunc(f.bundle.Entries, func(i uint64) bool { return i == f.at[event] })
	return f
}

// TestNotCompacted: a certificate from before the file was compacted says so.
func TestNotCompacted(t *testing.T) {
	f := without(newForgetting(t, nil), "server.compacted")
	f.bundle.Certificate.Steps = f.bundle.Certificate.Steps[:4]
	claims, err := verify(f.issue(nil), f.options(0))
	f.must(err)
	if !strings.Contains(strings.Join(text(claims), "\n"), "no entry here says that the server's file was compacted since") {
		t.Errorf("%s", strings.Join(text(claims), "\n"))
	}
	if page := f.bundle.Certificate.Page().HTML(); !bytes.Contains(page, []byte("the values may stand in its free pages")) {
		t.Errorf("%s", page)
	}
}

// TestCertificateOfNoValue: what is not shown is told.
func TestCertificateOfNoValue(t *testing.T) {
	f := newForgetting(t, nil)
	f.bundle.Certificate.Values, f.bundle.Gone, f.bundle.Texts = nil, nil, f.bundle.Texts[:2]
	claims, err := verify(f.issue(nil), f.options(0))
	f.must(err)
	if said := strings.Join(text(claims), "\n"); !strings.Contains(said, "no value is shown to be gone") || strings.Contains(said, "are shown to be gone") {
		t.Errorf("%s", said)
	}
}
