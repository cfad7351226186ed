package govern

import (
	"bytes"
	"context"
	"iter"
	"slices"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
)

// Rebase is a request for a revision of a change against the newest version.
type Rebase struct {
	Change        gov.ChangeID
	DropConflicts bool // leave out the edits that are in conflict
}

// Rebased is what became of it.
type Rebased struct {
	Proposed
	NoChange  bool // the base is the newest version already
	Conflicts []LabelConflict
	Conflict  uint64 // how many there are; maxConflicts of them are listed
}

// A LabelConflict is a record of which a change and the versions since its base
// changed the same label, to different ends. A nil record is not there.
type LabelConflict struct {
	Key                string
	Label              string // the first that is in conflict
	Base, Ours, Theirs *gov.Record
}

// maxConflicts is how many conflicts are listed.
const maxConflicts = 1000

// RebaseChange makes a revision of a change against the newest version, by a
// three-way merge of the trees: the base, the base with the edits, the newest
// version. Edits that the newest version has made too fall away. Records that
// both sides changed are merged label by label; where that fails nothing is
// made and the conflicts are returned, unless they are to be left out.
func (s *Service) RebaseChange(ctx context.Context, c Call, in Rebase) (r Rebased, err error) {
	var b rebase
	var ch gov.Change
	err = s.seeChange(ctx, c, gov.ChangePropose, in.Change, func(tx *store.Tx, now gov.Change) error {
		ch = now
		b, err = newRebase(tx, ch)
		return err
	})
	if err != nil {
		return r, err
	}
	if b.head.Number == b.old.base.Number {
		r.NoChange = true
		r.Proposed, err = s.proposed(ctx, ch.ID, 0)
		return r, err
	}
	imp, err := s.store.NewImport(ctx)
	if err != nil {
		return r, err
	}
	defer imp.Close()
	merged, err := b.merge(imported{imp, s.cache}, imp, b.revision)
	if err != nil {
		return r, err
	}
	if r.Conflicts, r.Conflict = b.conflicts, b.count; r.Conflict > 0 && !in.DropConflicts {
		r.Proposed, err = s.proposed(ctx, ch.ID, 0)
		return r, err
	}
	m, err := s.make(ctx, b.new, b.edits(imported{imp, s.cache}, merged))
	if gov.ReasonOf(err) == "NO_EDITS" {
		err = gov.Errorf(gov.Conflict, "NO_EDITS", "nothing is left of change %s: %s has all of it", in.Change, b.head.Ref())
	}
	if err != nil {
		return r, err
	}
	defer m.Close()
	r.Proposed, err = s.revise(ctx, c, Revise{Change: in.Change, Expected: b.revision.Digest}, m)
	return r, err
}

// A rebase moves the edits of a revision from its base to the newest version.
type rebase struct {
	revision  gov.Revision
	head      gov.Version
	old, new  *draft // on the base, on the head
	conflicts []LabelConflict
	count     uint64
	settled   []tree.Edit // records that both sides changed, merged by label
}

func newRebase(tx *store.Tx, ch gov.Change) (b rebase, err error) {
	if err = mustBe(ch, gov.ChangeOpen); err != nil {
		return b, err
	}
	if b.revision, err = tx.ChangeRevision(ch.ID, ch.Revision); err != nil {
		return b, err
	}
	base, err := tx.Version(ch.Dataset, b.revision.Base.Number)
	if err != nil {
		return b, err
	}
	if b.head, err = resolve(tx, gov.Ref{Dataset: ch.Dataset}); err != nil {
		return b, err
	}
	if b.old, err = newDraft(tx, base, 0); err != nil {
		return b, err
	}
	b.new, err = newDraft(tx, b.head, 0)
	stage := max(b.revision.Stage, b.new.labels.stage)
	b.old.labels.stage, b.new.labels.stage = stage, stage
	return b, err
}

// merge returns the tree of the newest version with what the change does to it.
func (b *rebase) merge(from tree.Source, to tree.Sink, r gov.Revision) (gov.Tree, error) {
	ours, err := tree.Mutate(b.old.params, from, to, b.old.base.Tree, b.old.relabelled(from, storedEdits(from, r.Edits, nil, nil)))
	if err != nil {
		return gov.Tree{}, err
	}
	merged, conflicts, err := tree.Merge(b.new.params, from, to, b.old.base.Tree, b.head.Tree, ours)
	if err != nil {
		return gov.Tree{}, err
	}
	for i := range conflicts {
		if err := b.settle(&conflicts[i]); err != nil {
			return gov.Tree{}, err
		}
	}
	return tree.Mutate(b.new.params, from, to, merged, each(b.settled))
}

// settle merges a record that both sides changed, label by label.
func (b *rebase) settle(c *tree.Conflict) error {
	key := string(c.Key)
	var side [3]*gov.Record
	for i, value := range [][]byte{c.Base, c.Right, c.Left} {
		var err error
		if side[i], err = decodeSide(key, value); err != nil {
			return err
		}
	}
	base, ours, theirs := side[0], side[1], side[2]
	if theirs != nil {
		edits, label := mergeLabels(base, ours, theirs)
		if label == "" {
			return b.keep(theirs, edits)
		}
		b.conflict(LabelConflict{key, label, base, ours, theirs})
		return b.keep(theirs, edits)
	}
	b.conflict(LabelConflict{Key: key, Base: base, Ours: ours})
	return nil
}

func (b *rebase) conflict(c LabelConflict) {
	if b.count++; b.count <= maxConflicts {
		b.conflicts = append(b.conflicts, c)
	}
}

func (b *rebase) keep(theirs *gov.Record, edits []gov.LabelEdit) error {
	after, err := theirs.Relabel(edits)
	if err != nil {
		return err
	}
	value, err := b.new.seal.Seal(after)
	b.settled = append(b.settled, tree.Edit{Key: []byte(after.Key), Value: bytes.Clone(value)})
	return err
}

// mergeLabels returns our edits that theirs leaves room for, and the first label
// of those that it does not, or "". What both did alike is neither.
func mergeLabels(base, ours, theirs *gov.Record) (fit []gov.LabelEdit, conflict string) {
	for _, e := range gov.DiffLabels(base, ours) {
		if _, err := theirs.Relabel([]gov.LabelEdit{e}); err == nil && !takesShape(theirs, &e) {
			fit = append(fit, e)
		} else if conflict == "" && !theirs.HasAfter(&e) {
			conflict = e.Label
		}
	}
	return fit, conflict
}

// takesShape reports whether an edit removes a label that had no geometry and
// that theirs have given one: the edit alone cannot tell.
func takesShape(theirs *gov.Record, e *gov.LabelEdit) bool {
	return e.Op == gov.RemoveLabel && e.FromGeometry == nil &&
		slices.ContainsFunc(theirs.Labels, func(l gov.Label) bool { return l.ID == e.Label && l.Geometry != nil })
}

// edits yields the edits that lead from the newest version to the merged tree.
func (b *rebase) edits(from tree.Source, merged gov.Tree) iter.Seq2[gov.LabelEdit, error] {
	return func(yield func(gov.LabelEdit, error) bool) {
		for ch, err := range tree.Diff(from, b.head.Tree, merged) {
			var rc RecordChange
			if err == nil {
				rc, err = readChange(ch)
			}
			if err != nil {
				yield(gov.LabelEdit{}, err)
				return
			}
			for _, e := range gov.DiffLabels(rc.From, rc.To) {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// each yields the elements of a slice without errors.
func each[V any](all []V) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for v := range slices.Values(all) {
			if !yield(v, nil) {
				return
			}
		}
	}
}
