package govern

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate"
)

// LabelVotesRecorded: annotators' votes on records of a version were brought. In
// the version's checks they take the place of those that were brought before.
type LabelVotesRecorded struct {
	Dataset    gov.DatasetName `json:"dataset"`
	Number     uint64          `json:"number"`
	Version    gov.Digest      `json:"version"`
	Votes      gov.Digest      `json:"votes"`
	Count      uint64          `json:"count"`
	Records    uint64          `json:"records"`
	Gold       uint64          `json:"gold"`
	Annotators uint64          `json:"annotators"`
}

func (*LabelVotesRecorded) name() string { return "votes.recorded" }

func (e *LabelVotesRecorded) apply(tx *store.Tx, o origin) error { return tx.PutLabelVotes(e.votes(o)) }

func (e *LabelVotesRecorded) votes(o origin) gov.LabelVotes {
	return gov.LabelVotes{
		Dataset: e.Dataset, Number: e.Number, Version: e.Version, Votes: e.Votes, Count: e.Count, Records: e.Records, Gold: e.Gold,
		Annotators: e.Annotators, By: o.who, Time: o.time, Entry: o.index,
	}
}

// A LabelVote is what an annotator said that a record shows. Annotators are words
// of a file, and not persons of govd.
type LabelVote struct {
	Key       string `json:"key"`
	Annotator string `json:"annotator"`
	Label     string `json:"label"`
	Truth     string `json:"truth,omitempty"` // what it really shows, if that is known
	Line      uint64 `json:"-"`               // of the file, to name it in errors
}

// How much one file of votes holds.
const (
	maxLabelVotes     = 100_000
	maxLabelVoteBytes = 16 << 20
)

// RecordVotes records annotators' votes on records of a version. Returns
// gov.Invalid, naming the first line and counting the others, if a record is not
// in the version, a word is none, or an annotator says two things of a record.
func (s *Service) RecordVotes(ctx context.Context, c Call, ref gov.Ref, votes iter.Seq2[LabelVote, error]) (row gov.LabelVotes, err error) {
	at := gov.Place(ref.Dataset)
	var v gov.Version
	err = s.see(ctx, c, gov.CheckRun, at, func(tx *store.Tx) error {
		v, err = resolve(tx, ref)
		return err
	})
	if err != nil {
		return row, err
	}
	p := poll{bad: map[int]error{}}
	if err := p.collect(votes); err != nil {
		return row, err
	}
	if err := p.close(nodes{ctx, s}, v); err != nil {
		return row, err
	}
	doc, err := json.Marshal(p.all)
	if err != nil {
		return row, err
	}
	if len(doc) > maxLabelVoteBytes {
		return row, gov.Errorf(gov.Exhausted, "TOO_MANY_VOTES", "%d bytes of votes, %d at most", len(doc), maxLabelVoteBytes)
	}
	ev, text := p.sum(v), newText(string(doc))
	ev.Votes = text.Digest()
	args := struct{ Version, Votes gov.Digest }{v.Digest, gov.DocumentDigest(doc)}
	done, err := write(ctx, s, c, action{do: gov.CheckRun, at: at, args: args}, func(tx *store.Tx) (*LabelVotesRecorded, error) {
		return ev, tx.PutText(ev.Votes, text)
	})
	if err != nil {
		return row, err
	}
	return done.Event.votes(origin{index: done.Index, time: done.Time, who: c.Actor.Person}), nil
}

// A poll gathers votes, and what is wrong with them by their place in the file.
type poll struct {
	all []LabelVote
	bad map[int]error
}

func (p *poll) collect(votes iter.Seq2[LabelVote, error]) error {
	for v, err := range votes {
		if err != nil {
			return err
		}
		if len(p.all) == maxLabelVotes {
			return gov.Errorf(gov.Exhausted, "TOO_MANY_VOTES", "more than %d votes: those on a sample of the records are enough", maxLabelVotes)
		}
		if err := v.check(); err != nil {
			p.bad[len(p.all)] = err
		}
		p.all = append(p.all, v)
	}
	if len(p.all) == 0 {
		return gov.Errorf(gov.Invalid, "NO_VOTES", "there is not a single vote")
	}
	return nil
}

func (v *LabelVote) check() error {
	_, person := gov.ParsePersonID(v.Annotator)
	switch {
	case !word(v.Annotator) || !word(v.Label) || v.Truth != "" && !word(v.Truth):
		return v.wrong("the annotator, the label or the truth is empty, has more than %d bytes or is not plain text", gov.MaxText)
	case person == nil:
		return v.wrong("annotator %q is named like a person of this server: they vote in inspections", v.Annotator)
	}
	return gov.CheckKey(v.Key)
}

