package trail

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"govd/internal/gov"
)

// A ruling names a document of rules.
type ruling struct {
	place  gov.Place
	of     gov.RulesOf
	number uint64
}

// String returns what people call the rules.
func (r ruling) String() string {
	what := "approval"
	if r.of != gov.ApprovalRules {
		what = string(r.of)
	}
	return fmt.Sprintf("rules %d of %s for %s", r.number, quote(what), quote(string(r.place)))
}

// An agreement is what the log says of a document of rules.
type agreement struct {
	document gov.Digest
	by       gov.PersonID
	agreed   []string // others
}

// rulesProposed tells who wrote rules.
func (p *proven) rulesProposed(l line) error {
	r, d, _, err := rulesEvent(l)
	if err != nil {
		return err
	}
	p.on(OfPlaces, string(r.place))
	p.rules[r] = &agreement{document: d, by: l.Who}
	p.holds(fmt.Sprintf("%s were proposed %s", r, l.said()), "their digest is %s; %s", d, p.holdsDocument(d))
	return nil
}

// rulesConsented tells who else agreed: nobody rules alone.
func (p *proven) rulesConsented(l line) error {
	r, d, effective, err := rulesEvent(l)
	if err != nil {
		return err
	}
	p.on(OfPlaces, string(r.place))
	claim := fmt.Sprintf("%s agreed to %s at %s (log entry %d)", l.Who, r, l.Time.Format(time.RFC3339), l.index)
	a := p.rules[r]
	switch {
	case a == nil:
		p.lacks(claim, "this file does not hold who proposed them")
		return nil
	case a.document != d:
		return p.fails(claim, fmt.Errorf("to the digest %s, and %s was proposed", d, a.document))
	case a.by == l.Who || slices.Contains(a.agreed, string(l.Who)):
		return p.fails(claim, fmt.Errorf("%s had proposed them, or agreed before", l.Who))
	}
	a.agreed = append(a.agreed, string(l.Who))
	if effective.IsZero() {
		p.holds(claim, "others had to agree, too")
		return nil
	}
	p.holds(claim+fmt.Sprintf("; so they are in force from %s on", effective.Format(time.RFC3339)), "four eyes: %s proposed them, and %s agreed", a.by, strings.Join(a.agreed, ", "))
	return nil
}

// rulesEvent reads what both events have in common.
func rulesEvent(l line) (r ruling, document gov.Digest, effective time.Time, err error) {
	var e struct {
		Place     gov.Place   `json:"place"`
		Of        gov.RulesOf `json:"of"`
		Number    uint64      `json:"number"`
		Document  gov.Digest  `json:"document"`
		Effective time.Time   `json:"effective"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return r, document, effective, err
	}
	if e.Place != l.At || e.Number == 0 {
		return r, document, effective, badFile("the log entry speaks of rules of another place")
	}
	return ruling{e.Place, e.Of, e.Number}, e.Document, e.Effective, nil
}

func (p *proven) holdsDocument(d gov.Digest) string {
	if _, there := p.documents[d]; there {
		return "they are in this file"
	}
	return "they are not in this file"
}

// glassAsked tells of an emergency.
func (p *proven) glassAsked(l line) error {
	var e struct {
		Change   gov.ChangeID `json:"change"`
		Revision gov.Digest   `json:"revision"`
		Reason   gov.Digest   `json:"reason"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.on(OfChanges, e.Change.String())
	why := "the reason is not in this file"
	if text, there := p.texts[e.Reason]; there {
		why = "because " + quote(text)
	}
	p.holds(fmt.Sprintf("to apply change %s without its quorum was asked for %s", e.Change, l.said()), "of revision %s; %s", e.Revision, why)
	return nil
}

// changeRatified tells that the quorum followed: each of those who are named
// must have approved, as far as their votes are here.
func (p *proven) changeRatified(l line) error {
	var e struct {
		Change    gov.ChangeID   `json:"change"`
		Revision  gov.Digest     `json:"revision"`
		Approvers []gov.PersonID `json:"approvers"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.on(OfChanges, e.Change.String())
	names := make([]string, len(e.Approvers))
	for i, id := range e.Approvers {
		names[i] = string(id)
	}
	claim := fmt.Sprintf("change %s, which was applied by breaking the glass, was ratified by %s in log entry %d", e.Change, strings.Join(names, ", "), l.index)
	c := p.changes[e.Change]
	if c == nil {
		p.lacks(claim, "this file does not hold their votes")
		return nil
	}
	who, where := c.approvals(e.Revision, l.index)
	for _, name := range names {
		if !slices.Contains(who, name) {
			return p.fails(claim, fmt.Errorf("no vote in this file by which %s approved revision %s", name, e.Revision))
		}
	}
	p.holds(claim, "votes over the digest %s in log entries %s", e.Revision, strings.Join(where, ", "))
	return nil
}
