package ctl

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func runCmd(a *app) *cobra.Command {
	return group("run", "Start and end runs: jobs that work on data",
		runStartCmd(a), runFinishCmd(a), runFailCmd(a), runListCmd(a), runShowCmd(a))
}

type runView struct {
	Run         string            `json:"run"`
	State       string            `json:"state"`
	Project     string            `json:"project"`
	Job         string            `json:"job"`
	Purpose     string            `json:"purpose"`
	Inputs      []string          `json:"inputs"`
	Lacks       []string          `json:"lacks,omitempty"`
	Outputs     []string          `json:"outputs,omitempty"`
	Models      []string          `json:"models,omitempty"`
	Params      map[string]string `json:"params,omitempty"`
	Exploratory bool              `json:"exploratory"`
	By          string            `json:"by"`
	Started     time.Time         `json:"started"`
	Ended       time.Time         `json:"ended,omitzero"`
	Status      uint32            `json:"status,omitempty"`
	Reason      string            `json:"reason,omitempty"`
	AuditIndex  uint64            `json:"audit_index"`
}

func viewRun(r *govdv1.Run) runView {
	v := runView{
		Run: r.GetId(), State: r.GetState(), Project: r.GetProject(), Job: r.GetJob(), Purpose: r.GetPurpose(), Inputs: []string{}, Outputs: r.GetOutputs(),
		Models: r.GetModels(), Params: r.GetParams(), Exploratory: r.GetExploratory(), By: first(r.GetByName(), r.GetBy()), Started: when(r.GetStarted()),
		Ended: when(r.GetEnded()), Status: r.GetStatus(), Reason: r.GetReason(), AuditIndex: r.GetAuditIndex(),
	}
	for _, in := range r.GetInputs() {
		v.Inputs = append(v.Inputs, strings.TrimPrefix(in.GetNode(), "version:"))
		for _, l := range in.GetLacks() {
			v.Lacks = append(v.Lacks, l.GetReason())
		}
	}
	return v
}

func runColumns() []column[runView] {
	return []column[runView]{
		{name: "RUN", value: func(r runView) any { return r.Run }},
		{name: "STATE", value: func(r runView) any { return r.State }},
		{name: "JOB", value: func(r runView) any { return r.Job }},
		{name: "PURPOSE", value: func(r runView) any { return r.Purpose }},
		{name: "INPUTS", value: func(r runView) any { return r.Inputs }},
		{name: "MODELS", value: func(r runView) any { return r.Models }},
		{name: "EXPLORATORY", value: func(r runView) any { return r.Exploratory }},
		{name: "BY", value: func(r runView) any { return r.By }},
		{name: "STARTED", value: func(r runView) any { return r.Started }},
	}
}

// A runFlags is what a run is started with.
type runFlags struct {
	req    *govdv1.StartRunRequest
	params []string
}

func newRunFlags(cmd *cobra.Command) *runFlags {
	r := &runFlags{req: &govdv1.StartRunRequest{}}
	f := cmd.Flags()
	f.StringVar(&r.req.Job, "job", "", "what runs: a short name")
	f.StringVar(&r.req.Purpose, "purpose", "", "what the data is used for")
	f.StringArrayVar(&r.req.Inputs, "input", nil, "a version it uses, or a model:, source: or external: node;\nrepeat for more")
	f.StringArrayVar(&r.params, "param", nil, "a parameter as NAME=VALUE, for the record; repeat for more")
	f.StringVar(&r.req.Project, "project", "", "where the run belongs; the first input's project if none")
	f.BoolVar(&r.req.Exploratory, "exploratory", false, "start although inputs lack something; the models say so for ever")
	required(cmd, "job")
	required(cmd, "purpose")
	return r
}

func (r *runFlags) request() (*govdv1.StartRunRequest, error) {
	r.req.RequestId = requestID()
	for _, p := range r.params {
		name, value, ok := strings.Cut(p, "=")
		if !ok {
			return nil, usage("parameter %q is not NAME=VALUE", p)
		}
		if r.req.Params == nil {
			r.req.Params = map[string]string{}
		}
		r.req.Params[name] = value
	}
	return r.req, nil
}

// What scripts are told of a run that changed.
type runState struct {
	Run        string `json:"run"`
	State      string `json:"state"`
	AuditIndex uint64 `json:"audit_index"`
}

func runStartCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "start --job NAME --purpose P --input REF",
		Short: "Start a run if its inputs pass the gates",
		Long: `Start a run if its inputs pass the gates.

Each version must be known and readable, allow the purpose, have a report of
its stage's checks that did not fail, have been promoted to the stage of its
dataset, hold no change that still waits for its quorum, and not be on hold,
nor any record of it ('govctl hold'). The refusal says
which of these is the matter, and is recorded. --exploratory starts the run all
the same, where you may: its models carry that mark for ever.

'govctl exec' starts a run, runs a command and ends the run.`,
		Example: `  govctl run start --job train-pose --purpose research --input hands/signs@v3
  govctl run start --job train-pose --purpose research --input hands/signs@v3 \
    --param lr=0.01 --param epochs=20 --json`,
		Args:                  args(0, 0),
		DisableFlagsInUseLine: true,
	}
	flags := newRunFlags(cmd)
	cmd.RunE = a.with(func(ctx context.Context, c *client, _ []string) error {
		req, err := flags.request()
		if err != nil {
			return err
		}
		resp, err := c.StartRun(ctx, req)
		if err != nil {
			return err
		}
		r := resp.GetRun()
		return a.tell(runState{r.GetId(), r.GetState(), resp.GetAuditIndex()}, r.GetId(), "run %s has started; end it with 'govctl run finish %s'", r.GetId(), r.GetId())
	})
	return cmd
}

