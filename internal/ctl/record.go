package ctl

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// A recordView is a record as printed.
type recordView struct {
	Key        string            `json:"key"`
	Content    string            `json:"content"`
	Size       uint64            `json:"size"`
	MediaType  string            `json:"media_type"`
	Labels     []labelView       `json:"labels"`
	Split      string            `json:"split"`
	Attributes map[string]string `json:"attributes"`
	Facts      *factsView        `json:"facts,omitempty"`
	Digest     string            `json:"digest,omitempty"` // of the record as the tree holds it
	Erased     bool              `json:"erased,omitempty"`
}

type labelView struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Geometry *geometryView `json:"geometry,omitempty"`
}

// A geometryView has its numbers as they are recorded: thousandths of a pixel
// for most kinds.
type geometryView struct {
	Kind  string    `json:"kind"`
	Parts [][]int64 `json:"parts"`
}

type factsView struct {
	Width     uint32 `json:"width"`
	Height    uint32 `json:"height"`
	PHash     string `json:"phash"` // hex
	Sharpness uint64 `json:"sharpness"`
	Blur      uint32 `json:"blur"`
	Dark      uint32 `json:"dark"`
	Light     uint32 `json:"light"`
	Entropy   uint32 `json:"entropy"`
	Gray      bool   `json:"gray"`
}

func viewRecord(r *govdv1.Record) recordView {
	v := recordView{
		Key: r.GetKey(), Content: digestOf(r.GetContent()), Size: r.GetSize(), MediaType: r.GetMediaType(), Split: r.GetSplit(),
		Labels: []labelView{}, Attributes: r.GetAttributes(), Facts: viewFacts(r.GetFacts()),
	}
	if v.Attributes == nil {
		v.Attributes = map[string]string{}
	}
	for _, l := range r.GetLabels() {
		v.Labels = append(v.Labels, labelView{l.GetId(), l.GetName(), viewGeometry(l.GetGeometry())})
	}
	return v
}

func viewGeometry(g *govdv1.Geometry) *geometryView {
	if g == nil {
		return nil
	}
	kind := strings.ToLower(strings.TrimPrefix(g.GetKind().String(), "GEOMETRY_KIND_"))
	v := &geometryView{Kind: kind, Parts: [][]int64{}}
	for _, p := range g.GetParts() {
		v.Parts = append(v.Parts, p.GetNumbers())
	}
	return v
}

func viewFacts(f *govdv1.ImageFacts) *factsView {
	if f == nil {
		return nil
	}
	return &factsView{
		f.GetWidth(), f.GetHeight(), fmt.Sprintf("%016x", f.GetPhash()), f.GetSharpness(),
		f.GetBlur(), f.GetDark(), f.GetLight(), f.GetEntropy(), f.GetGray(),
	}
}

// digestOf writes 32 bytes as a digest; "" for none.
func digestOf(b []byte) string {
	if len(b) != len(gov.Digest{}) {
		return ""
	}
	return gov.Digest(b).String()
}

