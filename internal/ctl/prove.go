package ctl

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func datasetProveCmd(a *app) *cobra.Command {
	var out, since string
	req := &govdv1.ProveRecordRequest{}
	cmd := &cobra.Command{
		Use:   "prove REF KEY -o FILE",
		Short: "Write a proof that a key is, or is not, in a version",
		Long: `Write a proof that a key is, or is not, in a version: of the record in the
version, of the version in the log, and of the log's signed head. Anyone with
the log's verifier key checks it with 'govctl verify', without the server.

A compact proof trusts that whoever built the tree kept its keys in order. A
full one trusts nobody, but shows some of the neighbouring records, too, labels
and attributes included, to everyone who reads it. A proof that a key is not in
a version is always full.`,
		Example: `  govctl dataset prove hands/signs@v2 train/fist/0001.png -o proof.json
  govctl verify proof.json --key VKEY
  govctl dataset prove hands/signs@v2 train/fist/0001.png -o proof.json \
    --since monday.checkpoint`,
		Args:                  args(2, 2),
		ValidArgsFunction:     a.completeRef,
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			req.Ref, req.Key = args[0], args[1]
			if req.Since, err = knownSize(since); err != nil {
				return err
			}
			resp, err := c.ProveRecord(ctx, req)
			if err != nil {
				return err
			}
			if err := a.save(out, resp.GetProof()); err != nil {
				return err
			}
			is := map[bool]string{true: "is", false: "is not"}[resp.GetPresent()]
			return a.proofSaved(out, since, fmt.Sprintf("%s %s in %s", req.Key, is, req.Ref))
		}),
	}
	outputFlag(cmd, &out)
	cmd.Flags().BoolVar(&req.Full, "full", false, "show whole nodes of the tree, neighbouring records included,\nand so trust nobody who built it")
	sinceFlag(cmd, &since)
	return cmd
}
