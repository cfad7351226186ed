package ctl

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func keyCmd(a *app) *cobra.Command {
	cmd := group("key", "Add, list and revoke the SSH keys that you sign votes with", keyAddCmd(a), keyListCmd(a), keyRevokeCmd(a))
	cmd.Long = `Add, list and revoke the SSH keys that you sign votes with: Ed25519, ECDSA, RSA
from 3072 bits on, and keys that a security key holds. What a key signed before
it was revoked stays signed.`
	return cmd
}

type keyView struct {
	Fingerprint string     `json:"fingerprint"`
	PublicKey   string     `json:"public_key"`
	Person      string     `json:"person"`
	PersonID    string     `json:"person_id"`
	Added       time.Time  `json:"added"`
	Revoked     *time.Time `json:"revoked,omitempty"`
	AuditIndex  uint64     `json:"audit_index"`
}

func viewKey(k *govdv1.SSHKey) keyView {
	v := keyView{
		Fingerprint: k.GetFingerprint(), PublicKey: k.GetPublicKey(), Person: first(k.GetPersonName(), k.GetPerson()), PersonID: k.GetPerson(),
		Added: when(k.GetAdded()), AuditIndex: k.GetAuditIndex(),
	}
	if t := when(k.GetRevoked()); !t.IsZero() {
		v.Revoked = &t
	}
	return v
}

func (v keyView) kind() string {
	kind, _, _ := strings.Cut(v.PublicKey, " ")
	return kind
}

func (v keyView) ended() any {
	if v.Revoked == nil {
		return ""
	}
	return *v.Revoked
}

func keyColumns() []column[keyView] {
	return []column[keyView]{
		{name: "FINGERPRINT", value: func(v keyView) any { return v.Fingerprint }},
		{name: "TYPE", value: func(v keyView) any { return strings.TrimPrefix(v.kind(), "ssh-") }},
		{name: "PERSON", value: func(v keyView) any { return v.Person }, wide: true},
		{name: "ADDED", value: func(v keyView) any { return v.Added }},
		{name: "REVOKED", value: keyView.ended},
		{name: "KEY", value: func(v keyView) any { return v.PublicKey }, wide: true},
	}
}

func keyAddCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "add FILE.pub",
		Short: "Add a public key of yours; - is stdin",
		Example: `  govctl key add ~/.ssh/id_ed25519.pub
  ssh-add -L | grep work | govctl key add -`,
		Args: args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			key, err := readPublicKey(args[0], a.stdin)
			if err != nil {
				return err
			}
			resp, err := c.AddKey(ctx, &govdv1.AddKeyRequest{RequestId: requestID(), PublicKey: key.String()})
			if err != nil {
				return err
			}
			v := viewKey(resp.GetKey())
			return a.tell(v, v.Fingerprint, "%s is yours to sign with: 'govctl change approve N --sign'", v.Fingerprint)
		}),
	}
}

func keyListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list [PERSON]",
		Short: "List your keys, or a person's",
		Example: `  govctl key list
  govctl key list bob --json | jq -r '.person_id + " " + .public_key' > allowed_signers`,
		Args: args(0, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.ListKeys(ctx, &govdv1.ListKeysRequest{Person: append(args, "")[0]})
			if err != nil {
				return err
			}
			return list(a, "keys", keyColumns(), convert(seq(resp.GetKeys()), viewKey))
		}),
	}
}

func keyRevokeCmd(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "revoke FINGERPRINT | FILE.pub",
		Short: "Take a key out of use; what it signed before stays signed",
		Example: `  govctl key revoke SHA256:tAXFyTXI8xtDaujAEcwJslAYc9/6FKcUkd2Lw0xDhPo
  govctl key revoke ~/.ssh/id_ed25519.pub`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeKey,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			print := args[0]
			if !strings.HasPrefix(print, "SHA256:") {
				key, err := readPublicKey(print, nil)
				if err != nil {
					return err
				}
				print = key.Fingerprint()
			}
			if err := a.confirm(yes, "revoke %s, for good", print); err != nil {
				return err
			}
			resp, err := c.RevokeKey(ctx, &govdv1.RevokeKeyRequest{RequestId: requestID(), Fingerprint: print})
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "%s is revoked", print)
		}),
	}
	yesFlag(cmd, &yes)
	return cmd
}
