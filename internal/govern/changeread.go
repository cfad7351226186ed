package govern

import (
	"context"
	"iter"
	"time"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
)

// A WholeChange is a change with all that was proposed and said.
type WholeChange struct {
	ChangeInfo
	Revisions []RevisionInfo
	Votes     []VoteInfo
	Evidence  []gov.Evidence
	Asked     []GlassInfo
	Verdict   review.Verdict
}

// Change returns a change with its revisions and votes, the oldest first.
func (s *Service) Change(ctx context.Context, c Call, id gov.ChangeID) (w WholeChange, err error) {
	err = s.seeChange(ctx, c, gov.ChangeRead, id, func(tx *store.Tx, ch gov.Change) error {
		if w.ChangeInfo, err = s.describeChange(tx, ch); err != nil {
			return err
		}
		k, err := s.caseOf(tx, ch)
		if err != nil {
			return err
		}
		w.Verdict = review.Judge(k)
		for _, r := range k.Revisions {
			info, err := describeRevision(tx, r)
			if err != nil {
				return err
			}
			w.Revisions = append(w.Revisions, info)
		}
		for _, v := range k.Votes {
			info, err := describeVote(tx, v)
			if err != nil {
				return err
			}
			w.Votes = append(w.Votes, info)
		}
		if w.Evidence, err = take(tx.Evidence(id), 0); err != nil {
			return err
		}
		w.Asked, err = describeGlass(tx, ch.Glass)
		return err
	})
	return w, err
}

// ExplainChange says whether a change is ready and what is missing, and under
// which rules: those of when its revision was made, then those of now.
func (s *Service) ExplainChange(ctx context.Context, c Call, id gov.ChangeID) (v review.Verdict, rules [][]byte, err error) {
	err = s.seeChange(ctx, c, gov.ChangeRead, id, func(tx *store.Tx, ch gov.Change) error {
		k, err := s.caseOf(tx, ch)
		if err != nil {
			return err
		}
		v, rules = review.Judge(k), [][]byte{k.Pinned.Document()}
		if k.Pinned.Digest() != k.Current.Digest() {
			rules = append(rules, k.Current.Document())
		}
		return nil
	})
	return v, rules, err
}

// ChangeFilter says which changes are wanted.
type ChangeFilter struct {
	Place   gov.Place       // this and what lies within; the server if none
	State   gov.ChangeState // any if ""
	NeedsMe bool            // only those that the caller could approve now
}

// maxChangesLooked bounds how many changes one call looks through.
const maxChangesLooked = 10_000

// Changes returns up to n changes that the caller may read, newest first, from
// before a number on; 0 is from the newest. next is where to go on, 0 when there
// are no more.
func (s *Service) Changes(ctx context.Context, c Call, f ChangeFilter, before gov.ChangeID, n int) (page []ChangeInfo, next gov.ChangeID, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if err := proven(tx, c.Actor); err != nil {
			return err
		}
		list := tx.Changes(before)
		if d := f.Place.Dataset(); d != "" {
			list = tx.ChangesOf(d, before)
		}
		page, next, err = lookThrough(list, n, func(ch gov.Change) gov.ChangeID { return ch.ID },
			func(ch gov.Change) (bool, error) { return s.wants(tx, c, f, ch) },
			func(ch gov.Change) (ChangeInfo, error) { return s.describeChange(tx, ch) })
		return err
	})
	return page, next, err
}

func (s *Service) wants(tx *store.Tx, c Call, f ChangeFilter, ch gov.Change) (bool, error) {
	if f.Place != "" && !f.Place.Holds(gov.Place(ch.Dataset)) || f.State != "" && ch.State != f.State || f.NeedsMe && ch.State != gov.ChangeOpen {
		return false, nil
	}
	if reads, err := s.reads(tx, c, gov.ChangeRead, gov.Place(ch.Dataset)); err != nil || !reads || !f.NeedsMe {
		return reads, err
	}
	k, err := s.caseOf(tx, ch, c.Actor.Person)
	return err == nil && review.Awaits(k, c.Actor.Person), err
}

// EditFilter says which edits of a revision are wanted.
type EditFilter struct {
	Change     gov.ChangeID
	Revision   uint64 // the newest if 0
	AfterKey   string // only those after this record and label
	AfterLabel string
	Prefix     string          // only keys of records that begin so
	Transition *gov.Transition // only labels that had this name and get that
}

// An EditRow is an edit, and the record as it is in the base.
type EditRow struct {
	gov.LabelEdit
	Record *gov.Record // nil if it was erased
}

// Edits yields the edits of a revision in order, but for those that were erased. That the caller fetched them is
// noted, for their vote to tell. It needs the right to read the records.
func (s *Service) Edits(ctx context.Context, c Call, f EditFilter) (iter.Seq2[EditRow, error], error) {
	r, base, now, err := s.revisionOf(ctx, c, f.Change, f.Revision)
	if err != nil {
		return nil, err
	}
	lo, hi := Span{Prefix: f.Prefix}.bounds()
	if after := f.AfterKey + "\x00" + f.AfterLabel + "\x00"; f.AfterKey != "" && after > string(lo) {
		lo = []byte(after)
	}
	return func(yield func(EditRow, error) bool) {
		read := newSeeker(nodes{ctx, s}, base.Tree)
		defer func() { read.stop() }()
		for e, err := range storedEdits(nodes{ctx, s}, r.Edits, lo, hi) {
			if gov.ReasonOf(err) == "ERASED" || err == nil && f.Transition != nil && *f.Transition != (gov.Transition{From: e.From, To: e.To}) {
				continue
			}
			row := EditRow{LabelEdit: e}
			if err == nil {
				s.looks.sawEdit(c.Actor.Person, r.Digest, now, e.TreeKey())
				row.Record, err = read.find(e.Key)
				if gov.ReasonOf(err) == "ERASED" {
					err = nil
				}
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}, nil
}

// revisionOf returns a revision of a change, the newest for 0, and its base, to
// who may read the records too.
func (s *Service) revisionOf(ctx context.Context, c Call, id gov.ChangeID, number uint64) (r gov.Revision, base gov.Version, now time.Time, err error) {
	err = s.seeChange(ctx, c, gov.ChangeRead, id, func(tx *store.Tx, ch gov.Change) error {
		now = tx.Now
		if number == 0 {
			number = ch.Revision
		}
		if r, err = tx.ChangeRevision(id, number); err != nil {
			return err
		}
		base, err = tx.Version(ch.Dataset, r.Base.Number)
		return err
	})
	if err != nil {
		return r, base, now, err
	}
	return r, base, now, s.see(ctx, c, gov.VersionRead, gov.Place(r.Dataset), func(*store.Tx) error { return nil })
}
