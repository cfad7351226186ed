package trail

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"govd/internal/gov"
)

// A word is what a log entry says of somebody's word that a version may go up to
// a stage.
type word struct {
	Dataset   gov.DatasetName `json:"dataset"`
	Number    uint64          `json:"number"`
	Version   gov.Digest      `json:"version"`
	To        gov.Stage       `json:"to"`
	Report    gov.Digest      `json:"report"`
	Policy    gov.Digest      `json:"policy"`
	Waived    []string        `json:"waived"`
	Why       gov.Digest      `json:"why"`
	Approvers []gov.PersonID  `json:"approvers"`

	by    gov.PersonID
	entry uint64
}

// A promotion names what is promoted: the same version to the same stage, on the
// same report.
type promotion struct {
	version gov.Node
	to      gov.Stage
	report  gov.Digest
}

func (w *word) node() gov.Node       { return gov.VersionOf(w.Dataset, w.Number) }
func (w *word) promotion() promotion { return promotion{w.node(), w.To, w.Report} }

// promotionAsked tells of a word that was not the last that was needed.
func (p *proven) promotionAsked(l line) error {
	_, err := p.word(l)
	return err
}

// word tells of one person's word: what they saw, and what they accept of it.
func (p *proven) word(l line) (*word, error) {
	w := &word{by: l.Who, entry: l.index}
	if err := decodeEvent(l, w); err != nil {
		return nil, err
	}
	if err := p.about(l, w.node(), w.Version); err != nil {
		return nil, err
	}
	if _, err := gov.ParseStage(int(w.To)); err != nil || w.Report.IsZero() || l.Who.Machine() {
		return nil, badFile("the log entry names no stage or no report, or is of a machine, whose word does not count")
	}
	p.on(OfPromotions, w.node().Name)
	claim := fmt.Sprintf("%s gave their word that version %s may go up to stage %d, at %s (log entry %d)", l.Who, quote(w.node().Name), w.To, l.Time.Format(time.RFC3339), l.index)
	says, _, err := p.passes(w)
	if err != nil {
		return nil, p.fails(claim, err)
	}
	why := ""
	if text, there := p.texts[w.Why]; there && text != "" {
		why = "; because " + quote(text)
	}
	p.holds(claim, "%s%s", says, why)
	p.words[w.promotion()] = append(p.words[w.promotion()], w)
	return w, nil
}

// passes says what the report says that a word is about, if it is here. It must
// be of that version and stage, pass, and warn of nothing that the word does
// not accept.
func (p *proven) passes(w *word) (says string, here bool, err error) {
	r, here, err := p.reportOf(w.Report)
	switch {
	case !here:
		return fmt.Sprintf("on the report %s, which is not in this file", w.Report), false, nil
	case err != nil:
		return "", true, err
	case r.Version != w.Version || r.Stage != w.To || r.Policy != w.Policy:
		return "", true, fmt.Errorf("the report %s is of another version, stage or policy", w.Report)
	}
	warns, err := r.warns()
	if err != nil {
		return "", true, fmt.Errorf("the report %s %w", w.Report, err)
	}
	for _, id := range warns {
		if !slices.Contains(w.Waived, id) {
			return "", true, fmt.Errorf("the report %s warns of %s, and the word does not accept that", w.Report, quote(id))
		}
	}
	says = fmt.Sprintf("on the report %s, which is in this file and says %s of %s", w.Report, r.Verdict, count(r.Records, "record"))
	if len(warns) > 0 {
		says += "; it accepts what warns: " + quoteAll(warns)
	}
	return says, true, nil
}

// datasetPromoted tells of the last word that was needed: who gave theirs, and
// that nobody spoke for what they had made.
func (p *proven) datasetPromoted(l line) error {
	w, err := p.word(l)
	if err != nil {
		return err
	}
	version := w.node()
	claim := fmt.Sprintf("version %s was promoted to stage %d in log entry %d by the word of %s", quote(version.Name), w.To, l.index, people(w.Approvers))
	where, err := p.wordsOf(w)
	if err != nil {
		return p.fails(claim, err)
	}
	rule, err := p.promotionRule(w)
	if err != nil {
		return p.fails(claim, err)
	}
	_, here, _ := p.passes(w)
	if here {
		claim += ", on a report that passes"
	} else {
		claim += "; that its report passes is not shown"
	}
	p.holds(claim, "their words on the report %s are in log entries %s; %s; that they were stewards then is the server's word", w.Report, strings.Join(where, ", "), rule.says)
	err = p.uninvolved(w, rule.contributors)
	p.promoted[promotedTo{version, w.To}] = l.index
	p.lastPromoted[w.Dataset] = w.Number
	return err
}

