package ctl

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// A promotionView is how far a dataset is on its way up.
type promotionView struct {
	Version    string        `json:"version"`
	To         uint32        `json:"to"`
	Promoted   bool          `json:"promoted"`
	Report     string        `json:"report"` // that counts; "" if there is none
	Approvers  []string      `json:"approvers"`
	Missing    []missingView `json:"missing"`
	AuditIndex uint64        `json:"audit_index,omitempty"`
}

type missingView struct {
	Reason string `json:"reason"`
	Says   string `json:"says"`
}

func viewMissing(m *govdv1.MissingForPromotion) missingView {
	return missingView{m.GetReason(), m.GetSays()}
}

func datasetPromoteCmd(a *app) *cobra.Command {
	req := &govdv1.PromoteDatasetRequest{}
	var explain bool
	cmd := &cobra.Command{
		Use:   "promote REF --to N",
		Short: "Give your word that a version may go up a stage",
		Long: `Give your word that a version may go up to the next stage. It must be the
newest, its report must pass the checks of the stage, and the inspections that
the stage asks for must have passed. With the word of as many stewards as the
policy asks for, the dataset is at the stage.

--explain says what is missing and changes nothing. Exit status 4 while anything
is missing, the word of others too.`,
		Example: `  govctl dataset promote hands/signs --to 2 --explain
  govctl dataset promote hands/signs@v7 --to 2 -m 'labels inspected in March'
  govctl dataset promote hands/signs --to 2 --waive S1.size`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if req.Ref = args[0]; explain {
				return a.explainPromotion(ctx, c, req)
			}
			req.RequestId = requestID()
			resp, err := c.PromoteDataset(ctx, req)
			if err != nil {
				return promotionHint(err, req)
			}
			return a.toldPromotion(req, resp)
		}),
	}
	f := cmd.Flags()
	f.Uint32Var(&req.To, "to", 0, "the stage")
	f.BoolVar(&explain, "explain", false, "say what is missing, and change nothing")
	f.StringArrayVar(&req.Waived, "waive", nil, "a check whose warning you accept; repeat for more")
	f.StringVarP(&req.Message, "message", "m", "", "why")
	f.StringVar(&req.ExpectedReport, "report", "", "digest of the report that you mean; any if none")
	cmd.MarkFlagRequired("to")
	return cmd
}

func promotionHint(err error, req *govdv1.PromoteDatasetRequest) error {
	if complaintOf(err).exit != exitRefused {
		return err
	}
	return hint(err, "'govctl dataset promote %s --to %d --explain' lists what is missing", req.Ref, req.To)
}

func (a *app) toldPromotion(req *govdv1.PromoteDatasetRequest, resp *govdv1.PromoteDatasetResponse) error {
	v := promotionView{
		Version: req.Ref, To: req.To, Promoted: resp.GetPromoted(), Approvers: nonNil(resp.GetApproverNames()),
		Missing: viewAll(resp.GetMissing(), viewMissing), AuditIndex: resp.GetAuditIndex(),
	}
	line := fmt.Sprintf("%s\t%d\t%t", req.Ref, v.To, v.Promoted)
	if v.Promoted {
		return a.tell(v, line, "%s is at stage %d, log entry %d", resp.GetDataset().GetName(), v.To, v.AuditIndex)
	}
	if err := a.tell(v, line, "your word is recorded, log entry %d", v.AuditIndex); err != nil {
		return err
	}
	return v.refusal()
}

// refusal is the error of what is missing first.
func (v *promotionView) refusal() error {
	if len(v.Missing) == 0 {
		return nil
	}
	return complain(exitRefused, gov.Reason(v.Missing[0].Reason), "%s", v.Missing[0].Says)
}

func (a *app) explainPromotion(ctx context.Context, c *client, req *govdv1.PromoteDatasetRequest) error {
	resp, err := c.ExplainPromotion(ctx, &govdv1.ExplainPromotionRequest{Ref: req.Ref, To: req.To})
	if err != nil {
		return err
	}
	v := promotionView{
		Version: req.Ref, To: resp.GetTo(), Report: resp.GetReport().GetDigest(), Approvers: nonNil(resp.GetApproverNames()),
		Missing: viewAll(resp.GetMissing(), viewMissing),
	}
	if a.json {
		err = a.printObject(v)
	} else {
		err = a.printMissing(v)
	}
	if err != nil {
		return err
	}
	return v.refusal()
}

func (a *app) printMissing(v promotionView) error {
	if !a.screen.terminal {
		return printTabs(a.stdout, []column[missingView]{
			{value: func(m missingView) any { return m.Reason }},
			{value: func(m missingView) any { return m.Says }},
		}, seq(v.Missing))
	}
	var lines []string
	for _, m := range v.Missing {
		lines = append(lines, m.Reason+": "+m.Says)
	}
	if len(lines) == 0 {
		lines = []string{fmt.Sprintf("nothing is missing: 'govctl dataset promote %s --to %d'", v.Version, v.To)}
	}
	return a.say(lines...)
}
