package govern

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"time"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/review"
	"govd/internal/store"
)

// ChangeProposed: there is a change, with its first revision.
type ChangeProposed struct {
	gov.Revision
	Expires time.Time `json:"expires"`
}

func (*ChangeProposed) name() string { return "change.proposed" }

func (e *ChangeProposed) apply(tx *store.Tx, o origin) error {
	tx.Next(changeCounter)
	ch := gov.Change{
		ID: e.Change, Dataset: e.Dataset, Author: o.who, State: gov.ChangeOpen,
		Entry: o.index, Opened: o.time, Expires: e.Expires, Revision: e.Number,
	}
	return errors.Join(tx.PutChange(ch), putRevision(tx, e.Revision, o), known(tx, o, baseEdge(e.Revision).From), link(tx, o, baseEdge(e.Revision)))
}

func putRevision(tx *store.Tx, r gov.Revision, o origin) error {
	r.By, r.Created = o.who, o.time
	return tx.PutRevision(r)
}

// baseEdge tells against which version a revision is.
func baseEdge(r gov.Revision) lineage.Edge {
	change := gov.NumberedNode(gov.ChangeNode, uint64(r.Change))
	return lineage.Edge{From: change, Kind: lineage.DerivedFrom, To: gov.VersionOf(r.Dataset, r.Base.Number)}
}

// ChangeRevised: a change has a new revision.
type ChangeRevised struct {
	gov.Revision
}

func (*ChangeRevised) name() string { return "change.revised" }

func (e *ChangeRevised) apply(tx *store.Tx, o origin) error {
	ch, err := tx.Change(e.Change)
	if err != nil {
		return err
	}
	before, err := tx.ChangeRevision(e.Change, ch.Revision)
	if err != nil {
		return err
	}
	ch.Revision = e.Number
	if before.Base.Number != e.Base.Number {
		err = errors.Join(unlink(tx, o, baseEdge(before)), link(tx, o, baseEdge(e.Revision)))
	}
	return errors.Join(err, tx.PutChange(ch), putRevision(tx, e.Revision, o))
}

// A Proposal is what a revision says besides its edits.
type Proposal struct {
	Message  string
	Stage    gov.Stage    // that the result is meant for; 0: the dataset's, or as before
	Evidence []gov.Digest // as before if none
	For      string       // on whose behalf: a name or an id
}

// Propose is a request for a change.
type Propose struct {
	Ref gov.Ref
	Proposal
	DryRun bool // check everything, change nothing
}

// Revise is a request for a revision of a change.
type Revise struct {
	Change   gov.ChangeID
	Expected gov.Digest // of the revision it replaces, if it must be that one
	Proposal
}

// Proposed is what became of a proposal or of a revision.
type Proposed struct {
	Change  ChangeInfo
	Verdict review.Verdict
	Index   uint64 // the log entry
}

// ProposeChange opens a change of label edits, against the version that the
// request names. The edits of a record are adjacent, and records ascend. Names
// the first edit that does not fit the base, and counts the others.
func (s *Service) ProposeChange(ctx context.Context, c Call, in Propose, edits iter.Seq2[gov.LabelEdit, error]) (Proposed, error) {
	at := gov.Place(in.Ref.Dataset)
	var d *draft
	err := s.see(ctx, c, gov.ChangePropose, at, func(tx *store.Tx) error {
		base, err := proposedOn(tx, c, in.Ref)
		if err != nil {
			return err
		}
		d, err = newDraft(tx, base, in.Stage)
		return err
	})
	if err != nil {
		return Proposed{}, err
	}
	m, err := s.make(ctx, d, edits)
	if err != nil {
		return Proposed{}, err
	}
	defer m.Close()
	if in.DryRun {
		return s.wouldPropose(ctx, c, in, m.revision)
	}
	args := struct {
		Propose
		Root gov.Digest
	}{in, m.revision.Edits.Root}
	done, err := write(ctx, s, c, action{do: gov.ChangePropose, at: at, args: args}, func(tx *store.Tx) (*ChangeProposed, error) {
		rules, err := s.rulesInForce(tx, at)
		if err != nil {
			return nil, err
		}
		r := m.revision
		r.Change, r.Number = gov.ChangeID(tx.Counter(changeCounter)+1), 1
		if r.Stage, err = stageOf(tx, r.Dataset, in.Stage); err != nil {
			return nil, err
		}
		err = s.finish(tx, &r, in.Proposal, rules)
		return &ChangeProposed{r, tx.Now.Add(changeLife(rules)).Truncate(time.Second)}, errors.Join(err, m.Commit(tx))
	})
	if err != nil {
		return Proposed{}, err
	}
	return s.proposed(ctx, done.Event.Change, done.Index)
}

