package ctl

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"govd/internal/report"
	"govd/internal/trail"
	govdv1 "govd/proto/govd/v1"
)

func complianceCmd(a *app) *cobra.Command {
	return group("compliance", "Write the reports that auditors and regulators ask for",
		complianceDossierCmd(a), complianceCardCmd(a), complianceLedgerCmd(a), complianceRopaCmd(a), complianceAccessCmd(a), complianceErasureCmd(a))
}

// A paper is where a report goes, and as what.
type paper struct{ out, format string }

// paperCmd adds the flags of a report to the command that makes it.
func (a *app) paperCmd(cmd *cobra.Command, make func(ctx context.Context, c *client, of string) (*report.Document, error)) *cobra.Command {
	p := paper{}
	cmd.Args = args(1, 1)
	cmd.RunE = a.with(func(ctx context.Context, c *client, args []string) error {
		write, known := papers[p.format]
		if !known {
			return usage("no format %q: there are %s", p.format, strings.Join(slices.Sorted(maps.Keys(papers)), ", "))
		}
		d, err := make(ctx, c, args[0])
		if err != nil {
			return err
		}
		if a.json && p.out == "-" {
			return a.printObject(d)
		}
		b, err := write(d, a.screen.columns())
		if err != nil {
			return err
		}
		return a.save(p.out, b)
	})
	cmd.Flags().StringVarP(&p.out, "output", "o", "-", "file to write; - is stdout")
	cmd.Flags().StringVar(&p.format, "format", "text", "text, json, html or csv")
	return cmd
}

// papers renders a report in each format.
var papers = map[string]func(d *report.Document, width int) ([]byte, error){
	"text": func(d *report.Document, width int) ([]byte, error) { return []byte(d.Text(width)), nil },
	"json": func(d *report.Document, _ int) ([]byte, error) { return d.JSON() },
	"html": func(d *report.Document, _ int) ([]byte, error) { return d.HTML(), nil },
	"csv":  func(d *report.Document, _ int) ([]byte, error) { return d.CSV(), nil },
}

// chain fetches the lineage of a node, which the server records as an export.
func (a *app) chain(ctx context.Context, c *client, node string) (*trail.Chain, error) {
	var b bytes.Buffer
	req := &govdv1.ExportTrailRequest{Node: node, Format: "json"}
	if _, _, err := a.receive(ctx, &b, trailPieces(c, req)); err != nil {
		return nil, c.link.explain(err)
	}
	return trail.ParseChain(b.Bytes())
}

func complianceDossierCmd(a *app) *cobra.Command {
	return a.paperCmd(&cobra.Command{
		Use:   "dossier PROJECT/NAME:vN",
		Short: "How a model was made, for the AI Act's Annex IV",
		Long: `Write the dossier of a model: how it was trained, on which data, where that
came from, how it was labelled, who approved the labels, and what checked them,
as Annex IV 2(d) of the AI Act asks. It is an export, and an entry of the log.`,
		Example: `  govctl compliance dossier hands/pose:v3 --format html -o dossier.html`,
	}, func(ctx context.Context, c *client, of string) (*report.Document, error) {
		chain, err := a.chain(ctx, c, "model:"+of)
		if err != nil {
			return nil, err
		}
		return trail.Dossier(chain)
	})
}

func complianceCardCmd(a *app) *cobra.Command {
	cmd := a.paperCmd(&cobra.Command{
		Use:   "card REF",
		Short: "What a version is, holds, and may be used for",
		Long: `Write the card of a version: its digest, size, labels, purposes and license, and
its checks and label changes. It is an export, and an entry of the log. Trails
write cards for other programs: 'govctl trail export --format croissant'.`,
		Example: `  govctl compliance card hands/signs@v2`,
	}, func(ctx context.Context, c *client, of string) (*report.Document, error) {
		chain, err := a.chain(ctx, c, of)
		if err != nil {
			return nil, err
		}
		stats, err := c.GetStats(ctx, &govdv1.GetStatsRequest{Ref: of})
		if err != nil {
			return nil, err
		}
		countLabels(chain, stats.GetLabels())
		return trail.Card(chain)
	})
	cmd.ValidArgsFunction = a.completeRef
	return cmd
}

// countLabels sets how often each label is used in the version that the chain is
// about.
func countLabels(chain *trail.Chain, labels map[string]uint64) {
	for i := range chain.Nodes {
		v := chain.Nodes[i].Version
		if chain.Nodes[i].ID != chain.Subject || v == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(labels)) {
			v.Labels = append(v.Labels, trail.Count{Name: name, N: labels[name]})
		}
	}
}

func complianceLedgerCmd(a *app) *cobra.Command {
	cmd := a.paperCmd(&cobra.Command{
		Use:   "ledger REF",
		Short: "Every label change that a version came of, and who approved it",
		Long: `Write every label change that a version came of: who proposed it, who approved
it, and whether those were different people. It is an export, and an entry of
the log.`,
		Example: `  govctl compliance ledger hands/signs --format csv -o ledger.csv`,
	}, func(ctx context.Context, c *client, of string) (*report.Document, error) {
		chain, err := a.chain(ctx, c, of)
		if err != nil {
			return nil, err
		}
		return trail.Ledger(chain), nil
	})
	cmd.ValidArgsFunction = a.completeRef
	return cmd
}
