package gov

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func box(n int64) *Geometry { return &Geometry{Box, [][]int64{{n, n, n, n}}} }

func labelled() *Record {
	return &Record{Key: "k", Content: Digest{1}, Labels: []Label{{"1", "palm", nil}, {"2", "palm", nil}, {"a", "wrist", box(1)}}}
}

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		edit   LabelEdit
		taken  []string
		id     string
		op     EditOp
		reason Reason
	}{
		{edit: LabelEdit{From: "wrist", To: "palm"}, id: "a", op: RenameLabel},
		{edit: LabelEdit{From: "wrist"}, id: "a", op: RemoveLabel},
		{edit: LabelEdit{To: "back"}, id: "3", op: AddLabel},
		{edit: LabelEdit{To: "back"}, taken: []string{"3"}, id: "4", op: AddLabel},
		{edit: LabelEdit{From: "wrist", To: "wrist", FromGeometry: box(1), ToGeometry: box(2)}, id: "a", op: ReshapeLabel},
		{edit: LabelEdit{From: "palm", To: "back"}, reason: "AMBIGUOUS_LABEL"},
		{edit: LabelEdit{From: "palm", To: "back"}, taken: []string{"1"}, id: "2", op: RenameLabel},
		{edit: LabelEdit{From: "nail", To: "back"}, reason: "OLD_VALUE"},
		{edit: LabelEdit{Label: "zz", From: "nail", To: "back"}, id: "zz", op: RenameLabel},
	} {
		e := c.edit
		e.Key = "k"
		err := labelled().Complete(&e, c.taken)
		if ReasonOf(err) != c.reason || err == nil && (e.Label != c.id || e.Op != c.op) {
			t.Errorf("%+v: %+v, %v", c.edit, e, err)
		}
	}
}

func TestRelabelExpects(t *testing.T) {
	for _, e := range []LabelEdit{
		{Label: "1", Op: RenameLabel, From: "back", To: "wrist"},
		{Label: "x", Op: RemoveLabel, From: "palm"},
		{Label: "1", Op: AddLabel, To: "palm"},
		{Label: "a", Op: RemoveLabel, From: "wrist", FromGeometry: box(2)},
		{Label: "a", Op: ReshapeLabel, From: "wrist", To: "wrist", ToGeometry: box(2)},
	} {
		r := labelled()
		if _, err := r.Relabel([]LabelEdit{e}); ReasonOf(err) != "OLD_VALUE" {
			t.Errorf("%+v: %v", e, err)
		}
		if diff := cmp.Diff(labelled(), r); diff != "" {
			t.Errorf("%+v changed the record: %s", e, diff)
		}
	}
	for _, e := range []LabelEdit{
		{Label: "a", Op: RemoveLabel, From: "wrist"},
		{Label: "a", Op: RenameLabel, From: "wrist", To: "palm"},
	} {
		if _, err := labelled().Relabel([]LabelEdit{e}); err != nil {
			t.Errorf("%+v: %v", e, err)
		}
	}
}

// Relabelling a record by its difference from another gives the other's labels.
func TestDiffLabels(t *testing.T) {
	record := rapid.Custom(func(t *rapid.T) *Record {
		r := &Record{Key: "k"}
		for i := range 5 {
			if l := rapid.IntRange(0, 6).Draw(t, fmt.Sprint("label ", i)); l > 0 {
				label := Label{ID: fmt.Sprint(i), Name: string(rune('a' + l%3))}
				if l > 3 {
					label.Geometry = box(int64(l))
				}
				r.Labels = append(r.Labels, label)
			}
		}
		return r
	})
	rapid.Check(t, func(t *rapid.T) {
		from, to := record.Draw(t, "from"), record.Draw(t, "to")
		edits := DiffLabels(from, to)
		for i := range edits {
			if err := edits[i].Check(); err != nil {
				t.Fatal(err)
			}
		}
		got, err := from.Relabel(edits)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(to.Labels, got.Labels); diff != "" && len(to.Labels)+len(got.Labels) > 0 {
			t.Fatalf("%v gives other labels: %s", edits, diff)
		}
		if len(DiffLabels(to, got)) > 0 {
			t.Fatal("a record differs from itself")
		}
	})
}

func TestSortEdits(t *testing.T) {
	edits := []LabelEdit{{Key: "b", Label: "1"}, {Key: "a", Label: "2"}, {Key: "a", Label: "1"}}
	if twice := SortEdits(edits); twice != nil || edits[0].Key != "a" || edits[0].Label != "1" || edits[2].Key != "b" {
		t.Errorf("sorted %v, twice %v", edits, twice)
	}
	if twice := SortEdits(append(edits, LabelEdit{Key: "a", Label: "2"})); twice == nil || twice.Label != "2" {
		t.Errorf("twice %v", twice)
	}
}
