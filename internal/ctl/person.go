package ctl

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func personCmd(a *app) *cobra.Command {
	return group("person", "Add, list, disable and link people and machines",
		personAddCmd(a), personListCmd(a), personDisableCmd(a), personLinkCmd(a))
}

// A personView is a person as printed.
type personView struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Machine    bool      `json:"machine"`
	Owner      string    `json:"owner"`
	Disabled   bool      `json:"disabled"`
	Created    time.Time `json:"created"`
	AuditIndex *uint64   `json:"audit_index,omitempty"` // of what the command did
}

func viewPerson(p *govdv1.Person) personView {
	return personView{
		ID: p.GetId(), Name: p.GetName(), Machine: p.GetMachine(), Owner: p.GetOwner(), Disabled: p.GetDisabled(), Created: when(p.GetCreated()),
	}
}

func personAddCmd(a *app) *cobra.Command {
	req := &govdv1.AddPersonRequest{}
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a person, or a machine such as a training job",
		Example: `  govctl person add bob
  govctl person add trainer-7 --machine --owner bob`,
		Args: args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req.RequestId, req.Name = requestID(), args[0]
			resp, err := c.AddPerson(ctx, req)
			if err != nil {
				return err
			}
			v := viewPerson(resp.GetPerson())
			v.AuditIndex = &resp.AuditIndex
			return a.tell(v, v.ID, "%s is %s; 'govctl token create %s' lets them log in", v.Name, v.ID, v.Name)
		}),
	}
	cmd.Flags().BoolVar(&req.Machine, "machine", false, "a machine, which never counts where people must agree")
	cmd.Flags().StringVar(&req.Owner, "owner", "", "who answers for the machine (default you)")
	return cmd
}

func personListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List everyone",
		Example: `  govctl person list`,
		Args:    args(0, 0),
		RunE: a.with(func(ctx context.Context, c *client, _ []string) error {
			persons := pages(func(token string) ([]*govdv1.Person, string, error) {
				resp, err := c.ListPersons(ctx, &govdv1.ListPersonsRequest{PageSize: pageSize, PageToken: token})
				return resp.GetPersons(), resp.GetNextPageToken(), err
			})
			return list(a, "people", []column[personView]{
				{name: "ID", value: func(p personView) any { return p.ID }},
				{name: "NAME", value: func(p personView) any { return p.Name }},
				{name: "MACHINE", value: func(p personView) any { return p.Machine }},
				{name: "OWNER", value: func(p personView) any { return p.Owner }},
				{name: "DISABLED", value: func(p personView) any { return p.Disabled }},
				{name: "ADDED", value: func(p personView) any { return p.Created }},
			}, convert(persons, viewPerson))
		}),
	}
}

func personDisableCmd(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "disable PERSON",
		Short:   "Take away everything a person can do, at once",
		Example: `  govctl person disable bob`,
		Args:    args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if err := a.confirm(yes, "disable %s, for good", args[0]); err != nil {
				return err
			}
			resp, err := c.DisablePerson(ctx, &govdv1.DisablePersonRequest{RequestId: requestID(), Person: args[0]})
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "%s is disabled", args[0])
		}),
	}
	yesFlag(cmd, &yes)
	return cmd
}

func personLinkCmd(a *app) *cobra.Command {
	var uri, uid string
	cmd := &cobra.Command{
		Use:   "link PERSON (--cert URI | --uid N)",
		Short: "Let a client certificate or a local user act as a person",
		Example: `  govctl person link trainer-7 --cert spiffe://example.org/trainer
  govctl person link alice --uid 1000`,
		Args:                  args(1, 1),
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req := &govdv1.LinkPersonRequest{RequestId: requestID(), Person: args[0]}
			switch {
			case (uri == "") == (uid == ""):
				return usage("want either --cert URI or --uid N")
			case uri != "":
				req.Subject = &govdv1.LinkPersonRequest_CertificateUri{CertificateUri: uri}
			default:
				n, err := strconv.ParseUint(uid, 10, 32)
				if err != nil {
					return usage("--uid %q is not a user id: want a number", uid)
				}
				req.Subject = &govdv1.LinkPersonRequest_Uid{Uid: uint32(n)}
			}
			resp, err := c.LinkPerson(ctx, req)
			if err != nil {
				return err
			}
			v := struct {
				ID         string `json:"id"`
				AuditIndex uint64 `json:"audit_index"`
			}{resp.GetId(), resp.GetAuditIndex()}
			return a.tell(v, v.ID, "%s acts as %s; 'govctl token revoke %s' ends it", first(uri, "local user "+uid), args[0], v.ID)
		}),
	}
	cmd.Flags().StringVar(&uri, "cert", "", "the URI name in a client certificate, such as a SPIFFE id")
	cmd.Flags().StringVar(&uid, "uid", "", "a user id on the server's host, for calls over the unix socket")
	return cmd
}
