package ctl

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func auditCheckpointCmd(a *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "checkpoint",
		Short: "Print the newest signed head of the log",
		Long: `Print the newest signed head of the log: keep it outside the server. Later,
--since shows with it that the log only grew.`,
		Example: `  govctl audit checkpoint -o monday.checkpoint
  govctl audit prove --since monday.checkpoint -o growth.json`,
		Args: args(0, 0),
		RunE: a.with(func(ctx context.Context, c *client, _ []string) error {
			resp, err := c.GetCheckpoint(ctx, &govdv1.GetCheckpointRequest{})
			if err != nil {
				return err
			}
			if a.json {
				return a.printObject(map[string]string{"checkpoint": resp.GetCheckpoint()})
			}
			return a.save(out, []byte(resp.GetCheckpoint()))
		}),
	}
	cmd.Flags().StringVarP(&out, "output", "o", "-", "file to write; - is stdout")
	return cmd
}

func auditProveCmd(a *app) *cobra.Command {
	var out, since string
	cmd := &cobra.Command{
		Use:   "prove [INDEX] -o FILE",
		Short: "Write a proof of an entry, or that the log only grew",
		Long: `Write a proof that an entry is in the log. --since names a file with a
checkpoint that its reader kept: the proof then also shows that the log only
grew since. Without INDEX it shows that alone.`,
		Example: `  govctl audit prove 7 -o entry7.json
  govctl verify entry7.json --key VKEY
  govctl audit prove --since monday.checkpoint -o growth.json
  govctl verify growth.json --key VKEY --since monday.checkpoint`,
		Args:                  args(0, 1),
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			size, err := knownSize(since)
			if err != nil {
				return err
			}
			prove := func() ([]byte, string, error) { return c.proveGrowth(ctx, size) }
			if len(args) == 1 {
				prove = func() ([]byte, string, error) { return c.proveEntry(ctx, args[0], size) }
			}
			proof, claim, err := prove()
			if err != nil {
				return err
			}
			if err := a.save(out, proof); err != nil {
				return err
			}
			return a.proofSaved(out, since, claim)
		}),
	}
	outputFlag(cmd, &out)
	sinceFlag(cmd, &since)
	return cmd
}

func (c *client) proveEntry(ctx context.Context, arg string, since uint64) (proof []byte, claim string, err error) {
	index, err := parseIndex(arg)
	if err != nil {
		return nil, "", err
	}
	resp, err := c.ProveEntry(ctx, &govdv1.ProveEntryRequest{Index: index, Since: since})
	return resp.GetProof(), fmt.Sprintf("entry %d is in the log", index), err
}

func (c *client) proveGrowth(ctx context.Context, since uint64) (proof []byte, claim string, err error) {
	if since == 0 {
		return nil, "", hint(usage("say what is to be proven: the number of an entry, or --since CHECKPOINT"), "'govctl audit prove --help' has examples")
	}
	resp, err := c.GetCheckpoint(ctx, &govdv1.GetCheckpointRequest{Since: since})
	return resp.GetProof(), fmt.Sprintf("the log continues that of %d entries", since), err
}

// A proofView is a proof that was saved.
type proofView struct {
	File  string `json:"file"`
	Claim string `json:"claim"`
}

// proofSaved says what the file is for, unless the file is stdout itself. since
// names the older checkpoint that it is checked with, if any.
func (a *app) proofSaved(path, since, claim string) error {
	if path == "-" {
		return nil
	}
	if since != "" {
		since = " --since " + since
	}
	return a.tell(proofView{path, claim}, "", "%s proves that %s; check it with 'govctl verify %s --key VKEY%s'", path, clean(claim), path, since)
}
