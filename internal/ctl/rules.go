package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func rulesCmd(a *app) *cobra.Command {
	cmd := group("rules", "See and change the rules of approval",
		rulesShowCmd(a), rulesSetCmd(a), rulesPendingCmd(a), rulesApproveCmd(a), rulesWithdrawCmd(a))
	cmd.Long = `See and change the rules of approval: what a label change needs before it is
applied. Rules belong to the whole server ("*"), a project or a dataset, and the
strictest hold: a narrower place can ask for more, never for less.

New rules need the consent of other admins and then wait for a delay, even if
they are stricter. Until then the old ones hold.`
	return cmd
}

// A ruleSetView is one document of rules of a place.
type ruleSetView struct {
	Place      string          `json:"place"`
	Of         string          `json:"of"` // approval, a stage's policy: stage-2, or retention
	Number     uint64          `json:"number"`
	State      string          `json:"state"`
	Digest     string          `json:"digest"`
	By         string          `json:"by"`
	ByID       string          `json:"by_id"`
	Proposed   time.Time       `json:"proposed"`
	Consents   []string        `json:"consents"`
	Missing    uint32          `json:"missing"`
	Effective  *time.Time      `json:"effective,omitempty"`
	AuditIndex uint64          `json:"audit_index"`
	Document   json.RawMessage `json:"document"`
}

func viewRuleSet(r *govdv1.RuleSet) ruleSetView {
	v := ruleSetView{
		Place: r.GetPlace(), Of: ofWords(r.GetOf()), Number: r.GetNumber(), State: r.GetState(), Digest: r.GetDigest(), By: first(r.GetByName(), r.GetBy()), ByID: r.GetBy(),
		Proposed: when(r.GetProposed()), Consents: nonNil(r.GetConsentNames()), Missing: r.GetMissing(), AuditIndex: r.GetAuditIndex(), Document: r.GetDocument(),
	}
	if len(v.Consents) != len(r.GetConsents()) {
		v.Consents = nonNil(r.GetConsents())
	}
	if len(v.Document) == 0 {
		v.Document = json.RawMessage("null")
	}
	if t := when(r.GetEffective()); !t.IsZero() {
		v.Effective = &t
	}
	return v
}

func (v ruleSetView) from() any {
	if v.Effective == nil {
		return ""
	}
	return *v.Effective
}

// waits says what proposed rules wait for.
func (v ruleSetView) waits(now time.Time) string {
	switch {
	case v.Missing > 0:
		return fmt.Sprintf("%s must agree: 'govctl rules approve %s %d --of %s'", count(uint64(v.Missing), "other admin"), shellWords([]string{v.Place}), v.Number, v.Of)
	case v.Effective == nil:
		return v.State
	case v.Effective.After(now):
		return "in force " + ago(*v.Effective, now)
	}
	return "in force"
}

func ruleSetColumns() []column[ruleSetView] {
	return []column[ruleSetView]{
		{name: "PLACE", value: func(v ruleSetView) any { return v.Place }},
		{name: "OF", value: func(v ruleSetView) any { return v.Of }},
		{name: "NR", value: func(v ruleSetView) any { return strconv.FormatUint(v.Number, 10) }, right: true},
		{name: "STATE", value: func(v ruleSetView) any { return v.State }},
		{name: "DIGEST", value: func(v ruleSetView) any { return digest(v.Digest) }},
		{name: "BY", value: func(v ruleSetView) any { return v.By }},
		{name: "PROPOSED", value: func(v ruleSetView) any { return v.Proposed }},
		{name: "AGREED", value: func(v ruleSetView) any { return v.Consents }},
		{name: "MISSING", value: func(v ruleSetView) any { return v.Missing }, right: true},
		{name: "IN FORCE", value: ruleSetView.from},
	}
}

// A rulesView is the rules of a place.
type rulesView struct {
	Place     string          `json:"place"`
	Digest    string          `json:"digest"`
	BuiltIn   bool            `json:"built_in"`
	Effective json.RawMessage `json:"effective"`
	Own       *ruleSetView    `json:"own,omitempty"`
}

