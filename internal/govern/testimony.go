package govern

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
	"govd/internal/validate"
	"govd/internal/validate/measure"
)

// A testimony is what people, and programs at the contents, said of a version.
type testimony struct {
	content     *validate.Contents
	inspections []validate.Inspected
	approvals   *validate.Approvals
	ballots     []*cast
	suspects    *validate.Suspects
	lots        []validate.Intake
	before      []validate.Intake // lots that were there when the dataset was promoted
	author      string            // of what the version changed, as far as one person did it
}

func (t *testimony) add(e *validate.Evidence) {
	e.Content, e.Inspections, e.Approvals, e.Suspects, e.Lots = t.content, t.inspections, t.approvals, t.suspects, t.lots
	if t.lots != nil {
		e.Lots = append(slices.Clone(t.lots), t.before...)
	}
}

// testify gathers what was said of the version.
func (r *checkup) testify(tx *store.Tx) (t testimony, err error) {
	if t.content, err = readingOf(tx, r.version, r.policy.Content.By); err != nil {
		return t, err
	}
	if t.inspections, err = inspected(tx, r.policy, r.version); err != nil {
		return t, err
	}
	if t.ballots, err = r.ballots(tx); err != nil {
		return t, err
	}
	if t.suspects, err = doubtsOf(tx, r.version); err != nil {
		return t, err
	}
	if t.lots, err = r.lotsOf(tx); err != nil {
		return t, err
	}
	if t.author, err = authorOf(tx, r.version); err != nil {
		return t, err
	}
	t.approvals, err = r.approvals(tx)
	return t, err
}

// inspected returns what passed inspections certify of a version, as the policy
// calls them.
func inspected(tx *store.Tx, p *validate.Policy, v gov.Version) (all []validate.Inspected, err error) {
	certificates, err := inspectionsFor(tx, v)
	if err != nil {
		return nil, err
	}
	for _, want := range p.Inspections {
		for _, c := range certificates {
			if want.Asks == c.Asks && c.By == attributeOf(p, want.By) {
				all = append(all, c.inspected(want, v)...)
				break // the newest counts
			}
		}
	}
	return all, nil
}

func attributeOf(p *validate.Policy, r validate.Role) string {
	if r == "" {
		return ""
	}
	return p.Attribute(r)
}

// inspected returns what a certificate says in answer to an inspection of the
// policy.
func (c *Certificate) inspected(want validate.Inspection, v gov.Version) (all []validate.Inspected) {
	whole := validate.Inspected{
		ID: want.ID, Asks: want.Asks, Bound: c.Guarantee.Bound, Confidence: c.Guarantee.Confidence, Carried: c.Number != v.Number,
	}
	switch {
	case c.By == "":
		return []validate.Inspected{whole}
	case whole.Carried: // what is left holds of the whole, and of no stratum
		return nil
	}
	for _, s := range c.Strata {
		one := whole
		one.Group, one.Groups, one.N, one.Errors, one.Bound = s.Stratum, uint64(len(c.Strata)), s.N, s.Errors, s.Bound
		all = append(all, one)
	}
	return all
}

// authorOf returns who changed what a version changed.
func authorOf(tx *store.Tx, v gov.Version) (string, error) {
	if v.Change == 0 {
		return string(v.By), nil
	}
	ch, err := tx.Change(v.Change)
	return string(ch.Author), err
}

// approvals looks at how the label changes that led to the version were
// approved.
func (r *checkup) approvals(tx *store.Tx) (*validate.Approvals, error) {
	a := &validate.Approvals{}
	for v, err := range tx.Versions(r.version.Dataset, r.version.Number+1) {
		if err != nil {
			return nil, err
		}
		if v.Change == 0 {
			continue
		}
		a.Changes++
		if err := r.approval(tx, a, v); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// approval looks at the change that made a version.
func (r *checkup) approval(tx *store.Tx, a *validate.Approvals, v gov.Version) error {
	ch, err := tx.Change(v.Change)
	if err != nil {
		return err
	}
	applied, err := appliedBy(tx, v)
	if err != nil {
		return err
	}
	people, err := r.peopleAt(tx, gov.Place(v.Dataset), append(applied.Approvers, ch.Author))
	if err != nil {
		return err
	}
	id := strconv.FormatUint(uint64(ch.ID), 10)
	for _, approver := range applied.Approvers {
		if people.Same(approver, ch.Author) {
			a.Self = append(a.Self, id)
			break
		}
	}
	if standing := ratification(ch, tx.Now); standing != "" && standing != review.Ratified {
		a.Unapproved = append(a.Unapproved, id)
	}
	return nil
}

// appliedBy returns the event that made a version of a change.
func appliedBy(tx *store.Tx, v gov.Version) (*ChangeApplied, error) {
	line, err := tx.Entry(v.Entry)
	if err != nil {
		return nil, err
	}
	e, err := audit.DecodeEntry(line)
	if err != nil {
		return nil, err
	}
	ev := &ChangeApplied{}
	return ev, json.Unmarshal(e.Data, ev)
}

// A relabelling counts the labels that moved since the version before.
type relabelling struct {
	*checkup
	by    string
	added uint64
	found validate.Relabelled
}

func (r *checkup) relabelling() *relabelling {
	by := r.people.author
	if r.version.Number-r.before.Number != 1 {
		by = "" // several may have had a hand in it
	}
	return &relabelling{checkup: r, by: by}
}

// add counts a record that differs.
func (re *relabelling) add(was, is *measure.Row) {
	switch {
	case was == nil:
		re.added++
	case is != nil && !slices.EqualFunc(was.Labels, is.Labels, sameLabel):
		re.found.Add(labelled(was), labelled(is), re.by)
	}
}

func (re *relabelling) result() *validate.Relabelled {
	re.found.Both = re.version.Tree.Records - re.added
	return &re.found
}

func sameLabel(a, b measure.RowLabel) bool {
	return bytes.Equal(a.ID, b.ID) && bytes.Equal(a.Name, b.Name)
}

// labelled returns a record with the row's key and labels alone.
func labelled(r *measure.Row) *gov.Record {
	rec := &gov.Record{Key: string(r.Key)}
	for _, l := range r.Labels {
		rec.Labels = append(rec.Labels, gov.Label{ID: string(l.ID), Name: string(l.Name)})
	}
	return rec
}
