package ctl

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func retentionCmd(a *app) *cobra.Command {
	cmd := group("retention", "Say how long the records of a dataset are kept",
		retentionSetCmd(a), retentionShowCmd(a), retentionListCmd(a), retentionClearCmd(a))
	cmd.Long = `Say how long the records of a dataset are kept: for so long at least, since a
law or a contract asks for them, and for so long at most, since nothing does any
longer. Before the first time is over an erasure that would take a record is
refused; after the second the record is due ('govctl erase due').

A record's time begins with the first version of the dataset that has its key
and its content, whatever its labels were since. A retention is proposed by one
admin and agreed to by others, as rules are ('govctl rules').`
	return cmd
}

type retentionView struct {
	Dataset    string     `json:"dataset"`
	Class      string     `json:"class"`
	Keep       uint64     `json:"keep_days"`
	Erase      uint64     `json:"erase_after_days"`
	Number     uint64     `json:"number"`
	State      string     `json:"state"`
	By         string     `json:"by"`
	ByID       string     `json:"by_id"`
	Effective  *time.Time `json:"effective,omitempty"`
	AuditIndex uint64     `json:"audit_index"`
}

func viewRetention(r *govdv1.RuleSet) (retentionView, error) {
	said, err := gov.ParseRetention(r.GetDocument())
	if err != nil {
		return retentionView{}, complain(exitError, "BAD_ANSWER", "the retention of %s cannot be read: %v", r.GetPlace(), err)
	}
	set := viewRuleSet(r)
	return retentionView{
		Dataset: set.Place, Class: said.Class, Keep: uint64(said.Keep), Erase: uint64(said.Erase), Number: set.Number, State: set.State,
		By: set.By, ByID: set.ByID, Effective: set.Effective, AuditIndex: set.AuditIndex,
	}, nil
}

// none reports whether this takes a retention away.
func (v retentionView) none() bool { return v.Keep == 0 && v.Erase == 0 }

func (v retentionView) class() string {
	if v.none() {
		return "none any more"
	}
	return v.Class
}

// words say what the retention asks for.
func (v retentionView) words() string {
	var words []string
	if v.Keep > 0 {
		words = append(words, "kept for "+count(v.Keep, "day"))
	}
	if v.Erase > 0 {
		words = append(words, "to be erased after "+count(v.Erase, "day"))
	}
	return v.Class + ": " + strings.Join(words, ", ")
}

func (v retentionView) from() any {
	if v.Effective == nil {
		return ""
	}
	return *v.Effective
}

func retentionColumns() []column[retentionView] {
	return []column[retentionView]{
		{name: "DATASET", value: func(v retentionView) any { return v.Dataset }},
		{name: "CLASS", value: func(v retentionView) any { return v.class() }, prose: true},
		{name: "KEEP DAYS", value: func(v retentionView) any { return v.Keep }, right: true},
		{name: "ERASE AFTER DAYS", value: func(v retentionView) any { return v.Erase }, right: true},
		{name: "STATE", value: func(v retentionView) any { return v.State }},
		{name: "NR", value: func(v retentionView) any { return strconv.FormatUint(v.Number, 10) }, right: true},
		{name: "BY", value: func(v retentionView) any { return v.By }},
		{name: "IN FORCE", value: retentionView.from},
	}
}

// maxRetentions is how many the server lists at most.
const maxRetentions = 1000

// retentions returns the retentions within a place that are in force and that
// wait, by dataset.
func (c *client) retentions(ctx context.Context, place string) (all []retentionView, err error) {
	resp, err := c.ListRules(ctx, &govdv1.ListRulesRequest{Place: place, Of: string(gov.RetentionRules), InForce: true})
	sets := resp.GetRules()
	if len(sets) >= maxRetentions {
		return nil, complain(exitError, "TOO_MANY", "%s has %d retentions or more: ask for those of one dataset or project", placeWords(place), maxRetentions)
	}
	for i := len(sets) - 1; err == nil && i >= 0; i-- {
		var v retentionView
		if v, err = viewRetention(sets[i]); err == nil && !(v.none() && v.State == "in_force") {
			all = append(all, v)
		}
	}
	return all, err
}

