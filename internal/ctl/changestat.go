package ctl

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	govdv1 "govd/proto/govd/v1"
)

// A statView sums up a revision.
type statView struct {
	Change          uint64            `json:"change"`
	Revision        uint64            `json:"revision"`
	Digest          string            `json:"digest"`
	Base            string            `json:"base"`
	Edits           uint64            `json:"edits"`
	Records         uint64            `json:"records"`
	Transitions     []transitionView  `json:"transitions"`
	TransitionCount uint64            `json:"transition_count"` // of all; 1000 at most are listed
	Labels          []labelCountView  `json:"labels"`
	Splits          map[string]uint64 `json:"splits"` // "" for none
	Reshaped        uint64            `json:"reshaped"`
	Past            []pastView        `json:"past"`
	Evidence        []evidenceView    `json:"evidence"`
}

type transitionView struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Count    uint64 `json:"count"`
	SharePPM uint32 `json:"share_ppm"`
}

type labelCountView struct {
	Name   string `json:"name"`
	Before uint64 `json:"before"`
	After  uint64 `json:"after"`
}

type pastView struct {
	Reviewer   string `json:"reviewer"`
	ReviewerID string `json:"reviewer_id"`
	Approved   uint64 `json:"approved"`
	Against    uint64 `json:"against"`
}

// An evidenceView is what outside reviewers' votes show.
type evidenceView struct {
	Digest     string    `json:"digest"`
	Revision   string    `json:"revision"`
	Votes      uint64    `json:"votes"`
	Items      uint64    `json:"items"`
	Reviewers  uint64    `json:"reviewers"`
	Alpha      *float64  `json:"alpha,omitempty"` // Krippendorff's
	Agree      uint64    `json:"agree"`
	By         string    `json:"by"`
	Time       time.Time `json:"time"`
	AuditIndex uint64    `json:"audit_index"`
}

func viewEvidence(e *govdv1.Evidence, n names) evidenceView {
	v := evidenceView{
		Digest: e.GetDigest(), Revision: e.GetRevision(), Votes: e.GetVotes(), Items: e.GetItems(), Reviewers: e.GetReviewers(),
		Agree: e.GetAgree(), By: n.of(e.GetBy()), Time: when(e.GetTime()), AuditIndex: e.GetAuditIndex(),
	}
	if e.GetHasAlpha() {
		alpha := float64(e.GetAlpha()) / 10_000
		v.Alpha = &alpha
	}
	return v
}

func (e evidenceView) words() string {
	s := fmt.Sprintf("%s by %s on %s; most agree with the change on %s", count(e.Votes, "vote"), count(e.Reviewers, "reviewer"), count(e.Items, "record"), thousands(e.Agree))
	if e.Alpha != nil {
		s += fmt.Sprintf("; alpha %.2f", *e.Alpha)
	}
	return s
}

func viewStat(id uint64, r *govdv1.StatChangeResponse, n names) statView {
	v := statView{
		Change: id, Revision: r.GetRevision().GetNumber(), Digest: r.GetRevision().GetDigest(), Base: r.GetRevision().GetBase(),
		Edits: r.GetRevision().GetEdits(), Records: r.GetRevision().GetRecords(), TransitionCount: r.GetTransitionCount(),
		Reshaped: r.GetReshaped(), Splits: r.GetSplits(),
		Transitions: viewAll(r.GetTransitions(), func(t *govdv1.TransitionCount) transitionView {
			return transitionView{t.GetFrom(), t.GetTo(), t.GetCount(), t.GetShare()}
		}),
		Labels: viewAll(r.GetLabels(), func(l *govdv1.LabelCount) labelCountView {
			return labelCountView{l.GetName(), l.GetBefore(), l.GetAfter()}
		}),
		Past: viewAll(r.GetPast(), func(p *govdv1.PastVotes) pastView {
			return pastView{first(p.GetReviewerName(), p.GetReviewer()), p.GetReviewer(), p.GetApproved(), p.GetAgainst()}
		}),
		Evidence: viewAll(r.GetEvidence(), func(e *govdv1.Evidence) evidenceView { return viewEvidence(e, n) }),
	}
	if v.Splits == nil {
		v.Splits = map[string]uint64{}
	}
	return v
}

// words says from what to what; added and removed labels have one side only.
func (t transitionView) words() string {
	if t.From == t.To {
		return t.From + " reshaped"
	}
	return first(t.From, "(none)") + " → " + first(t.To, "(removed)")
}

// percent writes parts per million for people.
func percent(ppm uint32) string {
	p := float64(ppm) / 10_000
	switch {
	case ppm == 0:
		return "0%"
	case p < 0.1:
		return "<0.1%"
	}
	return fmt.Sprintf("%.1f%%", p)
}

