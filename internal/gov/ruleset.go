package gov

import "time"

// A RuleSet is a document of rules of approval that was proposed for a place.
// Of those of a place that came into force, the one with the largest number
// holds.
type RuleSet struct {
	Place     Place     `json:"place"`
	Number    uint64    `json:"number"`   // 1 for the first of the place
	Document  Digest    `json:"document"` // of canonical rules
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
