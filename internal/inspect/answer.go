package inspect

import (
	"slices"
	"time"
	"unicode/utf8"

	"govd/internal/gov"
)

// An Answer is what an inspector said of an item.
type Answer struct {
	Item      ItemID       `json:"item"`
	Inspector gov.PersonID `json:"inspector"`
	Verdict   Verdict      `json:"verdict"`
	Label     string       `json:"label,omitempty"` // of an error: what it should be
	Time      time.Time    `json:"time"`
}

// check reports what is wrong with the answer by itself.
func (a *Answer) check() error {
	switch {
	case a.Verdict != OK && a.Verdict != Wrong && a.Verdict != Unclear:
		return gov.Errorf(gov.Invalid, "UNKNOWN_VERDICT", "the verdicts are ok, error and unclear")
	case a.Label != "" && a.Verdict != Wrong:
		return gov.Errorf(gov.Invalid, "BAD_ANSWER", "only an error has a corrected label")
	case len(a.Label) > gov.MaxText || !utf8.ValidString(a.Label):
		return gov.Errorf(gov.Invalid, "BAD_ANSWER", "the corrected label has more than %d bytes or is not UTF-8", gov.MaxText)
	}
	return nil
}

// answers are those that count of one item, in the order they came: reviews, as
// many as the design asks for, and then perhaps an adjudication.
type answers []Answer

// outcome returns the verdict on the item, if there is one: that of the
// reviewers if they agree and none finds it unclear, else the adjudicator's.
func (w answers) outcome(reviewers int) (Verdict, bool) {
	switch {
	case len(w) < reviewers:
		return "", false
	case w.agree(reviewers):
		return w[0].Verdict, true
	case len(w) == reviewers:
		return "", false
	}
	return w[reviewers].Verdict, true
}

func (w answers) agree(reviewers int) bool {
	return w[0].Verdict != Unclear && !slices.ContainsFunc(w[:reviewers], func(a Answer) bool { return a.Verdict != w[0].Verdict })
}

func (w answers) by(who gov.PersonID) bool {
	return slices.ContainsFunc(w, func(a Answer) bool { return a.Inspector == who })
}
