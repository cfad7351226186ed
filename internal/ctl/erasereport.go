package ctl

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	"govd/internal/report"
	govdv1 "govd/proto/govd/v1"
)

const eraseImpactLong = `Write what an erasure is about: the records, the versions that hold them, the
runs, models and outputs that came of those, who was handed data or evidence
since, and the holds and retentions that keep it from being run: what articles
17 and 19 of the GDPR ask a controller to know.`

func eraseImpactCmd(a *app) *cobra.Command {
	return a.erasureReport("impact NUMBER", "govctl erase impact 3")
}

func complianceErasureCmd(a *app) *cobra.Command {
	return a.erasureReport("erasure NUMBER", "govctl compliance erasure 3 --format html -o erasure.html")
}

func (a *app) erasureReport(use, example string) *cobra.Command {
	cmd := a.paperCmd(&cobra.Command{
		Use: use, Short: "What an erasure is about, and what came of it", Long: eraseImpactLong, Example: "  " + example,
	}, func(ctx context.Context, c *client, of string) (*report.Document, error) {
		id, err := gov.ParseErasureID(of)
		if err != nil {
			return nil, usage("%v", err)
		}
		m, err := c.ErasureImpact(ctx, &govdv1.ErasureImpactRequest{Number: uint64(id)})
		if err != nil {
			return nil, err
		}
		return a.erasureDocument(m), nil
	})
	cmd.ValidArgsFunction = a.completeErasure
	return cmd
}

func (a *app) erasureDocument(m *govdv1.ErasureImpactResponse) *report.Document {
	v := viewErasure(m.GetErasure())
	d := &report.Document{
		Title: fmt.Sprintf("Impact of erasure %d", v.Erasure), Subject: "project " + v.Project,
		Foot: fmt.Sprintf("As of log entry %d, %s. What you may not read is among it without a name.", m.GetSummary().GetAsOf(), a.now().UTC().Format(time.RFC3339)),
	}
	d.Verdicts = []report.Verdict{
		{Says: "nothing of it is on hold", Holds: len(m.GetHolds()) == 0, Why: holdWords(m.GetHolds())},
		{Says: "no retention keeps it for longer", Holds: len(m.GetFloors()) == 0, Why: floorWords(m.GetFloors())},
		{Says: "the expression could be asked of every value", Holds: v.Failed == 0, Why: failedWords(v)},
		{Says: "what came of it is complete", Holds: m.GetSummary().GetComplete() && m.GetMoreVersions() == 0, Why: m.GetSummary().GetTruncatedBecause()},
	}
	if v.State == "done" {
		d.Verdicts = append(d.Verdicts, report.Verdict{Says: "the file was compacted since", Holds: v.Compacted, Why: notCompacted(v)})
	}
	d.Facts = []report.Fact{
		{Name: "state", Value: v.State},
		{Name: "where", Value: v.Where},
		{Name: "reason", Value: v.Reason},
		{Name: "asked by", Value: v.By},
		{Name: "approved by", Value: v.Approver},
		{Name: "records", Value: thousands(v.Records)},
		{Name: "values", Value: thousands(v.Values)},
		{Name: "label edits", Value: thousands(v.Edits)},
		{Name: "versions", Value: thousands(v.Versions)},
	}
	d.Sections = []report.Section{
		{Title: "Versions that hold them", Table: heldTable(m.GetVersions())},
		{Title: "Models", Table: stepTable(m.GetSteps(), "model", "No model was made from them.")},
		{Title: "Deployments", Table: stepTable(m.GetSteps(), "deployment", "No model is known to be deployed.")},
		{Title: "Tags of the models", Table: oneColumn("tag", m.GetModelTags(), "None of the models has a tag.")},
		{Title: "Runs", Table: stepTable(m.GetSteps(), "run", "No run used them.")},
		{Title: "Batches of outputs", Table: stepTable(m.GetSteps(), "batch", "No output is known.")},
		{Title: "Who was handed data or evidence", Table: recipientTable(m.GetRecipients())},
		{Title: "Records", Table: erasedTable(m.GetRecords())},
	}
	if n := uint64(len(m.GetRecords())); n < v.Values {
		d.Sections[len(d.Sections)-1].Text = []string{fmt.Sprintf("The first %d of %s.", n, thousands(v.Values))}
	}
	return d
}

func holdWords(holds []*govdv1.ErasureHold) string {
	var words []string
	for _, h := range holds {
		words = append(words, fmt.Sprintf("hold %d on %s is on %s", h.GetNumber(), h.GetOn(), count(h.GetValues(), "value")))
	}
	return strings.Join(words, "; ")
}

func floorWords(floors []*govdv1.ErasureFloor) string {
	var words []string
	for _, f := range floors {
		words = append(words, fmt.Sprintf("%s keeps %q for %s, and %s of it until %s", f.GetDataset(), f.GetClass(), count(uint64(f.GetKeepDays()), "day"), count(f.GetValues(), "value"), when(f.GetUntil()).UTC().Format(time.RFC3339)))
	}
	return strings.Join(words, "; ")
}

func failedWords(v erasureView) string {
	if v.Failed == 0 {
		return ""
	}
	return fmt.Sprintf("it failed on %s of %s, which are not among what was found", count(v.Failed, "value"), thousands(v.Looked))
}

func notCompacted(v erasureView) string {
	if v.Compacted {
		return ""
	}
	return "the values still stand in free pages of the file: stop govd and run 'govd compact'"
}

func heldTable(versions []*govdv1.ErasureVersion) *report.Table {
	t := &report.Table{Columns: []string{"version", "values"}}
	for _, v := range versions {
		t.Rows = append(t.Rows, []string{v.GetRef(), fmt.Sprint(v.GetValues())})
	}
	return t
}

func stepTable(steps []*govdv1.LineageStep, kind, empty string) *report.Table {
	t := &report.Table{Columns: []string{kind, "via", "entry"}, Empty: empty}
	for _, s := range steps {
		if s.GetKind() != kind {
			continue
		}
		v := viewStep(s)
		t.Rows = append(t.Rows, []string{first(v.Node, "one that you may not read"), v.Via, fmt.Sprint(s.GetAuditIndex())})
	}
	return t
}

func oneColumn(name string, words []string, empty string) *report.Table {
	t := &report.Table{Columns: []string{name}, Empty: empty}
	for _, w := range words {
		t.Rows = append(t.Rows, []string{w})
	}
	return t
}

func recipientTable(all []*govdv1.ErasureRecipient) *report.Table {
	t := &report.Table{Columns: []string{"entry", "time", "who", "action", "place"}, Empty: "Nobody exported anything since the first of these versions."}
	for _, r := range all {
		t.Rows = append(t.Rows, []string{
			fmt.Sprint(r.GetAuditIndex()), when(r.GetTime()).UTC().Format(time.RFC3339), first(r.GetPersonName(), r.GetPerson()), r.GetAction(), r.GetPlace(),
		})
	}
	return t
}

func erasedTable(all []*govdv1.ErasureRecord) *report.Table {
	t := &report.Table{Columns: []string{"dataset", "key", "versions"}}
	for _, r := range all {
		t.Rows = append(t.Rows, []string{r.GetDataset(), r.GetKey(), r.GetVersions()})
	}
	return t
}