func retentionSetCmd(a *app) *cobra.Command {
	req := &govdv1.SetRulesRequest{Of: string(gov.RetentionRules)}
	var r gov.Retention
	var keep, erase string
	cmd := &cobra.Command{
		Use:   "set DATASET --class NAME",
		Short: "Propose how long the records of a dataset are kept",
		Long: `Propose how long the records of a dataset are kept: --keep at least, in which
they cannot be erased, and --erase-after at most, from when on they are due.
Either may be left out. A y is 365 days. Other admins must agree, by 'govctl
rules approve', and it comes into force after the delay of the rules.`,
		Example: `  govctl retention set hands/signs --class "consented photos" --erase-after 730d
  govctl retention set hands/signs --class "clinical study" --keep 3y --erase-after 5y`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			if r.Keep, err = parseDays(keep); err != nil {
				return err
			}
			if r.Erase, err = parseDays(erase); err != nil {
				return err
			}
			req.Place, req.Document = args[0], r.Document()
			return a.proposeRetention(ctx, c, req)
		}),
	}
	cmd.Flags().StringVar(&r.Class, "class", "", "what the records are, in a few words")
	cmd.Flags().StringVar(&keep, "keep", "", "how long they are kept at least: 180d or 3y")
	cmd.Flags().StringVar(&erase, "erase-after", "", "how long they may be kept: 730d or 2y")
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "check everything, change nothing")
	required(cmd, "class")
	cmd.MarkFlagsOneRequired("keep", "erase-after")
	return cmd
}

func (a *app) proposeRetention(ctx context.Context, c *client, req *govdv1.SetRulesRequest) error {
	req.RequestId = requestID()
	resp, err := c.SetRules(ctx, req)
	if err != nil {
		return err
	}
	set := viewRuleSet(resp.GetRules())
	if req.GetDryRun() {
		return a.tell(set, set.Digest, "this could be proposed for %s; nothing was changed", set.Place)
	}
	return a.tell(set, fmt.Sprintf("%s\t%d\t%s", set.Place, set.Number, set.Digest), "retention %d of %s is proposed, log entry %d\n%s", set.Number, set.Place, resp.GetAuditIndex(), set.waits(a.now()))
}

// parseDays parses a number of days or of years of 365; "" is none.
func parseDays(s string) (uint32, error) {
	number, of := strings.TrimSuffix(s, "d"), uint64(1)
	if years, ok := strings.CutSuffix(s, "y"); ok {
		number, of = years, 365
	}
	n, err := strconv.ParseUint(number, 10, 16)
	switch {
	case s == "":
		return 0, nil
	case err != nil || number == s || n == 0 || n*of > gov.MaxRetention:
		return 0, usage("%q is not how long records are kept: want 1d to %dd, or years as in 3y", s, gov.MaxRetention)
	}
	return uint32(n * of), nil
}

func retentionClearCmd(a *app) *cobra.Command {
	req := &govdv1.SetRulesRequest{Of: string(gov.RetentionRules)}
	cmd := &cobra.Command{
		Use:   "clear DATASET",
		Short: "Propose that a dataset has no retention any more",
		Long: `Propose that a dataset has no retention any more. Other admins must agree, by
'govctl rules approve'; until then, and in the delay of the rules, it holds.`,
		Example:           `  govctl retention clear hands/signs`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.Place, req.Document = args[0], gov.Retention{}.Document()
			return a.proposeRetention(ctx, c, req)
		}),
	}
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "check everything, change nothing")
	return cmd
}

func retentionShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "show DATASET",
		Short:             "Show the retention of a dataset that is in force",
		Example:           `  govctl retention show hands/signs`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			all, err := c.retentions(ctx, args[0])
			if err != nil {
				return err
			}
			var found *retentionView
			for i := range all {
				if all[i].State == "in_force" {
					found = &all[i]
					continue
				}
				a.note("retention %d waits: 'govctl rules pending %s' says for what", all[i].Number, args[0])
			}
			if found == nil {
				return complain(exitNotFound, "NO_RETENTION", "%s has no retention in force", args[0])
			}
			return show(a, retentionColumns(), *found)
		}),
	}
}

func retentionListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list [PROJECT]",
		Short: "List retentions that are in force, and that wait",
		Example: `  govctl retention list hands
  govctl retention list hands --json | jq 'select(.state == "in_force")'`,
		Args:              args(0, 1),
		ValidArgsFunction: a.completeProject,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			all, err := c.retentions(ctx, append(args, "*")[0])
			if err != nil {
				return err
			}
			return list(a, "retentions", retentionColumns(), seq(all))
		}),
	}
}
