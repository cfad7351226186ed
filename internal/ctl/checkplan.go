package ctl

import (
	"context"
	"fmt"
	"time"

	govdv1 "govd/proto/govd/v1"
)

// A planView is what a run of checks would do.
type planView struct {
	Checks []planRowView `json:"checks"`
	CostUS uint64        `json:"cost_us"`
	Sample uint64        `json:"sample"`
	Over   string        `json:"over,omitempty"`
	Policy string        `json:"policy"`
}

type planRowView struct {
	Check    string `json:"check"`
	Kind     string `json:"kind"`
	Severity string `json:"severity"`
	Sees     uint64 `json:"sees"`
	Of       uint64 `json:"of"`
	What     string `json:"what"`
	Why      string `json:"why"`
	CostUS   uint64 `json:"cost_us"`
}

// planChecks prints what a run would do.
func (a *app) planChecks(ctx context.Context, c *client, o *checkOptions) error {
	resp, err := c.PlanChecks(ctx, &govdv1.PlanChecksRequest{Ref: o.req.Ref, Stage: o.req.Stage, Only: o.req.Only})
	if err != nil {
		return err
	}
	v := planView{[]planRowView{}, resp.GetCostUs(), resp.GetSample(), resp.GetOver(), resp.GetPolicy()}
	for _, r := range resp.GetChecks() {
		v.Checks = append(v.Checks, planRowView{r.GetCheck(), r.GetKind(), r.GetSeverity(), r.GetSees(), r.GetOf(), r.GetWhat(), r.GetWhy(), r.GetCostUs()})
	}
	if a.json {
		return a.printObject(v)
	}
	err = list(a, "checks", planColumns(), seq(v.Checks))
	if err != nil || !a.screen.terminal {
		return err
	}
	lines := []string{fmt.Sprintf("about %s of CPU; %s to be read again", tookWords(v.CostUS), count(v.Sample, "content"))}
	if v.Over != "" {
		lines = append(lines, "over budget: "+v.Over)
	}
	return a.say(lines...)
}

func planColumns() []column[planRowView] {
	return []column[planRowView]{
		{name: "CHECK", value: func(r planRowView) any { return r.Check }},
		{name: "KIND", value: func(r planRowView) any { return r.Kind }, wide: true},
		{name: "SEV", value: func(r planRowView) any { return r.Severity }},
		{name: "SEES", value: func(r planRowView) any { return r.Sees }, right: true},
		{name: "OF", value: func(r planRowView) any { return r.Of }, right: true},
		{name: "WHAT", value: func(r planRowView) any { return r.What }},
		{name: "COST US", value: func(r planRowView) any { return r.CostUS }, right: true},
		{name: "WHY", value: func(r planRowView) any { return r.Why }, prose: true},
	}
}

// tookWords writes microseconds for people.
func tookWords(micros uint64) string {
	d := time.Duration(micros) * time.Microsecond
	switch {
	case d < time.Millisecond:
		return "1 ms"
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
