package govern

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/store"
)

// PromotionAsked: somebody gave their word that a version may go up a stage.
type PromotionAsked struct {
	Dataset   gov.DatasetName `json:"dataset"`
	Number    uint64          `json:"number"`
	Version   gov.Digest      `json:"version"`
	To        gov.Stage       `json:"to"`
	Report    gov.Digest      `json:"report"`
	Policy    gov.Digest      `json:"policy"`
	Waived    []string        `json:"waived,omitempty"`
	Why       gov.Digest      `json:"why,omitzero"`
	Approvers []gov.PersonID  `json:"approvers,omitempty"` // it was the last word that was needed, and these count
}

// name is another for the word that takes the dataset up.
func (e *PromotionAsked) name() string {
	if len(e.Approvers) > 0 {
		return "dataset.promoted"
	}
	return "promotion.asked"
}

func (e *PromotionAsked) apply(tx *store.Tx, o origin) error {
	err := tx.PutPromotion(gov.Promotion{
		Dataset: e.Dataset, Number: e.Number, Version: e.Version, To: e.To, Report: e.Report, Policy: e.Policy, Waived: e.Waived, Why: e.Why,
		Approvers: e.Approvers, By: o.who, Time: o.time, Entry: o.index,
	})
	if err != nil || len(e.Approvers) == 0 {
		return err
	}
	d, err := tx.Dataset(e.Dataset)
	if err != nil {
		return err
	}
	d.Stage = e.To
	return tx.PutDataset(d)
}

// DatasetPromoted: the last word that was needed was given, and the dataset is at
// the stage. It reads as the word does.
type DatasetPromoted struct{ PromotionAsked }

func (*DatasetPromoted) name() string { return "dataset.promoted" }

// Promote is a request to take a dataset up a stage.
type Promote struct {
	Ref      gov.Ref
	To       gov.Stage
	Waived   []string   // checks whose warnings the caller accepts
	Message  string     // why
	Expected gov.Digest // of the report that is meant; zero: any
}

// Promoted is what came of it.
type Promoted struct {
	Passage
	Dataset gov.Dataset
	Done    bool // the dataset is at the stage
	Index   uint64
}

// Promote gives the caller's word that a version may go up a stage. If that was
// the last that is needed, the dataset is at the stage from then on. It is
// refused, and the refusal recorded, while anything but the word of others is
// missing.
func (s *Service) Promote(ctx context.Context, c Call, in Promote) (p Promoted, err error) {
	at := gov.Place(in.Ref.Dataset)
	done, err := write(ctx, s, c, action{do: gov.DatasetPromote, at: at, args: in}, func(tx *store.Tx) (*PromotionAsked, error) {
		pass, err := s.passage(tx, in.Ref, in.To, c.Actor.Person)
		if err != nil {
			return nil, err
		}
		return s.word(tx, c, in, pass)
	})
	if err != nil {
		return p, err
	}
	err = s.store.View(ctx, func(tx *store.Tx) (err error) {
		if p.Dataset, err = tx.Dataset(in.Ref.Dataset); err != nil {
			return err
		}
		p.Passage, err = s.passage(tx, gov.Ref{Dataset: in.Ref.Dataset, Number: done.Event.Number}, in.To, "")
		return err
	})
	p.Index = done.Index
	if p.Done = len(done.Event.Approvers) > 0; p.Done {
		p.Missing, p.Approvers = nil, done.Event.Approvers
	}
	return p, err
}

// word returns the event of the caller's word, or why it does not count.
func (s *Service) word(tx *store.Tx, c Call, in Promote, p Passage) (*PromotionAsked, error) {
	if err := p.refuse(); err != nil {
		return nil, err
	}
	if !in.Expected.IsZero() && in.Expected != p.Report.Digest {
		return nil, gov.Errorf(gov.Denied, "REPORT_STALE", "the report that counts is %v, and not the one you mean", p.Report.Digest)
	}
	if bar, why := p.bars(c.Actor.Person); bar != "" {
		return nil, gov.Errorf(gov.Denied, bar, "your word does not count: %s", why)
	}
	if left := p.unwaived(in.Waived); len(left) > 0 {
		return nil, gov.Errorf(gov.Denied, "WAIVER_MISSING", "these checks warn, and your word does not accept them: %s", strings.Join(left, ", "))
	}
	if slices.Contains(p.Approvers, c.Actor.Person) {
		return nil, gov.Errorf(gov.Denied, "ALREADY_ASKED", "you have given your word already: %s", p.othersMissing())
	}
	waived := slices.Clone(p.warned)
	why, err := putText(tx, in.Message)
	ev := &PromotionAsked{
		Dataset: p.Version.Dataset, Number: p.Version.Number, Version: p.Version.Digest, To: p.To, Report: p.Report.Digest, Policy: p.Report.Policy,
		Waived: waived, Why: why,
	}
	if all := append(slices.Clone(p.Approvers), c.Actor.Person); uint32(len(all)) >= p.Stewards {
		ev.Approvers = all
	}
	return ev, err
}

// ExplainPromotion returns what stands between a version and a stage: the next
// one for 0.
func (s *Service) ExplainPromotion(ctx context.Context, c Call, ref gov.Ref, to gov.Stage) (p Passage, err error) {
	err = s.see(ctx, c, gov.ReportRead, gov.Place(ref.Dataset), func(tx *store.Tx) (err error) {
		p, err = s.passage(tx, ref, to, c.Actor.Person)
		return err
	})
	return p, err
}

// refuse returns the gravest thing that is missing, and names the others; nil if
// nothing is but the word of people.
func (p *Passage) refuse() error {
	var all []string
	for _, m := range p.Missing {
		if m.Reason != needsWord && m.Reason != needsWaiver {
			all = append(all, string(m.Reason)+": "+m.Says)
		}
	}
	if len(all) == 0 {
		return nil
	}
	first := p.Missing[0]
	words := first.Says
	if len(all) > 1 {
		words += fmt.Sprintf(" (and %s)", strings.Join(all[1:], "; "))
	}
	return gov.Errorf(gov.Denied, first.Reason, "%s cannot be promoted to stage %d: %s", p.Version.Ref(), p.To, words)
}

// othersMissing says how many must still agree.
func (p *Passage) othersMissing() string {
	return fmt.Sprintf("%d of %d stewards have agreed", len(p.Approvers), p.Stewards)
}
