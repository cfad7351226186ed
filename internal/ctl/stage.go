package ctl

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func stageCmd(a *app) *cobra.Command {
	cmd := group("stage", "See what the stages ask for, and change it", stageShowCmd(a), stagePlanCmd(a), stagePolicyCmd(a))
	cmd.Long = `See what the five stages of a dataset ask for, and change it. The policy of a
stage says which checks a version must pass before it goes up to the stage, how
strict they are, which inspections it needs and whose word. govd comes with a
policy for each stage; a project can have its own.`
	return cmd
}

// A stageView is a stage, as its policy describes it.
type stageView struct {
	Stage       uint32           `json:"stage"`
	Name        string           `json:"name"`
	Digest      string           `json:"digest"`
	BuiltIn     bool             `json:"built_in"`
	Stewards    uint32           `json:"stewards"`
	Inspections []string         `json:"inspections"`
	Checks      []stageCheckView `json:"checks"`
}

type stageCheckView struct {
	Check    string   `json:"check"`
	Kind     string   `json:"kind"`
	Severity string   `json:"severity"`
	Asks     string   `json:"asks"`
	Silent   string   `json:"silent"`
	Limits   []string `json:"limits"`
}

func viewStage(r *govdv1.GetStageResponse) stageView {
	v := stageView{r.GetStage(), r.GetName(), r.GetDigest(), r.GetBuiltIn(), r.GetStewards(), nonNil(r.GetInspections()), []stageCheckView{}}
	for _, c := range r.GetChecks() {
		v.Checks = append(v.Checks, stageCheckView{c.GetCheck(), c.GetKind(), c.GetSeverity(), c.GetAsks(), c.GetSilent(), nonNil(c.GetLimits())})
	}
	return v
}

func stageShowCmd(a *app) *cobra.Command {
	var project string
	cmd := &cobra.Command{
		Use:   "show [N]",
		Short: "Show the stages, or the checks of one",
		Example: `  govctl stage show
  govctl stage show 2
  govctl stage show 2 --project hands --json`,
		Args: args(0, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if len(args) == 1 {
				return a.showStage(ctx, c, args[0], project)
			}
			var all []stageView
			for n := range uint32(5) {
				resp, err := c.GetStage(ctx, &govdv1.GetStageRequest{Stage: n + 1, Project: project})
				if err != nil {
					return err
				}
				all = append(all, viewStage(resp))
			}
			return list(a, "stages", stageColumns(), seq(all))
		}),
	}
	cmd.Flags().StringVar(&project, "project", "", "whose policies; those that govd comes with if none")
	return cmd
}

func stageColumns() []column[stageView] {
	return []column[stageView]{
		{name: "STAGE", value: func(v stageView) any { return strconv.Itoa(int(v.Stage)) }, right: true},
		{name: "NAME", value: func(v stageView) any { return v.Name }, prose: true},
		{name: "CHECKS", value: func(v stageView) any { return uint64(len(v.Checks)) }, right: true},
		{name: "INSPECTIONS", value: func(v stageView) any { return v.Inspections }},
		{name: "STEWARDS", value: func(v stageView) any { return v.Stewards }, right: true},
		{name: "DIGEST", value: func(v stageView) any { return digest(v.Digest) }},
	}
}

func (a *app) showStage(ctx context.Context, c *client, n, project string) error {
	stage, err := stageNumber(n)
	if err != nil {
		return err
	}
	resp, err := c.GetStage(ctx, &govdv1.GetStageRequest{Stage: stage, Project: project})
	if err != nil {
		return err
	}
	v := viewStage(resp)
	if a.json {
		return a.printObject(v)
	}
	if a.screen.terminal {
		if err := a.say(fmt.Sprintf("stage %d: %s; %s must give their word", v.Stage, v.Name, count(uint64(v.Stewards), "steward"))); err != nil {
			return err
		}
	}
	return list(a, "checks", []column[stageCheckView]{
		{name: "CHECK", value: func(c stageCheckView) any { return c.Check }},
		{name: "SEV", value: func(c stageCheckView) any { return c.Severity }},
		{name: "KIND", value: func(c stageCheckView) any { return c.Kind }, wide: true},
		{name: "ASKS", value: func(c stageCheckView) any { return c.Asks }, prose: true},
		{name: "LIMITS", value: func(c stageCheckView) any { return c.Limits }, wide: true},
	}, seq(v.Checks))
}

