package govern

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
	"govd/internal/tree"
)

// EvidenceImported: what reviewers outside of govd said of a revision.
type EvidenceImported struct {
	Change    gov.ChangeID `json:"change"`
	Revision  gov.Digest   `json:"revision"`
	Votes     gov.Digest   `json:"votes"`
	Count     uint64       `json:"count"`
	Items     uint64       `json:"items"`
	Reviewers uint64       `json:"reviewers"`
	Alpha     int32        `json:"alpha"`
	Known     bool         `json:"known,omitempty"`
	Agree     uint64       `json:"agree"`
}

func (*EvidenceImported) name() string { return "evidence.imported" }

func (e *EvidenceImported) apply(tx *store.Tx, o origin) error { return tx.PutEvidence(e.evidence(o)) }

func (e *EvidenceImported) evidence(o origin) gov.Evidence {
	return gov.Evidence{
		Change: e.Change, Revision: e.Revision, Votes: e.Votes, Count: e.Count, Items: e.Items, Reviewers: e.Reviewers,
		Alpha: e.Alpha, Known: e.Known, Agree: e.Agree, By: o.who, Time: o.time, Entry: o.index,
	}
}

// An OutsideVote is what somebody outside of govd said of a record.
type OutsideVote struct {
	Item, Reviewer, Vote string
	Time                 time.Time
}

// How many outside votes are taken at once, and how long their words may be.
const (
	maxOutside     = 100_000
	maxOutsideWord = gov.MaxText
)

// ImportVotes records outside reviewers' votes on the records of a revision, and
// how far they agree. They count for nothing; who brings them is a contributor.
func (s *Service) ImportVotes(ctx context.Context, c Call, id gov.ChangeID, revision gov.Digest, votes iter.Seq2[OutsideVote, error]) (e gov.Evidence, err error) {
	var edits gov.Tree
	err = s.seeChange(ctx, c, gov.ChangeComment, id, func(tx *store.Tx, ch gov.Change) error {
		r, err := tx.ChangeRevision(id, ch.Revision)
		edits = r.Edits
		return err
	})
	if err != nil {
		return e, err
	}
	b := newBallotBox()
	if err := b.collect(nodes{ctx, s}, edits, votes); err != nil {
		return e, err
	}
	text := gov.SaltText{Salt: newText("").Salt, Text: b.document()}
	ev := b.sum()
	ev.Change, ev.Revision, ev.Votes = id, revision, text.Digest()
	args := struct{ Revision, Votes gov.Digest }{revision, gov.DocumentDigest([]byte(text.Text))}
	done, err := writeChange(ctx, s, c, gov.ChangeComment, id, args, func(tx *store.Tx, ch gov.Change) (*EvidenceImported, error) {
		r, err := tx.ChangeRevision(id, ch.Revision)
		if err != nil {
			return nil, err
		}
		if r.Digest != revision {
			return nil, gov.Errorf(gov.Denied, review.StaleDigest, "revision %d is the newest of change %s, and is not the one you mean", r.Number, id)
		}
		if err := mustBe(ch, gov.ChangeOpen); err != nil {
			return nil, err
		}
		return ev, tx.PutText(ev.Votes, text)
	})
	if err != nil {
		return e, err
	}
	return done.Event.evidence(origin{index: done.Index, time: done.Time, who: c.Actor.Person}), nil
}

// A ballotBox sums up outside votes.
type ballotBox struct {
	all       []OutsideVote
	gives     map[string][]string // label names that the change gives to each record voted on
	reviewers map[string]bool
	agreement review.Agreement
}

func newBallotBox() *ballotBox {
	return &ballotBox{gives: map[string][]string{}, reviewers: map[string]bool{}}
}

// collect checks the votes, of which all must be on records of the edits.
func (b *ballotBox) collect(from tree.Source, edits gov.Tree, votes iter.Seq2[OutsideVote, error]) error {
	for v, err := range votes {
		if err != nil {
			return err
		}
		if err := v.check(); err != nil {
			return err
		}
		if len(b.all) == maxOutside {
			return gov.Errorf(gov.Exhausted, "TOO_MANY_VOTES", "more than %d votes at once: import them in parts", maxOutside)
		}
		b.all = append(b.all, v)
		b.reviewers[v.Reviewer] = true
	}
	if len(b.all) == 0 {
		return gov.Errorf(gov.Invalid, "NO_VOTES", "there is not a single vote")
	}
	slices.SortFunc(b.all, func(x, y OutsideVote) int {
		return cmp.Or(strings.Compare(x.Item, y.Item), x.Time.Compare(y.Time), strings.Compare(x.Reviewer, y.Reviewer), strings.Compare(x.Vote, y.Vote))
	})
	for _, v := range b.all {
		b.agreement.Add(v.Item, v.Reviewer, v.Vote)
	}
	return b.look(from, edits)
}

func (v *OutsideVote) check() error {
	for _, word := range []string{v.Reviewer, v.Vote} {
		if word == "" || len(word) > maxOutsideWord || strings.ContainsFunc(word, func(r rune) bool { return r < ' ' }) {
			return gov.Errorf(gov.Invalid, "BAD_VOTE", "the vote on %q has a reviewer or a vote that is empty, too long or has control characters", v.Item)
		}
	}
	return gov.CheckKey(v.Item)
}

// look notes what the change gives to each record that was voted on.
func (b *ballotBox) look(from tree.Source, edits gov.Tree) error {
	for i, v := range b.all {
		if i > 0 && v.Item == b.all[i-1].Item {
			continue
		}
		lo := append([]byte(v.Item), 0)
		for e, err := range storedEdits(from, edits, lo, append([]byte(v.Item), 1)) {
			if err != nil {
				return err
			}
			b.gives[v.Item] = append(b.gives[v.Item], e.To)
		}
		if b.gives[v.Item] == nil {
			return gov.Errorf(gov.Invalid, "UNKNOWN_RECORD", "the change does not touch record %q", v.Item)
		}
	}
	return nil
}

// document returns the votes as a CSV text.
func (b *ballotBox) document() string {
	var out strings.Builder
	out.WriteString("item,reviewer,vote,time\n")
	for _, v := range b.all {
		when := ""
		if !v.Time.IsZero() {
			when = v.Time.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(&out, "%s,%s,%s,%s\n", csvField(v.Item), csvField(v.Reviewer), csvField(v.Vote), when)
	}
	return out.String()
}

func csvField(s string) string {
	if !strings.ContainsAny(s, "\",\n") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// sum returns what the votes show.
func (b *ballotBox) sum() *EvidenceImported {
	ev := &EvidenceImported{Count: uint64(len(b.all)), Items: uint64(len(b.gives)), Reviewers: uint64(len(b.reviewers))}
	if alpha, known := b.agreement.Alpha(); known {
		ev.Alpha, ev.Known = int32(math.Round(alpha*10_000)), true
	}
	for item, given := range b.gives {
		if slices.Contains(given, b.agreement.Majority(item)) {
			ev.Agree++
		}
	}
	return ev
}
