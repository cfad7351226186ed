package govern

import (
	"fmt"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/review"
	"govd/internal/store"
	"govd/internal/validate"
)

// What can stand between a version and a stage, the gravest first.
const (
	needsNewest     gov.Reason = "NOT_NEWEST"
	needsNext       gov.Reason = "WRONG_STAGE"
	needsRatifying  gov.Reason = "UNRATIFIED"
	needsReport     gov.Reason = "REPORT_MISSING"
	needsNewReport  gov.Reason = "REPORT_STALE"
	needsWhole      gov.Reason = "REPORT_PARTIAL"
	needsPass       gov.Reason = "REPORT_FAILED"
	needsInspection gov.Reason = "INSPECTION_MISSING"
	needsWaiver     gov.Reason = "WAIVER_MISSING"
	needsWord       gov.Reason = "APPROVALS"
)

// A Missing is one thing that stands in the way of a promotion.
type Missing struct {
	Reason gov.Reason
	Says   string
}

// A Passage is what a version needs to go up to a stage, and what it has.
type Passage struct {
	Version   gov.Version
	To        gov.Stage
	Report    *ReportInfo // that counts; nil if there is none
	Stewards  uint32      // whose word is needed
	Approvers []gov.PersonID
	Missing   []Missing // the gravest first

	policy *validate.Policy
	warned []string // checks whose warnings must be accepted
	people review.People
	worked map[gov.PersonID]bool // who made a revision of a change in it
}

func (p *Passage) miss(r gov.Reason, format string, args ...any) {
	p.Missing = append(p.Missing, Missing{r, fmt.Sprintf(format, args...)})
}

// passage gathers what a version needs to go up to a stage; to the next for 0.
// Who is somebody of whom it must know besides.
func (s *Service) passage(tx *store.Tx, ref gov.Ref, to gov.Stage, who gov.PersonID) (p Passage, err error) {
	d, err := tx.Dataset(ref.Dataset)
	if err != nil {
		return p, err
	}
	if p.Version, err = resolve(tx, ref); err != nil {
		return p, err
	}
	if p.To = to; to == 0 {
		p.To = min(d.Stage+1, 5)
	}
	if p.Version.Number != d.Versions {
		p.miss(needsNewest, "the newest version of %s is v%d", d.Name, d.Versions)
	}
	if p.To != d.Stage+1 {
		p.miss(needsNext, "%s is at stage %d: the next is %d", d.Name, d.Stage, d.Stage+1)
	}
	policy, err := s.stagePolicyInForce(tx, d.Name.Project(), p.To)
	if err != nil {
		return p, err
	}
	p.policy, p.Stewards = policy.Policy, policy.Promotion.Stewards
	for _, step := range []func(*store.Tx, *Passage) error{needRatified, needReport, needInspections} {
		if err := step(tx, &p); err != nil {
			return p, err
		}
	}
	return p, s.needWords(tx, &p, who)
}

// needRatified asks that the quorum has followed wherever the glass was broken.
func needRatified(tx *store.Tx, p *Passage) error {
	for v, err := range tx.Versions(p.Version.Dataset, p.Version.Number+1) {
		if err != nil {
			return err
		}
		if v.Change == 0 {
			continue
		}
		ch, err := tx.Change(v.Change)
		if err != nil {
			return err
		}
		if standing := ratification(ch, tx.Now); standing != "" && standing != review.Ratified {
			p.miss(needsRatifying, "the glass was broken for change %s, and its quorum has not followed", ch.ID)
		}
	}
	return nil
}

// needReport asks for a report of the version that passes, by the policy that is
// in force.
func needReport(tx *store.Tx, p *Passage) error {
	row, found, err := newestReport(tx, p.Version, p.To)
	switch {
	case err != nil:
		return err
	case !found:
		p.miss(needsReport, "the checks of stage %d were not run on %s: 'govctl check run %s --stage %d'", p.To, p.Version.Ref(), p.Version.Ref(), p.To)
		return nil
	}
	current, whole, err := reportBy(tx, p, p.policy.Digest())
	if err != nil {
		return err
	}
	if !whole {
		p.miss(needsNewReport, "report %s is by another policy than the one in force, or of some checks alone: run them all again", row.Digest.Short())
		return nil
	}
	info, err := describeReport(tx, current)
	if err != nil {
		return err
	}
	p.Report = &info
	return p.judgeReport(tx)
}

// reportBy returns the newest report by a policy.
func reportBy(tx *store.Tx, p *Passage, policy gov.Digest) (gov.Report, bool, error) {
	for row, err := range tx.Reports(p.Version.Dataset, p.Version.Number) {
		if err != nil || row.Policy == policy {
			return row, err == nil, err
		}
	}
	return gov.Report{}, false, nil
}

// judgeReport asks that the report passes, and notes what it warns of.
func (p *Passage) judgeReport(tx *store.Tx) error {
	doc, err := tx.Document(p.Report.Digest)
	if err != nil {
		return err
	}
	r, err := validate.ParseReport(doc)
	if err != nil {
		return err
	}
	var failed []string
	for _, f := range r.Findings {
		switch {
		case f.Verdict == validate.Fail, f.Verdict == validate.Unknown && f.Severity == validate.Blocks:
			failed = append(failed, f.Check)
		case f.Verdict == validate.Warn, f.Verdict == validate.Unknown:
			p.warned = append(p.warned, f.Check)
		}
	}
	switch {
	case len(r.Partial) > 0:
		p.miss(needsWhole, "report %s does not speak for all of %s: %s", p.Report.Digest.Short(), p.Version.Ref(), strings.Join(r.Partial, "; "))
	case len(failed) > 0:
		p.miss(needsPass, "these checks do not pass: %s", strings.Join(failed, ", "))
	}
	return nil
}

