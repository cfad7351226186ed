package govern

import (
	"errors"
	"sync"
	"time"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
)

// rulesInForce returns the rules of approval that hold at a place: the strictest
// of the server's, the project's and the dataset's.
func (s *Service) rulesInForce(tx *store.Tx, at gov.Place) (*review.Rules, error) {
	return s.rulesWithin(tx, levels(at))
}

// rulesAbove returns the rules that those of the place itself can only tighten.
func (s *Service) rulesAbove(tx *store.Tx, at gov.Place) (*review.Rules, error) {
	all := levels(at)
	return s.rulesWithin(tx, all[:len(all)-1])
}

// levels returns the place and those that hold it, the widest first.
func levels(at gov.Place) []gov.Place {
	all := []gov.Place{gov.Server}
	if at.Project() != "" {
		all = append(all, gov.Place(at.Project()))
	}
	if at.Dataset() != "" {
		all = append(all, at)
	}
	return all
}

func (s *Service) rulesWithin(tx *store.Tx, places []gov.Place) (*review.Rules, error) {
	var docs []gov.Digest
	for _, at := range places {
		set, found, err := ruleSetInForce(tx, at, gov.ApprovalRules, tx.Now)
		if err != nil {
			return nil, err
		}
		if found {
			docs = append(docs, set.Document)
		} else if at == gov.Server {
			docs = append(docs, gov.Digest{}) // those that govd comes with
		}
	}
	return s.rules.strictest(tx, docs)
}

// ruleSetInForce returns the rules of the place itself that hold at a time.
func ruleSetInForce(tx *store.Tx, at gov.Place, of gov.RulesOf, now time.Time) (gov.RuleSet, bool, error) {
	for set, err := range tx.RuleSets(at, of) {
		if err != nil || set.InForce(now) {
			return set, err == nil, err
		}
	}
	return gov.RuleSet{}, false, nil
}

// A ruleBook keeps rules that were read of late. Documents never change, so
// nothing in it can go stale.
type ruleBook struct {
	mu    sync.Mutex
	byDoc map[[3]gov.Digest]*review.Rules // by the documents that they are the strictest of
}

// maxRuleBook is how many a ruleBook keeps before it begins anew.
const maxRuleBook = 1024

// strictest returns the strictest of up to three documents.
func (b *ruleBook) strictest(tx *store.Tx, docs []gov.Digest) (*review.Rules, error) {
	var k [3]gov.Digest
	copy(k[:], docs)
	b.mu.Lock()
	known := b.byDoc[k]
	b.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var all []*review.Rules
	for _, d := range docs {
		r, err := readRules(tx, d)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	joined := review.Strictest(all...).Fixed()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byDoc == nil || len(b.byDoc) >= maxRuleBook {
		b.byDoc = map[[3]gov.Digest]*review.Rules{}
	}
	b.byDoc[k] = joined
	return joined, nil
}

// readRules reads a document of rules. The zero digest is that of the rules
// that govd comes with.
func readRules(tx *store.Tx, d gov.Digest) (*review.Rules, error) {
	if d.IsZero() {
		return review.Default(), nil
	}
	doc, err := tx.Document(d)
	if err != nil {
		return nil, errors.Join(gov.Errorf(gov.Internal, "NO_RULES", "the rules %v are gone", d), err)
	}
	return review.ParseRules(doc)
}