// proposedOn returns the version that a proposal edits: who asks again means the
// one that the reference named at first.
func proposedOn(tx *store.Tx, c Call, ref gov.Ref) (gov.Version, error) {
	index, again, err := tx.Request(c.Actor.Person, c.Request)
	if err == nil && !again {
		return resolve(tx, ref)
	}
	var l Line
	if err == nil {
		l, err = line(tx, index)
	}
	if err != nil {
		return gov.Version{}, err
	}
	var then ChangeProposed
	if l.Event != then.name() || json.Unmarshal(l.Data, &then) != nil || then.Dataset != ref.Dataset {
		return resolve(tx, ref)
	}
	return tx.Version(then.Dataset, then.Base.Number)
}

// wouldPropose says what a proposal would need.
func (s *Service) wouldPropose(ctx context.Context, c Call, in Propose, r gov.Revision) (p Proposed, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		rules, err := s.rulesInForce(tx, gov.Place(r.Dataset))
		if err != nil {
			return err
		}
		if r.Stage, err = stageOf(tx, r.Dataset, in.Stage); err != nil {
			return err
		}
		if r.For, err = personNamed(tx, in.For); err != nil {
			return err
		}
		r.Number, r.Rules, r.By, r.Created = 1, rules.Digest(), c.Actor.Person, tx.Now
		r.Digest = r.ComputeDigest()
		ch := gov.Change{
			Dataset: r.Dataset, Author: c.Actor.Person, State: gov.ChangeOpen, Entry: tx.LogSize(),
			Opened: tx.Now, Expires: tx.Now.Add(changeLife(rules)), Revision: 1,
		}
		k := &review.Case{Change: ch, Revisions: []gov.Revision{r}, Pinned: rules, Now: tx.Now}
		if err := s.surround(tx, k); err != nil {
			return err
		}
		p.Change.Newest.Revision, p.Verdict = r, review.Judge(k)
		return nil
	})
	return p, err
}

func stageOf(tx *store.Tx, name gov.DatasetName, asked gov.Stage) (gov.Stage, error) {
	d, err := tx.Dataset(name)
	if err == nil && asked != 0 && asked < d.Stage {
		err = gov.Errorf(gov.Conflict, "BAD_STAGE", "%s has reached stage %d", name, d.Stage)
	}
	return max(asked, d.Stage), err
}

func changeLife(r *review.Rules) time.Duration {
	if r.ChangeLife == 0 {
		return review.Default().ChangeLife.Duration()
	}
	return r.ChangeLife.Duration()
}

// made is a revision whose edits are in an import that is not committed yet.
type made struct {
	*store.Import
	revision gov.Revision
}

// make builds the edits' tree.
func (s *Service) make(ctx context.Context, d *draft, edits iter.Seq2[gov.LabelEdit, error]) (m made, err error) {
	uses, err := s.labelUses(ctx, d.base)
	if err != nil {
		return m, err
	}
	if m.Import, err = s.store.NewImport(ctx); err != nil {
		return m, err
	}
	t, err := d.build(imported{m.Import, s.cache}, m.Import, edits)
	if err != nil {
		m.Close()
		return m, err
	}
	d.fill(&m.revision, t, uses)
	return m, nil
}

// finish sets what a revision says besides its edits, and its digest.
func (s *Service) finish(tx *store.Tx, r *gov.Revision, p Proposal, rules *review.Rules) (err error) {
	if r.Why, err = putText(tx, p.Message); err != nil {
		return err
	}
	if r.For, err = personNamed(tx, p.For); err != nil {
		return err
	}
	r.Evidence = slices.Clone(p.Evidence)
	slices.SortFunc(r.Evidence, func(a, b gov.Digest) int { return slices.Compare(a[:], b[:]) })
	r.Evidence = slices.Compact(r.Evidence)
	if len(r.Evidence) > maxEvidence {
		return gov.Errorf(gov.Invalid, "TOO_MUCH_EVIDENCE", "a revision names %d pieces of evidence at most", maxEvidence)
	}
	r.Rules = rules.Digest()
	r.Digest = r.ComputeDigest()
	if size := labelBytes(r.Labels); size > maxLabelBytes {
		return gov.Errorf(gov.Exhausted, "TOO_MANY_VALUES", "the edits name too many different labels: %d bytes of names, %d at most", size, maxLabelBytes)
	}
	return tx.PutDocument(r.Rules, rules.Document())
}

// An entry of the log has room for so much.
const (
	maxEvidence   = 64
	maxLabelBytes = 32 << 10
)

func labelBytes(labels []string) (n int) {
	for _, l := range labels {
		n += len(l) + 3
	}
	return n
}

// personNamed returns the person of a name or an id; "" has none.
func personNamed(tx *store.Tx, nameOrID string) (gov.PersonID, error) {
	if nameOrID == "" {
		return "", nil
	}
	p, err := findPerson(tx, nameOrID)
	return p.ID, err
}

// proposed describes a change to who has just worked on it.
func (s *Service) proposed(ctx context.Context, id gov.ChangeID, index uint64) (p Proposed, err error) {
	p.Index = index
	err = s.store.View(ctx, func(tx *store.Tx) error {
		ch, err := tx.Change(id)
		if err != nil {
			return err
		}
		if p.Change, err = s.describeChange(tx, ch); err != nil {
			return err
		}
		p.Verdict, err = s.judgeChange(tx, ch)
		return err
	})
	return p, err
}

