package ctl

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

type dueView struct {
	Dataset string          `json:"dataset"`
	Class   string          `json:"class"`
	Erase   uint64          `json:"erase_after_days"`
	Cutoff  time.Time       `json:"cutoff"`
	Records uint64          `json:"records"`
	Oldest  *time.Time      `json:"oldest,omitempty"`
	First   []dueRecordView `json:"first"`
	More    uint64          `json:"more"` // records that are not among the first
}

type dueRecordView struct {
	Key        string    `json:"key"`
	Registered time.Time `json:"registered"`
}

func viewDue(d *govdv1.DueDataset) dueView {
	v := dueView{
		Dataset: d.GetDataset(), Class: d.GetClass(), Erase: uint64(d.GetEraseAfterDays()), Cutoff: when(d.GetCutoff()), Records: d.GetRecords(),
		First: []dueRecordView{}, More: d.GetRecords() - uint64(len(d.GetFirst())),
	}
	for _, r := range d.GetFirst() {
		v.First = append(v.First, dueRecordView{r.GetKey(), when(r.GetRegistered())})
	}
	if len(v.First) > 0 {
		v.Oldest = &v.First[0].Registered
	}
	return v
}

func (v dueView) oldest() any {
	if v.Oldest == nil {
		return ""
	}
	return *v.Oldest
}

// keys are those of the oldest records, and how many more there are.
func (v dueView) keys() []string {
	var keys []string
	for _, r := range v.First {
		keys = append(keys, r.Key)
	}
	if v.More > 0 {
		keys = append(keys, "and "+thousands(v.More)+" more")
	}
	return keys
}

func eraseDueCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "due PROJECT",
		Short: "List records that may not be kept any longer",
		Long: `List, for each dataset whose retention has a limit, how many records have
reached it, and the oldest of them: those that the dataset has had since its
cutoff or longer. 'govctl erase request PROJECT --due' asks for their erasure.`,
		Example: `  govctl erase due hands
  govctl erase due hands --json | jq 'select(.records > 0)'`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeProject,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.ListDue(ctx, &govdv1.ListDueRequest{Project: args[0]})
			if err != nil {
				return err
			}
			return list(a, "datasets whose records may be kept for some time only", dueColumns(), convert(seq(resp.GetDatasets()), viewDue))
		}),
	}
}

func dueColumns() []column[dueView] {
	return []column[dueView]{
		{name: "DATASET", value: func(v dueView) any { return v.Dataset }},
		{name: "CLASS", value: func(v dueView) any { return v.Class }},
		{name: "AFTER DAYS", value: func(v dueView) any { return v.Erase }, right: true},
		{name: "CUTOFF", value: func(v dueView) any { return v.Cutoff }},
		{name: "RECORDS", value: func(v dueView) any { return v.Records }, right: true},
		{name: "OLDEST", value: dueView.oldest},
		{name: "KEYS", value: func(v dueView) any { return v.keys() }, prose: true},
	}
}
