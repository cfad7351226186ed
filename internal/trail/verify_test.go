package trail

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/tree"
)

var update = flag.Bool("update", false, "rewrite the golden files; they are frozen, so think twice")

// files makes one small file of each kind, all at size 5 for who knows size 2.
func files(t *testing.T) (*world, map[string][]byte) {
	w := newWorld(t)
	w.fill(3)
	few := w.tree(3)
	v1 := w.register(w.registration(1, few))
	w.fill(5)
	h := w.head(5, 2)
	return w, map[string][]byte{
		"present.json":     w.proveRecord(h, v1, few, "train/fist/0001.png", false),
		"full.json":        w.proveRecord(h, v1, few, "train/fist/0001.png", true),
		"absent.json":      w.proveRecord(h, v1, few, "train/fist/0001.jpg", false),
		"entry.json":       w.proveEntry(h, v1),
		"consistency.json": w.proveGrowth(h),
		"checkpoint":       w.signed[5],
		"log.tar":          w.export(h),
	}
}

const (
	signedBy  = "the checkpoint is signed by log.example/hands+7a5e5b5c+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"
	continued = "the log of log.example/hands at size 5 continues the one you know at size 2"
	inLog     = "log entry 3 is in the log of log.example/hands at size 5"
	regist    = "version hands/stage1@v1 was registered by user:3 at 2026-03-04T05:06:07Z (log entry 3)"
	holdsKey  = "record train/fist/0001.png is in hands/stage1@v1"
)

// claimed is what each file says to who knows the log at size 2.
var claimed = map[string][]string{
	"present.json":     {signedBy, continued, inLog, regist, holdsKey},
	"full.json":        {signedBy, continued, inLog, regist, holdsKey},
	"absent.json":      {signedBy, continued, inLog, regist, "record train/fist/0001.jpg is not in hands/stage1@v1"},
	"entry.json":       {signedBy, continued, inLog, "log entry 3 says: user:3 registered version hands/stage1@v1 of 3 records, at 2026-03-04T05:06:07Z"},
	"consistency.json": {signedBy, continued},
	"checkpoint":       {signedBy, "NOT: " + continued},
	"log.tar":          {signedBy, "the file holds all 5 entries of the log of log.example/hands", continued},
}