// names returns the label names, sorted, each once.
func (v recordView) names() []string {
	names := make([]string, len(v.Labels))
	for i, l := range v.Labels {
		names[i] = l.Name
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (v recordView) pixels() string {
	if v.Facts == nil {
		return ""
	}
	return fmt.Sprintf("%dx%d", v.Facts.Width, v.Facts.Height)
}

func recordColumns() []column[recordView] {
	return []column[recordView]{
		{name: "KEY", value: func(v recordView) any { return v.Key }},
		{name: "LABELS", value: func(v recordView) any { return v.names() }},
		{name: "SPLIT", value: func(v recordView) any { return v.Split }},
		{name: "SIZE", value: func(v recordView) any { return size(v.Size) }},
		{name: "TYPE", value: func(v recordView) any { return v.MediaType }},
		{name: "PIXELS", value: func(v recordView) any { return v.pixels() }},
		{name: "CONTENT", value: func(v recordView) any { return digest(v.Content) }, wide: true},
		{name: "ERASED", value: func(v recordView) any { return v.Erased }},
	}
}

func datasetLsCmd(a *app) *cobra.Command {
	var limit uint
	cmd := &cobra.Command{
		Use:   "ls REF [PREFIX]",
		Short: "List the records of a version in key order",
		Example: `  govctl dataset ls hands/signs
  govctl dataset ls hands/signs@v2 train/fist/ -n 20
  govctl dataset ls hands/signs --json | jq -r .content`,
		Args:              args(1, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			req := &govdv1.ListRecordsRequest{Ref: args[0], Prefix: append(args, "")[1]}
			if limit > 0 {
				req.Limit = uint64(limit) + 1 // to know whether that is all
			}
			records, err := c.records(ctx, req)
			if err != nil {
				return err
			}
			return list(a, "records", recordColumns(), head(records, limit, a.cut))
		}),
	}
	limitFlag(cmd, &limit, 0)
	return cmd
}

// records streams the records of a version.
func (c *client) records(ctx context.Context, req *govdv1.ListRecordsRequest) (iter.Seq2[recordView, error], error) {
	s, err := c.ListRecords(ctx, req)
	if err != nil {
		return nil, c.link.explain(err)
	}
	views := func(m *govdv1.ListRecordsResponse) []recordView {
		erased := m.GetErased()
		out := make([]recordView, len(m.GetRecords()))
		for i, r := range m.GetRecords() {
			out[i] = viewRecord(r)
			_, out[i].Erased = slices.BinarySearch(erased, r.GetKey())
		}
		return out
	}
	return stream(c.link, s.Recv, views), nil
}

func datasetCatCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "cat REF KEY",
		Short: "Show one record of a version: labels, attributes, facts",
		Example: `  govctl dataset cat hands/signs@v2 train/fist/0001.png
  govctl dataset cat hands/signs train/fist/0001.png --json`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.GetRecord(ctx, &govdv1.GetRecordRequest{Ref: args[0], Key: args[1]})
			if err != nil {
				return err
			}
			v := viewRecord(resp.GetRecord())
			v.Digest = resp.GetDigest()
			return show(a, catColumns(v), v)
		}),
	}
}

// catColumns shows all there is to one record: a line for each label,
// attribute and group of facts.
func catColumns(v recordView) []column[recordView] {
	line := func(name string, value any) column[recordView] {
		return column[recordView]{name: name, value: func(recordView) any { return value }}
	}
	columns := []column[recordView]{
		line("KEY", v.Key), line("CONTENT", v.Content), line("SIZE", size(v.Size)), line("TYPE", v.MediaType), line("SPLIT", v.Split),
	}
	for _, l := range v.Labels {
		columns = append(columns, line("LABEL", l.words()))
	}
	for _, name := range slices.Sorted(maps.Keys(v.Attributes)) {
		columns = append(columns, line("ATTRIBUTE", name+"="+v.Attributes[name]))
	}
	if f := v.Facts; f != nil {
		columns = append(columns, line("PIXELS", v.pixels()), line("PHASH", f.PHash),
			line("LOOKS", fmt.Sprintf("sharpness %d, blur %d, dark %d, light %d, entropy %d, gray %t", f.Sharpness, f.Blur, f.Dark, f.Light, f.Entropy, f.Gray)))
	}
	return append(columns, line("DIGEST", v.Digest))
}

// words says the label's name and where it holds, for people.
func (l labelView) words() string {
	s := l.Name
	if l.ID != l.Name {
		s += " (" + l.ID + ")"
	}
	if g := l.Geometry; g != nil {
		s += " " + g.words()
	}
	return s
}

// words says where a geometry is, as far as a line has room for it.
func (g *geometryView) words() string {
	switch {
	case g.Kind == "box" && len(g.Parts) == 1 && len(g.Parts[0]) == 4:
		p := g.Parts[0]
		return fmt.Sprintf("box at %s,%s of %sx%s", pixels(p[0]), pixels(p[1]), pixels(p[2]), pixels(p[3]))
	case g.Kind == "interval" && len(g.Parts) == 1 && len(g.Parts[0]) == 2:
		return fmt.Sprintf("from %gs to %gs", float64(g.Parts[0][0])/1e6, float64(g.Parts[0][1])/1e6)
	case g.Kind == "keypoints" && len(g.Parts) == 1:
		return count(uint64(len(g.Parts[0])/3), "keypoint")
	case g.Kind == "polygon":
		return "polygon of " + count(uint64(len(g.Parts)), "ring")
	}
	return g.Kind
}

// pixels writes thousandths of a pixel as pixels.
func pixels(n int64) string { return fmt.Sprintf("%g", float64(n)/1000) }
