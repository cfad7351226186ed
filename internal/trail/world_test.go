package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/tree"
)

// A world is a log and the trees that it speaks of, the same in every run.
type world struct {
	tb      testing.TB
	signer  audit.Signer
	log     *audit.Appender
	entries [][]byte
	tiles   map[[2]uint64][]byte
	signed  [][]byte // by size
	nodes   map[gov.Digest][]byte
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{tb: tb, tiles: map[[2]uint64][]byte{}, nodes: map[gov.Digest][]byte{}}
	secret, _, err := audit.GenerateKey("log.example/hands", bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	w.must(err)
	w.signer, err = audit.NewSigner(secret)
	w.must(err)
	w.log, err = audit.NewAppender(w, w.signer)
	w.must(err)
	_, signed, err := w.log.Append(nil)
	w.must(err)
	w.signed = append(w.signed, signed)
	return w
}

func (w *world) must(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
}

func (w *world) LogSize() uint64                { return uint64(len(w.entries)) }
func (w *world) Entry(i uint64) ([]byte, error) { return w.entries[i], nil }
func (w *world) Tile(level int, index uint64) ([]byte, error) {
	t, ok := w.tiles[[2]uint64{uint64(level), index}]
	if !ok {
		return nil, fmt.Errorf("no tile %d/%d", level, index)
	}
	return t, nil
}

func (w *world) Node(id gov.Digest) ([]byte, error) { return w.nodes[id], nil }
func (w *world) PutNode(id gov.Digest, frame []byte) error {
	w.nodes[id] = frame
	return nil
}

// add appends an entry and returns its index.
func (w *world) add(e audit.Entry) uint64 {
	w.tb.Helper()
	e.V, e.Time = 1, time.Date(2026, 3, 4, 5, 6, 7, len(w.entries)*1e6, time.UTC)
	if e.Who == "" {
		e.Who = "user:3"
	}
	b, err := e.Encode()
	w.must(err)
	tiles, signed, err := w.log.Append([][]byte{b})
	w.must(err)
	w.entries, w.signed = append(w.entries, b), append(w.signed, signed)
	for _, t := range tiles {
		w.tiles[[2]uint64{uint64(t.Level), t.Index}] = bytes.Clone(t.Hashes)
	}
	return w.LogSize() - 1
}

// fill appends entries that do not matter until there are size.
func (w *world) fill(size int) {
	w.tb.Helper()
	for len(w.entries) < size {
		w.add(audit.Entry{Do: gov.ProjectCreate, At: "hands", Event: "project.created", Data: json.RawMessage(`{"name":"hands"}`)})
	}
}

// registration is what version n of hands/stage1 is with that tree.
func (w *world) registration(n uint64, t gov.Tree) gov.Registration {
	r := gov.Registration{Dataset: "hands/stage1", Number: n, Tree: t, Counts: gov.Counts{Added: t.Records}}
	r.Digest = r.ComputeDigest()
	return r
}

// register appends the entry of a version.
func (w *world) register(r gov.Registration) uint64 {
	w.tb.Helper()
	return w.add(w.event(registered{Registration: r}))
}

func (w *world) event(r registered) audit.Entry {
	w.tb.Helper()
	data, err := json.Marshal(r)
	w.must(err)
	return audit.Entry{Do: gov.VersionRegister, At: gov.Place(r.Dataset), Event: "version.registered", Data: data}
}

// hand is the record with that number.
func hand(i int) *gov.Record {
	return &gov.Record{
		Key: fmt.Sprintf("train/fist/%04d.png", i), Content: gov.Digest{1, byte(i)}, Size: uint64(1000 + i), MediaType: "image/png",
		Split: "train", Labels: []gov.Label{{ID: "1", Name: "fist"}, {ID: "2", Name: "left hand"}},
	}
}

// tree builds the tree of n hands.
func (w *world) tree(n int) gov.Tree {
	w.tb.Helper()
	salt := [16]byte{9}
	seal := gov.NewSealer(salt)
	b := tree.NewBuilder(tree.NewParams(salt), w)
	for i := range n {
		r := hand(i)
		value, err := seal.Seal(r)
		w.must(err)
		w.must(b.Add([]byte(r.Key), bytes.Clone(value)))
	}
	t, err := b.Finish()
	w.must(err)
	return t
}

// head returns the head of the log at size, for a reader who knows it at since.
func (w *world) head(size, since int) Head {
	w.tb.Helper()
	h, err := NewHead(w, w.signed[size], w.key(), uint64(since))
	w.must(err)
	return h
}

func (w *world) key() string { return w.signer.VerifierKey() }

// options are those of a reader who knows the log at since; nothing if since is 0.
func (w *world) options(since int) Options {
	o := Options{VerifierKey: w.key()}
	if since > 0 {
		o.Since = w.signed[since]
	}
	return o
}

func (w *world) proveRecord(h Head, entry uint64, t gov.Tree, key string, full bool) []byte {
	w.tb.Helper()
	p, err := tree.Prove(w, t, []byte(key), full)
	w.must(err)
	b, err := NewRecordProof(h, entry, p)
	w.must(err)
	return b
}

func (w *world) proveEntry(h Head, entry uint64) []byte {
	w.tb.Helper()
	b, err := NewEntryProof(h, entry)
	w.must(err)
	return b
}

func (w *world) proveGrowth(h Head) []byte {
	w.tb.Helper()
	b, err := NewConsistencyProof(h)
	w.must(err)
	return b
}

func (w *world) export(h Head) []byte {
	w.tb.Helper()
	var b bytes.Buffer
	w.must(WriteLog(&b, h))
	return b.Bytes()
}

// verify checks a file's bytes.
func verify(file []byte, o Options) ([]Claim, error) {
	return Verify(bytes.NewReader(file), int64(len(file)), o)
}

// text returns the claims, a line each.
func text(claims []Claim) (out []string) {
	for _, c := range claims {
		line := c.Claim
		if !c.Holds {
			line = "NOT: " + line
		}
		out = append(out, line)
	}
	return out
}
