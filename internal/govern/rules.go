package govern

import (
	"context"
	"errors"
	"time"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
)

// RulesProposed: new rules of approval wait for the consent of others.
type RulesProposed struct {
	Place    gov.Place   `json:"place"`
	Of       gov.RulesOf `json:"of,omitempty"`
	Number   uint64      `json:"number"`
	Document gov.Digest  `json:"document"`
}

func (*RulesProposed) name() string { return "rules.proposed" }

func (e *RulesProposed) apply(tx *store.Tx, o origin) error {
	return tx.PutRuleSet(gov.RuleSet{
		Place: e.Place, Of: e.Of, Number: e.Number, Document: e.Document, By: o.who, Proposed: o.time, Entry: o.index,
	})
}

// RulesConsented: another admin agreed. Effective is set if that was the last
// consent that the rules needed.
type RulesConsented struct {
	Place     gov.Place   `json:"place"`
	Of        gov.RulesOf `json:"of,omitempty"`
	Number    uint64      `json:"number"`
	Document  gov.Digest  `json:"document"`
	Effective time.Time   `json:"effective,omitzero"`
}

func (*RulesConsented) name() string { return "rules.consented" }

func (e *RulesConsented) apply(tx *store.Tx, o origin) error {
	set, err := tx.RuleSet(e.Place, e.Of, e.Number)
	if err != nil {
		return err
	}
	set.Consents = append(set.Consents, gov.Consent{Person: o.who, Time: o.time, Entry: o.index})
	set.Effective = e.Effective
	return tx.PutRuleSet(set)
}

// RulesWithdrawn: rules that were not in force yet never will be.
type RulesWithdrawn struct {
	Place  gov.Place   `json:"place"`
	Of     gov.RulesOf `json:"of,omitempty"`
	Number uint64      `json:"number"`
}

func (*RulesWithdrawn) name() string { return "rules.withdrawn" }

func (e *RulesWithdrawn) apply(tx *store.Tx, o origin) error {
	set, err := tx.RuleSet(e.Place, e.Of, e.Number)
	if err != nil {
		return err
	}
	set.Withdrawn = o.index
	return tx.PutRuleSet(set)
}

// A RuleSetState says where in its life a document of rules is.
type RuleSetState string

// The states.
const (
	RulesAsked      RuleSetState = "proposed" // consents are missing
	RulesWaiting    RuleSetState = "waiting"  // agreed to, in its delay
	RulesInForce    RuleSetState = "in_force"
	RulesSuperseded RuleSetState = "superseded" // by rules with a larger number
	RulesTakenBack  RuleSetState = "withdrawn"
)

// RuleSetInfo is a document of rules with what its row does not hold.
type RuleSetInfo struct {
	gov.RuleSet
	State   RuleSetState
	Text    []byte // canonical JSON
	Missing int    // consents
}

// SetRules is a request for new rules of a place.
type SetRules struct {
	Place    gov.Place
	Of       gov.RulesOf
	Document []byte
	DryRun   bool
}

// SetRules proposes new rules. They must be as strict as those of every wider
// place; those of the server must be complete.
func (s *Service) SetRules(ctx context.Context, c Call, in SetRules) (Done[*RulesProposed], error) {
	propose := func(tx *store.Tx) (*RulesProposed, []byte, error) {
		document, err := s.checkRules(tx, in)
		if err != nil {
			return nil, nil, err
		}
		number, err := nextRules(tx, in.Place, in.Of)
		return &RulesProposed{in.Place, in.Of, number, gov.DocumentDigest(document)}, document, err
	}
	if in.DryRun {
		return dryRun(ctx, s, c, gov.RulesSet, in.Place, func(tx *store.Tx) (*RulesProposed, error) {
			ev, _, err := propose(tx)
			return ev, err
		})
	}
	return write(ctx, s, c, action{do: gov.RulesSet, at: in.Place, args: in}, func(tx *store.Tx) (*RulesProposed, error) {
		ev, document, err := propose(tx)
		if err != nil {
			return nil, err
		}
		return ev, tx.PutDocument(ev.Document, document)
	})
}

// checkRules returns the canonical document of rules that may be proposed.
func (s *Service) checkRules(tx *store.Tx, in SetRules) ([]byte, error) {
	if err := placeExists(tx, in.Place); err != nil {
		return nil, err
	}
	switch in.Of {
	case gov.ApprovalRules:
		return s.checkApprovalRules(tx, in)
	case gov.RetentionRules:
		return checkRetention(in)
	}
	return checkStagePolicy(in)
}

func (s *Service) checkApprovalRules(tx *store.Tx, in SetRules) ([]byte, error) {
	rules, err := review.ParseRules(in.Document)
	if err != nil {
		return nil, err
	}
	if in.Place == gov.Server {
		return rules.Document(), rules.CheckComplete()
	}
	upper, err := s.rulesAbove(tx, in.Place)
	if err != nil {
		return nil, err
	}
	return rules.Document(), review.CheckTightens(upper, rules)
}

