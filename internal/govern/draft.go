package govern

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
	"govd/internal/tree"
)

// A draft makes the tree of a revision's edits.
type draft struct {
	base   gov.Version
	params *tree.Params
	seal   *gov.Sealer
	labels labels
	size   gov.ChangeSize
}

// newDraft begins edits against a version whose result is meant for a stage, 0
// being the dataset's.
func newDraft(tx *store.Tx, base gov.Version, stage gov.Stage) (*draft, error) {
	d, err := tx.Dataset(base.Dataset)
	if err != nil {
		return nil, err
	}
	if stage != 0 && stage < d.Stage {
		return nil, gov.Errorf(gov.Invalid, "BAD_STAGE", "%s is at stage %d: a change cannot be meant for stage %d", d.Name, d.Stage, stage)
	}
	salt, err := tx.Salt(d.Salt)
	if err != nil {
		return nil, err
	}
	t, err := taxonomy(tx, d)
	return &draft{
		base: base, params: tree.NewParams(salt), seal: gov.NewSealer(salt), labels: newLabels(t, max(stage, d.Stage)),
	}, err
}

// build checks the edits against the base and makes their tree. The edits of a
// record are adjacent, and records ascend. At the first edit that does not fit
// it stops building, looks at all the others, and returns one error that names
// the first and counts the rest.
func (d *draft) build(from tree.Source, to tree.Sink, edits iter.Seq2[gov.LabelEdit, error]) (gov.Tree, error) {
	b, read := tree.NewBuilder(d.params, to), newSeeker(from, d.base.Tree)
	defer func() { read.stop() }()
	f := faults{of: "edit"}
	for run, err := range byRecord(edits) {
		if err == nil {
			err = d.complete(read, run)
		}
		if f.add(err) && (run == nil || !errors.Is(err, gov.Invalid)) {
			return gov.Tree{}, err
		}
		for i := range run {
			if f.first == nil {
				f.add(d.add(b, &run[i]))
			}
		}
	}
	if f.first != nil {
		return gov.Tree{}, f.err()
	}
	t, err := b.Finish()
	if err == nil && t.Records == 0 {
		err = gov.Errorf(gov.Invalid, "NO_EDITS", "there is not a single edit")
	}
	return t, err
}

// complete checks the edits of one record and fills in what they leave out.
func (d *draft) complete(read *seeker, run []gov.LabelEdit) error {
	key := run[0].Key
	if err := gov.CheckKey(key); err != nil {
		return err
	}
	r, err := read.find(key)
	if err != nil {
		return err
	}
	if r == nil {
		return gov.Errorf(gov.Invalid, "UNKNOWN_RECORD", "record %q is not in %s", key, d.base.Ref())
	}
	var taken []string
	for i := range run {
		if err := r.Complete(&run[i], taken); err != nil {
			return contested(r, run[:i], &run[i], err)
		}
		taken = append(taken, run[i].Label)
		if err := run[i].Check(); err != nil {
			return err
		}
	}
	if twice := gov.SortEdits(run); twice != nil {
		return editedTwice(key, twice.Label)
	}
	after, err := r.Relabel(run)
	if err != nil {
		return err
	}
	return d.labels.check(Edit{Put: after})
}

// contested returns why an edit finds no label: another edit may have taken it.
func contested(r *gov.Record, earlier []gov.LabelEdit, e *gov.LabelEdit, why error) error {
	for _, l := range r.Labels {
		took := func(o gov.LabelEdit) bool { return o.Label == l.ID }
		if e.Label == "" && e.From != "" && l.Name == e.From && slices.ContainsFunc(earlier, took) {
			return editedTwice(r.Key, l.ID)
		}
	}
	return why
}

func editedTwice(key, label string) error {
	return gov.Errorf(gov.Invalid, "DUPLICATE_EDIT", "record %q: label %q is edited twice", key, label)
}

func (d *draft) add(b *tree.Builder, e *gov.LabelEdit) error {
	value, err := d.seal.SealEdit(e)
	if err != nil {
		return err
	}
	d.size.Add(e)
	return b.Add([]byte(e.TreeKey()), value)
}

// fill sets what a revision says of its base and of its size.
func (d *draft) fill(r *gov.Revision, edits gov.Tree, uses map[string]uint64) {
	r.Dataset, r.Edits = d.base.Dataset, edits
	r.Base = gov.Base{Number: d.base.Number, Digest: d.base.Digest, Records: d.base.Tree.Records}
	d.size.Fill(r, func(label string) uint64 { return uses[label] })
}

