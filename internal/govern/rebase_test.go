package govern_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// A shape is the label of an id: a name and one of a few geometries, 0 being
// none. The zero shape is no label.
type shape struct {
	name string
	at   int64
}

// shapes are the labels of a record, by id.
type shapes map[string]shape

var shapeIDs = []string{"1", "2", "3"}

func (s shapes) record(key string) *gov.Record {
	r := govtest.Record(key)
	for _, id := range slices.Sorted(maps.Keys(s)) {
		r.Labels = append(r.Labels, gov.Label{ID: id, Name: s[id].name, Geometry: box(s[id].at)})
	}
	return r
}

func box(at int64) *gov.Geometry {
	if at == 0 {
		return nil
	}
	return &gov.Geometry{Kind: gov.Box, Parts: [][]int64{{at, at, 1000, 1000}}}
}

func shapesOf(r *gov.Record) shapes {
	s := shapes{}
	for _, l := range r.Labels {
		sh := shape{name: l.Name}
		if l.Geometry != nil {
			sh.at = l.Geometry.Parts[0][0]
		}
		s[l.ID] = sh
	}
	return s
}

// drawShapes draws what somebody makes of the labels of a record.
func drawShapes(t *rapid.T, from shapes) shapes {
	to := maps.Clone(from)
	for _, id := range shapeIDs {
		sh := shape{rapid.SampledFrom([]string{"fist", "palm"}).Draw(t, "name"), rapid.SampledFrom([]int64{0, 0, 0, 1, 2}).Draw(t, "at")}
		switch rapid.IntRange(0, 4).Draw(t, "what") {
		case 0:
			to[id] = sh
		case 1:
			delete(to, id)
		case 2:
			if was, there := to[id]; there {
				to[id] = shape{sh.name, was.at}
			}
		case 3:
			if was, there := to[id]; there {
				to[id] = shape{was.name, sh.at}
			}
		}
	}
	return to
}

// merge is the reference: what becomes of a label that ours and theirs made of
// base. A rename leaves the geometry to theirs; whatever else both changed, to
// different ends, is a conflict, in which theirs stays.
func merge(base, ours, theirs shape) (result shape, conflict bool) {
	none := shape{}
	renamed := base != none && ours != none && ours.at == base.at && ours.name != base.name
	switch {
	case ours == base || ours == theirs:
		return theirs, false
	case theirs == base:
		return ours, false
	case renamed && theirs.name == ours.name:
		return theirs, false
	case renamed && theirs.name == base.name:
		return shape{ours.name, theirs.at}, false
	}
	return theirs, true
}

// mergeRecord merges label by label and returns the first label in conflict.
func mergeRecord(base, ours, theirs shapes) (merged shapes, conflict string) {
	merged = shapes{}
	for _, id := range shapeIDs {
		result, clash := merge(base[id], ours[id], theirs[id])
		if clash && conflict == "" {
			conflict = id
		}
		if result != (shape{}) {
			merged[id] = result
		}
	}
	return merged, conflict
}

// A split is a record that the change and another version make different things
// of. Theirs is nil if they remove it.
type split struct{ base, ours, theirs shapes }

func drawSplits(t *rapid.T) map[string]split {
	all := map[string]split{}
	for i := range rapid.IntRange(1, 12).Draw(t, "records") {
		var s split
		s.base = drawShapes(t, shapes{})
		s.ours, s.theirs = s.base, s.base
		if rapid.IntRange(0, 3).Draw(t, "we") > 0 {
			s.ours = drawShapes(t, s.base)
		}
		switch rapid.IntRange(0, 7).Draw(t, "they") {
		case 0:
			s.theirs = nil
		case 1:
			s.theirs = s.ours
		case 2, 3, 4, 5:
			s.theirs = drawShapes(t, s.base)
		}
		all[fmt.Sprintf("%02d", i)] = s
	}
	return all
}

// TestRebaseMergesByLabel: a change that is rebased on what others made of the
// same records comes to what merging each label alone comes to; conflicts are
// listed in order with all three sides, and nothing is made of them unless they
// are to be dropped; what both did alike falls away.
func TestRebaseMergesByLabel(t *testing.T) {
	made, clashed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		splits := drawSplits(t)
		r := newRebasing(t, splits)
		if r == nil {
			return // there is nothing to change
		}
		want, conflicts := map[string]shapes{}, []govern.LabelConflict{}
		left := false
		for _, key := range slices.Sorted(maps.Keys(splits)) {
			s := splits[key]
			if s.theirs == nil {
				if !maps.Equal(s.base, s.ours) {
					conflicts = append(conflicts, govern.LabelConflict{Key: key, Base: s.base.record(key), Ours: s.ours.record(key)})
				}
				continue
			}
			merged, clash := mergeRecord(s.base, s.ours, s.theirs)
			if clash != "" {
				conflicts = append(conflicts, govern.LabelConflict{Key: key, Label: clash, Base: s.base.record(key), Ours: s.ours.record(key), Theirs: s.theirs.record(key)})
			}
			want[key] = merged
			left = left || !maps.Equal(merged, s.theirs)
		}
		clashed += len(conflicts)
		if len(conflicts) > 0 {
			r.expectConflicts(t, conflicts)
		}
		if r.rebase(t, left) {
			made++
			r.expectRecords(t, want)
		}
	})
	if !testing.Short() && (made < 10 || clashed < 10) {
		t.Errorf("%d rebased, %d conflicts: the test does not get there", made, clashed)
	}
}

