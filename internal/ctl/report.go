package ctl

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func reportCmd(a *app) *cobra.Command {
	cmd := group("report", "Read, compare and export the reports of checks", reportListCmd(a), reportShowCmd(a), reportDiffCmd(a), reportExportCmd(a))
	cmd.Long = `Read, compare and export the reports of checks.

A REPORT is named by its digest, or by a version: then the newest one of that is
meant, of the stage that --stage names.`
	return cmd
}

// A reportView is a report as a listing shows it.
type reportView struct {
	Version    string    `json:"version"`
	Stage      uint32    `json:"stage"`
	Verdict    string    `json:"verdict"`
	Digest     string    `json:"digest"`
	Policy     string    `json:"policy"`
	Records    uint64    `json:"records"`
	Partial    bool      `json:"partial"`
	Against    string    `json:"against"`
	By         string    `json:"by"`
	ByID       string    `json:"by_id"`
	Time       time.Time `json:"time"`
	AuditIndex uint64    `json:"audit_index"`
}

func viewReport(r *govdv1.ReportInfo) reportView {
	return reportView{
		r.GetRef(), r.GetStage(), r.GetVerdict(), r.GetDigest(), r.GetPolicy(), r.GetRecords(), r.GetPartial(), r.GetAgainst(),
		first(r.GetByName(), r.GetBy()), r.GetBy(), when(r.GetTime()), r.GetAuditIndex(),
	}
}

func reportColumns() []column[reportView] {
	return []column[reportView]{
		{name: "VERSION", value: func(r reportView) any { return r.Version }},
		{name: "STAGE", value: func(r reportView) any { return strconv.Itoa(int(r.Stage)) }, right: true},
		{name: "VERDICT", value: func(r reportView) any { return r.Verdict }},
		{name: "PARTIAL", value: func(r reportView) any { return r.Partial }},
		{name: "RECORDS", value: func(r reportView) any { return r.Records }, right: true},
		{name: "DIGEST", value: func(r reportView) any { return digest(r.Digest) }},
		{name: "POLICY", value: func(r reportView) any { return digest(r.Policy) }, wide: true},
		{name: "AGAINST", value: func(r reportView) any { return r.Against }, wide: true},
		{name: "BY", value: func(r reportView) any { return r.By }},
		{name: "MADE", value: func(r reportView) any { return r.Time }},
	}
}

func reportListCmd(a *app) *cobra.Command {
	var n uint
	cmd := &cobra.Command{
		Use:   "list PROJECT/NAME | REF",
		Short: "List the reports of a dataset or of one version, newest first",
		Example: `  govctl report list hands/signs
  govctl report list hands/signs@v7 --json`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			return list(a, "reports", reportColumns(), head(convert(c.reports(ctx, args[0]), viewReport), n, a.cut))
		}),
	}
	cmd.Flags().UintVarP(&n, "number", "n", 50, "how many; 0 for all")
	return cmd
}

func (c *client) reports(ctx context.Context, ref string) iter.Seq2[*govdv1.ReportInfo, error] {
	return pages(func(token string) ([]*govdv1.ReportInfo, string, error) {
		resp, err := c.ListReports(ctx, &govdv1.ListReportsRequest{Ref: ref, PageSize: pageSize, PageToken: token})
		return resp.GetReports(), resp.GetNextPageToken(), err
	})
}

func reportShowCmd(a *app) *cobra.Command {
	req := &govdv1.GetReportRequest{}
	cmd := &cobra.Command{
		Use:   "show REPORT",
		Short: "Print a report",
		Long: `Print a report as 'check run' does. The digest of what the server sends is
compared with the report's.`,
		Example: `  govctl report show hands/signs --stage 2
  govctl report show sha256:3f786850e387550fdab836ed7e6dc881de23001b9c2f1d0e5a4e1d8a3a2b1c0d`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.Report = args[0]
			resp, err := c.GetReport(ctx, req)
			if err != nil {
				return err
			}
			if got := gov.DocumentDigest(resp.GetDocument()).String(); got != resp.GetReport().GetDigest() {
				return complain(exitFailed, "WRONG_REPORT", "the report that the server sent has digest %s, and should have %s", got, resp.GetReport().GetDigest())
			}
			if err := a.printReport(resp.GetReport(), resp.GetDocument()); complaintOf(err).exit != exitFailed {
				return err
			}
			return nil // to read a report is no gate
		}),
	}
	cmd.Flags().Uint32Var(&req.Stage, "stage", 0, "of a version: the report of this stage")
	return cmd
}

