package trail

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/signature"
	"govd/internal/tree"
)

// A story is a log in which an output comes from a model, from a run, from a
// version that an approved change made, with all that a trail of it holds.
type story struct {
	*world
	bundle Bundle
	chain  Chain
	v1, v2 gov.Registration
	change gov.Revision
	vote   string // what was signed, and the signature
	leaves []gov.Digest
	at     map[string]uint64 // log entries by what they are
}

func (s *story) event(who gov.PersonID, do gov.Action, at gov.Place, event string, data any) uint64 {
	s.tb.Helper()
	b, err := json.Marshal(data)
	s.must(err)
	return s.add(audit.Entry{Who: who, Do: do, At: at, Event: event, Data: b})
}

// A change made to a story: what it puts in place of an event's data.
type twist func(event string, data any) any

func newStory(tb testing.TB, t twist) *story {
	if t == nil {
		t = func(_ string, data any) any { return data }
	}
	s := &story{world: newWorld(tb), at: map[string]uint64{}}
	tell := func(key string, who gov.PersonID, do gov.Action, at gov.Place, event string, data any) {
		s.at[key] = s.event(who, do, at, event, t(event, data))
		s.bundle.Entries = append(s.bundle.Entries, s.at[key])
	}
	const project, dataset = gov.Place("hands"), gov.Place("hands/stage1")
	s.fill(1)
	name := gov.SaltText{Salt: [16]byte{1}, Text: "bob"}
	tell("person", "user:1", gov.PersonAdd, gov.Server, "person.added", map[string]any{"id": "user:3", "name": name.Digest()})
	signer := sshSigner(s, 1)
	public, err := signature.ParsePublicKey(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
	s.must(err)
	tell("key", "user:3", gov.KeyAdd, gov.Server, "key.added", map[string]any{"fingerprint": public.Fingerprint(), "public": public.String()})
	first := s.tree(40)
	s.v1 = s.registration(1, first)
	tell("v1", "user:2", gov.VersionRegister, dataset, "version.registered", registered{Registration: s.v1})
	rules := []byte(`{"approvals":2}`)
	s.change = gov.Revision{Change: 17, Number: 1, Dataset: "hands/stage1", Base: gov.Base{Number: 1, Digest: s.v1.Digest, Records: 40}, Edits: gov.Tree{Root: gov.Digest{3}, Records: 1}, Touched: 1, Stage: 1, Rules: gov.DocumentDigest(rules)}
	s.change.Digest = s.change.ComputeDigest()
	tell("change", "user:2", gov.ChangePropose, dataset, "change.proposed", struct {
		gov.Revision
		Expires time.Time `json:"expires"`
	}{s.change, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)})
	s.sign(signer, func(*gov.ApprovalStatement) {})
	ballot := map[string]any{"change": 17, "revision": s.change.Digest, "kind": "approve"}
	tell("vote2", "user:4", gov.ChangeVote, dataset, "change.voted", ballot)
	signed := map[string]any{"signature": gov.DocumentDigest([]byte(s.vote)), "key": public.Fingerprint()}
	for k, v := range ballot {
		signed[k] = v
	}
	tell("vote", "user:3", gov.ChangeVote, dataset, "change.voted", signed)
	second := s.tree(41)
	s.v2 = s.registration(2, second)
	s.v2.Parents = []gov.Digest{s.v1.Digest}
	s.v2.Digest = s.v2.ComputeDigest()
	tell("v2", "user:2", gov.ChangeApply, dataset, "change.applied", struct {
		gov.Registration
		Change    gov.ChangeID   `json:"change"`
		Revision  gov.Digest     `json:"revision"`
		Rules     gov.Digest     `json:"rules"`
		Approvers []gov.PersonID `json:"approvers"`
	}{s.v2, 17, s.change.Digest, s.change.Rules, []gov.PersonID{"user:3", "user:4"}})
	tell("run", "sa:8", "run.start", project, "run.started", map[string]any{
		"run": runID, "job": "train-pose", "purpose": "research",
		"inputs": []map[string]any{{"node": "version:hands/stage1@v2", "digest": s.v2.Digest}, {"node": "external:warehouse#table"}},
	})
	tell("finished", "sa:8", "run.finish", project, "run.finished", map[string]any{"run": runID})
	tell("model", "sa:8", "model.register", project, "model.registered", map[string]any{"model": "hands/pose", "number": 3, "digest": gov.Digest{6}, "files": 1, "bytes": 9, "run": runID})
	for i := range 5 {
		s.leaves = append(s.leaves, audit.LeafHash(OutputLeaf(gov.Digest{9, byte(i)}, fmt.Sprintf("req-%d", i))))
	}
	tell("batch", "sa:9", "output.record", project, "outputs.recorded", map[string]any{"batch": 9, "model": gov.Digest{6}, "root": OutputsRoot(s.leaves), "count": 5})
	present, err := tree.Prove(s, first, []byte("train/fist/0001.png"), false)
	s.must(err)
	absent, err := tree.Prove(s, second, []byte("train/x"), true)
	s.must(err)
	s.bundle.Records = []Presence{{s.at["v1"], "train/fist/0001.png", present}, {s.at["v2"], "train/x", absent}}
	s.bundle.Outputs = []OutputProof{{s.at["batch"], 2, "req-2", gov.Digest{9, 2}, ProveOutput(s.leaves, 2)}}
	s.bundle.Documents = [][]byte{rules, []byte(s.vote)}
	s.bundle.Texts = []gov.SaltText{name}
	s.fill(30)
	s.makeChain()
	return s
}