func runFinishCmd(a *app) *cobra.Command {
	var outputs, files []string
	cmd := &cobra.Command{
		Use:   "finish RUN",
		Short: "End a run that has done its work",
		Long: `End a run that has done its work. Only who started it may.

--output names what it made: a version, an external: dataset, or model:P/N for a
new version of a model whose files --file names.`,
		Example: `  govctl run finish $RUN
  govctl run finish $RUN --output model:hands/pose --file weights.bin`,
		Args: args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			return a.finishRun(ctx, c, args[0], outputs, files)
		}),
	}
	cmd.Flags().StringArrayVar(&outputs, "output", nil, "what it made; repeat for more")
	cmd.Flags().StringArrayVar(&files, "file", nil, "a file, or a directory of files, of the model; repeat for more")
	return cmd
}

// finishRun registers the model among the outputs, if there is one, and ends the
// run.
func (a *app) finishRun(ctx context.Context, c *client, run string, outputs, files []string) error {
	req := &govdv1.FinishRunRequest{RequestId: requestID(), Run: run}
	models, made := 0, ""
	for _, out := range outputs {
		name, isModel := strings.CutPrefix(out, "model:")
		if !isModel {
			req.Outputs = append(req.Outputs, out)
			continue
		}
		if models++; models > 1 || len(files) == 0 {
			return usage("name one model, and its files with --file; register others with 'govctl model register'")
		}
		m, err := a.registerModel(ctx, c, name, run, files, "")
		if err != nil {
			return err
		}
		made = " and made model " + m.GetRef()
	}
	resp, err := c.FinishRun(ctx, req)
	if err != nil {
		return err
	}
	r := resp.GetRun()
	return a.tell(runState{r.GetId(), r.GetState(), resp.GetAuditIndex()}, "", "run %s has finished%s", r.GetId(), made)
}

func runFailCmd(a *app) *cobra.Command {
	req := &govdv1.FailRunRequest{}
	cmd := &cobra.Command{
		Use:     "fail RUN",
		Short:   "End a run that has not done its work",
		Example: `  govctl run fail $RUN --status 137 -m "out of memory"`,
		Args:    args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.RequestId, req.Run = requestID(), args[0]
			resp, err := c.FailRun(ctx, req)
			if err != nil {
				return err
			}
			r := resp.GetRun()
			return a.tell(runState{r.GetId(), r.GetState(), resp.GetAuditIndex()}, "", "run %s has failed", r.GetId())
		}),
	}
	cmd.Flags().Uint32Var(&req.Status, "status", 0, "exit status of its command")
	cmd.Flags().StringVarP(&req.Reason, "message", "m", "", "why")
	return cmd
}

func runListCmd(a *app) *cobra.Command {
	var n uint
	cmd := &cobra.Command{
		Use:               "list PROJECT",
		Short:             "List runs, newest first",
		Example:           `  govctl run list hands`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeProject,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			return list(a, "runs", runColumns(), head(convert(c.runs(ctx, args[0]), viewRun), n, a.cut))
		}),
	}
	cmd.Flags().UintVarP(&n, "limit", "n", 100, "list so many; 0 for all")
	return cmd
}

func (c *client) runs(ctx context.Context, project string) iter.Seq2[*govdv1.Run, error] {
	return pages(func(token string) ([]*govdv1.Run, string, error) {
		resp, err := c.ListRuns(ctx, &govdv1.ListRunsRequest{Project: project, PageSize: pageSize, PageToken: token})
		return resp.GetRuns(), resp.GetNextPageToken(), err
	})
}

func runShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "show RUN",
		Short:   "Show a run, and what its inputs lacked",
		Example: `  govctl run show $RUN`,
		Args:    args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.GetRun(ctx, &govdv1.GetRunRequest{Run: args[0]})
			if err != nil {
				return err
			}
			columns := append(runColumns(),
				column[runView]{name: "ENDED", value: func(r runView) any { return r.Ended }},
				column[runView]{name: "PROJECT", value: func(r runView) any { return r.Project }},
				column[runView]{name: "PARAMS", value: func(r runView) any { return paramWords(r.Params) }},
				column[runView]{name: "LACKS", value: func(r runView) any { return r.Lacks }},
				column[runView]{name: "OUTPUTS", value: func(r runView) any { return r.Outputs }},
				column[runView]{name: "REASON", value: func(r runView) any { return r.Reason }},
				column[runView]{name: "ENTRY", value: func(r runView) any { return r.AuditIndex }})
			return show(a, columns, viewRun(resp.GetRun()))
		}),
	}
}

func paramWords(params map[string]string) (words []string) {
	for _, k := range slices.Sorted(maps.Keys(params)) {
		words = append(words, k+"="+params[k])
	}
	return words
}
