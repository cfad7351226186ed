package ctl

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// A statusView is what the server says about itself and the caller.
type statusView struct {
	Version     string     `json:"version"`
	Origin      string     `json:"origin"`
	VerifierKey string     `json:"verifier_key"`
	Checkpoint  string     `json:"checkpoint"`
	LogSize     uint64     `json:"log_size"`
	Person      string     `json:"person_id"`
	PersonName  string     `json:"person"`
	Roles       []string   `json:"roles"` // each "role place"
	Credential  string     `json:"credential"`
	Expires     *time.Time `json:"expires,omitempty"`
	Addr        string     `json:"addr"`
}

func viewStatus(r *govdv1.GetStatusResponse, addr string) statusView {
	v := statusView{
		Version: r.GetVersion(), Origin: r.GetOrigin(), VerifierKey: r.GetVerifierKey(), Checkpoint: r.GetCheckpoint(), LogSize: r.GetLogSize(),
		Person: r.GetPerson().GetId(), PersonName: r.GetPerson().GetName(), Roles: nonNil(r.GetRoles()), Credential: r.GetCredential(), Addr: addr,
	}
	if t := when(r.GetExpires()); !t.IsZero() {
		v.Expires = &t
	}
	return v
}

func statusCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say what the server is and who you are to it",
		Example: `  govctl status
  govctl status --json | jq -r .verifier_key`,
		Args: args(0, 0),
		RunE: a.with(func(ctx context.Context, c *client, _ []string) error {
			resp, err := c.GetStatus(ctx, &govdv1.GetStatusRequest{})
			if err != nil {
				return err
			}
			return show(a, statusColumns(), viewStatus(resp, c.target.Addr))
		}),
	}
}

func statusColumns() []column[statusView] {
	return []column[statusView]{
		{name: "SERVER", value: func(v statusView) any { return v.Addr }},
		{name: "VERSION", value: func(v statusView) any { return v.Version }},
		{name: "ORIGIN", value: func(v statusView) any { return v.Origin }},
		{name: "VERIFIER KEY", value: func(v statusView) any { return v.VerifierKey }},
		{name: "LOG ENTRIES", value: func(v statusView) any { return v.LogSize }},
		{name: "YOU ARE", value: func(v statusView) any { return strings.TrimSpace(v.PersonName + " " + v.Person) }},
		{name: "ROLES", value: func(v statusView) any { return v.Roles }},
		{name: "CREDENTIAL", value: func(v statusView) any { return v.Credential }},
		{name: "ENDS", value: func(v statusView) any {
			if v.Expires == nil {
				return ""
			}
			return *v.Expires
		}},
	}
}
