package ctl

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"govd/internal/auth"
	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func tokenCmd(a *app) *cobra.Command {
	return group("token", "Create, list and revoke tokens and other credentials",
		tokenCreateCmd(a), tokenListCmd(a), tokenRevokeCmd(a))
}

// A tokenView is a token that was just made. It is shown this once.
type tokenView struct {
	ID         string    `json:"id"`
	Person     string    `json:"person_id"`
	PersonName string    `json:"person"` // as the caller named them
	Token      string    `json:"token"`
	Expires    time.Time `json:"expires"`
}

func tokenCreateCmd(a *app) *cobra.Command {
	var expires string
	var scope []string
	cmd := &cobra.Command{
		Use:   "create PERSON",
		Short: "Create a token for a person, and print it this once",
		Long: `Create a token for a person, and print it this once. The secret is made here and
the server is told only its SHA-256, so nobody can print it again.

A scope narrows the token to actions, to places, or to both; it never gives more
than the person may do.`,
		Example: `  govctl token create bob
  govctl token create trainer-7 --expires 12h --scope version.read --scope hands/signs`,
		Args: args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			secret := auth.NewSecret(rand.Reader)
			digest := auth.HashSecret(secret)
			req := &govdv1.CreateTokenRequest{RequestId: requestID(), Person: args[0], SecretDigest: digest[:], Scope: scope}
			if expires != "" {
				t, err := parseMoment(expires, 1, a.now())
				if err != nil {
					return err
				}
				req.Expires = timestamppb.New(t)
			}
			resp, err := c.CreateToken(ctx, req)
			if err != nil {
				return err
			}
			v := tokenView{ID: resp.GetId(), Person: resp.GetPerson(), PersonName: args[0], Expires: when(resp.GetExpires())}
			if v.Token, err = tokenText(v.Person, v.ID, secret); err != nil {
				return err
			}
			return a.tell(v, v.Token, "%s\n%s for %s, ends %s; it is not shown again", v.Token, v.ID, args[0], ago(v.Expires, a.now()))
		}),
	}
	cmd.Flags().StringVar(&expires, "expires", "", "when it ends: a span such as 90d or 12h, a date, or RFC 3339 (default 90d)")
	cmd.Flags().StringSliceVar(&scope, "scope", nil, "an action, project or dataset to narrow the token to; repeat for more")
	return cmd
}

// tokenText writes a token down, with the kind that fits the person.
func tokenText(person, id string, secret auth.Secret) (string, error) {
	who, err := gov.ParsePersonID(person)
	if err != nil {
		return "", err
	}
	credential, err := gov.ParseCredentialID(id)
	if err != nil {
		return "", err
	}
	return auth.FormatToken(auth.KindOf(who), credential, secret), nil
}

type credentialView struct {
	ID         string     `json:"id"`
	Person     string     `json:"person_id"`
	PersonName string     `json:"person"`
	Kind       string     `json:"kind"`
	Subject    string     `json:"subject"`
	Scope      []string   `json:"scope"`
	Created    time.Time  `json:"created"`
	Expires    *time.Time `json:"expires,omitempty"`
	Revoked    bool       `json:"revoked"`
}

func viewCredential(c *govdv1.Credential) credentialView {
	v := credentialView{
		ID: c.GetId(), Person: c.GetPerson(), PersonName: c.GetPersonName(), Kind: c.GetKind(), Subject: c.GetSubject(),
		Scope: nonNil(c.GetScope()), Created: when(c.GetCreated()), Revoked: c.GetRevoked(),
	}
	if t := when(c.GetExpires()); !t.IsZero() {
		v.Expires = &t
	}
	return v
}

func (v credentialView) ends() any {
	if v.Expires == nil {
		return ""
	}
	return *v.Expires
}

func tokenListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list [PERSON]",
		Short: "List tokens, and links to certificates and local users",
		Example: `  govctl token list
  govctl token list bob`,
		Args: args(0, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			person := append(args, "")[0]
			tokens := pages(func(token string) ([]*govdv1.Credential, string, error) {
				resp, err := c.ListTokens(ctx, &govdv1.ListTokensRequest{Person: person, PageSize: pageSize, PageToken: token})
				return resp.GetCredentials(), resp.GetNextPageToken(), err
			})
			return list(a, "credentials", []column[credentialView]{
				{name: "ID", value: func(v credentialView) any { return v.ID }},
				{name: "PERSON", value: func(v credentialView) any { return first(v.PersonName, v.Person) }},
				{name: "KIND", value: func(v credentialView) any { return v.Kind }},
				{name: "SUBJECT", value: func(v credentialView) any { return v.Subject }},
				{name: "SCOPE", value: func(v credentialView) any { return v.Scope }},
				{name: "CREATED", value: func(v credentialView) any { return v.Created }},
				{name: "ENDS", value: credentialView.ends},
				{name: "REVOKED", value: func(v credentialView) any { return v.Revoked }},
			}, convert(tokens, viewCredential))
		}),
	}
}

func tokenRevokeCmd(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "revoke ID",
		Short:   "End a credential at once",
		Example: `  govctl token revoke t12`,
		Args:    args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if err := a.confirm(yes, "revoke %s, for good", args[0]); err != nil {
				return err
			}
			resp, err := c.RevokeToken(ctx, &govdv1.RevokeTokenRequest{RequestId: requestID(), Id: args[0]})
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "%s is revoked", args[0])
		}),
	}
	yesFlag(cmd, &yes)
	return cmd
}