// ChangeWorkedOn describes a change to who has just worked on it.
func (s *Service) ChangeWorkedOn(ctx context.Context, id gov.ChangeID) (ChangeInfo, error) {
	p, err := s.proposed(ctx, id, 0)
	return p.Change, err
}

func (s *Service) judgeChange(tx *store.Tx, ch gov.Change) (review.Verdict, error) {
	k, err := s.caseOf(tx, ch)
	if err != nil {
		return review.Verdict{}, err
	}
	return review.Judge(k), nil
}

// ReviseChange replaces the edits of a change by a new revision against the same
// base. Whoever may propose may revise, and is a contributor from then on.
func (s *Service) ReviseChange(ctx context.Context, c Call, in Revise, edits iter.Seq2[gov.LabelEdit, error]) (Proposed, error) {
	var d *draft
	err := s.seeChange(ctx, c, gov.ChangePropose, in.Change, func(tx *store.Tx, ch gov.Change) error {
		before, err := tx.ChangeRevision(ch.ID, ch.Revision)
		if err != nil {
			return err
		}
		d, err = redraft(tx, before, in.Stage)
		return err
	})
	if err != nil {
		return Proposed{}, err
	}
	m, err := s.make(ctx, d, edits)
	if err != nil {
		return Proposed{}, err
	}
	defer m.Close()
	return s.revise(ctx, c, in, m)
}

// redraft begins edits anew against the version that a revision edits. The
// result is meant for a stage, 0 being the one that it was meant for.
func redraft(tx *store.Tx, before gov.Revision, stage gov.Stage) (*draft, error) {
	base, err := tx.Version(before.Dataset, before.Base.Number)
	if err == nil && stage == 0 {
		stage, err = stageBefore(tx, before)
	}
	if err != nil {
		return nil, err
	}
	return newDraft(tx, base, stage)
}

// stageBefore returns the stage that a revision was meant for, or the one that
// its dataset has reached since.
func stageBefore(tx *store.Tx, before gov.Revision) (gov.Stage, error) {
	d, err := tx.Dataset(before.Dataset)
	return max(before.Stage, d.Stage), err
}

// revise adds the revision that was made to its change.
func (s *Service) revise(ctx context.Context, c Call, in Revise, m made) (Proposed, error) {
	args := struct {
		Revise
		Root gov.Digest
		Base uint64
	}{in, m.revision.Edits.Root, m.revision.Base.Number}
	done, err := writeChange(ctx, s, c, gov.ChangePropose, in.Change, args, func(tx *store.Tx, ch gov.Change) (*ChangeRevised, error) {
		before, err := mayRevise(tx, ch, in)
		if err != nil {
			return nil, err
		}
		r, p := m.revision, in.Proposal
		if r.Base.Number < before.Base.Number {
			return nil, gov.Errorf(gov.Denied, review.StaleDigest, "change %s was rebased meanwhile: revise it anew", ch.ID)
		}
		r.Change, r.Number = ch.ID, before.Number+1
		if err := asBefore(tx, &p, before); err != nil {
			return nil, err
		}
		if r.Stage, err = stageOf(tx, r.Dataset, p.Stage); err != nil {
			return nil, err
		}
		rules, err := s.rulesInForce(tx, gov.Place(ch.Dataset))
		if err != nil {
			return nil, err
		}
		err = s.finish(tx, &r, p, rules)
		return &ChangeRevised{r}, errors.Join(err, m.Commit(tx))
	})
	if err != nil {
		return Proposed{}, err
	}
	return s.proposed(ctx, done.Event.Change, done.Index)
}

// mayRevise returns the newest revision of a change that may have another.
func mayRevise(tx *store.Tx, ch gov.Change, in Revise) (before gov.Revision, err error) {
	if err = mustBe(ch, gov.ChangeOpen); err == nil {
		err = mustLive(tx, ch)
	}
	if err != nil {
		return before, err
	}
	before, err = tx.ChangeRevision(ch.ID, ch.Revision)
	if err == nil && !in.Expected.IsZero() && in.Expected != before.Digest {
		err = gov.Errorf(gov.Denied, review.StaleDigest, "revision %d is the newest of change %s, and is not the one you mean", before.Number, ch.ID)
	}
	return before, err
}

// asBefore sets what a proposal leaves out to what the revision before it said.
func asBefore(tx *store.Tx, p *Proposal, before gov.Revision) (err error) {
	if p.Message == "" {
		p.Message, err = textOf(tx, before.Why)
	}
	if p.Stage == 0 {
		stage, e := stageBefore(tx, before)
		p.Stage, err = stage, errors.Join(err, e)
	}
	if len(p.Evidence) == 0 {
		p.Evidence = before.Evidence
	}
	if p.For == "" {
		p.For = string(before.For)
	}
	return err
}