func sshSigner(s *story, seed byte) ssh.Signer {
	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)))
	s.must(err)
	return signer
}

// sign signs the vote of user:3, or a statement that differs from it.
func (s *story) sign(signer ssh.Signer, change func(*gov.ApprovalStatement)) {
	st := &gov.ApprovalStatement{
		Origin: "log.example/hands", Change: 17, Revision: s.change.Digest, Dataset: "hands/stage1", Base: s.change.Base,
		Decision: gov.Approve, Person: "user:3", Expires: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), LogSize: 2, LogRoot: gov.Digest{1},
	}
	change(st)
	armored, err := signature.Sign(signer, st.Text(), gov.ApprovalNamespace)
	s.must(err)
	s.vote = st.Text() + armored
}

func (s *story) makeChain() {
	version := func(r gov.Registration, key string) Node {
		return Node{ID: gov.VersionOf(r.Dataset, r.Number), Digest: r.Digest, By: "user:2", Entry: s.at[key], Version: &Version{Registration: r}}
	}
	run := gov.RunID(runID).Node()
	model := node("model:hands/pose:v3")
	s.chain = Chain{
		Format: ChainFormat, Origin: "log.example/hands", Subject: model, AsOf: 30, Time: noon(0), Complete: true,
		Nodes: []Node{
			{ID: model, Digest: gov.Digest{6}, Entry: s.at["model"]},
			{ID: run, Entry: s.at["run"]},
			version(s.v2, "v2"), version(s.v1, "v1"),
			{ID: node("change:17"), Entry: s.at["change"], Change: &Change{Number: 17}},
			{ID: node("external:warehouse#table")},
		},
		Edges: []lineage.Edge{
			{From: model, Kind: lineage.GeneratedBy, To: run, Since: s.at["model"]},
			{From: run, Kind: lineage.Used, To: gov.VersionOf("hands/stage1", 2), Since: s.at["run"]},
			{From: run, Kind: lineage.Used, To: node("external:warehouse#table"), Since: s.at["run"]},
			{From: gov.VersionOf("hands/stage1", 2), Kind: lineage.TouchedBy, To: node("change:17"), Since: s.at["v2"]},
			{From: gov.VersionOf("hands/stage1", 2), Kind: lineage.DerivedFrom, To: gov.VersionOf("hands/stage1", 1), Since: s.at["v2"]},
		},
		People: []Person{{"user:2", "ann"}, {"user:3", "bob"}},
	}
}

// receipt returns the file that shows no chain.
func (s *story) receipt() []byte {
	s.tb.Helper()
	b, err := s.bundle.Encode(s.head(30, 2))
	s.must(err)
	return b
}

// export records the export of a bundle and returns the file. lie, if not nil,
// changes the bundle after it was recorded.
func (s *story) export(lie func(*Bundle)) []byte {
	s.tb.Helper()
	b := s.bundle
	chain := s.chain
	b.Chain, b.Entries = &chain, slices.Clone(s.bundle.Entries)
	content, err := b.Content()
	s.must(err)
	i := s.event("user:5", gov.AuditExport, "hands", "trail.exported", map[string]any{"node": chain.Subject.String(), "as_of": 30, "content": content})
	b.Entries = append(b.Entries, i)
	if lie != nil {
		lie(&b)
	}
	size := len(s.entries)
	file, err := b.Encode(s.head(size, 2))
	s.must(err)
	return file
}

