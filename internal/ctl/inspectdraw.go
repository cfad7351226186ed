package ctl

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// A drawing is what the flags of a draw say.
type drawing struct {
	limit, confidence, good, risk, sensitivity, accuracy micro

	accept, minGold uint64
	reviewers       uint32
	asks, by, gold  string
	lot             string
	sequential      bool
	dryRun          bool
}

func (d *drawing) design() *govdv1.InspectionDesign {
	m := &govdv1.InspectionDesign{
		Asks: d.asks, Limit: uint32(d.limit), Confidence: uint32(d.confidence), Accept: d.accept, By: d.by, Reviewers: d.reviewers,
		Sensitivity: uint32(d.sensitivity), MinGold: d.minGold, MinAccuracy: uint32(d.accuracy),
	}
	if d.sequential {
		m.Good, m.Risk = cmp.Or(uint32(d.good), uint32(d.limit)/5), uint32(d.risk)
	}
	return m
}

func (d *drawing) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	d.confidence, d.risk, d.sensitivity, d.accuracy = 950_000, 50_000, 900_000, 900_000
	f.StringVar(&d.asks, "asks", "label", "what inspectors answer: label, whether the labels are right; relevance, whether what they name can be seen")
	f.StringVar(&d.lot, "lot", "", "inspect this lot, which waits, and whether its records are fit to come in")
	f.Var(&d.limit, "limit", "the share of wrong records that must not pass, such as 0.5%")
	f.Var(&d.confidence, "confidence", "in the whole statement")
	f.Uint64Var(&d.accept, "accept", 0, "errors that each stratum may have; more need a larger sample")
	f.StringVar(&d.by, "by", "", "attribute whose values are strata; each keeps the limit by itself")
	f.BoolVar(&d.sequential, "sequential", false, "stop as soon as it is decided")
	f.Var(&d.good, "good", "with --sequential: the share of wrong records that should pass (default a fifth of the limit)")
	f.Var(&d.risk, "risk", "with --sequential: of failing then")
	f.StringVar(&d.gold, "gold", "", "CSV file of records of which the truth is known (default: planted errors)")
	f.Uint32Var(&d.reviewers, "reviewers", 1, "independent answers that an item needs")
	f.Var(&d.sensitivity, "sensitivity", "planned: of the wrong records, the share that inspectors notice")
	f.Uint64Var(&d.minGold, "min-gold", 30, "gold answers from which on an inspector is measured")
	f.Var(&d.accuracy, "min-accuracy", "a measured inspector below it does not count")
	f.BoolVar(&d.dryRun, "dry-run", false, "show the plan, and draw nothing")
	required(cmd, "limit")
	cmd.MarkFlagsMutuallyExclusive("lot", "asks")
	cmd.MarkFlagsMutuallyExclusive("accept", "sequential")
}

func inspectDrawCmd(a *app) *cobra.Command {
	var d drawing
	cmd := &cobra.Command{
		Use:   "draw REF",
		Short: "Plan an inspection, show its odds, and draw the sample",
		Long: `Plan an inspection of a version, show how often it would pass at which rates of
wrong records, and draw its sample. The cheapest plan often fails data that is
several times better than it must be: look at the curve first, with --dry-run.

How much inspectors overlook is measured by gold items among the sample. A file
of them is CSV with the columns key, truth (ok or wrong) and shown (may be left
out): a wrong one can be a record of which the first label is shown with another
name. Whoever brings the file knows them and cannot inspect. Without a file,
govd plants errors: records at random, shown with another label in use.`,
		Example: `  govctl inspect draw hands/signs --limit 0.5% --dry-run
  govctl inspect draw hands/signs@v2 --limit 1% --accept 2 --reviewers 2
  govctl inspect draw hands/signs --asks relevance --limit 2%
  govctl inspect draw hands/signs --lot may --limit 1% --accept 2
  govctl inspect draw hands/signs --limit 2% --by tone_group --sequential`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			return a.draw(ctx, c, args[0], &d)
		}),
	}
	d.flags(cmd)
	return cmd
}

// A drawnView is an inspection as it was planned.
type drawnView struct {
	Inspection uint64       `json:"inspection"` // 0 of a dry run
	Version    string       `json:"version"`
	Asks       string       `json:"asks"`
	N          uint64       `json:"n"` // items, gold aside
	Gold       uint64       `json:"gold"`
	Limit      micro        `json:"limit"`
	Confidence micro        `json:"confidence"`
	Plans      []sampleView `json:"plans"`
	AuditIndex uint64       `json:"audit_index"`
}

type sampleView struct {
	Stratum    string      `json:"stratum"`
	Total      uint64      `json:"total"`
	N          uint64      `json:"n"`
	Accept     uint64      `json:"accept"`
	Sequential bool        `json:"sequential"`
	Curve      []curveView `json:"curve"`
}

