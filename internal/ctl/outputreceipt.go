package ctl

import (
	"context"
	"crypto/sha256"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func outputReceiptCmd(a *app) *cobra.Command {
	var out, since string
	cmd := &cobra.Command{
		Use:   "receipt DIGEST | FILE -o FILE",
		Short: "Write a proof of where an output came from",
		Long: `Write a proof of where an output came from: its model, the run that made that,
the versions it learned from, and who approved their labels. Anyone with the
log's verifier key checks it with 'govctl verify', without the server. It tells
no names and no messages.`,
		Example: `  govctl output receipt answer.json -o receipt.zip
  govctl verify receipt.zip --key VKEY
  govctl output receipt answer.json -o receipt.zip --since monday.checkpoint`,
		Args:                  args(1, 1),
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			d, err := a.outputDigest(args[0])
			if err != nil {
				return err
			}
			size, err := knownSize(since)
			if err != nil {
				return err
			}
			return a.download(ctx, c, out, 0o666, receiptPieces(c, &govdv1.GetReceiptRequest{Digest: d.String(), Since: size}))
		}),
	}
	outputFlag(cmd, &out)
	sinceFlag(cmd, &since)
	return cmd
}

func receiptPieces(c *client, req *govdv1.GetReceiptRequest) pieces {
	return func(ctx context.Context) (func() (piece, error), error) {
		s, err := c.GetReceipt(ctx, req)
		return func() (piece, error) {
			m, err := s.Recv()
			return piece{data: m.GetData()}, err
		}, err
	}
}

// outputDigest returns the digest that is given, or that of a file.
func (a *app) outputDigest(arg string) (gov.Digest, error) {
	d, err := gov.ParseDigest(arg)
	if err == nil {
		return d, nil
	}
	h := sha256.New()
	if err := a.readInto(h, arg); err != nil {
		return d, err
	}
	h.Sum(d[:0])
	return d, nil
}
