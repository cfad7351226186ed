package govern

import (
	"fmt"
	"iter"

	"govd/internal/gov"
	"govd/internal/tree"
)

// sealed turns edits into edits of the tree. At the first one that is wrong it
// stops building, looks at all the others, and then yields one error that names
// the first and counts the rest.
func (b *base) sealed(edits iter.Seq2[Edit, error]) iter.Seq2[tree.Edit, error] {
	return func(yield func(tree.Edit, error) bool) {
		f := faults{of: "record"}
		last := ""
		for e, err := range edits {
			if err != nil {
				yield(tree.Edit{}, err)
				return
			}
			key := e.key()
			err = ascending(last, key)
			if err == nil {
				last = key
				err = b.labels.check(e)
			}
			if err == nil && e.Put != nil {
				err = b.out(e.Put)
			}
			if err == nil && b.also != nil {
				err = b.also(e)
			}
			if f.add(err) || f.first != nil {
				continue
			}
			te, err := b.edit(e)
			if f.add(err) {
				continue
			}
			if !yield(te, nil) {
				return
			}
		}
		if f.first != nil {
			yield(tree.Edit{}, f.err())
		}
	}
}

// edit turns one edit into an edit of the tree. Its bytes are valid until the next.
func (b *base) edit(e Edit) (tree.Edit, error) {
	if e.Put == nil {
		return tree.Edit{Key: []byte(e.Delete), Delete: true}, nil
	}
	value, err := b.seal.Seal(e.Put)
	return tree.Edit{Key: []byte(e.Put.Key), Value: value}, err
}

// ascending checks that a key follows the last one.
func ascending(last, key string) error {
	switch {
	case key == last && key != "":
		return gov.Errorf(gov.Invalid, "DUPLICATE_KEY", "key %q is there twice", key)
	case key < last:
		return gov.Errorf(gov.Invalid, "UNSORTED", "key %q comes after %q: keys must ascend", key, last)
	}
	return nil
}

// faults keeps the first thing that is wrong and counts the rest.
type faults struct {
	of    string // "record"
	first error
	more  int
}

// add reports whether err is a fault.
func (f *faults) add(err error) bool {
	switch {
	case err == nil:
		return false
	case f.first == nil:
		f.first = err
	default:
		f.more++
	}
	return true
}

func (f *faults) err() error {
	rest := fmt.Sprintf("%d more %ss are", f.more, f.of)
	switch f.more {
	case 0:
		return f.first
	case 1:
		rest = fmt.Sprintf("1 more %s is", f.of)
	}
	return gov.Errorf(gov.Invalid, gov.ReasonOf(f.first), "%v; and %s wrong", f.first, rest)
}

// labels knows which label names a record of a dataset may carry.
type labels struct {
	free  bool // any name goes
	stage gov.Stage
	known map[string]gov.TaxonomyLabel
}

func newLabels(t *gov.Taxonomy, stage gov.Stage) labels {
	if t == nil {
		return labels{free: true}
	}
	l := labels{stage: stage, known: make(map[string]gov.TaxonomyLabel, len(t.Labels))}
	for _, tl := range t.Labels {
		l.known[tl.Name] = tl
	}
	return l
}

// check reports what is wrong with the record of an edit.
func (l labels) check(e Edit) error {
	if e.Put == nil {
		return gov.CheckKey(e.Delete)
	}
	if err := e.Put.Check(); err != nil || l.free {
		return err
	}
	return l.checkNames(e.Put)
}

func (l labels) checkNames(r *gov.Record) error {
	for i, label := range r.Labels {
		known, ok := l.known[label.Name]
		switch {
		case !ok:
			return gov.Errorf(gov.Invalid, "UNKNOWN_LABEL", "record %q: label %q is not in the dataset's taxonomy", r.Key, label.Name)
		case known.Since > l.stage:
			return gov.Errorf(gov.Invalid, "UNKNOWN_LABEL", "record %q: label %q is used from stage %d on, and here are those up to stage %d", r.Key, label.Name, known.Since, l.stage)
		case known.Max > 0 && l.count(r.Labels[:i+1], label.Name) > known.Max:
			return gov.Errorf(gov.Invalid, "TOO_MANY_LABELS", "record %q carries label %q more than %d times", r.Key, label.Name, known.Max)
		}
	}
	return nil
}

func (l labels) count(ls []gov.Label, name string) (n uint32) {
	for _, x := range ls {
		if x.Name == name {
			n++
		}
	}
	return n
}
