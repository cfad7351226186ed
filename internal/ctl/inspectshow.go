package ctl

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// An inspectionDetail is all there is to an inspection.
type inspectionDetail struct {
	inspectionView
	Design          designView  `json:"design"`
	Planted         bool        `json:"planted"`
	Commitment      string      `json:"commitment"`
	Committed       uint64      `json:"committed"` // the log entry
	CommittedBefore bool        `json:"committed_before"`
	Secret          string      `json:"secret,omitempty"`
	Result          *resultView `json:"result"`
}

type designView struct {
	Digest      string `json:"digest"`
	Accept      uint64 `json:"accept"`
	Good        micro  `json:"good"`
	Risk        micro  `json:"risk"`
	By          string `json:"by"`
	Reviewers   uint32 `json:"reviewers"`
	Gold        micro  `json:"gold"`
	Sensitivity micro  `json:"sensitivity"`
	MinGold     uint64 `json:"min_gold"`
	MinAccuracy micro  `json:"min_accuracy"`
}

// A resultView is what an inspection certifies.
type resultView struct {
	Reason      string         `json:"reason,omitempty"`
	Strata      []stratumView  `json:"strata"`
	GoldErrors  uint64         `json:"gold_errors"`
	Noticed     uint64         `json:"noticed"`
	Sensitivity micro          `json:"sensitivity"`
	Agreement   *float64       `json:"agreement"`
	Reviewers   []reviewerView `json:"reviewers"`
	Except      uint64         `json:"except"`
	Assumptions []string       `json:"assumptions"`
}

type stratumView struct {
	Stratum string `json:"stratum"`
	Total   uint64 `json:"total"`
	N       uint64 `json:"n"`
	Errors  uint64 `json:"errors"`
	Bound   micro  `json:"bound"`
	Passed  bool   `json:"passed"`
}

type reviewerView struct {
	Person   string `json:"person"`
	Answers  uint64 `json:"answers"`
	Gold     uint64 `json:"gold"`
	Right    uint64 `json:"right"`
	Accuracy micro  `json:"accuracy"`
	Measured bool   `json:"measured"`
	Excluded bool   `json:"excluded"`
}

func viewInspectionDetail(r *govdv1.GetInspectionResponse) inspectionDetail {
	i, d := r.GetInspection(), r.GetInspection().GetDesign()
	return inspectionDetail{
		inspectionView: viewInspection(i),
		Design: designView{
			i.GetDesignDigest(), d.GetAccept(), micro(d.GetGood()), micro(d.GetRisk()), d.GetBy(), d.GetReviewers(), micro(d.GetGold()),
			micro(d.GetSensitivity()), d.GetMinGold(), micro(d.GetMinAccuracy()),
		},
		Planted: i.GetPlanted(), Commitment: i.GetCommitment(), Committed: i.GetCommitted(), CommittedBefore: i.GetCommittedBefore(),
		Secret: i.GetSecret(), Result: viewResult(r.GetResult()),
	}
}

func viewResult(r *govdv1.InspectionResult) *resultView {
	if r == nil {
		return nil
	}
	v := &resultView{
		Reason: r.GetReason(), GoldErrors: r.GetGoldErrors(), Noticed: r.GetNoticed(), Sensitivity: micro(r.GetSensitivity()),
		Except: r.GetExcept(), Assumptions: r.GetAssumptions(),
		Strata: viewAll(r.GetStrata(), func(s *govdv1.StratumResult) stratumView {
			return stratumView{s.GetStratum(), s.GetTotal(), s.GetN(), s.GetErrors(), micro(s.GetBound()), s.GetPassed()}
		}),
		Reviewers: viewAll(r.GetReviewers(), func(p *govdv1.ReviewerResult) reviewerView {
			return reviewerView{p.GetPerson(), p.GetAnswers(), p.GetGold(), p.GetRight(), micro(p.GetAccuracy()), p.GetMeasured(), p.GetExcluded()}
		}),
	}
	if r.Agreement != nil {
		alpha := float64(r.GetAgreement()) / 1_000_000
		v.Agreement = &alpha
	}
	return v
}

func inspectShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show INSPECTION",
		Short: "Show an inspection and what it certifies, once it is over",
		Long: `Show an inspection and, once it is over, what it certifies: the bound, stratum
by stratum; how the inspectors did on gold items; and in words what the result
rests on and cannot show itself. With the secret that is revealed then, anyone
can draw the sample again.`,
		Example:           `  govctl inspect show 3`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeInspection,
		RunE: a.inspection(func(ctx context.Context, c *client, id uint64) error {
			resp, err := c.GetInspection(ctx, &govdv1.GetInspectionRequest{Inspection: id})
			if err != nil {
				return err
			}
			v := viewInspectionDetail(resp)
			if err := show(a, inspectionDetailColumns(), v); err != nil || a.json || !a.screen.terminal || v.Result == nil {
				return err
			}
			return a.printResult(v)
		}),
	}
}

