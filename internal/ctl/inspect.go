package ctl

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func inspectCmd(a *app) *cobra.Command {
	cmd := group("inspect", "Inspect a random sample, which certifies how right labels are",
		inspectDrawCmd(a), inspectNextCmd(a), inspectAnswerCmd(a), inspectReviewCmd(a), inspectStatusCmd(a), inspectShowCmd(a),
		inspectStopCmd(a), inspectListCmd(a), inspectRedrawCmd(a))
	cmd.Long = `Let people look at a random sample of a version, which certifies how right its
labels are.

'draw' plans and draws a sample; inspectors ask for the 'next' item and 'answer'
it, or do both in a 'review'. Nobody sees what others said, nor any number that
depends on it, until the last item is settled. Who made the records or labels
does not inspect them, and after a failure there is no second draw from the same
records.`
	return cmd
}

// micro is a rate, share or confidence in millionths.
type micro uint32

func (m micro) String() string {
	return strconv.FormatFloat(float64(m)/10_000, 'f', -1, 64) + "%"
}

// MarshalJSON writes the fraction, such as 0.005.
func (m micro) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(m)/1_000_000, 'f', -1, 64), nil
}

// Set and Type make it the value of a flag: "0.5%" or "0.005".
func (m *micro) Set(s string) error {
	number, isPercent := strings.CutSuffix(s, "%")
	f, err := strconv.ParseFloat(number, 64)
	if isPercent {
		f /= 100
	}
	if err != nil || !(f > 0 && f < 1) {
		return usage("%q is not between 0%% and 100%%: want a rate such as 0.5%% or 0.005", s)
	}
	*m = micro(f*1_000_000 + 0.5)
	return nil
}

func (*micro) Type() string { return "rate" }

// inspectionID parses the number of an inspection.
func inspectionID(s string) (uint64, error) {
	id, err := gov.ParseInspectionID(s)
	if err != nil {
		return 0, usage("%v; 'govctl inspect list' lists them", err)
	}
	return uint64(id), nil
}

// A standView is what may be seen of an inspection at any time. Its errors and
// its bound are null while it is open, and if it was given up.
type standView struct {
	Inspection uint64  `json:"inspection"`
	N          uint64  `json:"n"`
	Answered   uint64  `json:"answered"`
	Errors     *uint64 `json:"errors"`
	Bound      *micro  `json:"bound"`
	Confidence micro   `json:"confidence"`
	State      string  `json:"state"`
}

func viewStand(id uint64, s *govdv1.InspectionStatus) standView {
	v := standView{Inspection: id, N: s.GetN(), Answered: s.GetAnswered(), Errors: s.Errors, Confidence: micro(s.GetConfidence()), State: s.GetState()}
	if s.Bound != nil {
		bound := micro(s.GetBound())
		v.Bound = &bound
	}
	return v
}

// boundWords says what is certified, "" if nothing is.
func (v standView) boundWords() string {
	if v.Bound == nil {
		return ""
	}
	return v.Bound.String() + " at " + v.Confidence.String()
}

func (v standView) errorWords() string {
	if v.Errors == nil {
		return ""
	}
	return strconv.FormatUint(*v.Errors, 10)
}

func standColumns() []column[standView] {
	return []column[standView]{
		{name: "INSPECTION", value: func(v standView) any { return strconv.FormatUint(v.Inspection, 10) }},
		{name: "STATE", value: func(v standView) any { return v.State }},
		{name: "ITEMS", value: func(v standView) any { return v.N }},
		{name: "ANSWERED", value: func(v standView) any { return v.Answered }},
		{name: "ERRORS", value: func(v standView) any { return v.errorWords() }},
		{name: "WRONG AT MOST", value: func(v standView) any { return v.boundWords() }},
	}
}

func inspectStatusCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status INSPECTION",
		Short: "Show how far an inspection is",
		Long: `Show how far an inspection is. While it is open, gold items are among its items,
and there are neither errors nor a bound: a number that can be seen early is a
number that can be waited for.`,
		Example:           `  govctl inspect status 3 --json`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeInspection,
		RunE: a.inspection(func(ctx context.Context, c *client, id uint64) error {
			resp, err := c.GetInspection(ctx, &govdv1.GetInspectionRequest{Inspection: id})
			if err != nil {
				return err
			}
			return show(a, standColumns(), viewStand(id, resp.GetInspection().GetStatus()))
		}),
	}
}

// inspection is the body of a command about one inspection.
func (a *app) inspection(do func(ctx context.Context, c *client, id uint64) error) func(*cobra.Command, []string) error {
	return a.with(func(ctx context.Context, c *client, args []string) error {
		id, err := inspectionID(args[0])
		if err != nil {
			return err
		}
		return uninspected(do(ctx, c, id))
	})
}

// uninspected adds to an error what helps with it.
func uninspected(err error) error {
	if err == nil {
		return nil
	}
	switch complaintOf(err).reason {
	case "NO_INSPECTION":
		return hint(err, "'govctl inspect list' lists those that you may read")
	case "NOT_WANTED":
		return hint(err, "'govctl inspect next' says which item is yours")
	}
	return err
}