// A moveView is how one check differs between two reports.
type moveView struct {
	Check  string       `json:"check"`
	Was    *outcomeView `json:"was"`
	Is     *outcomeView `json:"is"`
	Better bool         `json:"better"`
	Worse  bool         `json:"worse"`
}

type outcomeView struct {
	Verdict string `json:"verdict"`
	Value   string `json:"value"`
	Limit   string `json:"limit"`
	Count   uint64 `json:"count"`
}

func viewMove(m *govdv1.CheckMove) moveView {
	return moveView{m.GetCheck(), viewOutcome(m.GetWas()), viewOutcome(m.GetIs()), m.GetBetter(), m.GetWorse()}
}

func viewOutcome(s *govdv1.CheckState) *outcomeView {
	if s == nil {
		return nil
	}
	return &outcomeView{s.GetVerdict(), s.GetValue(), s.GetLimit(), s.GetCount()}
}

// words says a state: "fail 2 of 0".
func (s *outcomeView) words() string {
	if s == nil {
		return "not asked"
	}
	return s.Verdict + " " + decimal(json.Number(s.Value)) + ", " + thousands(s.Count) + " at fault"
}

func (m moveView) trend() string {
	switch {
	case m.Better:
		return "better"
	case m.Worse:
		return "worse"
	}
	return "other"
}

func reportDiffCmd(a *app) *cobra.Command {
	req := &govdv1.DiffReportsRequest{}
	cmd := &cobra.Command{
		Use:   "diff REPORT REPORT",
		Short: "List the checks that say something else in the second report",
		Example: `  govctl report diff hands/signs@v6 hands/signs@v7
  govctl report diff hands/signs@v6 hands/signs@v7 --stage 2 --json`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.Was, req.Is = args[0], args[1]
			resp, err := c.DiffReports(ctx, req)
			if err != nil {
				return err
			}
			return list(a, "differences", []column[moveView]{
				{name: "CHECK", value: func(m moveView) any { return m.Check }},
				{name: "TREND", value: func(m moveView) any { return m.trend() }},
				{name: "WAS", value: func(m moveView) any { return m.Was.words() }},
				{name: "IS", value: func(m moveView) any { return m.Is.words() }},
			}, convert(seq(resp.GetMoves()), viewMove))
		}),
	}
	cmd.Flags().Uint32Var(&req.Stage, "stage", 0, "of versions: the reports of this stage")
	return cmd
}

func reportExportCmd(a *app) *cobra.Command {
	req := &govdv1.ExportReportRequest{}
	var out string
	cmd := &cobra.Command{
		Use:   "export REPORT",
		Short: "Write a report as JSON, HTML, JUnit or OpenLineage",
		Long: `Write a report as JSON (its exact bytes, whose digest is the report's), as one
page of HTML that needs nothing else, as JUnit for build servers, or as the
facets of OpenLineage.`,
		Example: `  govctl report export hands/signs --format html -o report.html
  govctl report export hands/signs --stage 2 --format junit -o checks.xml`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.Report = args[0]
			resp, err := c.ExportReport(ctx, req)
			if err != nil {
				return err
			}
			return a.save(out, resp.GetFile())
		}),
	}
	f := cmd.Flags()
	f.StringVar(&req.Format, "format", "json", "json, html, junit or openlineage")
	f.StringVarP(&out, "output", "o", "-", "file; - is stdout")
	f.Uint32Var(&req.Stage, "stage", 0, "of a version: the report of this stage")
	return cmd
}
