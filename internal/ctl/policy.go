package ctl

import (
	"context"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func policyCmd(a *app) *cobra.Command {
	return group("policy", "See who may do what, and why",
		policyShowCmd(a), policyCheckCmd(a), policyExplainCmd(a), policyWhoCanCmd(a), policyWhatCanCmd(a))
}

type grantView struct {
	Person     string `json:"person_id"`
	PersonName string `json:"person"`
	Role       string `json:"role"`
	Place      string `json:"place"`
	By         string `json:"by"`
	AuditIndex uint64 `json:"audit_index"`
}

type ruleView struct {
	Role   string `json:"role"`
	Action string `json:"action"`
}

func policyShowCmd(a *app) *cobra.Command {
	var rules bool
	cmd := &cobra.Command{
		Use:   "show [PLACE]",
		Short: "List the grants that hold in a place, or what each role may do",
		Example: `  govctl policy show
  govctl policy show hands
  govctl policy show hands --rules`,
		Args:              args(0, 1),
		ValidArgsFunction: a.completePlace,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.ShowPolicy(ctx, &govdv1.ShowPolicyRequest{Place: append(args, "*")[0]})
			if err != nil {
				return err
			}
			if rules {
				return a.listRules(resp.GetRules())
			}
			return a.listGrants(resp.GetGrants())
		}),
	}
	cmd.Flags().BoolVar(&rules, "rules", false, "list what each role may do instead")
	return cmd
}

func (a *app) listGrants(grants []*govdv1.Grant) error {
	return list(a, "grants", []column[grantView]{
		{name: "PERSON", value: func(g grantView) any { return g.Person }},
		{name: "NAME", value: func(g grantView) any { return g.PersonName }},
		{name: "ROLE", value: func(g grantView) any { return g.Role }},
		{name: "PLACE", value: func(g grantView) any { return g.Place }},
		{name: "BY", value: func(g grantView) any { return g.By }},
		{name: "ENTRY", value: func(g grantView) any { return g.AuditIndex }},
	}, convert(seq(grants), func(g *govdv1.Grant) grantView {
		return grantView{g.GetPerson(), g.GetPersonName(), g.GetRole(), g.GetPlace(), g.GetBy(), g.GetAuditIndex()}
	}))
}

func (a *app) listRules(rules []*govdv1.RoleRule) error {
	return list(a, "rules", []column[ruleView]{
		{name: "ROLE", value: func(r ruleView) any { return r.Role }},
		{name: "ACTION", value: func(r ruleView) any { return r.Action }},
	}, convert(seq(rules), func(r *govdv1.RoleRule) ruleView { return ruleView{r.GetRole(), r.GetAction()} }))
}

type accessView struct {
	Allowed  bool     `json:"allowed"`
	Person   string   `json:"person"` // "" is the caller
	Action   string   `json:"action"`
	Place    string   `json:"place"`
	Because  []string `json:"because"`
	Revision uint64   `json:"revision"`
}

// access asks whether a person may do an action in a place; args may leave out
// the person, who is then the caller.
func (c *client) access(ctx context.Context, args []string) (accessView, error) {
	if len(args) == 2 {
		args = append([]string{""}, args...)
	}
	resp, err := c.CheckAccess(ctx, &govdv1.CheckAccessRequest{Person: args[0], Action: args[1], Place: args[2]})
	return accessView{resp.GetAllowed(), args[0], args[1], args[2], nonNil(resp.GetBecause()), resp.GetRevision()}, err
}

func (v accessView) words() string {
	may := map[bool]string{true: "may", false: "may not"}[v.Allowed]
	return first(v.Person, "you") + " " + may + " " + v.Action + " in " + placeWords(v.Place)
}

func policyCheckCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check [PERSON] ACTION PLACE",
		Short: "Say whether a person, or you, may do an action in a place",
		Long: `Say whether a person, or you, may do an action in a place.
The exit status is 0 if they may and 4 if not.`,
		Example: `  govctl policy check version.register hands/signs
  govctl policy check bob version.read hands && echo yes`,
		Args:              args(2, 3),
		ValidArgsFunction: a.completeAction,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			v, err := c.access(ctx, args)
			if err != nil {
				return err
			}
			if v.Allowed {
				return a.tell(v, "allowed", "%s", v.words())
			}
			if err := a.tell(v, "denied", ""); err != nil {
				return err
			}
			return hint(complain(exitRefused, "DENIED", "%s", v.words()), "'govctl policy explain %s' says why", shellWords(args))
		}),
	}
}

func policyExplainCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "explain [PERSON] ACTION PLACE",
		Short:             "Say why a person, or you, may or may not do an action in a place",
		Example:           `  govctl policy explain bob version.register hands/signs`,
		Args:              args(2, 3),
		ValidArgsFunction: a.completeAction,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			v, err := c.access(ctx, args)
			if err != nil {
				return err
			}
			line := strings.Join(v.Because, "\n")
			if !a.screen.terminal {
				return a.tell(v, line, "")
			}
			names, err := c.names(ctx, v)
			if err != nil {
				return err
			}
			return a.tell(v, "", "%s", withNames(line, names))
		}),
	}
}

// names returns the names of people that an explanation may speak of: the
// caller's, and of whom the policy names, if they asked about someone else, for
// which one must be allowed to read it.
func (c *client) names(ctx context.Context, v accessView) (map[string]string, error) {
	me, err := c.GetStatus(ctx, &govdv1.GetStatusRequest{})
	if err != nil {
		return nil, err
	}
	id, name := me.GetPerson().GetId(), me.GetPerson().GetName()
	names := map[string]string{id: name}
	if v.Person == "" || v.Person == id || v.Person == name {
		return names, nil
	}
	if who := personForm.FindString(strings.Join(v.Because, " ")); who != v.Person {
		names[who] = v.Person // as they were asked for
	}
	p, err := c.ShowPolicy(ctx, &govdv1.ShowPolicyRequest{Place: v.Place})
	for _, g := range p.GetGrants() {
		names[g.GetPerson()] = g.GetPersonName()
	}
	return names, err
}

var personForm = regexp.MustCompile(`\b(user|sa):[0-9]+\b`)

// withNames puts names before the ids of people in a text.
func withNames(text string, names map[string]string) string {
	return personForm.ReplaceAllStringFunc(text, func(id string) string {
		if name := names[id]; name != "" {
			return name + " (" + id + ")"
		}
		return id
	})
}

// shellWords writes arguments as a shell takes them.
func shellWords(args []string) string {
	return strings.ReplaceAll(strings.Join(args, " "), "*", `"*"`)
}

type personRef struct {
	Person     string `json:"person_id"`
	PersonName string `json:"person"`
}

func policyWhoCanCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "who-can ACTION PLACE",
		Short:             "List who may do an action in a place",
		Example:           `  govctl policy who-can version.register hands/signs`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeAction,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.WhoCan(ctx, &govdv1.WhoCanRequest{Action: args[0], Place: args[1]})
			if err != nil {
				return err
			}
			var who []personRef
			for i, id := range resp.GetPersons() {
				who = append(who, personRef{id, append(resp.GetNames()[i:], "")[0]})
			}
			return list(a, "people who can", []column[personRef]{
				{name: "PERSON", value: func(p personRef) any { return p.Person }},
				{name: "NAME", value: func(p personRef) any { return p.PersonName }},
			}, seq(who))
		}),
	}
}

func policyWhatCanCmd(a *app) *cobra.Command {
	type actionView struct {
		Action string `json:"action"`
	}
	return &cobra.Command{
		Use:   "what-can [PERSON] PLACE",
		Short: "List what a person, or you, may do in a place",
		Example: `  govctl policy what-can hands
  govctl policy what-can bob hands/signs`,
		Args:              args(1, 2),
		ValidArgsFunction: a.completePlace,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if len(args) == 1 {
				args = []string{"", args[0]}
			}
			resp, err := c.WhatCan(ctx, &govdv1.WhatCanRequest{Person: args[0], Place: args[1]})
			if err != nil {
				return err
			}
			return list(a, "actions", []column[actionView]{
				{name: "ACTION", value: func(v actionView) any { return v.Action }},
			}, convert(seq(resp.GetActions()), func(s string) actionView { return actionView{s} }))
		}),
	}
}

// nonNil makes sure that JSON gets an empty list rather than null.
func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
