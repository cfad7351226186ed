package ctl

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"govd/internal/report"
	"govd/internal/trail"
	govdv1 "govd/proto/govd/v1"
)

func trailCmd(a *app) *cobra.Command {
	return group("trail", "Take lineage home, with the evidence for it", trailExportCmd(a), trailShowCmd(a))
}

// formatList names the formats of others, in two lines.
func formatList() string {
	all := trail.Formats()
	half := len(all) / 2
	return strings.Join(all[:half], ", ") + ",\n" + strings.Join(all[half:], ", ")
}

// bundleFormat is the format that verifies offline.
const bundleFormat = "bundle"

func trailExportCmd(a *app) *cobra.Command {
	var out, since string
	req := &govdv1.ExportTrailRequest{}
	cmd := &cobra.Command{
		Use:   "export NODE -o FILE",
		Short: "Write the lineage of a node to a file",
		Long: `Write the lineage of a node to a file: all that it came from, who approved
it, and what checked it. NODE is a version by any reference, or a kind, a colon
and a name, such as change:7. What you may not read is in it without a name.

A bundle, which is what is written unless you ask for another format, also
holds the log entries that prove it, the signed votes and the keys, and a page
for people: anyone with the log's verifier key checks it with 'govctl verify',
without the server. --since names a file with a checkpoint that its reader
kept: the bundle then shows that the log only grew since.

The other formats are for other programs, and prove nothing:
` + formatList() + `

Every export is an entry of the log.`,
		Example: `  govctl trail export hands/signs@v2 -o trail.zip
  govctl verify trail.zip --key VKEY
  govctl trail export hands/signs@latest -o card.json --format croissant`,
		Args:                  args(1, 1),
		ValidArgsFunction:     a.completeRef,
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			req.Node = args[0]
			if req.Since, err = knownSize(since); err != nil {
				return err
			}
			return a.download(ctx, c, out, 0o666, trailPieces(c, req))
		}),
	}
	outputFlag(cmd, &out)
	cmd.Flags().StringVar(&req.Format, "format", bundleFormat, "what to write")
	sinceFlag(cmd, &since)
	return cmd
}

// trailPieces asks under a new request id each time: what was exported before
// is not what is exported now.
func trailPieces(c *client, req *govdv1.ExportTrailRequest) pieces {
	return func(ctx context.Context) (func() (piece, error), error) {
		req.RequestId = requestID()
		s, err := c.ExportTrail(ctx, req)
		return func() (piece, error) {
			m, err := s.Recv()
			return piece{data: m.GetData()}, err
		}, err
	}
}

func trailShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show FILE",
		Short: "Print what a trail or a certificate says, without verifying it",
		Long: `Print what a trail or a certificate of erasure says. Nothing is verified, and
no server is asked: anyone could have written the file. 'govctl verify' says
which of it is proven.`,
		Example: `  govctl trail show trail.zip`,
		Args:    args(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			shown, page, err := readShown(args[0])
			if err != nil {
				return verdict(args[0], err)
			}
			a.note("nothing here is verified: 'govctl verify %s --key VKEY' says what is proven", args[0])
			if a.json {
				return a.printObject(shown)
			}
			_, err = fmt.Fprint(a.stdout, page.Text(a.screen.columns()))
			return err
		},
	}
}

// columns returns how wide a page of text may be.
func (s screen) columns() int {
	if s.terminal {
		return s.width
	}
	return 100
}

// maxTrail is the most bytes a trail may have.
const maxTrail = 256 << 20

// readShown returns what a trail or a certificate shows, for programs and for
// people.
func readShown(path string) (any, *report.Document, error) {
	b, err := readTrail(path)
	if err != nil {
		return nil, nil, err
	}
	if c, err := trail.ReadCertificate(b); err == nil {
		return c, c.Page(), nil
	}
	chain, err := trail.ReadChain(b)
	if err != nil {
		return nil, nil, err
	}
	return chain, trail.Story(chain), nil
}

func readTrail(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxTrail+1))
}
