package govern

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
)

// A ChangeStat sums up a revision.
type ChangeStat struct {
	Revision    RevisionInfo
	Transitions []TransitionCount // the most frequent first
	Labels      []LabelCount      // every name of the base or of the result, by name
	Splits      Tally             // records touched
	Reshaped    uint64            // labels whose geometry changes
	Past        []PastVotes
	Evidence    []gov.Evidence
}

// A TransitionCount is how many labels go from a name to another.
type TransitionCount struct {
	gov.Transition
	Count uint64
	Share uint32 // parts per million of the base's uses of From, or of the result's uses of To where From is ""
}

// A LabelCount is how often a name is used before and after.
type LabelCount struct {
	Name          string
	Before, After uint64
}

// PastVotes is how a reviewer voted on an author's earlier changes.
type PastVotes struct {
	review.Pair
	ReviewerName string
}

// StatChange sums up a revision, the newest for 0. That the caller fetched it is
// noted, for their vote to tell.
func (s *Service) StatChange(ctx context.Context, c Call, id gov.ChangeID, number uint64) (st ChangeStat, err error) {
	r, base, now, err := s.revisionOf(ctx, c, id, number)
	if err != nil {
		return st, err
	}
	sum, err := s.sumEdits(ctx, r, base)
	if err != nil {
		return st, err
	}
	uses, err := s.labelUses(ctx, base)
	if err != nil {
		return st, err
	}
	st.Splits, st.Reshaped = sum.splits, sum.reshaped
	st.Labels = sum.labels(uses)
	st.Transitions = sum.transitions(uses, st.Labels)
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if st.Revision, err = describeRevision(tx, r); err != nil {
			return err
		}
		if st.Evidence, err = take(tx.Evidence(id), 0); err != nil {
			return err
		}
		ch, err := tx.Change(id)
		if err != nil {
			return err
		}
		st.Past, err = pastVotes(tx, ch)
		return err
	})
	if err == nil {
		s.looks.sawStat(c.Actor.Person, r.Digest, now)
	}
	return st, err
}

// An editSum is what the edits of a revision come to. It never changes.
type editSum struct {
	moves    map[gov.Transition]uint64
	splits   Tally
	reshaped uint64
}

// sumEdits adds up the edits of a revision, or remembers what they came to.
func (s *Service) sumEdits(ctx context.Context, r gov.Revision, base gov.Version) (*editSum, error) {
	if known, ok := s.sums.get(r.Digest); ok {
		return known, nil
	}
	sum := &editSum{moves: map[gov.Transition]uint64{}, splits: Tally{}}
	read := newSeeker(nodes{ctx, s}, base.Tree)
	defer func() { read.stop() }()
	for run, err := range byRecord(storedEdits(nodes{ctx, s}, r.Edits, nil, nil)) {
		if err == nil {
			err = sum.add(read, run)
		}
		if err != nil {
			return nil, err
		}
	}
	s.sums.put(r.Digest, sum)
	return sum, nil
}

func (sum *editSum) add(read *seeker, run []gov.LabelEdit) error {
	for i := range run {
		e := &run[i]
		if e.Op == gov.ReshapeLabel {
			sum.reshaped++
		}
		t := gov.Transition{From: e.From, To: e.To}
		if sum.moves[t]++; len(sum.moves) > maxTally {
			return gov.Errorf(gov.Exhausted, "TOO_MANY_VALUES", "there are more than %d different transitions", maxTally)
		}
	}
	r, err := read.find(run[0].Key)
	if err != nil || r == nil {
		return err
	}
	return sum.splits.add(r.Split)
}

// labels returns how often each name is used before and after.
func (sum *editSum) labels(uses map[string]uint64) (all []LabelCount) {
	after := map[string]int64{}
	for t, n := range sum.moves {
		after[t.From] -= int64(n)
		after[t.To] += int64(n)
	}
	for name, n := range uses {
		all = append(all, LabelCount{name, n, uint64(int64(n) + after[name])})
		delete(after, name)
	}
	for name, n := range after {
		if name != "" {
			all = append(all, LabelCount{name, 0, uint64(n)})
		}
	}
	slices.SortFunc(all, func(a, b LabelCount) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (sum *editSum) transitions(uses map[string]uint64, labels []LabelCount) (all []TransitionCount) {
	after := map[string]uint64{}
	for _, l := range labels {
		after[l.Name] = l.After
	}
	for t, n := range sum.moves {
		of := uses[t.From]
		if t.From == "" {
			of = after[t.To]
		}
		all = append(all, TransitionCount{t, n, gov.PartsPerMillion(n, of)})
	}
	slices.SortFunc(all, func(a, b TransitionCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return all
}

// pastVotes returns how reviewers voted last on the author's other changes of
// the dataset.
func pastVotes(tx *store.Tx, of gov.Change) (all []PastVotes, err error) {
	var pairs review.Pairs
	looked := 0
	for ch, err := range tx.ChangesOf(of.Dataset, 0) {
		if err != nil {
			return nil, err
		}
		if looked++; looked > maxPast {
			break
		}
		if ch.ID == of.ID || ch.Author != of.Author {
			continue
		}
		if err := lastVotes(tx, ch, &pairs); err != nil {
			return nil, err
		}
	}
	for _, pair := range pairs.List() {
		p, err := tx.Person(pair.Reviewer)
		if err != nil {
			return nil, err
		}
		all = append(all, PastVotes{pair, p.Name})
	}
	return all, nil
}

// lastVotes counts the last approval or veto of each reviewer.
func lastVotes(tx *store.Tx, ch gov.Change, pairs *review.Pairs) error {
	last := map[gov.PersonID]gov.VoteKind{}
	for v, err := range tx.Votes(ch.ID) {
		if err != nil {
			return err
		}
		if v.Kind == gov.Approve || v.Kind == gov.Veto {
			last[v.Person] = v.Kind
		}
	}
	for who, kind := range last {
		pairs.Add(ch.Author, who, kind)
	}
	return nil
}
