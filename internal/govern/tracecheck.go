package govern

import (
	"encoding/json"
	"errors"
	"slices"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/trail"
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

// inspection tells of a human audit. The sample and the answers are left out:
// what an inspection that is over came to is a document.
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
	return errors.Join(err, t.document(in.Design), t.document(in.End.Result), t.text(in.End.Why))
}
