package trail

import (
	"bytes"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/lineage"
)

// TestOpenLineage: the events are read without a fault, and say every edge of
// the chain between nodes that are shown, and no other.
func TestOpenLineage(t *testing.T) {
	for _, subject := range subjects {
		c := about(hands(), subject)
		got, cells := map[string]int{}, memory{}
		for line := range bytes.Lines(export(t, subject, "openlineage")) {
			e, err := lineage.ParseEvent(bytes.TrimSuffix(line, []byte("\n")))
			if err != nil || len(e.Warnings) > 0 {
				t.Fatalf("%s: %v", line, err)
			}
			effect, err := lineage.Fold(cells, e, "govd://"+c.Origin)
			if err != nil {
				t.Fatal(err)
			}
			cells.take(effect)
			for _, b := range effect.Begun {
				got[b.From.String()+" "+b.Kind.String()+" "+b.To.String()]++
			}
			for _, b := range effect.Ended {
				delete(got, b.From.String()+" "+b.Kind.String()+" "+b.To.String())
			}
		}
		want := map[string]int{}
		v := newView(c)
		for _, e := range c.Edges {
			if v.nodes[e.From] != nil && v.nodes[e.To] != nil && !v.nodes[e.From].Redacted && !v.nodes[e.To].Redacted {
				want[e.From.String()+" "+e.Kind.String()+" "+e.To.String()] = 1
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", subject, d)
		}
	}
}

// TestOpenLineageRedacts: nothing is said of what the reader may not see.
func TestOpenLineageRedacts(t *testing.T) {
	c := about(hands(), handsModel)
	hidden := c.Nodes[1].ID
	c.Nodes[1] = Node{ID: hidden, Redacted: true}
	b, err := Export(c, "openlineage")
	if err != nil || len(b) == 0 || bytes.Contains(b, []byte(hidden.String())) {
		t.Errorf("it tells of %s: %v", hidden, err)
	}
}

// memory is what an importer keeps.
type memory map[string][]byte

func (m memory) take(e lineage.Effect) {
	for _, c := range e.Cells {
		if m[c.Key] = c.Value; c.Value == nil {
			delete(m, c.Key)
		}
	}
}

func (m memory) Cell(key string) ([]byte, error) { return m[key], nil }

func (m memory) CellsUnder(prefix string) iter.Seq2[lineage.Cell, error] {
	return func(yield func(lineage.Cell, error) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if strings.HasPrefix(k, prefix) && !yield(lineage.Cell{Key: k, Value: m[k]}, nil) {
				return
			}
		}
	}
}
