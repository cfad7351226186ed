package ctl

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// A statsView counts the records of a version.
type statsView struct {
	Version          string            `json:"version"`
	Records          uint64            `json:"records"`
	ContentBytes     uint64            `json:"content_bytes"`
	DistinctContents uint64            `json:"distinct_contents"` // estimated above 4096
	Images           uint64            `json:"images"`
	MinWidth         uint32            `json:"min_width"`
	MinHeight        uint32            `json:"min_height"`
	MaxWidth         uint32            `json:"max_width"`
	MaxHeight        uint32            `json:"max_height"`
	Unlabelled       uint64            `json:"unlabelled"`
	Erased           uint64            `json:"erased"`
	Labels           map[string]uint64 `json:"labels"`
	Splits           map[string]uint64 `json:"splits"` // "" for none
	MediaTypes       map[string]uint64 `json:"media_types"`
}

func viewStats(r *govdv1.GetStatsResponse) statsView {
	full := func(m map[string]uint64) map[string]uint64 {
		if m == nil {
			return map[string]uint64{}
		}
		return m
	}
	return statsView{
		r.GetVersion().GetRef(), r.GetVersion().GetRecords(), r.GetContentBytes(), r.GetDistinctContents(), r.GetImages(),
		r.GetMinWidth(), r.GetMinHeight(), r.GetMaxWidth(), r.GetMaxHeight(), r.GetUnlabelled(), r.GetErased(),
		full(r.GetLabels()), full(r.GetSplits()), full(r.GetMediaTypes()),
	}
}

func datasetStatsCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "stats REF",
		Short: "Count the records of a version by label, split and media type",
		Long: `Count the records of a version by label, split and media type.
Above 4096, distinct contents are an estimate with an error of about 2 percent.`,
		Example: `  govctl dataset stats hands/signs
  govctl dataset stats hands/signs@v2 --json | jq .labels`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.GetStats(ctx, &govdv1.GetStatsRequest{Ref: args[0]})
			if err != nil {
				return err
			}
			v := viewStats(resp)
			if a.json {
				return a.printObject(v)
			}
			return list(a, "records", []column[statLine]{
				{name: "", value: func(l statLine) any { return l.what }},
				{name: "", value: func(l statLine) any { return l.name }},
				{name: "", value: func(l statLine) any { return l.value }},
			}, v.lines(a.screen.terminal))
		}),
	}
}

// A statLine is a line of the table that people and pipes get.
type statLine struct {
	what, name string
	value      any
}

func (v statsView) lines(terminal bool) iter.Seq2[statLine, error] {
	lines := []statLine{
		{"records", "", v.Records}, {"contents", "distinct", v.DistinctContents}, {"contents", "bytes", size(v.ContentBytes)}, {"images", "decoded", v.Images},
	}
	if v.Images > 0 {
		lines = append(lines,
			statLine{"images", "smallest", fmt.Sprintf("%dx%d", v.MinWidth, v.MinHeight)},
			statLine{"images", "largest", fmt.Sprintf("%dx%d", v.MaxWidth, v.MaxHeight)})
	}
	if v.Erased > 0 {
		lines = append(lines, statLine{"erased", "", v.Erased})
	}
	for _, group := range []struct {
		what   string
		counts map[string]uint64
	}{{"type", v.MediaTypes}, {"split", v.Splits}, {"label", v.Labels}} {
		for _, name := range byCount(group.counts) {
			shown := name
			if terminal && name == "" {
				shown = "(none)"
			}
			lines = append(lines, statLine{group.what, shown, group.counts[name]})
		}
	}
	if v.Unlabelled > 0 {
		lines = append(lines, statLine{"unlabelled", "", v.Unlabelled})
	}
	return seq(lines)
}

// byCount returns the names, the most frequent first.
func byCount(counts map[string]uint64) []string {
	return slices.SortedFunc(maps.Keys(counts), func(x, y string) int {
		return cmp.Or(cmp.Compare(counts[y], counts[x]), cmp.Compare(x, y))
	})
}
