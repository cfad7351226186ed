package ctl

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"govd/internal/report"
	govdv1 "govd/proto/govd/v1"
)

// maxReviewed is how many entries of the log a report looks at.
const maxReviewed = 20_000

func complianceRopaCmd(a *app) *cobra.Command {
	return a.paperCmd(&cobra.Command{
		Use:   "ropa PROJECT",
		Short: "The record of processing activities, for the GDPR's article 30",
		Long: `Write the record of processing activities of a project: what data there is, what
it may be used for, how long it is kept, and who took it away. What article 30
asks for and govd does not know is listed, to be filled in by hand.`,
		Example: `  govctl compliance ropa hands --format csv -o ropa.csv`,
	}, func(ctx context.Context, c *client, project string) (*report.Document, error) {
		kept, err := c.retentions(ctx, project)
		if err != nil {
			return nil, err
		}
		limits := map[string]string{} // of datasets: how long their records are kept
		for _, v := range kept {
			if v.State == "in_force" {
				limits[v.Dataset] = v.words()
			}
		}
		data := &report.Table{Columns: []string{"dataset", "purposes", "sensitivity", "license", "retention", "stage", "versions", "since"}, Empty: "There are no datasets."}
		for d, err := range c.datasets(ctx, project) {
			if err != nil {
				return nil, err
			}
			data.Rows = append(data.Rows, []string{
				d.GetName(), first(strings.Join(d.GetPurposes(), ", "), "not recorded"), first(d.GetSensitivity(), "not recorded"), first(d.GetLicense(), "not recorded"),
				first(limits[d.GetName()], "not recorded"),
				fmt.Sprint(d.GetStage()), fmt.Sprint(d.GetVersions()), day(when(d.GetCreated())),
			})
		}
		exports := &govdv1.ListEntriesRequest{Place: project, Action: "audit.export"}
		taken, whole, err := c.reviewed(ctx, exports)
		if err != nil {
			return nil, err
		}
		taken = slices.DeleteFunc(taken, func(e *govdv1.Entry) bool { return e.GetRefused() != "" })
		d := a.projectReport("Processing activities of "+project, project, whole)
		d.Sections = []report.Section{
			{Title: "Data", Table: data},
			{Title: "Disclosures", Table: entryTable(taken, "Nobody exported anything.")},
			{Title: "To be filled in by hand", Text: []string{
				"Controller, representative and data protection officer, with their contacts; categories of data subjects; categories of recipients; transfers to other countries and their safeguards; time limits for erasure where no retention is recorded; technical and organisational security measures.",
			}},
		}
		return d, nil
	})
}

func complianceAccessCmd(a *app) *cobra.Command {
	return a.paperCmd(&cobra.Command{
		Use:   "access-review PROJECT",
		Short: "Who may do what, what they did, and what was refused",
		Long: `Write who holds which role in a project, what everyone did there, and what was
refused: for the review of access that HIPAA 164.308 and SOC 2 ask for.`,
		Example: `  govctl compliance access-review hands --format html -o review.html`,
	}, func(ctx context.Context, c *client, project string) (*report.Document, error) {
		policy, err := c.ShowPolicy(ctx, &govdv1.ShowPolicyRequest{Place: project})
		if err != nil {
			return nil, err
		}
		all, whole, err := c.reviewed(ctx, &govdv1.ListEntriesRequest{Place: project})
		if err != nil {
			return nil, err
		}
		refused := slices.DeleteFunc(slices.Clone(all), func(e *govdv1.Entry) bool { return e.GetRefused() == "" })
		d := a.projectReport("Access to "+project, project, whole)
		d.Sections = []report.Section{
			{Title: "Who may", Table: grantTable(policy.GetGrants())},
			{Title: "Who did", Table: deedTable(all)},
			{Title: "What was refused", Table: entryTable(refused, "Nothing was refused.")},
		}
		return d, nil
	})
}

// projectReport begins a report about a project.
func (a *app) projectReport(title, project string, whole bool) *report.Document {
	d := &report.Document{Title: title, Subject: "project " + project, Foot: "As of " + a.now().UTC().Format(time.RFC3339) + "."}
	d.Verdicts = []report.Verdict{{Says: "every entry of the log was looked at", Holds: whole}}
	if !whole {
		d.Verdicts[0].Why = fmt.Sprintf("these are the newest %d", maxReviewed)
	}
	return d
}

// reviewed returns the newest entries, and whether those are all.
func (c *client) reviewed(ctx context.Context, req *govdv1.ListEntriesRequest) (all []*govdv1.Entry, whole bool, err error) {
	for e, err := range c.entries(ctx, req, 0) {
		if err != nil || len(all) == maxReviewed {
			return all, false, err
		}
		all = append(all, e)
	}
	return all, true, nil
}

func grantTable(grants []*govdv1.Grant) *report.Table {
	t := &report.Table{Columns: []string{"person", "id", "role", "place", "granted by", "entry"}, Empty: "Nobody holds a role."}
	for _, g := range grants {
		t.Rows = append(t.Rows, []string{g.GetPersonName(), g.GetPerson(), g.GetRole(), g.GetPlace(), g.GetBy(), fmt.Sprint(g.GetAuditIndex())})
	}
	return t
}

func entryTable(entries []*govdv1.Entry, empty string) *report.Table {
	t := &report.Table{Columns: []string{"entry", "time", "who", "action", "place", "refused"}, Empty: empty}
	for _, e := range entries {
		t.Rows = append(t.Rows, []string{
			fmt.Sprint(e.GetIndex()), when(e.GetTime()).UTC().Format(time.RFC3339), first(e.GetWhoName(), e.GetWho()), e.GetAction(), e.GetPlace(), e.GetRefused(),
		})
	}
	return t
}

// A deed is what somebody does, again and again.
type deed struct{ who, action string }

// deedTable counts what everyone did, newest entries first.
func deedTable(entries []*govdv1.Entry) *report.Table {
	count, last := map[deed]int{}, map[deed]*govdv1.Entry{}
	for _, e := range entries {
		if e.GetRefused() != "" {
			continue
		}
		d := deed{first(e.GetWhoName(), e.GetWho()), e.GetAction()}
		if count[d]++; last[d] == nil {
			last[d] = e
		}
	}
	var all []deed
	for d := range count {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b deed) int { return cmp.Or(strings.Compare(a.who, b.who), strings.Compare(a.action, b.action)) })
	t := &report.Table{Columns: []string{"who", "action", "times", "last"}, Empty: "Nobody did anything."}
	for _, d := range all {
		t.Rows = append(t.Rows, []string{d.who, d.action, fmt.Sprint(count[d]), when(last[d].GetTime()).UTC().Format(time.RFC3339)})
	}
	return t
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