// needInspections asks for what passed inspections certify. Those of lots are
// asked for where a lot is accepted.
func needInspections(tx *store.Tx, p *Passage) error {
	have, err := inspected(tx, p.policy, p.Version)
	if err != nil {
		return err
	}
	for _, want := range p.policy.Inspections {
		if want.Asks == inspect.Intake {
			continue
		}
		held := slices.ContainsFunc(have, func(got validate.Inspected) bool { return got.ID == want.ID })
		for _, got := range have {
			held = held && (got.ID != want.ID || got.Bound <= want.Limit && got.Confidence >= want.Confidence)
		}
		if !held {
			p.miss(needsInspection, "inspection %q has no result that certifies %s at %s", want.ID, want.Limit, want.Confidence)
		}
	}
	return nil
}

// needWords asks for the word of stewards, and that it accepts what warns.
func (s *Service) needWords(tx *store.Tx, p *Passage, who gov.PersonID) error {
	said, err := wordsFor(tx, p)
	if err != nil {
		return err
	}
	contributors, err := contributorsTo(tx, p)
	if err != nil {
		return err
	}
	ids := append(slices.Clone(contributors), who)
	for _, w := range said {
		ids = append(ids, w.By)
	}
	if p.people, err = s.peopleAt(tx, gov.Place(p.Version.Dataset), ids); err != nil {
		return err
	}
	p.note(contributors)
	for _, w := range said {
		if bar, _ := p.bars(w.By); bar == "" && len(p.unwaived(w.Waived)) == 0 && !slices.Contains(p.Approvers, w.By) {
			p.Approvers = append(p.Approvers, w.By)
		}
	}
	if have := uint32(len(p.Approvers)); have < p.Stewards {
		if len(p.warned) > 0 {
			p.miss(needsWaiver, "whoever gives their word must accept what these checks warn of: %s", strings.Join(p.warned, ", "))
		}
		p.miss(needsWord, "%d of %d stewards have given their word", have, p.Stewards)
	}
	return nil
}

// wordsFor returns the words that were given for the passage under the report
// that counts, the oldest first.
func wordsFor(tx *store.Tx, p *Passage) (all []gov.Promotion, err error) {
	if p.Report == nil {
		return nil, nil
	}
	for w, err := range tx.Promotions(p.Version.Dataset, p.Version.Number) {
		if err != nil {
			return nil, err
		}
		if w.To == p.To && w.Report == p.Report.Digest {
			all = append(all, w)
		}
	}
	slices.Reverse(all)
	return all, nil
}

// contributorsTo returns who made a revision of a change in the version since
// the dataset was promoted last: what came before, others have accepted.
func contributorsTo(tx *store.Tx, p *Passage) (all []gov.PersonID, err error) {
	since, err := promotedLast(tx, p.Version.Dataset)
	if err != nil {
		return nil, err
	}
	for v, err := range tx.Versions(p.Version.Dataset, p.Version.Number+1) {
		if err != nil || v.Number <= since {
			return all, err
		}
		if v.Change == 0 {
			continue
		}
		for r, err := range tx.ChangeRevisions(v.Change) {
			if err != nil {
				return nil, err
			}
			all = append(all, r.By, r.For)
		}
	}
	return all, nil
}

// promotedLast returns the number of the version that was promoted last, 0 if
// none was.
func promotedLast(tx *store.Tx, dataset gov.DatasetName) (uint64, error) {
	for w, err := range tx.Promotions(dataset, 0) {
		if err != nil || len(w.Approvers) > 0 {
			return w.Number, err
		}
	}
	return 0, nil
}

// note remembers the contributors, and who answers for those that are machines.
func (p *Passage) note(contributors []gov.PersonID) {
	p.worked = map[gov.PersonID]bool{}
	for id := range p.people {
		for _, by := range contributors {
			if by != "" && p.people.Same(id, by) {
				p.worked[id] = true
			}
		}
	}
}

// bars returns why a person's word does not count, or "".
func (p *Passage) bars(id gov.PersonID) (gov.Reason, string) {
	person, known := p.people[id]
	steward := slices.ContainsFunc(person.Roles, func(h review.Held) bool { return h.Role == gov.Steward })
	switch {
	case id.Machine():
		return review.IsMachine, "only humans can give it"
	case !known || !steward:
		return review.NotEligible, "only stewards of the dataset can give it"
	case person.Disabled:
		return review.Disabled, "the person is disabled"
	case p.worked[id] && !p.policy.Promotion.Contributors:
		return review.Contributor, "you had a hand in a change that is in the version"
	}
	return "", ""
}

// unwaived returns the checks that warn and are not among these.
func (p *Passage) unwaived(waived []string) (left []string) {
	for _, id := range p.warned {
		if !slices.Contains(waived, id) {
			left = append(left, id)
		}
	}
	return left
}
