package rpc

import (
	"math"

	"govd/internal/gov"
	v1 "govd/proto/govd/v1"
)

// recordFromProto translates a record.
func recordFromProto(m *v1.Record) *gov.Record {
	return &recordsFromProto([]*v1.Record{m})[0]
}

// recordsFromProto translates records into one piece of memory: they come by
// the million. gov.Record.Check is the gate: content that is no SHA-256 becomes
// none, and a kind of geometry that is none 0, which it refuses.
func recordsFromProto(ms []*v1.Record) []gov.Record {
	records, facts := make([]gov.Record, len(ms)), make([]gov.ImageFacts, len(ms))
	for i, m := range ms {
		r := &records[i]
		*r = gov.Record{
			Key: m.GetKey(), Size: m.GetSize(), MediaType: m.GetMediaType(), Labels: labelsFromProto(m.GetLabels()),
			Attributes: m.GetAttributes(), Split: m.GetSplit(),
		}
		if len(m.GetContent()) == len(r.Content) {
			r.Content = gov.Digest(m.GetContent())
		}
		if f := m.GetFacts(); f != nil {
			r.Facts = &facts[i]
			*r.Facts = gov.ImageFacts{
				Width: f.GetWidth(), Height: f.GetHeight(), PHash: f.GetPhash(), Sharpness: f.GetSharpness(), Blur: f.GetBlur(),
				Dark: f.GetDark(), Light: f.GetLight(), Entropy: f.GetEntropy(), Gray: f.GetGray(),
			}
		}
	}
	return records
}

func labelsFromProto(ms []*v1.Label) []gov.Label {
	if len(ms) == 0 {
		return nil
	}
	labels := make([]gov.Label, len(ms))
	for i, l := range ms {
		labels[i] = gov.Label{ID: l.GetId(), Name: l.GetName(), Geometry: geometryFromProto(l.GetGeometry())}
	}
	return labels
}

func recordToProto(r *gov.Record) *v1.Record {
	if r == nil {
		return nil
	}
	m := &v1.Record{
		Key: r.Key, Content: r.Content[:], Size: r.Size, MediaType: r.MediaType, Attributes: r.Attributes, Split: r.Split, Salt: r.Salt[:],
	}
	for _, l := range r.Labels {
		m.Labels = append(m.Labels, &v1.Label{Id: l.ID, Name: l.Name, Geometry: geometryToProto(l.Geometry)})
	}
	if f := r.Facts; f != nil {
		m.Facts = &v1.ImageFacts{
			Width: f.Width, Height: f.Height, Phash: f.PHash, Sharpness: f.Sharpness, Blur: f.Blur,
			Dark: f.Dark, Light: f.Light, Entropy: f.Entropy, Gray: f.Gray,
		}
	}
	return m
}

// The kinds of geometry have the same numbers here and there.
func geometryFromProto(m *v1.Geometry) *gov.Geometry {
	if m == nil {
		return nil
	}
	g := &gov.Geometry{}
	if k := m.GetKind(); k > 0 && k <= math.MaxUint8 {
		g.Kind = gov.GeometryKind(k)
	}
	for _, p := range m.GetParts() {
		g.Parts = append(g.Parts, p.GetNumbers())
	}
	return g
}

func geometryToProto(g *gov.Geometry) *v1.Geometry {
	if g == nil {
		return nil
	}
	m := &v1.Geometry{Kind: v1.GeometryKind(g.Kind)}
	for _, p := range g.Parts {
		m.Parts = append(m.Parts, &v1.GeometryPart{Numbers: p})
	}
	return m
}
