package gov

import (
	"fmt"
	"time"
)

// RulesOf says what a document of rules is about.
type RulesOf string

// ApprovalRules say what a label change needs, RetentionRules how long the records
// of a dataset are kept; the others are named by StagePolicy.
const (
	ApprovalRules  RulesOf = ""
	RetentionRules RulesOf = "retention"
)

// StagePolicy names the policy of a stage: its checks and their limits.
func StagePolicy(s Stage) RulesOf { return RulesOf(fmt.Sprintf("stage-%d", s)) }

// ParseRulesOf returns what the rules of that name are about.
func ParseRulesOf(s string) (RulesOf, error) {
	for stage := Stage(1); stage <= 5; stage++ {
		if of := StagePolicy(stage); RulesOf(s) == of {
			return of, nil
		}
	}
	if of := RulesOf(s); of == ApprovalRules || of == RetentionRules {
		return of, nil
	}
	return "", Errorf(Invalid, "UNKNOWN_RULES", "no rules %q: want none for those of approval, stage-1 to stage-5, or retention", clip(s))
}

// A RuleSet is a document of rules that was proposed for a place. Of those of a
// place about one thing that came into force, the one with the largest number
// holds.
type RuleSet struct {
	Place     Place     `json:"place"`
	Of        RulesOf   `json:"of,omitempty"`
	Number    uint64    `json:"number"`   // 1 for the first of the place about this
	Document  Digest    `json:"document"` // of the canonical rules
	By        PersonID  `json:"by"`
	Proposed  time.Time `json:"proposed"`
	Entry     uint64    `json:"entry"` // the log entry that proposed it
	Consents  []Consent `json:"consents,omitempty"`
	Effective time.Time `json:"effective,omitzero"`  // set once enough have agreed
	Withdrawn uint64    `json:"withdrawn,omitempty"` // the log entry that took it back
}

// A Consent is one person's agreement.
type Consent struct {
	Person PersonID  `json:"person"`
	Time   time.Time `json:"time"`
	Entry  uint64    `json:"entry"`
}

// InForce reports whether the rules hold from some time before now on.
func (r *RuleSet) InForce(now time.Time) bool {
	return r.Withdrawn == 0 && !r.Effective.IsZero() && !now.Before(r.Effective)
}