// maxEdits is how many edits one record may have.
const maxEdits = 2 * gov.MaxLabels

// byRecord yields runs of edits of one record, whose keys must ascend from run
// to run. A run is valid until the next; one that is out of place comes with an
// error, and an error of edits itself without a run.
func byRecord(edits iter.Seq2[gov.LabelEdit, error]) iter.Seq2[[]gov.LabelEdit, error] {
	return func(yield func([]gov.LabelEdit, error) bool) {
		var run []gov.LabelEdit
		last := ""
		flush := func() bool {
			if len(run) == 0 {
				return true
			}
			err := checkRun(last, run)
			if err == nil {
				last = run[0].Key
			}
			goesOn := yield(run, err)
			run = run[:0]
			return goesOn
		}
		for e, err := range edits {
			if err != nil {
				yield(nil, err)
				return
			}
			if len(run) > 0 && run[0].Key != e.Key && !flush() {
				return
			}
			if len(run) <= maxEdits {
				run = append(run, e)
			}
		}
		flush()
	}
}

func checkRun(last string, run []gov.LabelEdit) error {
	if len(run) > maxEdits {
		return gov.Errorf(gov.Invalid, "TOO_MANY_EDITS", "record %q has more than %d edits", run[0].Key, maxEdits)
	}
	return ascending(last, run[0].Key)
}

// storedEdits yields the edits of a revision, in order. One that was erased is an
// error, after which it goes on.
func storedEdits(from tree.Source, edits gov.Tree, lo, hi []byte) iter.Seq2[gov.LabelEdit, error] {
	return func(yield func(gov.LabelEdit, error) bool) {
		for entry, err := range tree.Range(from, edits, lo, hi) {
			var e gov.LabelEdit
			if err == nil {
				e, err = readEdit(entry)
			}
			if !yield(e, err) || err != nil && gov.ReasonOf(err) != "ERASED" {
				return
			}
		}
	}
}

func readEdit(entry tree.Entry) (gov.LabelEdit, error) {
	if entry.Erased {
		return gov.LabelEdit{}, gov.Errorf(gov.NotFound, "ERASED", "the edit %q was erased", entry.Key)
	}
	e, err := gov.DecodeEdit(string(entry.Key), entry.Value)
	if err != nil {
		return gov.LabelEdit{}, err
	}
	return *e, nil
}

// discard is a sink for nodes that nobody needs.
type discard struct{}

// PutNode forgets the node.
func (discard) PutNode(gov.Digest, []byte) error { return nil }

// checkEdits builds the tree of a revision's stored edits again and compares:
// what was approved is what will be applied.
func (d *draft) checkEdits(ctx context.Context, from tree.Source, r *gov.Revision) error {
	b := tree.NewBuilder(d.params, discard{})
	for e, err := range storedEdits(from, r.Edits, nil, nil) {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case gov.ReasonOf(err) == "ERASED":
			return err
		case err == nil:
			err = d.add(b, &e)
		}
		if err != nil {
			return lost(r, err)
		}
	}
	again, err := b.Finish()
	if err == nil && again != r.Edits {
		err = errors.New("their tree has another root")
	}
	return lost(r, err)
}

// lost returns the error for stored edits that are not what they should be.
func lost(r *gov.Revision, cause error) error {
	if cause == nil {
		return nil
	}
	return gov.Because(cause, gov.Internal, review.DataLoss, "the stored edits of change %d are not those that revision %d was made of", r.Change, r.Number)
}

// relabelled yields the records of the base as the edits leave them.
func (d *draft) relabelled(from tree.Source, edits iter.Seq2[gov.LabelEdit, error]) iter.Seq2[tree.Edit, error] {
	return func(yield func(tree.Edit, error) bool) {
		read := newSeeker(from, d.base.Tree)
		defer func() { read.stop() }()
		for run, err := range byRecord(edits) {
			var edit tree.Edit
			if err == nil {
				edit, err = d.relabel(read, run)
			}
			if !yield(edit, err) || err != nil {
				return
			}
		}
	}
}

func (d *draft) relabel(read *seeker, run []gov.LabelEdit) (tree.Edit, error) {
	r, err := read.find(run[0].Key)
	if err == nil && r == nil {
		err = fmt.Errorf("record %q is not in %s", run[0].Key, d.base.Ref())
	}
	if err != nil {
		return tree.Edit{}, err
	}
	after, err := r.Relabel(run)
	if err != nil {
		return tree.Edit{}, err
	}
	value, err := d.seal.Seal(after)
	return tree.Edit{Key: []byte(after.Key), Value: value}, err
}