func word(s string) bool {
	return s != "" && len(s) <= gov.MaxText && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func (v *LabelVote) wrong(format string, args ...any) error {
	return gov.Errorf(gov.Invalid, "BAD_VOTE", format, args...)
}

// close finds what is wrong with the votes taken together and in the version,
// and brings those that are right into an order that does not depend on the
// file's. What is known of a record is known of every vote on it.
func (p *poll) close(from tree.Source, v gov.Version) error {
	order := make([]int, len(p.all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return p.all[i].compare(&p.all[j]) })
	read := newSeeker(from, v.Tree)
	defer func() { read.stop() }()
	for len(order) > 0 {
		n := 1
		for n < len(order) && p.all[order[n]].Key == p.all[order[0]].Key {
			n++
		}
		if err := p.record(read, v, order[:n]); err != nil {
			return err
		}
		order = order[n:]
	}
	if err := p.faults(); err != nil {
		return err
	}
	slices.SortFunc(p.all, func(a, b LabelVote) int { return a.compare(&b) })
	p.all = slices.CompactFunc(p.all, func(a, b LabelVote) bool { return a.compare(&b) == 0 })
	return nil
}

func (v *LabelVote) compare(w *LabelVote) int {
	return cmp.Or(strings.Compare(v.Key, w.Key), strings.Compare(v.Annotator, w.Annotator))
}

// record looks at the votes on one record, by annotator and, of one annotator, in
// the order of the file.
func (p *poll) record(read *seeker, v gov.Version, votes []int) error {
	key, truth := p.all[votes[0]].Key, ""
	r, err := read.find(key)
	if err != nil && gov.ReasonOf(err) != "ERASED" {
		return err
	}
	for at, i := range votes {
		vote := &p.all[i]
		switch {
		case p.bad[i] != nil:
		case r == nil:
			p.bad[i] = gov.Errorf(gov.Invalid, "UNKNOWN_RECORD", "record %q is not in %s", key, v.Ref())
		case at > 0 && vote.Annotator == p.all[votes[at-1]].Annotator && vote.Label != p.all[votes[at-1]].Label:
			p.bad[max(i, votes[at-1])] = vote.wrong("annotator %q says two things of record %q", vote.Annotator, key)
		case truth != "" && vote.Truth != "" && vote.Truth != truth:
			p.bad[i] = vote.wrong("record %q is said to show two things for certain", key)
		}
		truth = cmp.Or(truth, vote.Truth)
	}
	for _, i := range votes {
		p.all[i].Truth = truth
	}
	return nil
}

// faults is the error that names the first line and counts the others.
func (p *poll) faults() error {
	f := faults{of: "vote"}
	for i := range p.all {
		if err := p.bad[i]; err != nil {
			f.add(gov.Errorf(gov.Invalid, gov.ReasonOf(err), "line %d: %v", cmp.Or(p.all[i].Line, uint64(i+1)), err))
		}
	}
	if f.first == nil {
		return nil
	}
	return f.err()
}

// sum counts what was brought.
func (p *poll) sum(v gov.Version) *LabelVotesRecorded {
	ev := &LabelVotesRecorded{Dataset: v.Dataset, Number: v.Number, Version: v.Digest, Count: uint64(len(p.all))}
	annotators := map[string]bool{}
	for i := range p.all {
		annotators[p.all[i].Annotator] = true
		if i > 0 && p.all[i].Key == p.all[i-1].Key {
			continue
		}
		if ev.Records++; p.all[i].Truth != "" {
			ev.Gold++
		}
	}
	ev.Annotators = uint64(len(annotators))
	return ev
}

// votesBrought returns the votes that count of a version: those of the newest
// file that was brought for it or, if there is none, for the nearest one before
// it. It is nil if there are none.
func votesBrought(tx *store.Tx, v gov.Version) (*cast, error) {
	for row, err := range tx.LabelVotes(v.Dataset, 0) {
		if err != nil || v.Number > row.Number && v.Number-row.Number > maxCarried {
			return nil, err
		}
		if row.Number > v.Number {
			continue
		}
		brought, err := readText[[]LabelVote](tx, row.Votes)
		if err != nil {
			return nil, err
		}
		of, err := tx.Version(row.Dataset, row.Number)
		c := &cast{of: of}
		for _, b := range brought {
			c.votes = append(c.votes, validate.Vote{Key: b.Key, By: b.Annotator, Name: b.Label, Right: b.Truth})
		}
		return c, err
	}
	return nil, nil
}
