package ctl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// A taskView is an item to be judged.
type taskView struct {
	Inspection uint64      `json:"inspection"`
	Item       string      `json:"item"` // "" if there is none now
	Asks       string      `json:"asks"`
	Key        string      `json:"key"`
	Record     *recordView `json:"record"` // null if it has been erased
	Answered   uint64      `json:"answered"`
	N          uint64      `json:"n"`
	State      string      `json:"state"`
}

func viewTask(id uint64, r *govdv1.NextTaskResponse) taskView {
	v := taskView{Inspection: id, Item: r.GetItem(), Asks: r.GetAsks(), Key: r.GetKey(), Answered: r.GetStatus().GetAnswered(), N: r.GetStatus().GetN(), State: r.GetStatus().GetState()}
	if r.GetRecord() != nil {
		record := viewRecord(r.GetRecord())
		v.Record = &record
	}
	return v
}

// labels returns what the record is labelled with, shape and all.
func (v taskView) labels() (all []string) {
	if v.Record == nil {
		return nil
	}
	for _, l := range v.Record.Labels {
		name := l.Name
		if l.Geometry != nil {
			name += " (" + l.Geometry.Kind + ")"
		}
		all = append(all, name)
	}
	return all
}

func taskColumns() []column[taskView] {
	return []column[taskView]{
		{name: "ITEM", value: func(v taskView) any { return v.Item }},
		{name: "KEY", value: func(v taskView) any { return v.Key }},
		{name: "ASKS", value: func(v taskView) any { return v.Asks }, wide: true},
		{name: "LABELS", value: func(v taskView) any { return v.labels() }},
		{name: "CONTENT", value: func(v taskView) any { return digest(v.content()) }},
		{name: "PIXELS", value: func(v taskView) any { return v.pixels() }},
	}
}

func (v taskView) content() string {
	if v.Record == nil {
		return ""
	}
	return v.Record.Content
}

func (v taskView) pixels() string {
	if v.Record == nil {
		return ""
	}
	return v.Record.pixels()
}

func inspectNextCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "next INSPECTION",
		Short: "Show the item that you are to judge next",
		Long: `Show the item that you are to judge next: its record, and the labels it is shown
with. Asking again shows the same one until somebody answers. The labels are as
they are to be judged: those of a gold item may be others than the record has.`,
		Example:           `  govctl inspect next 3`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeInspection,
		RunE: a.inspection(func(ctx context.Context, c *client, id uint64) error {
			resp, err := c.NextTask(ctx, &govdv1.NextTaskRequest{Inspection: id})
			if err != nil {
				return err
			}
			v := viewTask(id, resp)
			if v.Item == "" && !a.json {
				a.note("inspection %d is %s and has nothing for you now", id, v.State)
				return nil
			}
			return show(a, taskColumns(), v)
		}),
	}
}

// An answeredView is where an inspection stands after an answer.
type answeredView struct {
	standView
	AuditIndex uint64 `json:"audit_index"`
}

func inspectAnswerCmd(a *app) *cobra.Command {
	req := &govdv1.AnswerTaskRequest{}
	cmd := &cobra.Command{
		Use:   "answer INSPECTION ITEM ok|wrong|unclear",
		Short: "Say whether an item is right",
		Long: `Say whether an item is right: whether its labels are, whether what they name can
be seen, or whether it is fit to come in, as the inspection asks. The answer is
recorded and cannot be taken back; nobody else is told before the inspection is
over. What stays unclear after another person has looked counts as wrong.`,
		Example: `  govctl inspect answer 3 0a1b2c3d4e5f60718293a4b5 ok
  govctl inspect answer 3 0a1b2c3d4e5f60718293a4b5 wrong --label palm`,
		Args:              args(3, 3),
		ValidArgsFunction: a.completeInspection,
	}
	cmd.RunE = a.with(func(ctx context.Context, c *client, args []string) (err error) {
		if req.Inspection, err = inspectionID(args[0]); err != nil {
			return err
		}
		known := false
		if req.Verdict, known = verdicts[args[2]]; !known {
			return usage("%q is no answer: want ok, wrong or unclear", args[2])
		}
		req.RequestId, req.Item = requestID(), args[1]
		resp, err := c.AnswerTask(ctx, req)
		if err != nil {
			return uninspected(err)
		}
		v := answeredView{viewStand(req.GetInspection(), resp.GetStatus()), resp.GetAuditIndex()}
		return a.tell(v, "", "%s", v.words())
	})
	cmd.Flags().StringVar(&req.Label, "label", "", "what it should be, if it is wrong")
	return cmd
}

