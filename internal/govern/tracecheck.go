package govern

import (
	"encoding/json"
	"errors"
	"slices"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/trail"
	"govd/internal/tree"
	"govd/internal/validate"
)

// report tells of the newest of the checks that came to the same report.
func (t *tracer) report(n *trail.Node) error {
	d, err := gov.ParseDigest(n.ID.Name)
	if err != nil {
		return err
	}
	found, err := take(t.tx.ReportsByDigest(d), 1)
	if err == nil && len(found) == 0 {
		err = gov.Errorf(gov.NotFound, "NO_REPORT", "no report %v", d)
	}
	if err != nil {
		return err
	}
	r := found[0]
	n.Digest, n.Time, n.By, n.Entry = r.Digest, r.Time, r.By, r.Entry
	n.Report = &trail.Report{Stage: r.Stage, Passed: passed(r.Verdict)}
	t.person(r.By)
	t.entry(r.Entry)
	doc, err := t.tx.Document(r.Digest)
	if err != nil {
		return err
	}
	full, err := validate.ParseReport(doc)
	if err != nil {
		return err
	}
	n.Report.Checks = uint64(len(full.Findings))
	for _, f := range full.Findings {
		if !passed(string(f.Verdict)) {
			n.Report.Failed++
		}
	}
	return errors.Join(t.document(r.Digest), t.document(r.Policy))
}

func passed(verdict string) bool {
	return slices.Contains([]string{"pass", "warn", "skipped"}, verdict)
}

// inspection tells of a human audit. What one that is over has looked at is no
// secret any more; what each person said of it stays one.
func (t *tracer) inspection(n *trail.Node) error {
	id, err := gov.ParseInspectionID(n.ID.Name)
	if err != nil {
		return err
	}
	in, err := t.tx.Inspection(id)
	if err != nil {
		return err
	}
	n.Time, n.By, n.Entry = in.Drawn, in.By, in.Entry
	n.Marks = append(n.Marks, string(in.State))
	t.person(in.By)
	t.entry(in.Committed)
	t.entry(in.Entry)
	if in.End == nil {
		return t.document(in.Design)
	}
	err = t.entryOf(in.Ended, func(e *audit.Entry) (bool, error) {
		var ev struct {
			Inspection gov.InspectionID   `json:"inspection"`
			End        *gov.InspectionEnd `json:"end"`
		}
		is := (e.Event == "inspection.answered" || e.Event == "inspection.stopped") && json.Unmarshal(e.Data, &ev) == nil
		return is && ev.Inspection == id && ev.End != nil, nil
	})
	return errors.Join(err, t.document(in.Design), t.document(in.End.Result), t.text(in.End.Why), t.sample(in))
}

// maxSampled is how many items a trail tells of, of all its inspections, and
// maxJudged how many answers.
const (
	maxSampled = 4000
	maxJudged  = 8000
)

// sample takes what an inspection looked at: its sheet, who judged items of it,
// and a proof of each record. Gold items that somebody brought may be used
// again, so they stay secret, and the sheet with them.
func (t *tracer) sample(in gov.Inspection) error {
	sheet, err := readText[inspect.Sheet](t.tx, in.Sheet)
	if err != nil {
		return ifThere(err)
	}
	gold, err := readText[goldPool](t.tx, in.Gold)
	if err != nil {
		return ifThere(err)
	}
	if t.brief || !gold.Planted || t.sampled+len(sheet.Items) > maxSampled {
		return nil
	}
	readable, err := t.readable(gov.VersionOf(in.Dataset, in.Number))
	if err != nil || !readable {
		return err
	}
	t.sampled += len(sheet.Items)
	return errors.Join(t.text(in.Sheet), t.text(in.Gold), t.answers(in), t.members(in, &sheet))
}

// ifThere passes over what has been erased.
func ifThere(err error) error {
	if errors.Is(err, gov.NotFound) {
		return nil
	}
	return err
}

// answers takes who judged items.
func (t *tracer) answers(in gov.Inspection) error {
	if t.judged+in.Answers > maxJudged {
		return nil
	}
	t.judged += in.Answers
	for a, err := range t.tx.InspectionAnswers(in.ID) {
		if err != nil {
			return err
		}
		t.entry(a.Entry)
		t.person(a.Person)
	}
	return nil
}

// members takes a proof of each record on a sheet, but of those that have been
// erased.
func (t *tracer) members(in gov.Inspection, sheet *inspect.Sheet) error {
	v, err := t.tx.Version(in.Dataset, in.Number)
	if err != nil {
		return err
	}
	for _, it := range sheet.Items {
		p, err := tree.Prove(t.tx, v.Tree, []byte(it.Key), false)
		if gov.ReasonOf(err) == "ERASED" {
			continue
		}
		if err != nil {
			return err
		}
		t.bundle.Records = append(t.bundle.Records, trail.Presence{Entry: v.Entry, Key: it.Key, Proof: p})
	}
	return nil
}