// TestReceipt shows what a receipt proves.
func TestReceipt(t *testing.T) {
	s := newStory(t, nil)
	for name, file := range map[string][]byte{"receipt.txt": s.receipt(), "export.txt": s.export(nil)} {
		claims, err := verify(file, s.options(2))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		goldenClaims(t, filepath.Join("bundle", name), claims)
	}
}

// goldenClaims compares what a file says. Digests are left out, since those of a
// file that holds a page are others whenever pages look otherwise.
func goldenClaims(t *testing.T, name string, claims []Claim) {
	t.Helper()
	var b strings.Builder
	for _, c := range claims {
		fmt.Fprintf(&b, "%v %s\n\t%s\n", c.Holds, c.Claim, c.Evidence)
	}
	golden(t, name, regexp.MustCompile("sha256:[0-9a-f]{64}").ReplaceAll([]byte(b.String()), []byte("sha256:…")))
}

// TestReadChain reads back what an export shows.
func TestReadChain(t *testing.T) {
	s := newStory(t, nil)
	c, err := ReadChain(s.export(nil))
	if diff := cmp.Diff(&s.chain, c); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	if _, err := ReadChain(s.receipt()); gov.ReasonOf(err) != "NO_CHAIN" {
		t.Errorf("a receipt: %v", err)
	}
}

// golden compares with a golden file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: %s", path, diff)
	}
}

// TestBundleGolden freezes the bytes of a trail.
func TestBundleGolden(t *testing.T) {
	golden(t, "bundle/receipt.zip", newStory(t, nil).receipt())
	shuffled := newStory(t, nil)
	slices.Reverse(shuffled.bundle.Entries)
	slices.Reverse(shuffled.bundle.Records)
	shuffled.bundle.Documents = append(shuffled.bundle.Documents, shuffled.bundle.Documents...)
	golden(t, "bundle/receipt.zip", shuffled.receipt())
}

// refused verifies a file that must not prove anything: every claim may hold
// but the last.
func refused(t *testing.T, name string, file []byte, o Options) {
	t.Helper()
	claims, err := verify(file, o)
	if err == nil {
		t.Errorf("%s: proven:\n%s", name, strings.Join(text(claims), "\n"))
	}
}

// TestBundleEveryByte changes every byte of a receipt, and every byte of each of
// its parts with the container made good again.
func TestBundleEveryByte(t *testing.T) {
	s := newStory(t, nil)
	file := s.receipt()
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 1 << (i % 8)
		refused(t, fmt.Sprintf("byte %d", i), bad, s.options(2))
	}
	for _, i := range []int{0, 1, 30, len(file) / 2, len(file) - 1} {
		refused(t, fmt.Sprintf("cut at %d", i), file[:i], s.options(2))
	}
	for _, more := range []string{"\x00", "\n", "PK\x05\x06"} {
		refused(t, "longer", append(bytes.Clone(file), more...), s.options(2))
		refused(t, "before", append([]byte(more), file...), s.options(2))
	}
	everyPart(t, file, s.options(2), 1)
	everyPart(t, file, s.options(0), 31)
}

// TestExportEveryByte does so with an export, whose page is long: every 31st
// byte of its parts.
func TestExportEveryByte(t *testing.T) {
	s := newStory(t, nil)
	everyPart(t, s.export(nil), s.options(2), 31)
}

func everyPart(t *testing.T, file []byte, o Options, step int) {
	t.Helper()
	if _, err := verify(file, o); err != nil {
		t.Fatal(err)
	}
	parts, err := unzipped(file)
	if err != nil {
		t.Fatal(err)
	}
	for n, p := range parts {
		for i := 0; i < len(p.data); i += step {
			bad := slices.Clone(parts)
			bad[n].data = bytes.Clone(p.data)
			bad[n].data[i] ^= 1 << (i % 7)
			again, err := zipped(bad)
			if err != nil {
				t.Fatal(err)
			}
			refused(t, fmt.Sprintf("%s: byte %d (%q)", p.name, i, p.data[i]), again, o)
		}
		bad := slices.Delete(slices.Clone(parts), n, n+1)
		again, _ := zipped(bad)
		if p.name == growthPart || strings.HasPrefix(p.name, documentParts) || p.name == recordsPart || p.name == outputsPart || p.name == textsPart {
			continue // a trail that says less, which is another true one, unless it is an export
		}
		refused(t, p.name+" left out", again, o)
	}
}

