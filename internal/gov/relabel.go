package gov

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Complete fills in what a stranger may leave out of an edit of the record: the
// operation, which follows from the names and geometries, and the label's id,
// which is that of the one label named From, or a free number for a new label.
// Taken are ids that other edits of the record use.
func (r *Record) Complete(e *LabelEdit, taken []string) error {
	if e.Op == 0 {
		e.Op = e.guess()
	}
	if e.Label != "" {
		return nil
	}
	if e.Op == AddLabel {
		e.Label = r.freeID(taken)
		return nil
	}
	for _, l := range r.Labels {
		if l.Name != e.From || slices.Contains(taken, l.ID) {
			continue
		}
		if e.Label != "" {
			return e.unfit("AMBIGUOUS_LABEL", "it has several labels %q: say which by label id", clip(e.From))
		}
		e.Label = l.ID
	}
	if e.Label == "" {
		return e.unfit("OLD_VALUE", "it has no label %q", clip(e.From))
	}
	return nil
}

func (e *LabelEdit) guess() EditOp {
	switch {
	case e.From == "":
		return AddLabel
	case e.To == "":
		return RemoveLabel
	case e.FromGeometry != nil || e.ToGeometry != nil:
		return ReshapeLabel
	}
	return RenameLabel
}

// freeID returns the least number that is nobody's id.
func (r *Record) freeID(taken []string) string {
	for n := 1; ; n++ {
		id := strconv.Itoa(n)
		if r.label(id) < 0 && !slices.Contains(taken, id) {
			return id
		}
	}
}

// label returns the place of a label, or -1.
func (r *Record) label(id string) int {
	return slices.IndexFunc(r.Labels, func(l Label) bool { return l.ID == id })
}

// Relabel returns the record as it is after the edits, which must be of
// different labels. Returns an error of kind Invalid, with the reason OLD_VALUE,
// if an edit expects what the record does not hold.
func (r *Record) Relabel(edits []LabelEdit) (*Record, error) {
	after := *r
	after.Labels = slices.Clone(r.Labels)
	after.Salt = [16]byte{}
	for i := range edits {
		if err := after.edit(&edits[i]); err != nil {
			return nil, err
		}
	}
	after.SortLabels()
	return &after, nil
}

func (r *Record) edit(e *LabelEdit) error {
	at := r.label(e.Label)
	if e.Op == AddLabel {
		if at >= 0 {
			return e.unfit("OLD_VALUE", "it has a label %q already, %q", clip(e.Label), clip(r.Labels[at].Name))
		}
		r.Labels = append(r.Labels, Label{e.Label, e.To, e.ToGeometry})
		return nil
	}
	switch {
	case at < 0:
		return e.unfit("OLD_VALUE", "it has no label %q", clip(e.Label))
	case r.Labels[at].Name != e.From:
		return e.unfit("OLD_VALUE", "its label %q is %q, not %q", clip(e.Label), clip(r.Labels[at].Name), clip(e.From))
	case e.expectsShape() && !reflect.DeepEqual(r.Labels[at].Geometry, e.FromGeometry):
		return e.unfit("OLD_VALUE", "its label %q has another geometry than the edit expects", clip(e.Label))
	}
	switch e.Op {
	case RemoveLabel:
		r.Labels = slices.Delete(r.Labels, at, at+1)
	case ReshapeLabel:
		r.Labels[at] = Label{e.Label, e.To, e.ToGeometry}
	default:
		r.Labels[at].Name = e.To
	}
	return nil
}

// expectsShape reports whether the old geometry is a part of what the edit
// expects. A rename never says, and a removal may.
func (e *LabelEdit) expectsShape() bool {
	return e.Op == ReshapeLabel || e.Op == RemoveLabel && e.FromGeometry != nil
}

func (e *LabelEdit) unfit(reason Reason, format string, args ...any) error {
	return Errorf(Invalid, reason, "record %q does not fit the edit: "+format, append([]any{clip(e.Key)}, args...)...)
}

// DiffLabels returns the edits that lead from the labels of a record to those of
// another at the same key, by label id.
func DiffLabels(from, to *Record) (edits []LabelEdit) {
	for _, l := range from.Labels {
		if to.label(l.ID) < 0 {
			edits = append(edits, LabelEdit{Key: from.Key, Label: l.ID, Op: RemoveLabel, From: l.Name, FromGeometry: l.Geometry})
		}
	}
	for _, l := range to.Labels {
		e := LabelEdit{Key: from.Key, Label: l.ID, To: l.Name, ToGeometry: l.Geometry, Op: AddLabel}
		if at := from.label(l.ID); at >= 0 {
			old := from.Labels[at]
			e.From, e.FromGeometry, e.Op = old.Name, old.Geometry, ReshapeLabel
			if reflect.DeepEqual(old.Geometry, l.Geometry) {
				e.FromGeometry, e.ToGeometry, e.Op = nil, nil, RenameLabel
			}
			if e.Op == RenameLabel && old.Name == l.Name {
				continue
			}
		}
		edits = append(edits, e)
	}
	slices.SortFunc(edits, func(a, b LabelEdit) int { return cmp.Compare(a.Label, b.Label) })
	return edits
}

// SortEdits puts edits into the order of their tree and returns the first one
// that is there twice, or nil.
func SortEdits(edits []LabelEdit) (twice *LabelEdit) {
	slices.SortFunc(edits, func(a, b LabelEdit) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Label, b.Label))
	})
	for i := 1; i < len(edits); i++ {
		if edits[i].Key == edits[i-1].Key && edits[i].Label == edits[i-1].Label {
			return &edits[i]
		}
	}
	return nil
}

// HasAfter reports whether the record's label is already as the edit would leave
// it.
func (r *Record) HasAfter(e *LabelEdit) bool {
	at := r.label(e.Label)
	if e.Op == RemoveLabel || at < 0 {
		return e.Op == RemoveLabel && at < 0
	}
	l := r.Labels[at]
	return l.Name == e.To && (e.Op == RenameLabel || reflect.DeepEqual(l.Geometry, e.ToGeometry))
}
