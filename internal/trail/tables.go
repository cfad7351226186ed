package trail

import (
	"fmt"
	"strings"

	"govd/internal/lineage"
	"govd/internal/report"
)

func (v *view) runTable() *report.Table {
	t := &report.Table{Columns: []string{"run", "job", "purpose", "state", "started", "ended", "parameters", "marks"}, Empty: "No run is known."}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		if n.Run == nil {
			continue
		}
		var params []string
		for _, f := range parameters(n.Run) {
			params = append(params, f.Name+"="+f.Value)
		}
		t.Rows = append(t.Rows, []string{string(n.Run.ID), n.Run.Job, n.Run.Purpose, string(n.Run.State), instant(n.Run.Started), instant(n.Run.Ended), strings.Join(params, " "), yes(n.Run.Exploratory, "exploratory")})
	}
	return t
}

func (v *view) versionTable() *report.Table {
	t := &report.Table{Columns: []string{"version", "digest", "records", "stage", "purposes", "sensitivity", "license", "came from", "registered", "entry"}, Empty: "No version is known."}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		if n.Version == nil {
			continue
		}
		t.Rows = append(t.Rows, []string{
			n.title(), n.Digest.String(), fmt.Sprint(n.Version.Registration.Tree.Records), number(uint64(n.Version.promotedTo())), strings.Join(n.Version.Purposes, " "),
			n.Version.Sensitivity, n.Version.License, v.list(v.to(n.ID, lineage.DerivedFrom)), instant(n.Time), number(n.Entry),
		})
	}
	return t
}

func (v *view) reportTable() *report.Table {
	t := &report.Table{Columns: []string{"report", "version", "stage", "verdict", "checks", "failed", "made", "entry"}, Empty: "No report is known."}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		if n.Report == nil {
			continue
		}
		verdict := or(yes(n.Report.Passed, "passed"), "failed")
		t.Rows = append(t.Rows, []string{n.title(), v.reported(n).Name, number(uint64(n.Report.Stage)), verdict, fmt.Sprint(n.Report.Checks), fmt.Sprint(n.Report.Failed), instant(n.Time), number(n.Entry)})
	}
	return t
}

func (v *view) changeTable() *report.Table {
	t := &report.Table{Columns: []string{"change", "dataset", "state", "proposed by", "approved by", "edits", "records", "labels", "base", "result", "rules", "entry"}, Empty: "No label was changed."}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		c := n.Change
		if c == nil {
			continue
		}
		approved := v.people(c.approvers(n.By))
		result := ""
		if c.Result > 0 {
			result = "v" + number(c.Result)
		}
		t.Rows = append(t.Rows, []string{
			c.Number.String(), string(c.Dataset), string(c.State), v.who(n.By), or(strings.Join(approved, ", "), "nobody else"), fmt.Sprint(c.Edits), fmt.Sprint(c.Touched),
			strings.Join(c.Labels, " "), fmt.Sprintf("v%d", c.Base.Number), result, c.Rules.Short(), number(n.Entry),
		})
	}
	return t
}

func (v *view) promotionSection() report.Section {
	t := &report.Table{Columns: []string{"version", "stage", "by the word of", "on report", "accepted warnings", "time", "entry"}, Empty: "No version was promoted."}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		if n.Version == nil {
			continue
		}
		for _, p := range n.Version.Promotions {
			t.Rows = append(t.Rows, []string{n.title(), number(uint64(p.To)), strings.Join(v.people(p.By), ", "), p.Report.Short(), strings.Join(p.Waived, " "), instant(p.Time), number(p.Entry)})
		}
	}
	return report.Section{Title: "Promotions", Table: t}
}

func (v *view) voteSection() report.Section {
	t := &report.Table{Columns: []string{"change", "person", "vote", "revision", "signed", "time", "entry"}, Empty: "Nobody voted."}
	for i := range v.Nodes {
		if c := v.Nodes[i].Change; c != nil {
			for _, vote := range c.Votes {
				t.Rows = append(t.Rows, []string{c.Number.String(), v.who(vote.Person), string(vote.Kind), vote.Revision.Short(), or(yes(!vote.Signature.IsZero(), "yes"), "no"), instant(vote.Time), number(vote.Entry)})
			}
		}
	}
	return report.Section{Title: "Votes", Table: t}
}