// nextRules returns the number of the next rules of a place.
func nextRules(tx *store.Tx, at gov.Place, of gov.RulesOf) (uint64, error) {
	for last, err := range tx.RuleSets(at, of) {
		return last.Number + 1, err
	}
	return 1, nil
}

// dryRun decides what a write would do, for who may do it.
func dryRun[E event](ctx context.Context, s *Service, c Call, do gov.Action, at gov.Place, decide func(*store.Tx) (E, error)) (done Done[E], err error) {
	err = s.see(ctx, c, do, at, func(tx *store.Tx) (err error) {
		done.Event, err = decide(tx)
		return err
	})
	return done, err
}

// A RuleRef names a document of rules, and the digest that the caller means.
type RuleRef struct {
	Place    gov.Place
	Of       gov.RulesOf
	Number   uint64
	Expected gov.Digest
}

// ConsentToRules agrees to proposed rules. The last consent that is needed
// begins their delay.
func (s *Service) ConsentToRules(ctx context.Context, c Call, in RuleRef) (Done[*RulesConsented], error) {
	return write(ctx, s, c, action{do: gov.RulesSet, at: in.Place, args: in}, func(tx *store.Tx) (*RulesConsented, error) {
		set, err := pendingRules(tx, in)
		if err != nil {
			return nil, err
		}
		if !set.Effective.IsZero() {
			return nil, gov.Errorf(gov.Conflict, "RULES_AGREED", "rules %d of %s are agreed to, and come into force at %s", set.Number, set.Place, set.Effective.Format(time.RFC3339))
		}
		if set.Document != in.Expected {
			return nil, gov.Errorf(gov.Denied, review.StaleDigest, "rules %d of %s are not those you mean; look at them again", set.Number, set.Place)
		}
		rules, people, err := s.rulePeople(tx, c, set)
		if err != nil {
			return nil, err
		}
		rc := ruleChange(set)
		if err := rc.MayConsent(rules, people, c.Actor.Person, tx.Now); err != nil {
			return nil, err
		}
		rc.Consents = append(rc.Consents, review.Asked{Person: c.Actor.Person, Time: tx.Now})
		at, agreed := rc.Effective(rules, people, tx.Now)
		ev := &RulesConsented{Place: set.Place, Of: set.Of, Number: set.Number, Document: set.Document}
		if agreed {
			ev.Effective = at
		}
		return ev, nil
	})
}

// rulePeople returns the rules under which new ones are decided, and who is
// there to decide.
func (s *Service) rulePeople(tx *store.Tx, c Call, set gov.RuleSet) (*review.Rules, review.People, error) {
	rules, err := s.rulesInForce(tx, set.Place)
	if err != nil {
		return nil, nil, err
	}
	people, err := s.peopleAt(tx, set.Place, append(consenters(set), set.By, c.Actor.Person))
	return rules, people, err
}

func consenters(set gov.RuleSet) (ids []gov.PersonID) {
	for _, consent := range set.Consents {
		ids = append(ids, consent.Person)
	}
	return ids
}

func ruleChange(set gov.RuleSet) *review.RuleChange {
	rc := &review.RuleChange{By: set.By, Entry: set.Entry, Proposed: set.Proposed}
	for _, consent := range set.Consents {
		rc.Consents = append(rc.Consents, review.Asked{Person: consent.Person, Time: consent.Time})
	}
	return rc
}

// pendingRules returns rules that are not in force yet, and may come to be.
func pendingRules(tx *store.Tx, in RuleRef) (gov.RuleSet, error) {
	set, err := tx.RuleSet(in.Place, in.Of, in.Number)
	switch {
	case err != nil:
		return set, err
	case set.Withdrawn != 0:
		return set, gov.Errorf(gov.Conflict, "RULES_WITHDRAWN", "rules %d of %s were withdrawn", set.Number, set.Place)
	case set.InForce(tx.Now):
		return set, gov.Errorf(gov.Conflict, "RULES_IN_FORCE", "rules %d of %s are in force already", set.Number, set.Place)
	}
	newer, found, err := ruleSetInForce(tx, in.Place, in.Of, tx.Now)
	if err == nil && found && newer.Number > set.Number {
		err = gov.Errorf(gov.Conflict, "RULES_SUPERSEDED", "rules %d of %s are in force, which came after %d", newer.Number, set.Place, set.Number)
	}
	return set, err
}