// words says how far the inspection is.
func (v standView) words() string {
	if v.State == "open" {
		return fmt.Sprintf("%s of %s", thousands(v.Answered), thousands(v.N))
	}
	return fmt.Sprintf("inspection %d has %s: 'govctl inspect show %d' has the result", v.Inspection, v.State, v.Inspection)
}

func inspectReviewCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "review INSPECTION",
		Short: "Judge one item after another",
		Long: `Judge one item after another in a terminal: y or Enter if the labels are right,
n if one is wrong (n NAME says what it should be), u if it is unclear, and q to
leave.

With --json, a person judges in another program: each item is a line of JSON,
and waits for the same letters on a line of stdin. The answers are those of the
person whose token it is; machines do not inspect.`,
		Example: `  govctl inspect review 3
  my-annotation-tool --govctl 'inspect review 3 --json'`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeInspection,
		RunE: a.inspection(func(ctx context.Context, c *client, id uint64) error {
			if _, asks := terminal(a.stdin); !a.json && !(asks && a.screen.terminal) {
				err := complain(exitUsage, "NOT_A_TERMINAL", "a review asks questions: it needs a terminal, or a program that reads --json")
				return hint(err, "'govctl inspect next %d' and 'answer %d ITEM ok' do without", id, id)
			}
			return a.judge(ctx, c, id, bufio.NewReader(a.stdin))
		}),
	}
}

// judge asks for one verdict after another until there is no item or no input
// any more.
func (a *app) judge(ctx context.Context, c *client, id uint64, in *bufio.Reader) error {
	for {
		resp, err := c.NextTask(ctx, &govdv1.NextTaskRequest{Inspection: id})
		if err != nil {
			return err
		}
		v := viewTask(id, resp)
		if v.Item == "" {
			return a.tell(v, "", "inspection %d is %s and has nothing for you now", id, v.State)
		}
		if err := show(a, taskColumns(), v); err != nil {
			return err
		}
		req, err := a.askVerdict(v, in)
		if err != nil || req == nil {
			return err
		}
		_, err = c.AnswerTask(ctx, req)
		if err != nil && complaintOf(err).reason != "NOT_WANTED" { // somebody was faster
			return err
		}
	}
}

// questions are what inspections ask of an item.
var questions = map[string]string{"label": "right", "relevance": "visible", "intake": "fit"}

// askVerdict asks for one verdict, nil to leave. A program is not asked again.
func (a *app) askVerdict(v taskView, in *bufio.Reader) (*govdv1.AnswerTaskRequest, error) {
	for {
		if !a.json {
			fmt.Fprintf(a.stdout, "%s of %s  %s? [Y/n/u/q] ", thousands(v.Answered+1), thousands(v.N), questions[v.Asks])
		}
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return nil, a.leave()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		key, label, _ := strings.Cut(strings.TrimSpace(line), " ")
		verdict, known := map[string]string{"": "ok", "y": "ok", "n": "error", "u": "unclear"}[strings.ToLower(key)]
		switch {
		case key == "q":
			return nil, nil
		case known:
			return &govdv1.AnswerTaskRequest{RequestId: requestID(), Inspection: v.Inspection, Item: v.Item, Verdict: verdict, Label: strings.TrimSpace(label)}, nil
		case a.json:
			return nil, usage("%q is no answer: want y, n, n NAME, u or q", key)
		}
	}
}

// leave ends the line that a question stands on.
func (a *app) leave() error {
	if a.json {
		return nil
	}
	_, err := fmt.Fprintln(a.stdout)
	return err
}