// TestGolden freezes the files' bytes and says what they claim.
func TestGolden(t *testing.T) {
	w, made := files(t)
	for name, file := range made {
		path := filepath.Join("testdata", name)
		if *update {
			w.must(os.WriteFile(path, file, 0o644))
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(file, want) {
			t.Errorf("%s is not what it was:\n%s", name, file)
		}
		claims, err := verify(file, w.options(2))
		if proven := name != "checkpoint"; proven != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(claimed[name], text(claims)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestWithoutSince verifies each file for a reader who knows nothing: that it
// says how the log grew is checked, too.
func TestWithoutSince(t *testing.T) {
	w, made := files(t)
	for name, file := range made {
		var want []string
		for _, c := range claimed[name] {
			switch {
			case !strings.HasSuffix(c, continued):
				want = append(want, c)
			case name != "log.tar" && name != "checkpoint":
				want = append(want, "the log of log.example/hands at size 5 continues one of size 2")
			}
		}
		claims, err := verify(file, w.options(0))
		if name == "consistency.json" {
			if gov.ReasonOf(err) != "NO_CHECKPOINT" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if diff := cmp.Diff(want, text(claims)); diff != "" || err != nil {
			t.Errorf("%s: %v, %s", name, err, diff)
		}
	}
}

// TestEvidence shows the decoded record, what a compact proof does not show,
// and how an absent key's place looks.
func TestEvidence(t *testing.T) {
	w, made := files(t)
	record := `content sha256:0101000000000000000000000000000000000000000000000000000000000000, 1001 bytes, image/png, split train, label 1 fist, label 2 "left hand"`
	for name, want := range map[string]string{
		"present.json": record + "; that no other record has this key rests on whoever built the tree, since the proof is compact: --full asks for whole nodes",
		"full.json":    record,
		"absent.json":  "1 whole node on the way to its place, without such a key",
	} {
		claims, err := verify(made[name], w.options(2))
		w.must(err)
		if got := claims[len(claims)-1].Evidence; got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
}

// TestEveryByte changes every byte of every file, cuts it everywhere and
// appends to it: nothing is proven any more, whether its reader knows an older
// log or not.
func TestEveryByte(t *testing.T) {
	w, made := files(t)
	for name, file := range made {
		since := 2
		if name == "checkpoint" {
			since = 5
		}
		everyByte(t, name, file, w.options(since))
	}
	for _, size := range []int{2, 3, 4, 5} { // a power of two, too: its root is no part of the proof
		everyByte(t, fmt.Sprint("entry.json since ", size), w.proveEntry(w.head(5, size), 1), w.options(0))
	}
}

func everyByte(t *testing.T, name string, file []byte, o Options) {
	t.Helper()
	if _, err := verify(file, o); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for i := range file {
		for _, x := range []byte{0x01, 0x20} {
			bad := bytes.Clone(file)
			bad[i] ^= x
			if claims, err := verify(bad, o); err == nil {
				t.Fatalf("%s: byte %d (%q) changed to %q: %v", name, i, file[i], bad[i], text(claims))
			}
		}
		if _, err := verify(file[:i], o); err == nil {
			t.Fatalf("%s: cut at %d: proven", name, i)
		}
	}
	for _, more := range []string{"\n", " ", "\x00", "{}", strings.Repeat("\x00", 512)} {
		if _, err := verify(append(bytes.Clone(file), more...), o); err == nil {
			t.Errorf("%s: %q appended: proven", name, more)
		}
	}
}

// TestWrongKey pins the key: one of the same name proves nothing.
func TestWrongKey(t *testing.T) {
	_, made := files(t)
	_, other, err := audit.GenerateKey("log.example/hands", bytes.NewReader(bytes.Repeat([]byte{8}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range made {
		if claims, err := verify(file, Options{VerifierKey: other}); err == nil || len(claims) > 1 || len(claims) == 1 && claims[0].Holds {
			t.Errorf("%s: %v, %v", name, text(claims), err)
		}
		if claims, err := verify(file, Options{VerifierKey: "x"}); gov.ReasonOf(err) != "BAD_KEY" || claims != nil {
			t.Errorf("%s: %v, %v", name, text(claims), err)
		}
	}
	w := newWorld(t)
	if _, err := verify(made["entry.json"], Options{VerifierKey: w.key(), Since: []byte("x")}); gov.ReasonOf(err) != "BAD_CHECKPOINT" {
		t.Errorf("bad older checkpoint: %v", err)
	}
}

// TestFork gives the reader a checkpoint of another history of the same log.
func TestFork(t *testing.T) {
	w, made := files(t)
	fork := newWorld(t)
	fork.register(fork.registration(9, fork.tree(1)))
	fork.fill(8)
	for _, since := range []int{1, 2, 4, 5, 8} {
		for name, file := range made {
			claims, err := verify(file, fork.options(since))
			if gov.ReasonOf(err) != "NOT_PROVEN" || claims[len(claims)-1].Holds {
				t.Errorf("%s: fork at %d: %v, %v", name, since, text(claims), err)
			}
		}
	}
	w.fill(7)
	for name, file := range made {
		if claims, err := verify(file, w.options(7)); gov.ReasonOf(err) != "NOT_PROVEN" {
			t.Errorf("%s: older than what the reader knows: %v, %v", name, text(claims), err)
		} else if why := claims[len(claims)-1].Evidence; name == "log.tar" && why != "it is shorter" {
			t.Errorf("%s: %s", name, why)
		}
	}
}

// TestSince lets the log grow between every two sizes.
func TestSince(t *testing.T) {
	w := newWorld(t)
	w.fill(9)
	for size := 1; size <= 9; size++ {
		for since := 1; since <= size; since++ {
			h := w.head(size, since)
			for name, file := range map[string][]byte{"entry": w.proveEntry(h, 0), "consistency": w.proveGrowth(h), "log": w.export(h)} {
				if claims, err := verify(file, w.options(since)); err != nil {
					t.Errorf("%s at %d since %d: %v, %v", name, size, since, text(claims), err)
				}
			}
		}
	}
	empty := Options{VerifierKey: w.key(), Since: w.signed[0]}
	if claims, err := verify(w.export(w.head(9, 0)), empty); err != nil || len(claims) != 3 {
		t.Errorf("log since the empty one: %v, %v", text(claims), err)
	}
	if claims, err := verify(w.export(w.head(0, 0)), empty); err != nil || len(claims) != 3 {
		t.Errorf("the empty log: %v, %v", text(claims), err)
	}
}

// TestSinceAnother gives the reader of a file that shows how the log grew from
// size 2 the checkpoint of another size: the file's own is enough, any else not.
func TestSinceAnother(t *testing.T) {
	w, made := files(t)
	for since, proven := range map[int]bool{1: false, 3: false, 5: true} {
		claims, err := verify(made["entry.json"], w.options(since))
		want := []string{signedBy, "the log of log.example/hands at size 5 continues one of size 2"}
		if diff := cmp.Diff(want, text(claims)[:2]); (err == nil) != proven || diff != "" {
			t.Errorf("since %d: %v, %v, %s", since, text(claims), err, diff)
		}
	}
}

// rewrite changes a record proof and writes it in its one form.
func rewrite(t *testing.T, file []byte, change func(*RecordProof)) []byte {
	t.Helper()
	var p RecordProof
	if err := decode(file, &p); err != nil {
		t.Fatal(err)
	}
	change(&p)
	b, err := encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestForgedRecordProofs makes well-formed files out of true parts that do not
// belong together, and of entries that the log really has but that are wrong.
func TestForgedRecordProofs(t *testing.T) {
	w := newWorld(t)
	small, large := w.tree(3), w.tree(400)
	r1, r2 := w.registration(1, small), w.registration(2, large)
	v1, v2 := w.register(r1), w.register(r2)

	wrongDigest := r1
	wrongDigest.Digest[0] ^= 1
	e1 := w.add(w.event(registered{Registration: wrongDigest}))
	other := r1
	other.Dataset = "hands/other"
	other.Digest = other.ComputeDigest()
	elsewhere := w.event(registered{Registration: other})
	elsewhere.At = "hands/stage1"
	e2 := w.add(elsewhere)
	none := w.event(registered{Registration: r1})
	none.Event = "version.proposed"
	e3 := w.add(none)
	refused := w.event(registered{Registration: r1})
	refused.Event, refused.Data, refused.Refused = "", nil, "NOT_ALLOWED"
	e4 := w.add(refused)
	did := w.event(registered{Registration: r1})
	did.Do = gov.VersionTag
	e5 := w.add(did)
	more := w.event(registered{Registration: r1})
	more.Data = append(more.Data[:len(more.Data)-1:len(more.Data)-1], `,"extra":1}`...)
	e6 := w.add(more)
	cased := w.event(registered{Registration: r1})
	cased.Data = append(cased.Data[:len(cased.Data)-1:len(cased.Data)-1], `,"Number":7}`...)
	e7 := w.add(cased)
	unnamed := r1
	unnamed.Dataset = "hands"
	unnamed.Digest = unnamed.ComputeDigest()
	e8 := w.add(w.event(registered{Registration: unnamed}))
	zero := w.registration(0, small)
	e9 := w.add(w.event(registered{Registration: zero}))

	h := w.head(len(w.entries), 0)
	good := w.proveRecord(h, v1, small, "train/fist/0001.png", false)
	good2 := w.proveRecord(h, v2, large, "train/fist/0001.png", false)
	if claims, err := verify(good2, w.options(0)); err != nil {
		t.Fatal(text(claims), err)
	}
	inclusion := func(entry uint64) func(*RecordProof) {
		return func(p *RecordProof) {
			in, err := NewInclusion(h, entry)
			w.must(err)
			p.Log = in
		}
	}
	compactAbsence := func(p *RecordProof) {
		c, err := tree.ProveCompact(w, small, []byte("train/x"))
		w.must(err)
		p.Key, p.Tree = "train/x", c
	}
	for name, change := range map[string]func(*RecordProof){
		"another key":          func(p *RecordProof) { p.Key = "train/fist/0002.png" },
		"another tree":         func(p *RecordProof) { w.must(json.Unmarshal(treeOf(t, good2), &p.Tree)) },
		"another version":      func(p *RecordProof) { p.Version = r2 },
		"another entry":        inclusion(v2),
		"entry: digest":        inclusion(e1),
		"entry: place":         inclusion(e2),
		"entry: event":         inclusion(e3),
		"entry: refused":       inclusion(e4),
		"entry: action":        inclusion(e5),
		"entry: more":          inclusion(e6),
		"entry: other case":    inclusion(e7),
		"entry: dataset":       inclusion(e8),
		"entry: version 0":     inclusion(e9),
		"counts":               func(p *RecordProof) { p.Version.Counts.Added++ },
		"message":              func(p *RecordProof) { p.Version.Message = gov.Digest{1} },
		"root":                 func(p *RecordProof) { p.Version.Tree.Root[3] ^= 1 },
		"no tree":              func(p *RecordProof) { p.Tree = nil },
		"index":                func(p *RecordProof) { p.Log.Index++ },
		"hash left out":        func(p *RecordProof) { p.Log.Hashes = p.Log.Hashes[1:] },
		"older checkpoint":     func(p *RecordProof) { p.Log.Checkpoint = string(w.signed[2]) },
		"compact absence":      compactAbsence,
		"entry cut":            func(p *RecordProof) { p.Log.Entry = p.Log.Entry[1:] },
		"format of an entry's": func(p *RecordProof) { p.Format = EntryFormat },
		"unknown format":       func(p *RecordProof) { p.Format = "govd/record-proof/2" },
	} {
		if claims, err := verify(rewrite(t, good, change), w.options(0)); err == nil {
			t.Errorf("%s: %v", name, text(claims))
		}
	}
	for _, entry := range []uint64{e1, e2, e3, e4, e5, e6, e7, e8, e9} {
		p, err := tree.Prove(w, small, []byte("train/fist/0001.png"), false)
		w.must(err)
		if _, err := NewRecordProof(h, entry, p); err == nil {
			t.Errorf("a proof was made from entry %s", w.entries[entry])
		}
	}
}

// treeOf returns the tree of a record proof.
func treeOf(t *testing.T, file []byte) (raw json.RawMessage) {
	t.Helper()
	var p struct{ Tree json.RawMessage }
	if err := json.Unmarshal(file, &p); err != nil {
		t.Fatal(err)
	}
	return p.Tree
}

// TestManyRecords proves keys, there or not, in a tree of several levels, and in
// one without records.
func TestManyRecords(t *testing.T) {
	w := newWorld(t)
	big, none := w.tree(2000), w.tree(0)
	v1, v2 := w.register(w.registration(1, big)), w.register(w.registration(2, none))
	w.add(w.event(registered{Registration: w.registration(3, none), Skipped: 4}))
	h := w.head(3, 0)
	for _, c := range []struct {
		entry uint64
		tree  gov.Tree
		key   string
		want  string
	}{
		{v1, big, "train/fist/0000.png", "record train/fist/0000.png is in hands/stage1@v1"},
		{v1, big, "train/fist/1999.png", "record train/fist/1999.png is in hands/stage1@v1"},
		{v1, big, "a", "record a is not in hands/stage1@v1"},
		{v1, big, "z\u202e", `record "z\u202e" is not in hands/stage1@v1`},
		{v1, big, "z z", `record "z z" is not in hands/stage1@v1`},
		{v1, big, "train/fist/1000", "record train/fist/1000 is not in hands/stage1@v1"},
		{v2, none, "train/fist/1000.png", "record train/fist/1000.png is not in hands/stage1@v2"},
		{2, none, "a", "record a is not in hands/stage1@v3"},
	} {
		for _, full := range []bool{false, true} {
			claims, err := verify(w.proveRecord(h, c.entry, c.tree, c.key, full), w.options(0))
			if err != nil || claims[len(claims)-1].Claim != c.want {
				t.Errorf("%s: %v, %v", c.key, text(claims), err)
			}
			if skipped := strings.Contains(claims[2].Evidence, "; without 4 files that could not be read"); skipped != (c.entry == 2) {
				t.Errorf("%s: %s", c.key, claims[2].Evidence)
			}
		}
	}
}

// TestRefusalEntry proves an entry that is a refusal.
func TestRefusalEntry(t *testing.T) {
	w := newWorld(t)
	w.add(audit.Entry{Do: gov.RoleGrant, At: "*", Refused: "NOT_ALLOWED"})
	claims, err := verify(w.proveEntry(w.head(1, 0), 0), w.options(0))
	want := "log entry 0 says: user:3 asked for role.grant in * and was refused: NOT_ALLOWED, at 2026-03-04T05:06:07Z"
	if err != nil || claims[2].Claim != want {
		t.Errorf("%v, %v", text(claims), err)
	}
}

func FuzzVerify(f *testing.F) {
	for _, name := range []string{"present.json", "absent.json", "entry.json", "consistency.json", "checkpoint", "log.tar"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	w := newWorld(f)
	w.fill(2)
	f.Fuzz(func(t *testing.T, b []byte) {
		claims, err := verify(b, w.options(2))
		for i, c := range claims {
			if !c.Holds && (err == nil || i < len(claims)-1) {
				t.Fatalf("%q: %v, %v", b, text(claims), err)
			}
		}
	})
}
