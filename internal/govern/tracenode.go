package govern

import (
	"errors"
	"slices"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
	"govd/internal/trail"
)

// tell sets what is known of a node, and takes the evidence.
func (t *tracer) tell(n *trail.Node) error {
	switch n.ID.Kind {
	case gov.VersionNode:
		return t.version(n)
	case gov.ChangeNode:
		return t.change(n)
	case gov.ReportNode:
		return t.report(n)
	case gov.InspectionNode:
		return t.inspection(n)
	case gov.RunNode:
		return t.run(n)
	case gov.ModelNode:
		return t.model(n)
	case gov.DeploymentNode:
		return t.deployment(n)
	case gov.ExternalNode:
		return t.external(n)
	case gov.BatchNode:
		return t.batch(n)
	case gov.OutputNode:
		return t.output(n)
	}
	return nil
}

// versionOf returns the version that a node is.
func versionOf(tx *store.Tx, n gov.Node) (gov.Version, error) {
	ref, err := gov.ParseRef(n.Name)
	if err != nil {
		return gov.Version{}, err
	}
	return resolve(tx, ref)
}

func (t *tracer) version(n *trail.Node) error {
	v, err := versionOf(t.tx, n.ID)
	if err != nil {
		return err
	}
	d, err := t.tx.Dataset(v.Dataset)
	if err != nil {
		return err
	}
	n.Digest, n.Time, n.By, n.Entry = v.Digest, v.Created, v.By, v.Entry
	n.Version = &trail.Version{
		Registration: v.Registration, Stage: d.Stage, Taxonomy: d.Taxonomy, Purposes: d.Purposes, Sensitivity: d.Sensitivity, License: d.License,
	}
	t.person(v.By)
	t.entry(v.Entry)
	for tag, err := range t.tx.Tags(v.Dataset) {
		if err != nil {
			return err
		}
		if tag.Number == v.Number {
			n.Version.Tags = append(n.Version.Tags, tag.Name)
		}
	}
	if n.Marks, err = t.versionMarks(v); err != nil {
		return err
	}
	return errors.Join(t.text(v.Message), t.dataset(d), t.promotions(v, n.Version), t.readings(v))
}

// external warns of a dataset elsewhere that is not there any more. What was made
// of it stays made of it.
func (t *tracer) external(n *trail.Node) error {
	dropped, err := t.graph.Dropped(n.ID, t.bundle.Chain.AsOf)
	if !dropped.IsZero() {
		n.Marks = append(n.Marks, "dropped on "+dropped.Format(time.DateOnly))
	}
	return err
}

// versionMarks warns of a version whose change nobody has approved in time.
func (t *tracer) versionMarks(v gov.Version) (marks []string, err error) {
	if v.Change == 0 {
		return nil, nil
	}
	ch, err := t.tx.Change(v.Change)
	switch ratification(ch, t.tx.Now) {
	case review.Pending:
		marks = append(marks, "not ratified yet")
	case review.Quarantined:
		marks = append(marks, "quarantined")
	}
	return marks, err
}

// dataset takes what says what a dataset is.
func (t *tracer) dataset(d gov.Dataset) error {
	if t.datasets[d.Name] {
		return nil
	}
	t.datasets[d.Name] = true
	err := t.entryOf(d.Created, func(e *audit.Entry) (bool, error) {
		return e.Event == "dataset.created" && e.At == gov.Place(d.Name), nil
	})
	return errors.Join(err, t.document(d.Taxonomy))
}

// promotions takes who said that the version may go up to which stage.
func (t *tracer) promotions(v gov.Version, is *trail.Version) error {
	for p, err := range t.tx.Promotions(v.Dataset, v.Number) {
		if err != nil {
			return err
		}
		t.entry(p.Entry)
		t.person(p.By)
		if len(p.Approvers) > 0 {
			if len(is.Promotions) == 0 { // the newest
				is.Stage = p.To
			}
			is.Promotions = append(is.Promotions, trail.Promotion{To: p.To, Report: p.Report, Waived: p.Waived, By: p.Approvers, Time: p.Time, Entry: p.Entry})
		}
		err := errors.Join(t.text(p.Why), t.rules(gov.Place(v.Dataset), gov.StagePolicy(p.To), p.Time), t.reportBefore(p))
		if err != nil {
			return err
		}
	}
	slices.Reverse(is.Promotions) // the first first
	return nil
}

// readings takes that contents of the version were read again.
func (t *tracer) readings(v gov.Version) error {
	for r, err := range t.tx.Readings(v.Dataset, v.Number) {
		if err != nil {
			return err
		}
		t.entry(r.Entry)
		t.person(r.By)
	}
	return nil
}

// reportBefore takes the report that a word is about, as it was recorded last
// before. What the caller may not read stays out.
func (t *tracer) reportBefore(p gov.Promotion) error {
	readable, err := t.readable(gov.Node{Kind: gov.ReportNode, Name: p.Report.String()})
	if err := errors.Join(err, t.document(p.Policy)); err != nil || !readable {
		return err
	}
	for r, err := range t.tx.ReportsByDigest(p.Report) {
		if err != nil {
			return err
		}
		if r.Entry < p.Entry {
			t.entry(r.Entry)
			t.person(r.By)
			break
		}
	}
	return t.document(p.Report)
}