// WithdrawRules takes back rules that are not in force yet. Every admin of the
// place may: what is agreed to in haste can be stopped by one.
func (s *Service) WithdrawRules(ctx context.Context, c Call, in RuleRef) (Done[*RulesWithdrawn], error) {
	return write(ctx, s, c, action{do: gov.RulesSet, at: in.Place, args: in}, func(tx *store.Tx) (*RulesWithdrawn, error) {
		set, err := pendingRules(tx, in)
		return &RulesWithdrawn{set.Place, set.Of, set.Number}, err
	})
}

// InForce is what holds at a place.
type InForce struct {
	Own     *RuleSetInfo // nil if the place has none of its own
	All     *review.Rules
	BuiltIn bool // the server's are those that govd comes with
}

// Rules returns the rules that hold at a place.
func (s *Service) Rules(ctx context.Context, c Call, at gov.Place) (r InForce, err error) {
	err = s.see(ctx, c, gov.RulesRead, at, func(tx *store.Tx) error {
		if err := placeExists(tx, at); err != nil {
			return err
		}
		own, found, err := ruleSetInForce(tx, at, gov.ApprovalRules, tx.Now)
		if err == nil && found {
			r.Own, err = s.describeRules(tx, c, own)
		}
		if err != nil {
			return err
		}
		_, set, err := ruleSetInForce(tx, gov.Server, gov.ApprovalRules, tx.Now)
		if err != nil {
			return err
		}
		r.BuiltIn = !set
		r.All, err = s.rulesInForce(tx, at)
		return err
	})
	return r, err
}

// A RulesQuery says which rules of a place, and of what lies within, are wanted:
// those that wait for consent or for their time, and perhaps others.
type RulesQuery struct {
	Place   gov.Place
	Of      gov.RulesOf // none: about anything
	All     bool        // those that are no longer, or never were, in force too
	InForce bool        // those that are in force too
}

func (q *RulesQuery) wants(state RuleSetState) bool {
	return q.All || state == RulesAsked || state == RulesWaiting || q.InForce && state == RulesInForce
}

// ListRules returns rules, by place, newest first.
func (s *Service) ListRules(ctx context.Context, c Call, q RulesQuery) (page []RuleSetInfo, err error) {
	const most = 1000
	err = s.see(ctx, c, gov.RulesRead, q.Place, func(tx *store.Tx) error {
		sets, err := take(keep(tx.RuleSetsWithin(q.Place.Project()), func(set gov.RuleSet) (bool, error) {
			return q.Place.Holds(set.Place) && (q.Of == "" || q.Of == set.Of), nil
		}), 10*most)
		for i := len(sets) - 1; err == nil && i >= 0 && len(page) < most; i-- {
			var info *RuleSetInfo
			info, err = s.describeRules(tx, c, sets[i])
			if err == nil && q.wants(info.State) {
				page = append(page, *info)
			}
		}
		return err
	})
	return page, err
}

// RulesWorkedOn describes rules to who has just worked on them.
func (s *Service) RulesWorkedOn(ctx context.Context, c Call, in RuleRef) (info RuleSetInfo, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		set, err := tx.RuleSet(in.Place, in.Of, in.Number)
		if err != nil {
			return err
		}
		described, err := s.describeRules(tx, c, set)
		if err == nil {
			info = *described
		}
		return err
	})
	return info, err
}

func (s *Service) describeRules(tx *store.Tx, c Call, set gov.RuleSet) (*RuleSetInfo, error) {
	info := &RuleSetInfo{RuleSet: set}
	text, err := tx.Document(set.Document)
	if err != nil {
		return nil, err
	}
	info.Text = append([]byte(nil), text...)
	if info.State, err = stateOfRules(tx, set); err != nil || info.State != RulesAsked {
		return info, err
	}
	rules, people, err := s.rulePeople(tx, c, set)
	if err != nil {
		return nil, err
	}
	info.Missing = ruleChange(set).Missing(rules, people, tx.Now)
	return info, nil
}

func stateOfRules(tx *store.Tx, set gov.RuleSet) (RuleSetState, error) {
	newest, found, err := ruleSetInForce(tx, set.Place, set.Of, tx.Now)
	switch {
	case err != nil:
		return "", err
	case set.Withdrawn != 0:
		return RulesTakenBack, nil
	case found && newest.Number > set.Number:
		return RulesSuperseded, nil
	case set.InForce(tx.Now):
		return RulesInForce, nil
	case !set.Effective.IsZero():
		return RulesWaiting, nil
	}
	return RulesAsked, nil
}

// firstRules lays down the rules with which a server begins, if it is given any.
// There is nobody yet who could agree to them, and nothing that they rule.
func firstRules(tx *store.Tx, document []byte) (gov.Digest, error) {
	if len(document) == 0 {
		return gov.Digest{}, nil
	}
	rules, err := review.ParseRules(document)
	if err != nil {
		return gov.Digest{}, err
	}
	return rules.Digest(), errors.Join(rules.CheckComplete(), tx.PutDocument(rules.Digest(), rules.Document()))
}
