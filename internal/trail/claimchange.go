package trail

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// Proposed is what the log says of a change.
type proposed struct {
	author   gov.PersonID
	revision gov.Digest // the newest that was seen
	base     gov.Base
	dataset  gov.DatasetName
	votes    []cast

	number    uint64         // of the newest revision
	revisions uint64         // that were seen
	hands     []gov.PersonID // who made them
}

// A cast vote.
type cast struct {
	who      gov.PersonID
	kind     gov.VoteKind
	revision gov.Digest
	entry    uint64
}

// changeProposed tells of a change and its first revision.
func (p *proven) changeProposed(l line) error {
	var e struct {
		gov.Revision
		Expires time.Time `json:"expires"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.changes[e.Change] = &proposed{author: l.Who}
	n := gov.NumberedNode(gov.ChangeNode, uint64(e.Change))
	p.node(n, l, gov.Digest{})
	return p.revision(l, e.Revision, "proposed")
}

// changeRevised tells of a later revision.
func (p *proven) changeRevised(l line) error {
	var e gov.Revision
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	if p.changes[e.Change] == nil {
		p.changes[e.Change] = &proposed{}
	}
	return p.revision(l, e, "revised")
}

func (p *proven) revision(l line, r gov.Revision, how string) error {
	if r.ComputeDigest() != r.Digest || l.At != gov.Place(r.Dataset) || r.Change == 0 {
		return badFile("the revision's digest does not commit to what the log entry says of it")
	}
	c := p.changes[r.Change]
	c.revision, c.base, c.dataset, c.number = r.Digest, r.Base, r.Dataset, r.Number
	c.revisions++
	c.hands = append(c.hands, l.Who)
	if r.For != "" {
		c.hands = append(c.hands, r.For)
	}
	p.on(OfChanges, r.Change.String())
	p.edge(gov.NumberedNode(gov.ChangeNode, uint64(r.Change)), lineage.DerivedFrom, gov.VersionOf(r.Dataset, r.Base.Number))
	p.holds(fmt.Sprintf("change %s of %s was %s %s: %s of %s of v%d", r.Change, r.Dataset, how, l.said(), count(r.Edits.Records, "edit"), count(r.Touched, "record"), r.Base.Number),
		"revision %d has the digest %s, which commits to the root %s of the edits, to the base %s and to the rules %s", r.Number, r.Digest, r.Edits.Root, r.Base.Digest, r.Rules)
	return nil
}

// changeVoted tells of a vote, and of the signature under it if it is there.
func (p *proven) changeVoted(l line) error {
	var e struct {
		Change    gov.ChangeID `json:"change"`
		Revision  gov.Digest   `json:"revision"`
		Kind      gov.VoteKind `json:"kind"`
		Of        gov.PersonID `json:"of"`
		Signature gov.Digest   `json:"signature"`
		Key       string       `json:"key"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	if _, err := gov.ParseVoteKind(string(e.Kind)); err != nil || e.Change == 0 {
		return badFile("the log entry is no vote that is known here")
	}
	if c := p.changes[e.Change]; c != nil {
		c.votes = append(c.votes, cast{l.Who, e.Kind, e.Revision, l.index})
	}
	p.on(OfChanges, e.Change.String())
	p.holds(fmt.Sprintf("on change %s, revision %s, %s voted %s at %s (log entry %d)", e.Change, e.Revision.Short(), l.Who, e.Kind, l.Time.Format(time.RFC3339), l.index),
		"the entry names the revision's digest %s%s", e.Revision, map[bool]string{true: "; the vote is not signed"}[e.Signature.IsZero()])
	if e.Signature.IsZero() {
		return nil
	}
	return p.signed(l, vote{e.Change, e.Revision, e.Kind, e.Of, e.Signature, e.Key})
}

// changeReopened tells that a change is open again: older votes are void.
func (p *proven) changeReopened(l line) error {
	var e struct {
		Change gov.ChangeID `json:"change"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	if c := p.changes[e.Change]; c != nil {
		c.votes = nil
	}
	p.on(OfChanges, e.Change.String())
	p.holds(fmt.Sprintf("change %s was reopened %s", e.Change, l.said()), "votes before it are void")
	return nil
}

// changeApplied tells which version a change became, and whose approvals it had.
func (p *proven) changeApplied(l line) error {
	var e applied
	if err := decodeWhole(l.Entry, &e); err != nil {
		return err
	}
	if _, err := registration(l.Entry); err != nil {
		return err
	}
	p.version(l, e.Registration, fmt.Sprintf("made of change %s", e.Change), fmt.Sprintf("; the change's revision has the digest %s", e.Revision))
	p.edge(gov.VersionOf(e.Dataset, e.Number), lineage.TouchedBy, gov.NumberedNode(gov.ChangeNode, uint64(e.Change)))
	p.madeBy[gov.VersionOf(e.Dataset, e.Number)] = e.Change
	return p.approved(l, e.Change, e.Revision, e.Registration, e.Glass)
}

// approved tells who approved the revision that was applied, by the votes in
// this file. Whoever proposed it does not count.
func (p *proven) approved(l line, id gov.ChangeID, revision gov.Digest, r gov.Registration, glass bool) error {
	p.on(OfChanges, id.String())
	c := p.changes[id]
	if c == nil {
		p.lacks(fmt.Sprintf("change %s touched version %s", id, r.Ref()), "log entry %d says so, and this file does not hold who proposed and approved it", l.index)
		return nil
	}
	claim := fmt.Sprintf("change %s of %s touched version %s", id, c.author, r.Ref())
	if c.revision != revision || c.dataset != r.Dataset || c.base.Number+1 != r.Number {
		return p.fails(claim, fmt.Errorf("it was revised since, or is about another version: the newest revision here is %s", c.revision))
	}
	who, where := c.approvals(revision, l.index)
	switch {
	case len(who) > 0:
		p.holds(claim+", approved by "+strings.Join(who, ", "), "votes over the digest %s in log entries %s", revision, strings.Join(where, ", "))
	case glass:
		p.holds(claim+", before anyone else approved it: the glass was broken", "log entry %d says so", l.index)
	default:
		p.lacks(claim+"; nobody else approved it, as far as this file shows", "log entry %d applied it", l.index)
	}
	return nil
}

// approvals returns who approved a revision before an entry, each once, and in
// which entries. A vote taken back does not count.
func (c *proposed) approvals(revision gov.Digest, before uint64) (who, where []string) {
	for _, v := range c.votes {
		i := slices.Index(who, string(v.who))
		switch {
		case v.entry > before || v.who == c.author:
		case v.kind == gov.Approve && v.revision == revision && i < 0:
			who, where = append(who, string(v.who)), append(where, fmt.Sprint(v.entry))
		case (v.kind == gov.Veto || v.kind == gov.Lift) && i >= 0:
			who, where = slices.Delete(who, i, i+1), slices.Delete(where, i, i+1)
		}
	}
	return who, where
}
