package validate

import (
	"maps"
	"slices"
	"testing"

	"govd/internal/gov"
	"govd/internal/tree"
	"govd/internal/validate/measure"
)

// A shelf keeps nodes in memory.
type shelf map[gov.Digest][]byte

func (s shelf) Node(id gov.Digest) ([]byte, error) {
	if b, ok := s[id]; ok {
		return b, nil
	}
	return nil, gov.Errorf(gov.Internal, "NO_NODE", "no node %s", id.Short())
}

func (s shelf) PutNode(id gov.Digest, frame []byte) error {
	s[id] = frame
	return nil
}

var params = tree.NewParams([16]byte{9})

// build returns the tree of records, whatever order they come in.
func (s shelf) build(t testing.TB, records []*gov.Record) gov.Tree {
	t.Helper()
	byKey := map[string]*gov.Record{}
	for _, r := range records {
		byKey[r.Key] = r
	}
	b, sealer := tree.NewBuilder(params, s), gov.NewSealer([16]byte{3})
	for _, k := range slices.Sorted(maps.Keys(byKey)) {
		must(t, byKey[k].Check())
		v, err := sealer.Seal(byKey[k])
		must(t, err)
		must(t, b.Add([]byte(k), v))
	}
	root, err := b.Finish()
	must(t, err)
	return root
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// measured returns the evidence that measuring gives: of records, and of what
// changed since before if that is not nil.
func measured(t testing.TB, s *Suite, records, before []*gov.Record) *Evidence {
	t.Helper()
	nodes := shelf{}
	set := measure.NewSet(s.Measures()...)
	now := nodes.build(t, records)
	e := &Evidence{Dataset: "hands/test", Version: gov.Digest{7}, Number: 2, Records: uint64(len(records)), Bytes: size(records)}
	var err error
	e.Now, err = set.Fold(nodes, nil, now)
	must(t, err)
	if more := s.Further(e.Now); more != nil {
		e.Further, err = measure.NewSet(more...).Fold(nodes, nil, now)
		must(t, err)
	}
	e.Index, err = measure.NewIndexes(params, s.Indexes()...).Build(nodes, now, nodes)
	must(t, err)
	if before == nil {
		return e
	}
	then := nodes.build(t, before)
	e.Before, e.BeforeRecords, e.BeforeBytes = gov.Digest{6}, uint64(len(before)), size(before)
	e.Then, err = set.Fold(nodes, nil, then)
	must(t, err)
	e.Delta, err = set.Compare(nodes, then, now)
	must(t, err)
	e.Relabelled = relabelled(before, records)
	return e
}

func size(records []*gov.Record) (n uint64) {
	for _, r := range records {
		n += r.Size
	}
	return n
}

func relabelled(before, now []*gov.Record) *Relabelled {
	was := map[string]*gov.Record{}
	for _, r := range before {
		was[r.Key] = r
	}
	re := &Relabelled{}
	for _, r := range now {
		if old := was[r.Key]; old != nil {
			re.Both++
			re.Add(old, r, "user:7")
		}
	}
	return re
}
