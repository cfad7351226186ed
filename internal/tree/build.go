package tree

import (
	"bytes"
	"iter"

	"govd/internal/gov"
)

// A Builder makes a tree of records that come in ascending order of key. It
// keeps one unfinished node for each level.
type Builder struct {
	e    *editor
	last []byte
}

// NewBuilder returns a Builder that writes its nodes to a Sink.
func NewBuilder(p *Params, to Sink) *Builder {
	e := &editor{p: p, to: to, old: p.Empty()}
	e.grow(&cursor{})
	return &Builder{e: e}
}

// Add adds a record. It returns gov.Invalid with reason DUPLICATE_KEY or
// UNSORTED if the key does not come after the one before it, BAD_KEY or
// BAD_VALUE if it is beyond the limits. The slices are the caller's again.
func (b *Builder) Add(key, value []byte) error {
	if err := checkRecord(key, value); err != nil {
		return err
	}
	return b.add(&entry{key: key, value: value, size: len(value)})
}

func (b *Builder) add(e *entry) error {
	if err := checkOrder(b.last, e.key); err != nil {
		return err
	}
	b.last = append(b.last[:0], e.key...)
	return b.e.levels[0].edit(e, false)
}

// Finish writes what is left and returns the tree. The Builder must not be used
// any more.
func (b *Builder) Finish() (gov.Tree, error) { return b.e.finish() }

func checkOrder(last, key []byte) error {
	switch order := bytes.Compare(last, key); {
	case order == 0:
		return gov.Errorf(gov.Invalid, "DUPLICATE_KEY", "key %s comes twice", quote(key))
	case order > 0:
		return gov.Errorf(gov.Invalid, "UNSORTED", "key %s comes after %s, want ascending keys", quote(key), quote(last))
	}
	return nil
}

// An Edit puts a record or deletes one.
type Edit struct {
	Key, Value []byte
	Delete     bool
}

// Mutate returns the tree that the edits make of root. The keys of the edits
// must ascend; what an edit holds need be valid only until the next is pulled.
// Only nodes that root does not have are written. Edits without effect change
// nothing: putting the value that is there, deleting a key that is not.
//
// An error of edits ends it and is returned as it is; others are those of
// Builder.Add, of the Source and of the Sink. After an error the nodes that were
// written belong to no tree.
func Mutate(p *Params, from Source, to Sink, root gov.Tree, edits iter.Seq2[Edit, error]) (gov.Tree, error) {
	return mutate(p, from, to, root, func(yield func(*entry, bool, error) bool) {
		for ed, err := range edits {
			if err == nil {
				err = checkRecord(ed.Key, ed.Value)
			}
			if !yield(&entry{key: ed.Key, value: ed.Value, size: len(ed.Value)}, ed.Delete, err) {
				return
			}
		}
	})
}

// mutate is Mutate for entries. The function it is given calls yield for each
// edit, as an iterator would.
func mutate(p *Params, from Source, to Sink, root gov.Tree, edits func(yield func(e *entry, remove bool, err error) bool)) (gov.Tree, error) {
	e, err := newEditor(p, from, to, root)
	if err != nil {
		return gov.Tree{}, err
	}
	var last []byte
	edits(func(ed *entry, remove bool, failed error) bool {
		if err = failed; err == nil {
			err = checkOrder(last, ed.key)
		}
		if err == nil {
			last = append(last[:0], ed.key...)
			err = e.levels[0].edit(ed, remove)
		}
		return err == nil
	})
	if err != nil {
		return gov.Tree{}, err
	}
	return e.finish()
}
