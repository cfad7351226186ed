package ctl

import (
	"context"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func eraseCertificateCmd(a *app) *cobra.Command {
	var out, since string
	req := &govdv1.CertifyErasureRequest{}
	cmd := &cobra.Command{
		Use:   "certificate NUMBER -o FILE",
		Short: "Write the proof of what was erased",
		Long: `Write the proof of what an erasure erased: who asked, who agreed, which records,
and whole nodes of the versions' trees in which a hash stands in each value's
place, or in which the record is absent. Anyone with the log's verifier key
checks it with 'govctl verify', without the server; 'govctl trail show' prints
it, and it holds a page for people. Of more than 500 values, 500 have proofs.

It names the keys of the records, the expression and the reason. It does not
show that nobody kept a copy. Get it after 'govd compact': until then it says
that the values may stand in free pages of the server's file.

Every certificate is an entry of the log. --since names a file with a checkpoint
that its reader kept: it then shows that the log only grew since.`,
		Example: `  govctl erase certificate 3 -o erasure-3.zip
  govctl verify erasure-3.zip --key VKEY`,
		Args:                  args(1, 1),
		ValidArgsFunction:     a.completeErasure,
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			id, err := gov.ParseErasureID(args[0])
			if err != nil {
				return usage("%v", err)
			}
			req.Number = uint64(id)
			if req.Since, err = knownSize(since); err != nil {
				return err
			}
			return a.download(ctx, c, out, 0o666, certificatePieces(c, req))
		}),
	}
	outputFlag(cmd, &out)
	sinceFlag(cmd, &since)
	return cmd
}

// certificatePieces asks under a new request id each time, as trailPieces does.
func certificatePieces(c *client, req *govdv1.CertifyErasureRequest) pieces {
	return func(ctx context.Context) (func() (piece, error), error) {
		req.RequestId = requestID()
		s, err := c.CertifyErasure(ctx, req)
		return func() (piece, error) {
			m, err := s.Recv()
			return piece{data: m.GetData()}, err
		}, err
	}
}