// promotedTo is a version at a stage.
type promotedTo struct {
	version gov.Node
	to      gov.Stage
}

// samePromotions compares what a chain says of promotions with what the entries
// have shown.
func (p *proven) samePromotions(n *Node) error {
	if n.Version == nil {
		return nil
	}
	for _, up := range n.Version.Promotions {
		at, there := p.promoted[promotedTo{n.ID, up.To}]
		if !there || at != up.Entry {
			return fmt.Errorf("it says that version %s was promoted to stage %d in log entry %d, and no entry here shows that", quote(n.ID.Name), up.To, up.Entry)
		}
	}
	return nil
}

// wordsOf returns the entries with the words that counted. Each must be here, be
// of the same promotion, and be another person's.
func (p *proven) wordsOf(w *word) (where []string, err error) {
	words := p.words[w.promotion()]
	for i, id := range w.Approvers {
		at := slices.IndexFunc(words, func(other *word) bool { return other.by == id })
		switch {
		case slices.Contains(w.Approvers[:i], id):
			return nil, fmt.Errorf("it counts %s twice", id)
		case at < 0:
			return nil, fmt.Errorf("no entry in this file has the word of %s for this version, stage and report", id)
		}
		where = append(where, fmt.Sprint(words[at].entry))
	}
	if !slices.Contains(w.Approvers, w.by) {
		return nil, fmt.Errorf("it does not count %s, whose word it is", w.by)
	}
	return where, nil
}

// A promotionRule is what the policy of a stage says of words.
type promotionRule struct {
	contributors bool // who had a hand in a label change may speak for it
	says         string
}

// promotionRule reads the policy, if it is here. As many words must be there as
// it asks for.
func (p *proven) promotionRule(w *word) (r promotionRule, err error) {
	doc, there := p.documents[w.Policy]
	if !there {
		r.says = fmt.Sprintf("the policy %s, which says how many are needed, is not in this file", w.Policy)
		return r, nil
	}
	var policy struct {
		Stage     gov.Stage `json:"stage"`
		Promotion struct {
			Stewards     uint64 `json:"stewards"`
			Contributors bool   `json:"contributors"`
		} `json:"promotion"`
	}
	if json.Unmarshal(doc, &policy) != nil || policy.Stage != w.To {
		return r, fmt.Errorf("the policy %s is none of stage %d", w.Policy, w.To)
	}
	need := policy.Promotion.Stewards
	if uint64(len(w.Approvers)) < need {
		return r, fmt.Errorf("the policy %s asks for the word of %s", w.Policy, count(need, "steward"))
	}
	r.contributors = policy.Promotion.Contributors
	r.says = fmt.Sprintf("the policy %s is in this file and asks for the word of %s", w.Policy, count(need, "steward"))
	return r, nil
}

// uninvolved tells whether somebody spoke for a label change that they had a
// hand in. What came before the last promotion, others have accepted.
func (p *proven) uninvolved(w *word, allowed bool) error {
	h := p.makersOf(w.Dataset, p.lastPromoted[w.Dataset]+1, w.Number)
	for _, id := range w.Approvers {
		change, worked := h.of[p.human(id)]
		claim := fmt.Sprintf("%s gave their word for version %s, and had a hand in change %s in it", id, quote(w.node().Name), change)
		switch {
		case worked && allowed:
			p.holds(claim+", which the policy allows", "the policy %s", w.Policy)
			return nil
		case worked:
			return p.fails(fmt.Sprintf("nobody who gave their word for version %s had a hand in a label change in it", quote(w.node().Name)),
				fmt.Errorf("%s had, in change %s", id, change))
		}
	}
	if !h.whole {
		p.lacks(fmt.Sprintf("whether somebody who gave their word for version %s had a hand in it is not shown", quote(w.node().Name)), "this file does not hold %s", h.lacks)
		return nil
	}
	p.holds(fmt.Sprintf("nobody who gave their word for version %s had a hand in a label change in it", quote(w.node().Name)), "%s", h.says(p.lastPromoted[w.Dataset]))
	return nil
}
