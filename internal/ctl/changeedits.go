package ctl

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"

	govdv1 "govd/proto/govd/v1"
)

// viewEdit shows an edit as a file of edits says it.
func viewEdit(e *govdv1.LabelEdit) editLine {
	return editLine{
		e.GetKey(), e.GetLabel(), strings.ToLower(strings.TrimPrefix(e.GetOp().String(), "EDIT_OP_")), e.GetFrom(), e.GetTo(),
		viewGeometry(e.GetFromGeometry()), viewGeometry(e.GetToGeometry()),
	}
}

func editColumns() []column[editLine] {
	geometry := func(g *geometryView) any {
		if g == nil {
			return ""
		}
		b, err := json.Marshal(g)
		if err != nil {
			return ""
		}
		return string(b)
	}
	return []column[editLine]{
		{name: "KEY", value: func(e editLine) any { return e.Key }},
		{name: "LABEL", value: func(e editLine) any { return e.LabelID }},
		{name: "EDIT", value: func(e editLine) any { return e.Op }},
		{name: "FROM", value: func(e editLine) any { return e.From }},
		{name: "TO", value: func(e editLine) any { return e.To }},
		{name: "FROM GEOMETRY", value: func(e editLine) any { return geometry(e.FromGeometry) }, wide: true},
		{name: "TO GEOMETRY", value: func(e editLine) any { return geometry(e.ToGeometry) }, wide: true},
	}
}

func (a *app) listEdits(ctx context.Context, c *client, req *govdv1.ListEditsRequest) error {
	s, err := c.ListEdits(ctx, req)
	if err != nil {
		return c.link.explain(err)
	}
	edits := convert(stream(c.link, s.Recv, (*govdv1.ListEditsResponse).GetEdits), viewEdit)
	return list(a, "edits", editColumns(), edits)
}

// A touchedView is a record with its labels before and after.
type touchedView struct {
	Key    string   `json:"key"`
	Split  string   `json:"split"`
	Before []string `json:"before"`
	After  []string `json:"after"`

	record *govdv1.Record // as it is in the base
	edits  []*govdv1.LabelEdit
}

// touched streams the records that edits touch. The edits of a record are
// adjacent, and may come in several messages, of which the first has the record.
func (c *client) touched(ctx context.Context, req *govdv1.ListEditsRequest) iter.Seq2[touchedView, error] {
	return func(yield func(touchedView, error) bool) {
		s, err := c.ListEdits(ctx, req)
		if err != nil {
			yield(touchedView{}, c.link.explain(err))
			return
		}
		records := map[string]*govdv1.Record{}
		var v touchedView
		for e, err := range stream(c.link, s.Recv, func(m *govdv1.ListEditsResponse) []*govdv1.LabelEdit {
			clear(records)
			for _, r := range m.GetRecords() {
				records[r.GetKey()] = r
			}
			return m.GetEdits()
		}) {
			if err != nil {
				yield(touchedView{}, err)
				return
			}
			if v.edits != nil && v.Key != e.GetKey() {
				if !yield(v.done(), nil) {
					return
				}
				v = touchedView{}
			}
			if v.edits == nil {
				v.Key, v.record = e.GetKey(), records[e.GetKey()]
			}
			v.edits = append(v.edits, e)
		}
		if v.edits != nil {
			yield(v.done(), nil)
		}
	}
}

// done works out the labels before and after.
func (v touchedView) done() touchedView {
	names := map[string]string{} // by label id
	for _, l := range v.record.GetLabels() {
		names[l.GetId()] = l.GetName()
	}
	v.Split, v.Before = v.record.GetSplit(), sortedNames(names)
	for _, e := range v.edits {
		if e.GetTo() == "" {
			delete(names, e.GetLabel())
		} else {
			names[e.GetLabel()] = e.GetTo()
		}
	}
	v.After = sortedNames(names)
	return v
}

// sortedNames returns the names, as often as there are labels of them.
func sortedNames(byID map[string]string) []string {
	return nonNil(slices.Sorted(maps.Values(byID)))
}

func (a *app) listTouched(ctx context.Context, c *client, req *govdv1.ListEditsRequest) error {
	return list(a, "records", []column[touchedView]{
		{name: "KEY", value: func(v touchedView) any { return v.Key }},
		{name: "SPLIT", value: func(v touchedView) any { return v.Split }},
		{name: "BEFORE", value: func(v touchedView) any { return v.Before }},
		{name: "AFTER", value: func(v touchedView) any { return v.After }},
	}, c.touched(ctx, req))
}