func rulesShowCmd(a *app) *cobra.Command {
	var own, history bool
	cmd := &cobra.Command{
		Use:   "show [PLACE]",
		Short: "Print the rules in force in a place",
		Long: `Print the rules in force in a place: the strictest of its own and those of all
wider places. --own prints those that the place itself adds; --all lists all
documents that the place, and those within it, ever had.`,
		Example: `  govctl rules show hands/signs
  govctl rules show '*' > rules.json
  govctl rules show hands --all`,
		Args:              args(0, 1),
		ValidArgsFunction: a.completePlace,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			place := append(args, "*")[0]
			if history {
				return a.listRuleSets(ctx, c, place, true)
			}
			resp, err := c.GetRules(ctx, &govdv1.GetRulesRequest{Place: place})
			if err != nil {
				return err
			}
			v := rulesView{Place: place, Digest: resp.GetDigest(), BuiltIn: resp.GetBuiltIn(), Effective: resp.GetEffective()}
			if resp.GetOwn() != nil {
				set := viewRuleSet(resp.GetOwn())
				v.Own = &set
			}
			return a.printRules(v, own)
		}),
	}
	cmd.Flags().BoolVar(&own, "own", false, "only the rules that the place itself adds")
	cmd.Flags().BoolVar(&history, "all", false, "list every document that there was")
	cmd.MarkFlagsMutuallyExclusive("own", "all")
	return cmd
}

func (a *app) printRules(v rulesView, own bool) error {
	if a.json {
		return a.printObject(v)
	}
	document := []byte(v.Effective)
	if own {
		if v.Own == nil {
			a.note("%s has no rules of its own", placeWords(v.Place))
			return nil
		}
		document = v.Own.Document
	}
	if a.margin.terminal && v.BuiltIn && !own {
		a.note("the server's rules are those that govd comes with")
	}
	return a.printDocument(document)
}

// printDocument prints JSON indented.
func (a *app) printDocument(document []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, document, "", "  "); err != nil {
		return complain(exitError, "BAD_ANSWER", "the rules are not JSON: %v", err)
	}
	_, err := fmt.Fprintln(a.stdout, strings.TrimSpace(b.String()))
	return err
}

// maxRules is the most bytes that a file of rules may have.
const maxRules = 256 << 10

// readRules reads a file of rules; "-" is stdin. What they say is for the server
// to judge.
func (a *app) readRules(path string) ([]byte, error) {
	b, err := a.readFile(path, maxRules)
	if err == nil && !json.Valid(b) {
		err = complain(exitError, "BAD_RULES", "%s is not JSON", path)
	}
	return b, err
}

// readFile reads a file of so many bytes at most; "-" is stdin.
func (a *app) readFile(path string, most int64) ([]byte, error) {
	in := a.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(b)) > most {
		err = complain(exitError, "TOO_LARGE", "%s has more than %d bytes", path, most)
	}
	return b, err
}

func rulesSetCmd(a *app) *cobra.Command {
	req := &govdv1.SetRulesRequest{}
	cmd := &cobra.Command{
		Use:   "set PLACE FILE.json",
		Short: "Propose new rules for a place; other admins must agree",
		Example: `  govctl rules set hands/signs strict.json
  govctl rules set '*' - --dry-run < rules.json`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completePlaceThenFile,
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			req.RequestId, req.Place = requestID(), args[0]
			if req.Document, err = a.readRules(args[1]); err != nil {
				return err
			}
			resp, err := c.SetRules(ctx, req)
			if err != nil {
				return err
			}
			v := viewRuleSet(resp.GetRules())
			if req.DryRun {
				return a.tell(v, v.Digest, "these rules could be proposed for %s; nothing was changed", placeWords(v.Place))
			}
			return a.tell(v, fmt.Sprintf("%s\t%d\t%s", v.Place, v.Number, v.Digest), "rules %d of %s are proposed, log entry %d\n%s", v.Number, placeWords(v.Place), resp.GetAuditIndex(), v.waits(a.now()))
		}),
	}
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "check everything, change nothing")
	return cmd
}
