package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"govd/internal/auth"
	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func loginCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "login",
		Short: "Save a token as a context, and use it from now on",
		Long: `Save a token as a context that only you can read, and use it from now on. The
token is asked for, or read from stdin, and tried first. The context gets your
name at the server unless --context names it.`,
		Example: `  govctl login --addr 127.0.0.1:7480
  govctl login --addr data.example.org:7480 --ca ca.pem < token`,
		Args: args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := a.loadConfig()
			if err != nil {
				return err
			}
			saved, err := config.get(a.flags.Name)
			if err != nil && a.flags.Name == "" {
				return err
			}
			t := a.override(saved)
			if t.Token, err = a.secret("token: "); err != nil {
				return err
			}
			if _, err := auth.ParseToken(t.Token); err != nil {
				return complain(exitRefused, "BAD_TOKEN", "%v", err)
			}
			status, err := a.enter(cmd.Context(), config, t, a.flags.Name)
			if err != nil {
				return err
			}
			v := viewStatus(status, t.Addr)
			return a.tell(v, v.Person, "you are %s at %s; context %s is saved in %s", v.PersonName, v.Origin, config.Current, config.path)
		},
	}
}

// enter tries t and saves it as a context, which is used from now on. Without a
// name it gets the person's.
func (a *app) enter(ctx context.Context, config *config, t target, name string) (*govdv1.GetStatusResponse, error) {
	c, err := a.dial(t)
	if err != nil {
		return nil, err
	}
	status, err := c.GetStatus(ctx, &govdv1.GetStatusRequest{})
	if err != nil {
		return nil, err
	}
	t.Addr = absolute(t.Addr)
	for _, file := range []*string{&t.CA, &t.Cert, &t.Key} {
		*file = absoluteFile(*file)
	}
	t.VerifierKey = status.GetVerifierKey()
	t.Name = config.freeName(first(name, status.GetPerson().GetName()), t.Addr)
	config.put(t)
	return status, config.save()
}

func contextCmd(a *app) *cobra.Command {
	return group("context", "List, choose and remove saved servers and tokens",
		contextListCmd(a), contextUseCmd(a), contextRemoveCmd(a))
}

type contextView struct {
	Name    string `json:"name"`
	Addr    string `json:"addr"`
	Current bool   `json:"current"`
}

func contextListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the saved contexts",
		Example: `  govctl context list`,
		Args:    args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			config, err := a.loadConfig()
			if err != nil {
				return err
			}
			return list(a, "contexts", []column[contextView]{
				{name: "NAME", value: func(v contextView) any { return v.Name }},
				{name: "SERVER", value: func(v contextView) any { return v.Addr }},
				{name: "IN USE", value: func(v contextView) any { return v.Current }},
			}, convert(seq(config.Contexts), func(t target) contextView {
				return contextView{t.Name, t.Addr, t.Name == config.Current}
			}))
		},
	}
}

func contextUseCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "use NAME",
		Short:             "Use a context from now on",
		Example:           `  govctl context use alice`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeContext,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.editContexts(args[0], func(c *config) { c.Current = args[0] })
		},
	}
}

func contextRemoveCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "remove NAME",
		Short:             "Forget a context and its token; the token itself stays valid",
		Example:           `  govctl context remove alice`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeContext,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.editContexts(args[0], func(c *config) { c.remove(args[0]) })
		},
	}
}

// editContexts changes the file of contexts, in which name must be.
func (a *app) editContexts(name string, edit func(*config)) error {
	config, err := a.loadConfig()
	if err != nil {
		return err
	}
	if name == "" {
		return gov.Errorf(gov.Invalid, "BAD_NAME", "a context has a name")
	}
	if _, err := config.get(name); err != nil {
		return err
	}
	edit(config)
	return config.save()
}