// TestLeftOut holds that a receipt which holds less claims less, and that an
// export cannot hold less.
func TestLeftOut(t *testing.T) {
	s := newStory(t, nil)
	whole, err := verify(s.receipt(), s.options(0))
	s.must(err)
	s.bundle.Documents, s.bundle.Outputs = nil, nil
	less, err := verify(s.receipt(), s.options(0))
	if err != nil || len(less) != len(whole)-2 {
		t.Errorf("%v: %s", err, strings.Join(text(less), "\n"))
	}
	for _, c := range less {
		if strings.Contains(c.Claim, "is signed by the key") {
			t.Errorf("a signature is claimed that is not there: %s", c.Claim)
		}
	}
	refused(t, "export without its documents", s.export(func(b *Bundle) { b.Documents = [][]byte{[]byte(s.vote)} }), s.options(0))
	refused(t, "export with another chain", s.export(func(b *Bundle) { b.Chain.Nodes[1].Marks = []string{"fine"} }), s.options(0))
	refused(t, "export without its entry", s.export(func(b *Bundle) { b.Entries = b.Entries[:len(b.Entries)-1] }), s.options(0))
}

// TestLies puts true parts together that do not belong together, and lets the
// log itself hold events that contradict each other.
func TestLies(t *testing.T) {
	on := func(event string, change func(map[string]any)) twist {
		return func(e string, data any) any {
			if e != event {
				return data
			}
			b, _ := json.Marshal(data)
			m := map[string]any{}
			_ = json.Unmarshal(b, &m)
			change(m)
			return m
		}
	}
	set := func(event, name string, value any) twist {
		return on(event, func(m map[string]any) { m[name] = value })
	}
	for name, s := range map[string]*story{
		"change: digest":      newStory(t, set("change.proposed", "digest", gov.Digest{1})),
		"change: touched":     newStory(t, set("change.proposed", "touched", 7)),
		"applied: revision":   newStory(t, set("change.applied", "revision", gov.Digest{1})),
		"applied: digest":     newStory(t, set("change.applied", "digest", gov.Digest{1})),
		"applied: dataset":    newStory(t, set("change.applied", "dataset", "hands/other")),
		"applied: other case": newStory(t, set("change.applied", "Number", 9)),
		"vote: change":        newStory(t, set("change.voted", "change", 18)),
		"vote: kind":          newStory(t, set("change.voted", "kind", "veto")),
		"vote: unknown kind":  newStory(t, set("change.voted", "kind", "aye")),
		"key: another":        newStory(t, set("key.added", "fingerprint", "SHA256:x")),
		"run: input's digest": newStory(t, on("run.started", func(m map[string]any) { m["inputs"].([]any)[0].(map[string]any)["digest"] = gov.Digest{1} })),
		"run: id":             newStory(t, set("run.started", "run", "17")),
		"model: no digest":    newStory(t, set("model.registered", "digest", "")),
		"batch: root":         newStory(t, set("outputs.recorded", "root", gov.Digest{1})),
		"batch: count":        newStory(t, set("outputs.recorded", "count", 2)),
		"person: type":        newStory(t, set("person.added", "id", 3)),
	} {
		refused(t, name, s.receipt(), s.options(0))
	}
	for name, change := range map[string]func(*story){
		"output: name":          func(s *story) { s.bundle.Outputs[0].Name = "req-3" },
		"output: index":         func(s *story) { s.bundle.Outputs[0].Index = 3 },
		"output: entry":         func(s *story) { s.bundle.Outputs[0].Entry = s.at["model"] },
		"output: hash":          func(s *story) { s.bundle.Outputs[0].Hashes = s.bundle.Outputs[0].Hashes[1:] },
		"record: entry":         func(s *story) { s.bundle.Records[0].Entry = s.at["v2"] },
		"record: no entry":      func(s *story) { s.bundle.Records[0].Entry = 99 },
		"record: key":           func(s *story) { s.bundle.Records[0].Key = "train/fist/0002.png" },
		"document nobody names": func(s *story) { s.bundle.Documents = append(s.bundle.Documents, []byte("x")) },
		"text nobody names":     func(s *story) { s.bundle.Texts[0].Text = "eve" },
		"no key": func(s *story) {
			s.bundle.Entries = slices.DeleteFunc(s.bundle.Entries, func(i uint64) bool { return i == s.at["key"] })
		},
	} {
		s := newStory(t, nil)
		change(s)
		refused(t, name, s.receipt(), s.options(0))
	}
	for name, change := range map[string]func(*Chain){
		"chain: digest": func(c *Chain) { c.Nodes[2].Digest = gov.Digest{1} },
		"chain: entry":  func(c *Chain) { c.Nodes[0].Entry++ },
		"chain: origin": func(c *Chain) { c.Origin = "log.example/feet" },
		"chain: format": func(c *Chain) { c.Format = "govd/chain/2" },
	} {
		s := newStory(t, nil)
		change(&s.chain)
		refused(t, name, s.export(nil), s.options(0))
	}
}

