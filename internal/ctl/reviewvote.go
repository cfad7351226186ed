package ctl

import (
	"context"
	"fmt"

	"govd/internal/gov"
)

// vote asks for the vote, with what it is about before the eyes. It reports
// whether one was cast or the review was left.
func (r *review) vote(ctx context.Context) (done bool, err error) {
	fmt.Fprintln(r.stdout)
	lines := []string{r.lookedWords()}
	if why := r.barred(); why != "" {
		lines = append(lines, "your approval would not count: "+why)
	}
	if err := r.say(lines...); err != nil {
		return false, err
	}
	answer, err := r.ask(ctx, "[a]pprove  [v]eto  [c]omment  [b]ack  [q]uit without a vote > ")
	if err != nil {
		return false, err
	}
	kind, ok := map[string]gov.VoteKind{"a": gov.Approve, "v": gov.Veto, "c": gov.Comment}[answer]
	switch {
	case answer == "q":
		return true, r.say("no vote was cast")
	case !ok:
		return false, nil
	}
	return r.castKind(ctx, kind)
}

// lookedWords says how much of the change was on the screen.
func (r *review) lookedWords() string {
	var edits uint64
	transitions := 0
	for _, l := range r.looks {
		if l.seen > 0 {
			edits += l.seen
			transitions++
		}
	}
	return fmt.Sprintf("you looked at %s of %s in %d of %s", thousands(edits), count(r.stat.Edits, "label"), transitions, count(r.stat.TransitionCount, "transition"))
}

// barred returns why the reviewer's approval would not count, or "".
func (r *review) barred() string {
	why := ""
	for _, f := range r.resp.GetVerdict().GetFactors() {
		for _, id := range f.GetCould() {
			if id == r.me {
				return ""
			}
		}
		for _, e := range f.GetExcluded() {
			if e.GetPerson() == r.me {
				why = e.GetReason()
			}
		}
	}
	return why
}

// castKind asks why and whether it is meant, and casts the vote.
func (r *review) castKind(ctx context.Context, kind gov.VoteKind) (done bool, err error) {
	prompt := "why > "
	if kind == gov.Approve {
		prompt = "why (may be left out) > "
	}
	b, err := newBallot(r.resp, kind, "")
	if err != nil {
		return false, err
	}
	if b.message, err = r.ask(ctx, prompt); err != nil {
		return false, err
	}
	if b.message == "" && kind != gov.Approve {
		return false, r.say(fmt.Sprintf("a %s says why; no vote was cast", kind))
	}
	fmt.Fprintf(r.stdout, "%s revision %d of change %d, %s\n  %s\n", kind, b.revision.GetNumber(), r.id, sizeWords(b.revision), b.revision.GetDigest())
	answer, err := r.ask(ctx, "is that so? [y/N] > ")
	if err != nil {
		return false, err
	}
	if answer != "y" && answer != "yes" {
		return false, r.say("no vote was cast")
	}
	s := r.signing
	if kind == gov.Comment {
		s = signing{}
	}
	resp, err := r.cast(ctx, r.client, b, s)
	if err != nil {
		return false, err
	}
	fmt.Fprintln(r.stdout, r.screen.wrapAll(castWords(b, resp)))
	return true, nil
}