func stageNumber(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil || n < 1 || n > 5 {
		return 0, usage("%q is no stage: 1 to 5", s)
	}
	return uint32(n), nil
}

// A stagePlanView is what a stage calls for at a size.
type stagePlanView struct {
	Stage       uint32      `json:"stage"`
	Records     uint64      `json:"records"`
	Bytes       uint64      `json:"bytes"`
	Hot         uint64      `json:"hot_bytes"`
	Bulk        uint64      `json:"bulk_bytes"`
	Growth      uint64      `json:"growth_bytes"`
	Manifest    uint64      `json:"manifest_bytes"`
	Epochs      []epochView `json:"epochs"`
	Nodes       string      `json:"gpu_nodes"`
	Governance  []string    `json:"governance"`
	Next        []string    `json:"next"`
	Checks      uint32      `json:"checks"`
	CheckCostUS uint64      `json:"check_cost_us"`
	AgainCostUS uint64      `json:"again_cost_us"`
}

type epochView struct {
	Gbit    uint32 `json:"gbit"`
	Seconds uint64 `json:"seconds"`
}

func stagePlanCmd(a *app) *cobra.Command {
	req := &govdv1.PlanStageRequest{}
	cmd := &cobra.Command{
		Use:   "plan [REF]",
		Short: "Say what a stage calls for: storage, network, machines, governance",
		Long: `Say what a stage calls for at the size of a version, or at one that is given:
storage, how long reading all of it takes, which class of machine that keeps
busy, what the stage adds to the governance, and what the next will ask for.
These are rules of thumb on the size; nothing is measured.`,
		Example: `  govctl stage plan hands/signs
  govctl stage plan --records 1000000 --bytes 1500000000000 --stage 4 --grow-to 5000000 --json`,
		Args:              args(0, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if len(args) == 1 {
				req.Ref = args[0]
			}
			if (req.Ref == "") == (req.Records == 0) {
				return usage("say for which size: a REF, or --records and --bytes")
			}
			resp, err := c.PlanStage(ctx, req)
			if err != nil {
				return err
			}
			return a.printStagePlan(resp)
		}),
	}
	f := cmd.Flags()
	f.Uint32Var(&req.Stage, "stage", 0, "1 to 5; one above the version's dataset if none")
	f.Uint64Var(&req.Records, "records", 0, "how many records")
	f.Uint64Var(&req.Bytes, "bytes", 0, "bytes of their contents")
	f.Uint64Var(&req.GrowTo, "grow-to", 0, "records that it is to grow to")
	f.StringVar(&req.Project, "project", "", "whose policies; those that govd comes with if none")
	return cmd
}

func (a *app) printStagePlan(r *govdv1.PlanStageResponse) error {
	v := stagePlanView{
		r.GetStage(), r.GetRecords(), r.GetBytes(), r.GetHotBytes(), r.GetBulkBytes(), r.GetGrowthBytes(), r.GetManifestBytes(),
		[]epochView{},
		r.GetGpuNodes(), nonNil(r.GetGovernance()), nonNil(r.GetNext()), r.GetChecks(), r.GetCheckCostUs(), r.GetAgainCostUs(),
	}
	for _, e := range r.GetEpochs() {
		v.Epochs = append(v.Epochs, epochView{e.GetGbit(), e.GetSeconds()})
	}
	if a.json {
		return a.printObject(v)
	}
	lines := [][2]any{
		{"stage", v.Stage},
		{"records", v.Records},
		{"contents", size(v.Bytes)},
		{"hot storage", size(v.Hot)},
		{"bulk storage", size(v.Bulk)},
		{"growth", size(v.Growth)},
		{"govd's file", size(v.Manifest)},
	}
	for _, e := range v.Epochs {
		lines = append(lines, [2]any{fmt.Sprintf("epoch at %d GbE", e.Gbit), span(time.Duration(e.Seconds) * time.Second)})
	}
	lines = append(lines, [2]any{"machines", v.Nodes}, [2]any{"checks", fmt.Sprintf("%d, about %s of CPU at first, then %s", v.Checks, tookWords(v.CheckCostUS), tookWords(v.AgainCostUS))})
	for _, g := range v.Governance {
		lines = append(lines, [2]any{"adds", g})
	}
	for _, n := range v.Next {
		lines = append(lines, [2]any{"next", n})
	}
	return list(a, "figures", []column[[2]any]{
		{value: func(l [2]any) any { return l[0] }},
		{value: func(l [2]any) any { return l[1] }, prose: true},
	}, seq(lines))
}