type curveView struct {
	Rate   micro   `json:"rate"`
	Passes micro   `json:"passes"`
	MeanN  float64 `json:"mean_n"`
}

func viewDrawn(r *govdv1.DrawInspectionResponse) drawnView {
	v := drawnView{
		Inspection: r.GetInspection(), Version: r.GetRef(), Asks: r.GetDesign().GetAsks(), Gold: r.GetGolds(), Limit: micro(r.GetDesign().GetLimit()),
		Confidence: micro(r.GetDesign().GetConfidence()), Plans: viewAll(r.GetPlans(), viewSample), AuditIndex: r.GetAuditIndex(),
	}
	for _, p := range v.Plans {
		v.N += p.N
	}
	return v
}

func viewSample(p *govdv1.InspectionPlan) sampleView {
	return sampleView{
		p.GetStratum(), p.GetTotal(), p.GetN(), p.GetAccept(), p.GetSequential(),
		viewAll(p.GetCurve(), func(c *govdv1.CurvePoint) curveView {
			return curveView{micro(c.GetRate()), micro(c.GetPasses()), float64(c.GetMeanN()) / 1_000_000}
		}),
	}
}

// draw shows the plan, and then draws. A terminal is asked in between.
func (a *app) draw(ctx context.Context, c *client, ref string, d *drawing) error {
	req := &govdv1.DrawInspectionRequest{RequestId: requestID(), Ref: ref, Lot: d.lot, Design: d.design(), DryRun: true}
	var err error
	if req.Gold, err = a.readGold(d.gold); err != nil {
		return err
	}
	plan, err := c.DrawInspection(ctx, req)
	if err != nil {
		return err
	}
	if d.dryRun || !a.json {
		if err := a.printPlan(d.of(plan.GetRef()), viewDrawn(plan)); err != nil || d.dryRun {
			return err
		}
	}
	req.Ref, req.DryRun = plan.GetRef(), false
	done, err := c.DrawInspection(ctx, req)
	if err != nil {
		return err
	}
	v := viewDrawn(done)
	return a.tell(v, fmt.Sprint(v.Inspection), "inspection %d is drawn; log entry %d\n'govctl inspect review %d' begins to look at it", v.Inspection, v.AuditIndex, v.Inspection)
}

// of says what a sample is drawn of.
func (d *drawing) of(ref string) string {
	if d.lot != "" {
		return "lot " + d.lot
	}
	return ref
}

// printPlan prints how large the sample of something is and how often it passes.
func (a *app) printPlan(of string, v drawnView) error {
	if a.json {
		return a.printObject(v)
	}
	if !a.screen.terminal {
		return nil
	}
	err := a.say(fmt.Sprintf("at most %s of %s, and %s among them", count(v.N, "record"), of, count(v.Gold, "gold item")))
	if err != nil {
		return err
	}
	for _, p := range v.Plans {
		if p.Stratum != "" || len(v.Plans) > 1 {
			fmt.Fprintln(a.stdout)
			if err := a.say(fmt.Sprintf("%s: %s of %s", first(p.Stratum, "(none)"), thousands(p.N), thousands(p.Total))); err != nil {
				return err
			}
		}
		if _, err := printTable(a, a.screen.width, curveColumns(), seq(p.Curve)); err != nil {
			return err
		}
	}
	return nil
}

func curveColumns() []column[curveView] {
	return []column[curveView]{
		{name: "IF SO MANY ARE WRONG", value: func(v curveView) any { return v.Rate.String() }, right: true},
		{name: "IT PASSES", value: func(v curveView) any { return fmt.Sprintf("%.1f%%", float64(v.Passes)/10_000) }, right: true},
		{name: "RECORDS ON AVERAGE", value: func(v curveView) any { return fmt.Sprintf("%.0f", v.MeanN) }, right: true},
	}
}

// readGold reads a file of gold items; none if there is no file.
func (a *app) readGold(path string) (items []*govdv1.GoldItem, err error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	bad := faults{reason: "BAD_GOLD", file: filepath.Base(path)}
	err = readRows(f, &bad, []string{"key", "truth"}, []string{"shown"}, func(line int, cell func(string) string) {
		truth, known := verdicts[strings.ToLower(cell("truth"))]
		if !known || truth == "unclear" {
			bad.at(line, "truth %q is neither ok nor wrong", cell("truth"))
			return
		}
		items = append(items, &govdv1.GoldItem{Key: cell("key"), Truth: truth, Shown: cell("shown")})
	})
	if err == nil && bad.n > 0 {
		err = bad.err()
	}
	return items, err
}

// verdicts are the words of a verdict, and what they are called on the wire.
var verdicts = map[string]string{"ok": "ok", "wrong": "error", "error": "error", "unclear": "unclear"}