// An inspectionView is an inspection as listed.
type inspectionView struct {
	standView
	Version    string     `json:"version"` // or the dataset, of a lot
	Asks       string     `json:"asks"`
	Lot        string     `json:"lot,omitempty"`
	Limit      micro      `json:"limit"`
	Sequential bool       `json:"sequential"`
	By         string     `json:"by"`
	Drawn      time.Time  `json:"drawn"`
	Ended      *time.Time `json:"ended,omitempty"`
	Message    string     `json:"message,omitempty"`
	Discarded  []uint64   `json:"discarded"`
	AuditIndex uint64     `json:"audit_index"`
}

func viewInspection(i *govdv1.Inspection) inspectionView {
	v := inspectionView{
		standView: viewStand(i.GetNumber(), i.GetStatus()), Version: i.GetRef(), Asks: i.GetDesign().GetAsks(), Lot: i.GetLot(), Limit: micro(i.GetDesign().GetLimit()),
		Sequential: i.GetDesign().GetGood() != 0, By: first(i.GetByName(), i.GetBy()), Drawn: when(i.GetDrawn()), Message: i.GetMessage(),
		Discarded: viewAll(i.GetDiscarded(), func(id uint64) uint64 { return id }), AuditIndex: i.GetAuditIndex(),
	}
	if t := when(i.GetEnded()); !t.IsZero() {
		v.Ended = &t
	}
	return v
}

func inspectListCmd(a *app) *cobra.Command {
	var limit uint
	cmd := &cobra.Command{
		Use:   "list [PROJECT[/DATASET]]",
		Short: "List inspections, newest first",
		Example: `  govctl inspect list
  govctl inspect list hands/signs`,
		Args:              args(0, 1),
		ValidArgsFunction: a.completePlace,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			all := c.inspections(ctx, append(args, "*")[0], limit)
			return list(a, "inspections", inspectionColumns(), convert(head(all, limit, a.cut), viewInspection))
		}),
	}
	limitFlag(cmd, &limit, 50)
	return cmd
}

func (c *client) inspections(ctx context.Context, place string, limit uint) iter.Seq2[*govdv1.Inspection, error] {
	return pages(func(token string) ([]*govdv1.Inspection, string, error) {
		resp, err := c.ListInspections(ctx, &govdv1.ListInspectionsRequest{Place: place, PageSize: pageOf(limit), PageToken: token})
		return resp.GetInspections(), resp.GetNextPageToken(), err
	})
}

func inspectionColumns() []column[inspectionView] {
	return []column[inspectionView]{
		{name: "INSPECTION", value: func(v inspectionView) any { return strconv.FormatUint(v.Inspection, 10) }, right: true},
		{name: "STATE", value: func(v inspectionView) any { return v.State }},
		{name: "VERSION", value: func(v inspectionView) any { return v.Version }},
		{name: "ASKS", value: func(v inspectionView) any { return first(v.Lot, v.Asks) }},
		{name: "LIMIT", value: func(v inspectionView) any { return v.Limit.String() }},
		{name: "ANSWERED", value: func(v inspectionView) any { return v.Answered }, right: true},
		{name: "OF", value: func(v inspectionView) any { return v.N }, right: true},
		{name: "ERRORS", value: func(v inspectionView) any { return v.errorWords() }, right: true},
		{name: "WRONG AT MOST", value: func(v inspectionView) any { return v.boundWords() }},
		{name: "BY", value: func(v inspectionView) any { return v.By }},
		{name: "DRAWN", value: func(v inspectionView) any { return v.Drawn }},
	}
}

func inspectStopCmd(a *app) *cobra.Command {
	var message string
	var yes bool
	cmd := &cobra.Command{
		Use:     "stop INSPECTION",
		Aliases: []string{"close"},
		Short:   "Give an inspection up; it certifies nothing then",
		Long: `Give an inspection up before it is decided. It certifies nothing then, its
secret is revealed, and later inspections of the same records say that it was.`,
		Example:           `  govctl inspect stop 3 -m "the wrong attribute"`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeInspection,
		RunE: a.inspection(func(ctx context.Context, c *client, id uint64) error {
			if err := a.confirm(yes, "give inspection %d up", id); err != nil {
				return err
			}
			resp, err := c.StopInspection(ctx, &govdv1.StopInspectionRequest{RequestId: requestID(), Inspection: id, Message: message})
			if err != nil {
				return err
			}
			return a.tell(viewInspection(resp.GetInspection()), "", "inspection %d is given up; log entry %d", id, resp.GetAuditIndex())
		}),
	}
	cmd.Flags().StringVarP(&message, "message", "m", "", "why")
	yesFlag(cmd, &yes)
	return cmd
}

// completeInspection completes the number of an inspection that is open.
func (a *app) completeInspection(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	c, err := a.connect()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []string
	const most = 100
	for i, err := range c.inspections(cmd.Context(), "*", most) {
		if err != nil {
			break
		}
		ids = append(ids, strconv.FormatUint(i.GetNumber(), 10)+"\t"+i.GetRef()+", "+i.GetStatus().GetState())
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
