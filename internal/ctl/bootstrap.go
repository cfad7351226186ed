package ctl

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"govd/internal/auth"
	govdv1 "govd/proto/govd/v1"
)

func bootstrapCmd(a *app) *cobra.Command {
	var tokenFile, rulesFile string
	cmd := &cobra.Command{
		Use:   "bootstrap NAME",
		Short: "Become the first admin of a new server",
		Long: `Become the first admin of a new server, once, with the bootstrap token that the
server left in its data directory. It is read from --token-file, from
GOVCTL_TOKEN, or from 'bootstrap-token' beside the server's unix socket. Your
own token is saved as a context that only you can read, and used from now on.

--rules names a file with the server's first rules of approval, as 'govctl rules
show' prints them, instead of those that govd comes with.`,
		Example: `  govctl bootstrap alice
  govctl bootstrap alice --addr unix:/var/lib/govd/govd.sock`,
		Args: args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := a.target()
			if err != nil {
				return err
			}
			config, err := a.loadConfig() // before the one use of the token
			if err != nil {
				return err
			}
			if t.Token, err = a.bootstrapToken(tokenFile, t.Addr); err != nil {
				return err
			}
			req := &govdv1.BootstrapRequest{Name: args[0]}
			if rulesFile != "" {
				if req.Rules, err = a.readRules(rulesFile); err != nil {
					return err
				}
			}
			return a.bootstrap(cmd.Context(), config, t, req)
		},
	}
	cmd.Flags().StringVar(&tokenFile, "token-file", "", "file of the bootstrap token")
	cmd.Flags().StringVar(&rulesFile, "rules", "", "JSON file of the server's rules of approval; - is stdin")
	return cmd
}

// bootstrapToken finds the token that the server left for the first admin.
func (a *app) bootstrapToken(file, addr string) (string, error) {
	if file == "" {
		if token, err := a.envToken(); token != "" || err != nil {
			return token, err
		}
		socket, ok := strings.CutPrefix(addr, "unix:")
		if !ok {
			err := complain(exitRefused, "NO_TOKEN", "no bootstrap token for %s", addr)
			return "", hint(err, "give the server's file with --token-file; it is 'bootstrap-token' in its data directory")
		}
		file = filepath.Join(filepath.Dir(socket), "bootstrap-token")
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		err = complain(exitNotFound, "NO_FILE", "no bootstrap token at %s", file)
		return "", hint(err, "is the server running ('govd serve')? Once it has an admin the file is gone: 'govctl login' then")
	}
	return strings.TrimSpace(string(b)), err
}

// bootstrap makes the first admin and saves their token. An answer may be lost
// after the server has done its part, and then the bootstrap token is worthless;
// but the secret was made here and the ids of the first admin and token are
// known, so that whether the token holds tells what was done.
func (a *app) bootstrap(ctx context.Context, config *config, t target, req *govdv1.BootstrapRequest) error {
	name := req.GetName()
	c, err := a.dial(t)
	if err != nil {
		return err
	}
	secret := auth.NewSecret(rand.Reader)
	digest := auth.HashSecret(secret)
	req.RequestId, req.SecretDigest = requestID(), digest[:]
	resp, lost := c.Bootstrap(ctx, req)
	if lost != nil {
		if !c.mayBeDone(lost) {
			return lost
		}
		resp = &govdv1.BootstrapResponse{Person: firstPerson, TokenId: firstToken}
	}
	v := tokenView{ID: resp.GetTokenId(), Person: resp.GetPerson(), PersonName: name}
	if v.Token, err = tokenText(v.Person, v.ID, secret); err != nil {
		return err
	}
	t.Token = v.Token
	status, err := a.enter(ctx, config, t, first(a.flags.Name, name))
	if err != nil {
		return notEntered(err, lost, status != nil, name, v.Token)
	}
	v.Expires = when(status.GetExpires())
	return a.tell(v, v.Person, "%s is admin of %s (%s)\nthe token ends %s; it is saved in %s\nnext: 'govctl person add NAME', 'govctl project create NAME'",
		name, status.GetOrigin(), v.Person, ago(v.Expires, a.now()), config.path)
}

// The first person and credential of every server.
const (
	firstPerson = "user:1"
	firstToken  = "t1"
)

// mayBeDone reports whether a call that failed may have made the first admin:
// its answer was lost, or an earlier one's, after which the token is refused.
func (c *client) mayBeDone(err error) bool {
	switch got := complaintOf(err); got.exit {
	case exitRefused, exitConflict:
		return true
	case exitUnreachable:
		return c.link.answered.Load()
	default:
		return got.reason == "INTERRUPTED"
	}
}

// notEntered says what became of a bootstrap whose token was not saved because
// of err. The token is told unless the server knows nothing of it.
func notEntered(err, lost error, holds bool, name, token string) error {
	switch {
	case lost == nil || holds:
		return hint(err, "%s is admin all the same; the token, shown this once, is %s", name, token)
	case complaintOf(err).exit == exitRefused:
		was := complaintOf(lost)
		return hint(complain(was.exit, was.reason, "%s", was.words),
			"a bootstrap token is good for a day and until there is an admin: then 'govctl login'; else a restart of the server makes another")
	}
	return hint(lost, "if the server has made %s its admin all the same, the token, shown this once, is %s: try 'govctl login'", name, token)
}