func inspectionDetailColumns() []column[inspectionDetail] {
	return []column[inspectionDetail]{
		{name: "INSPECTION", value: func(v inspectionDetail) any { return fmt.Sprint(v.Inspection) }},
		{name: "VERSION", value: func(v inspectionDetail) any { return v.Version }},
		{name: "STATE", value: func(v inspectionDetail) any { return v.State }},
		{name: "ITEMS", value: func(v inspectionDetail) any { return v.N }},
		{name: "ANSWERED", value: func(v inspectionDetail) any { return v.Answered }},
		{name: "LIMIT", value: func(v inspectionDetail) any { return v.Limit.String() }},
		{name: "CONFIDENCE", value: func(v inspectionDetail) any { return v.Confidence.String() }},
		{name: "ERRORS", value: func(v inspectionDetail) any { return v.errorWords() }},
		{name: "WRONG AT MOST", value: func(v inspectionDetail) any { return v.boundWords() }},
		{name: "BY", value: func(v inspectionDetail) any { return v.By }},
		{name: "DRAWN", value: func(v inspectionDetail) any { return v.Drawn }},
		{name: "MESSAGE", value: func(v inspectionDetail) any { return v.Message }},
		{name: "COMMITMENT", value: func(v inspectionDetail) any { return digest(v.Commitment) }},
		{name: "SECRET", value: func(v inspectionDetail) any { return v.Secret }},
		{name: "ENTRY", value: func(v inspectionDetail) any { return v.AuditIndex }},
	}
}

// printResult prints strata, inspectors and assumptions.
func (a *app) printResult(v inspectionDetail) error {
	fmt.Fprintln(a.stdout)
	if v.Result.Reason != "" {
		if err := a.say("it failed: "+v.Result.Reason, ""); err != nil {
			return err
		}
	}
	if len(v.Result.Strata) > 1 {
		if _, err := printTable(a, a.screen.width, stratumColumns(v.Design.By), seq(v.Result.Strata)); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout)
	}
	if _, err := printTable(a, a.screen.width, reviewerColumns(), seq(v.Result.Reviewers)); err != nil {
		return err
	}
	if err := a.say("", "This rests on:"); err != nil {
		return err
	}
	return a.say(v.assumptions()...)
}

// assumptions are those of the result, and what the log shows of them.
func (v inspectionDetail) assumptions() (lines []string) {
	for _, s := range v.Result.Assumptions {
		lines = append(lines, "- "+s)
	}
	if !v.CommittedBefore {
		lines = append(lines, fmt.Sprintf("- the commitment is log entry %d, which is newer than the version: the server could have chosen the secret to suit", v.Committed))
	}
	if v.Planted {
		lines = append(lines, "- the gold items are errors that govd planted: records shown with another label, which may be easier to notice than real errors")
	}
	if n := len(v.Discarded); n > 0 {
		lines = append(lines, fmt.Sprintf("- of the same records, %s failed or given up before: %v", areWords(uint64(n), "inspection"), v.Discarded))
	}
	return lines
}

func stratumColumns(by string) []column[stratumView] {
	return []column[stratumView]{
		{name: "STRATUM", value: func(v stratumView) any { return first(v.Stratum, "(no "+by+")") }},
		{name: "RECORDS", value: func(v stratumView) any { return v.Total }, right: true},
		{name: "LOOKED AT", value: func(v stratumView) any { return v.N }, right: true},
		{name: "ERRORS", value: func(v stratumView) any { return v.Errors }, right: true},
		{name: "WRONG AT MOST", value: func(v stratumView) any { return v.Bound.String() }, right: true},
		{name: "PASSED", value: func(v stratumView) any { return v.Passed }},
	}
}

func reviewerColumns() []column[reviewerView] {
	return []column[reviewerView]{
		{name: "INSPECTOR", value: func(v reviewerView) any { return v.Person }},
		{name: "ANSWERS", value: func(v reviewerView) any { return v.Answers }, right: true},
		{name: "GOLD", value: func(v reviewerView) any { return v.Gold }, right: true},
		{name: "RIGHT", value: func(v reviewerView) any { return v.Right }, right: true},
		{name: "ACCURACY AT LEAST", value: func(v reviewerView) any { return v.Accuracy.String() }, right: true},
		{name: "EXCLUDED", value: func(v reviewerView) any { return v.Excluded }},
	}
}