func stagePolicyCmd(a *app) *cobra.Command {
	return group("policy", "See and change the policy of a stage in a project", stagePolicyShowCmd(a), stagePolicySetCmd(a))
}

func stagePolicyShowCmd(a *app) *cobra.Command {
	req := &govdv1.GetStageRequest{}
	cmd := &cobra.Command{
		Use:   "show N",
		Short: "Print the policy of a stage",
		Long: `Print the policy of a stage, as the JSON whose digest reports name. A file that
is like it, or that begins with 'extends: stage N' and says only what differs,
can be set.`,
		Example: `  govctl stage policy show 2
  govctl stage policy show 2 --project hands`,
		Args: args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			if req.Stage, err = stageNumber(args[0]); err != nil {
				return err
			}
			resp, err := c.GetStage(ctx, req)
			if err != nil {
				return err
			}
			if a.json {
				return a.printObject(json.RawMessage(resp.GetDocument()))
			}
			if resp.GetBuiltIn() && req.Project != "" {
				a.note("the policy of stage %d in %s is the one that govd comes with", req.Stage, req.Project)
			}
			return a.printDocument(resp.GetDocument())
		}),
	}
	cmd.Flags().StringVar(&req.Project, "project", "", "whose policy; the one that govd comes with if none")
	return cmd
}

func stagePolicySetCmd(a *app) *cobra.Command {
	req := &govdv1.SetRulesRequest{}
	var stage uint32
	cmd := &cobra.Command{
		Use:   "set PROJECT FILE.yaml",
		Short: "Propose a policy of a stage for a project; other admins must agree",
		Long: `Propose a policy of a stage for a project. Other admins must agree, by 'govctl
rules approve', and it comes into force after the delay of the rules.

  extends: stage 2
  checks:
    S1.classes: {min: 100}
    S2.cl: off
  rules:
    - {id: small, holds: 'record.size < 10000000', severity: E}`,
		Example: `  govctl stage policy set hands stage2.yaml --stage 2
  govctl stage policy set hands - --stage 2 --dry-run < stage2.yaml`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completePlaceThenFile,
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			req.RequestId, req.Place, req.Of = requestID(), args[0], fmt.Sprintf("stage-%d", stage)
			if req.Document, err = a.readFile(args[1], maxRules); err != nil {
				return err
			}
			resp, err := c.SetRules(ctx, req)
			if err != nil {
				return err
			}
			v := viewRuleSet(resp.GetRules())
			if req.DryRun {
				return a.tell(v, v.Digest, "this policy of stage %d could be proposed for %s; nothing was changed", stage, placeWords(v.Place))
			}
			return a.tell(v, fmt.Sprintf("%s\t%d\t%s", v.Place, v.Number, v.Digest), "policy %d of stage %d in %s is proposed, log entry %d\n%s", v.Number, stage, placeWords(v.Place), resp.GetAuditIndex(), v.waits(a.now()))
		}),
	}
	cmd.Flags().Uint32Var(&stage, "stage", 0, "which stage, 1 to 5")
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "check everything, change nothing")
	cmd.MarkFlagRequired("stage")
	return cmd
}