// TestSignatures lets the voter have signed something else, or with a key that
// is not theirs.
func TestSignatures(t *testing.T) {
	for name, change := range map[string]func(*gov.ApprovalStatement){
		"origin": func(s *gov.ApprovalStatement) { s.Origin = "log.example/feet" }, "change": func(s *gov.ApprovalStatement) { s.Change = 18 },
		"revision": func(s *gov.ApprovalStatement) { s.Revision = gov.Digest{1} }, "dataset": func(s *gov.ApprovalStatement) { s.Dataset = "hands/other" },
		"base": func(s *gov.ApprovalStatement) { s.Base.Number = 2 }, "decision": func(s *gov.ApprovalStatement) { s.Decision = gov.Veto },
		"person": func(s *gov.ApprovalStatement) { s.Person = "user:4" }, "expired": func(s *gov.ApprovalStatement) { s.Expires = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC) },
		"log from later": func(s *gov.ApprovalStatement) { s.LogSize = 100 }, "nothing": func(*gov.ApprovalStatement) {},
	} {
		s := newStory(t, nil)
		s.sign(sshSigner(s, 1), change)
		signed := replaceVote(t, s)
		if _, err := verify(signed.receipt(), signed.options(0)); (err == nil) != (name == "nothing") {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := newStory(t, nil)
	s.sign(sshSigner(s, 2), func(*gov.ApprovalStatement) {})
	signed := replaceVote(t, s)
	refused(t, "another key", signed.receipt(), signed.options(0))
}

// replaceVote tells the story with another signed document under the vote.
func replaceVote(t *testing.T, s *story) *story {
	doc := s.vote
	told := newStory(t, func(event string, data any) any {
		if m, ok := data.(map[string]any); ok && event == "change.voted" && m["signature"] != nil {
			m["signature"] = gov.DocumentDigest([]byte(doc))
		}
		return data
	})
	told.bundle.Documents[1] = []byte(doc)
	return told
}

// TestMultiproof proves every set of entries of small logs, and holds that no
// other hashes will do.
func TestMultiproof(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 600).Draw(rt, "size")
		w := newWorld(t)
		w.fill(size)
		sorted := rapid.SliceOfNDistinct(rapid.Uint64Range(0, uint64(size)-1), 1, 8, rapid.ID).Draw(rt, "indexes")
		slices.Sort(sorted)
		proof, err := proveEntries(w, uint64(size), sorted)
		w.must(err)
		var entries []indexed
		for _, i := range sorted {
			entries = append(entries, indexed{i, w.entries[i]})
		}
		want, err := audit.Root(w, uint64(size))
		w.must(err)
		if root, exact := rootOf(uint64(size), entries, proof); root != want || !exact {
			rt.Fatalf("root %v, want %v", root, want)
		}
		if _, exact := rootOf(uint64(size), entries, append(proof, gov.Digest{})); exact {
			rt.Fatalf("a hash too many is taken")
		}
		if len(proof) > 0 {
			if _, exact := rootOf(uint64(size), entries, proof[1:]); exact {
				rt.Fatalf("a hash too few is taken")
			}
		}
	})
}

// TestOutputs proves each output of batches of all sizes.
func TestOutputs(t *testing.T) {
	var leaves []gov.Digest
	var b audit.Builder
	for n := uint64(1); n <= 40; n++ {
		leaf := audit.LeafHash(OutputLeaf(gov.Digest{byte(n)}, ""))
		leaves = append(leaves, leaf)
		b.Add(leaf)
		root := OutputsRoot(leaves)
		if root != b.Root() {
			t.Fatalf("%d outputs: root %v, want %v", n, root, b.Root())
		}
		for i := range n {
			if err := audit.CheckEntry(ProveOutput(leaves, i), n, root, i, leaves[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func FuzzBundle(f *testing.F) {
	s := newStory(f, nil)
	f.Add(s.receipt())
	f.Add(s.export(nil))
	f.Add(newForgetting(f, nil).issue(nil))
	parts, err := unzipped(s.receipt())
	s.must(err)
	for i := range parts {
		less, err := zipped(parts[i:])
		s.must(err)
		f.Add(less)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseArchive(b)
		if err != nil {
			return
		}
		files, err := a.files()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := zipped(files); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("two forms of one trail")
		}
	})
}