// A rebasing is a change whose base has moved.
type rebasing struct {
	*govtest.Kit
	ina *govtest.Actor
	id  gov.ChangeID
}

func newRebasing(t *rapid.T, splits map[string]split) *rebasing {
	r := &rebasing{Kit: govtest.New(t)}
	r.Dataset(hands)
	r.ina = r.Person("ina", gov.Annotator, "p")
	var records []*gov.Record
	var ours []gov.LabelEdit
	theirs := []govern.Edit{{Put: govtest.Record("zz")}} // so that there is another version
	for _, key := range slices.Sorted(maps.Keys(splits)) {
		s := splits[key]
		records = append(records, s.base.record(key))
		ours = append(ours, gov.DiffLabels(s.base.record(key), s.ours.record(key))...)
		if s.theirs == nil {
			theirs = append(theirs, govern.Edit{Delete: key})
		} else if !maps.Equal(s.theirs, s.base) {
			theirs = append(theirs, govern.Edit{Put: s.theirs.record(key)})
		}
	}
	if len(ours) == 0 {
		return nil
	}
	r.Register(r.ina, hands, records...)
	p, err := r.Service.ProposeChange(ctx, r.ina.Call(), govern.Propose{Ref: gov.Ref{Dataset: hands}}, edits(ours...))
	if err != nil {
		t.Fatal(err)
	}
	r.id = p.Change.ID
	r.Edit(r.ina, hands, append(theirs[1:], theirs[0])...)
	return r
}

// expectConflicts holds that a rebase lists these and makes nothing.
func (r *rebasing) expectConflicts(t *rapid.T, want []govern.LabelConflict) {
	before := r.LogSize()
	got, err := r.Service.RebaseChange(ctx, r.ina.Call(), govern.Rebase{Change: r.id})
	if err != nil || r.LogSize() != before || got.Conflict != uint64(len(want)) {
		t.Fatalf("%d conflicts and %d entries (%v), want %d conflicts", got.Conflict, r.LogSize()-before, err, len(want))
	}
	for i := range got.Conflicts {
		for _, side := range []*gov.Record{got.Conflicts[i].Base, got.Conflicts[i].Ours, got.Conflicts[i].Theirs} {
			if side != nil {
				side.Salt = [16]byte{}
			}
		}
	}
	if d := cmp.Diff(want, got.Conflicts); d != "" {
		t.Fatalf("conflicts (-want +got)\n%s", d)
	}
}

// rebase drops the conflicts, and reports whether anything is left.
func (r *rebasing) rebase(t *rapid.T, left bool) bool {
	_, err := r.Service.RebaseChange(ctx, r.ina.Call(), govern.Rebase{Change: r.id, DropConflicts: true})
	if left == (err == nil) && (left || gov.ReasonOf(err) == "NO_EDITS") {
		return left
	}
	t.Fatalf("rebase: %v; something is left: %v", err, left)
	return false
}

// expectRecords applies the change and compares what the version holds.
func (r *rebasing) expectRecords(t *rapid.T, want map[string]shapes) {
	if _, err := r.Service.ApplyChange(ctx, r.ina.Call(), govern.ApplyChange{Change: r.id}); err != nil {
		t.Fatal(err)
	}
	rows, err := r.Service.Records(ctx, r.ina.Call(), gov.Ref{Dataset: hands}, govern.Span{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]shapes{}
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		if row.Key != "zz" {
			got[row.Key] = shapesOf(row.Record)
		}
	}
	if !maps.EqualFunc(got, want, maps.Equal[shapes, shapes]) {
		t.Fatalf("the version holds %v, want %v", got, want)
	}
}

// TestRebaseOfManyEdits merges 1,000 edits with 1,000 others, of which some meet.
func TestRebaseOfManyEdits(t *testing.T) {
	s := newSigns(t, govtest.Records(4000, "fist", "fist")...)
	var ours []gov.LabelEdit
	var theirs []govern.Edit
	for i := range 1000 {
		ours = append(ours, gov.LabelEdit{Key: calmKey(2 * i), Label: "1", From: "fist", To: "palm"})
		theirs = append(theirs, govern.Edit{Put: govtest.Record(calmKey(3*i), "fist", "palm")})
	}
	p, err := s.Service.ProposeChange(ctx, s.ann.Call(), govern.Propose{Ref: gov.Ref{Dataset: digits}}, edits(ours...))
	s.must(err)
	s.Edit(s.ann, digits, theirs...)
	r, err := s.Service.RebaseChange(ctx, s.ann.Call(), govern.Rebase{Change: p.Change.ID})
	s.must(err)
	if r.Conflict != 0 || r.Change.Newest.Touched != 1000 || r.Change.Newest.Base.Number != 2 || r.Change.Newest.Number != 2 {
		t.Fatalf("rebased: %+v", r)
	}
	s.applied(r.Proposed)
	for key, want := range map[string]string{calmKey(0): "palm palm", calmKey(2): "palm fist", calmKey(3): "fist palm", calmKey(6): "palm palm", calmKey(1): "fist fist"} {
		rec, _, err := s.Service.Record(ctx, s.ann.Call(), gov.Ref{Dataset: digits}, key)
		s.must(err)
		if got := rec.Labels[0].Name + " " + rec.Labels[1].Name; got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
}