func (a *app) showStat(ctx context.Context, c *client, id, revision uint64) error {
	resp, err := c.StatChange(ctx, &govdv1.StatChangeRequest{Change: id, Revision: revision})
	if err != nil {
		return err
	}
	n := names{}
	for _, p := range resp.GetPast() {
		n[p.GetReviewer()] = p.GetReviewerName()
	}
	v := viewStat(id, resp, n)
	switch {
	case a.json:
		return a.printObject(v)
	case a.screen.terminal:
		return a.printStat(v)
	}
	return v.printTabs(a)
}

// printTabs writes a line for each number: what it counts, two names, and it.
func (v statView) printTabs(a *app) error {
	type line struct {
		what, from, to string
		n              any
	}
	var lines []line
	for _, t := range v.Transitions {
		lines = append(lines, line{"transition", t.From, t.To, t.Count})
	}
	for _, l := range v.Labels {
		lines = append(lines, line{"before", l.Name, "", l.Before}, line{"after", l.Name, "", l.After})
	}
	for _, name := range slices.Sorted(maps.Keys(v.Splits)) {
		lines = append(lines, line{"split", name, "", v.Splits[name]})
	}
	for _, p := range v.Past {
		lines = append(lines, line{"approved", p.Reviewer, "", p.Approved}, line{"against", p.Reviewer, "", p.Against})
	}
	for _, e := range v.Evidence {
		lines = append(lines, line{"votes", e.By, e.Digest, e.Votes})
	}
	return printTabs(a.stdout, []column[line]{
		{value: func(l line) any { return l.what }},
		{value: func(l line) any { return l.from }},
		{value: func(l line) any { return l.to }},
		{value: func(l line) any { return l.n }},
	}, seq(lines))
}

// What fits on a screen. Everything is in --json.
const (
	shownTransitions = 12
	shownLabels      = 12
)

// printStat sums up for people.
func (a *app) printStat(v statView) error {
	if err := a.printTransitions(v); err != nil {
		return err
	}
	if err := a.printLabelCounts(v.Labels); err != nil {
		return err
	}
	lines := []string{"records by split: " + strings.Join(countWords(v.Splits), ", ")}
	for _, p := range v.Past {
		lines = append(lines, fmt.Sprintf("%s approved %s of the author's earlier changes and vetoed %s", p.Reviewer, thousands(p.Approved), thousands(p.Against)))
	}
	for _, e := range v.Evidence {
		lines = append(lines, "outside: "+e.words())
	}
	return a.say(lines...)
}

// countWords writes counts, the largest first: "train 12".
func countWords(counts map[string]uint64) (words []string) {
	for _, name := range byCount(counts) {
		words = append(words, first(name, "(none)")+" "+thousands(counts[name]))
	}
	return words
}

func (a *app) printTransitions(v statView) error {
	shown := v.Transitions[:min(len(v.Transitions), shownTransitions)]
	_, err := printTable(a, a.screen.width, []column[transitionView]{
		{name: "TRANSITION", value: func(t transitionView) any { return clean(t.words()) }},
		{name: "LABELS", value: func(t transitionView) any { return t.Count }, right: true},
		{name: "SHARE", value: func(t transitionView) any { return percent(t.SharePPM) }, right: true},
	}, seq(shown))
	if more := v.TransitionCount - uint64(len(shown)); err == nil && more > 0 {
		err = a.say(fmt.Sprintf("and %s; --json has them", count(more, "more transition")))
	}
	fmt.Fprintln(a.stdout)
	return err
}

// printLabelCounts shows the labels whose count changes, the most changed first.
func (a *app) printLabelCounts(labels []labelCountView) error {
	moved := slices.DeleteFunc(slices.Clone(labels), func(l labelCountView) bool { return l.Before == l.After })
	slices.SortStableFunc(moved, func(x, y labelCountView) int { return cmp.Compare(y.size(), x.size()) })
	shown := moved[:min(len(moved), shownLabels)]
	if len(shown) == 0 {
		return a.say("label counts stay as they are")
	}
	_, err := printTable(a, a.screen.width, []column[labelCountView]{
		{name: "LABEL", value: func(l labelCountView) any { return l.Name }},
		{name: "BEFORE", value: func(l labelCountView) any { return l.Before }, right: true},
		{name: "AFTER", value: func(l labelCountView) any { return l.After }, right: true},
		{name: "CHANGE", value: func(l labelCountView) any { return l.delta() }, right: true},
	}, seq(shown))
	if more := uint64(len(moved) - len(shown)); err == nil && more > 0 {
		err = a.say(fmt.Sprintf("and %s; --json has them", count(more, "more label")))
	}
	fmt.Fprintln(a.stdout)
	return err
}

// size says by how many a count changes, either way.
func (l labelCountView) size() uint64 { return max(l.Before, l.After) - min(l.Before, l.After) }

func (l labelCountView) delta() string {
	if l.After < l.Before {
		return "-" + thousands(l.size())
	}
	return "+" + thousands(l.size())
}
