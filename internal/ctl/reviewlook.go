package ctl

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	govdv1 "govd/proto/govd/v1"
)

// summary says what the change does in sum, and what it needs.
func (r *review) summary() error {
	ch := viewSummary(r.resp.GetChange())
	lines := []string{
		fmt.Sprintf("change %d of %s by %s, opened %s, expires %s", ch.Change, ch.Dataset, ch.Author, ago(ch.Opened, r.now()), ago(ch.Expires, r.now())),
		fmt.Sprintf("revision %d  %s  on %s, for stage %d", ch.Revision, short(ch.Digest), ch.Base, ch.Stage),
		fmt.Sprintf("%s of %s", count(ch.Edits, "label"), count(ch.Records, "record")),
	}
	if ch.State != "open" {
		lines = append(lines, strings.TrimSpace("it is "+ch.stateWords()+" "+ch.Result))
	}
	if ch.BaseMoved && ch.State == "open" {
		lines = append(lines, "the base is not the newest version any more: it must be rebased")
	}
	if ch.Message != "" {
		lines = append(lines, "why: "+ch.Message)
	}
	if err := r.say(lines...); err != nil {
		return err
	}
	fmt.Fprintln(r.stdout)
	if err := r.printStat(r.stat); err != nil {
		return err
	}
	fmt.Fprintln(r.stdout)
	if err := r.printVerdict(r.id, viewVerdict(r.resp.GetVerdict(), r.names)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(r.stdout)
	return err
}

// more shows the next samples of the transition.
func (r *review) more(ctx context.Context) error {
	t, l := r.stat.Transitions[r.at], &r.looks[r.at]
	if l.seen == 0 {
		head := fmt.Sprintf("%d of %d  %s", r.at+1, len(r.looks), clean(t.words()))
		fmt.Fprintf(r.stdout, "\n%s  %s, %s\n", r.screen.paint(yellow, head), count(t.Count, "label"), t.shareWords())
	}
	edits, err := r.fetch(ctx, t, l)
	if err != nil {
		return err
	}
	r.showing = append(r.showing, edits...)
	if len(edits) == 0 {
		l.seen = t.Count
		return nil
	}
	last := edits[len(edits)-1]
	l.seen, l.key, l.label = uint64(last.nr), last.edit.GetKey(), last.edit.GetLabel()
	_, err = printTable(r.app, r.screen.width, shownColumns(), seq(edits))
	if err == nil && r.hasMore() {
		err = r.say(fmt.Sprintf("%s of %s", thousands(l.seen), thousands(t.Count)))
	}
	return err
}

// shareWords says what a share is of.
func (t transitionView) shareWords() string {
	return percent(t.SharePPM) + " of all " + first(t.From, t.To)
}

// fetch gets the samples after those that were seen.
func (r *review) fetch(ctx context.Context, t transitionView, l *look) (all []shown, err error) {
	s, err := r.client.ListEdits(ctx, &govdv1.ListEditsRequest{
		Change: r.id, Revision: r.stat.Revision, AfterKey: l.key, AfterLabel: l.label, Limit: samples, WithRecords: true,
		Transition: &govdv1.Transition{From: t.From, To: t.To},
	})
	if err != nil {
		return nil, r.client.link.explain(err)
	}
	records := map[string]recordView{}
	for e, err := range stream(r.client.link, s.Recv, func(m *govdv1.ListEditsResponse) []*govdv1.LabelEdit {
		for _, record := range m.GetRecords() {
			records[record.GetKey()] = viewRecord(record)
		}
		return m.GetEdits()
	}) {
		if err != nil {
			return nil, err
		}
		all = append(all, shown{int(l.seen) + len(all) + 1, e, records[e.GetKey()]})
	}
	return all, nil
}

func shownColumns() []column[shown] {
	return []column[shown]{
		{name: "NR", value: func(s shown) any { return strconv.Itoa(s.nr) }, right: true},
		{name: "KEY", value: func(s shown) any { return s.edit.GetKey() }},
		{name: "SPLIT", value: func(s shown) any { return s.record.Split }},
		{name: "LABEL", value: func(s shown) any { return s.edit.GetLabel() }},
		{name: "SHAPE", value: func(s shown) any { return shapeWords(viewEdit(s.edit)) }},
		{name: "OTHER LABELS", value: func(s shown) any { return s.others() }},
		{name: "PIXELS", value: func(s shown) any { return s.record.pixels() }},
	}
}

// others returns the names of the record's other labels.
func (s shown) others() []string {
	v := s.record
	v.Labels = slices.DeleteFunc(slices.Clone(v.Labels), func(l labelView) bool { return l.ID == s.edit.GetLabel() })
	return v.names()
}

// shapeWords says what becomes of a label's geometry.
func shapeWords(e editLine) string {
	switch {
	case e.FromGeometry != nil && e.ToGeometry != nil:
		return e.FromGeometry.words() + " → " + e.ToGeometry.words()
	case e.ToGeometry != nil:
		return e.ToGeometry.words()
	case e.FromGeometry != nil && e.Op != "remove":
		return e.FromGeometry.words() + " → none"
	}
	return ""
}

// detail shows all there is to the record of a sample, and what becomes of its
// label.
func (r *review) detail(s shown) error {
	e := viewEdit(s.edit)
	for i, l := range s.record.Labels {
		if l.ID == e.LabelID {
			s.record.Labels[i].Name = l.Name + " → " + first(e.To, "(removed)")
		}
	}
	v := s.record
	v.Key = e.Key
	columns := slices.DeleteFunc(catColumns(v), func(c column[recordView]) bool { return c.name == "DIGEST" })
	columns = append(columns,
		column[recordView]{name: "EDIT", value: func(recordView) any {
			return strings.TrimSpace(fmt.Sprintf("%s label %s: %s", e.Op, e.LabelID, transitionView{From: e.From, To: e.To}.words()))
		}},
		column[recordView]{name: "SHAPE", value: func(recordView) any { return shapeWords(e) }})
	return show(r.app, columns, v)
}
