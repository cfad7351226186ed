package govern_test

import (
	"slices"
	"time"

	"govd/internal/gov"
)

// What a witness decides.

// inForce returns the law of a time: the agreed bill with the largest number.
func (w *witness) inForce(now time.Time) (l law) {
	for _, b := range w.bills {
		if b.holds(now) {
			l = b.law
		}
	}
	return l
}

func (b *bill) holds(now time.Time) bool {
	return !b.withdrawn && !b.effective.IsZero() && !now.Before(b.effective)
}

// pending reports whether a bill can still be agreed to or taken back.
func (w *witness) pending(number uint64, now time.Time) bool {
	for i, b := range w.bills {
		if b.holds(now) && i+1 >= int(number) {
			return false
		}
	}
	return number > 0 && int(number) <= len(w.bills) && !w.bills[number-1].withdrawn
}

func (w *witness) mayConsent(number uint64, who gov.PersonID, now time.Time) bool {
	if !w.pending(number, now) || !w.bills[number-1].effective.IsZero() {
		return false
	}
	b := w.bills[number-1]
	return w.counts(&proposal{author: b.by, entry: b.entry}, who, gov.Admin, nil)
}

// lawsOf returns the laws that a change is under: that of when its newest
// revision was made, and that of now.
func (w *witness) lawsOf(p *proposal, now time.Time) []law {
	return []law{w.laws[p.newest().Rules], w.inForce(now)}
}

func (l law) stewardsFor(r *gov.Revision) int {
	if r.Touched*10 > r.Base.Records*4 {
		return l.stewards + l.large
	}
	return l.stewards
}

func (l law) need(r *gov.Revision) int { return l.stewardsFor(r) + l.trainers }

// human returns who answers for a person.
func (w *witness) human(id gov.PersonID) gov.PersonID {
	if p := w.people[id]; id.Machine() && p != nil && p.owner != "" {
		return w.human(p.owner)
	}
	return id
}

func (w *witness) same(a, b gov.PersonID) bool { return w.human(a) == w.human(b) }

// worked reports whether the person had a hand in any revision. Who asked to
// break the glass has, once it is broken.
func (w *witness) worked(p *proposal, id gov.PersonID, glass *gov.Glass) bool {
	hands := append([]gov.PersonID{p.author}, p.suppliers...)
	for _, r := range p.revisions {
		hands = append(hands, r.By, r.For)
	}
	if glass != nil {
		for _, a := range glass.Asked {
			hands = append(hands, a.Person)
		}
	}
	return slices.ContainsFunc(hands, func(hand gov.PersonID) bool { return hand != "" && w.same(hand, id) })
}

// counts reports whether a human who had no hand in the change holds the role,
// and not by a grant that somebody made who had.
func (w *witness) counts(p *proposal, id gov.PersonID, role gov.Role, glass *gov.Glass) bool {
	c := w.people[id]
	if c == nil || c.disabled || id.Machine() || w.worked(p, id, glass) {
		return false
	}
	return slices.ContainsFunc(c.held, func(g gov.Grant) bool {
		return g.Role == role && w.human(g.By) != id && (g.Entry < p.entry || !w.worked(p, g.By, glass))
	})
}

// eligible is counts for a vote, which only who reads the data has.
func (w *witness) eligible(p *proposal, id gov.PersonID, role gov.Role, glass *gov.Glass) bool {
	return w.reads(id) && w.counts(p, id, role, glass)
}

func (w *witness) holds(id gov.PersonID, roles ...gov.Role) bool {
	c := w.people[id]
	return c != nil && !c.disabled && slices.ContainsFunc(c.held, func(g gov.Grant) bool { return slices.Contains(roles, g.Role) })
}

func (w *witness) reads(id gov.PersonID) bool {
	return w.holds(id, gov.Annotator, gov.Steward, gov.Trainer, gov.Viewer, gov.Auditor)
}

func (w *witness) works(id gov.PersonID) bool {
	return w.holds(id, gov.Annotator, gov.Steward, gov.Trainer)
}

// applies reports whether the person may apply what is ready. A machine whose
// owner can do nothing any more may not.
func (w *witness) applies(id gov.PersonID) bool {
	return w.holds(id, gov.Annotator, gov.Steward) && !w.people[w.human(id)].disabled
}

func (w *witness) alive(p *proposal, now time.Time) bool { return now.Before(p.opened.Add(changeLife)) }

// fresh reports whether a vote counts for as long as the law lets it, on the
// newest revision, and since the change was opened last.
func (p *proposal) fresh(v gov.Vote, l law, now time.Time) bool {
	return v.Revision == p.newest().Digest && v.Entry >= p.reopened && now.Before(v.Time.Add(l.votes))
}

func own(v gov.Vote) bool { return v.Kind != gov.Lift || v.Of == "" || v.Of == v.Person }

// vetoed returns the entry of the veto of a person that stands, or 0.
func (p *proposal) vetoed(id gov.PersonID) (entry uint64) {
	for _, v := range p.votes {
		if v.Person == id && v.Kind == gov.Veto {
			entry = v.Entry
		}
		if v.Person == id && v.Kind == gov.Lift && own(v) {
			entry = 0
		}
	}
	return entry
}

// approved returns the last approval of a person that nothing they said since
// has taken back.
func (p *proposal) approved(id gov.PersonID) (last *gov.Vote) {
	for i, v := range p.votes {
		switch {
		case v.Person != id || !own(v):
		case v.Kind == gov.Approve:
			last = &p.votes[i]
		case v.Kind == gov.Veto || v.Kind == gov.Lift:
			last = nil
		}
	}
	return last
}

func (w *witness) approves(p *proposal, l law, id gov.PersonID, now time.Time) bool {
	v := p.approved(id)
	return v != nil && p.fresh(*v, l, now) && p.vetoed(id) == 0
}

// ready reports whether the change can be applied, or, if the glass was broken
// for it, be ratified.
func (w *witness) ready(p *proposal, now time.Time) bool {
	open := p.state == gov.ChangeOpen && w.alive(p, now) && p.newest().Base.Digest == w.heads[len(w.heads)-1]
	if broken := p.glass != nil && !p.glass.Applied.IsZero(); !broken && !open {
		return false
	}
	for _, l := range w.lawsOf(p, now) {
		if w.stopped(p, l, now, p.glass) || !w.full(p, l, now) {
			return false
		}
	}
	return true
}

// full reports whether the places can be filled, nobody taking two. For two kinds
// of places that is so if each kind has enough and both together have (Hall).
func (w *witness) full(p *proposal, l law, now time.Time) bool {
	stewards, trainers, either := 0, 0, 0
	for id := range w.people {
		if !w.approves(p, l, id, now) {
			continue
		}
		s, t := w.eligible(p, id, gov.Steward, p.glass), w.eligible(p, id, gov.Trainer, p.glass)
		if s {
			stewards++
		}
		if t {
			trainers++
		}
		if s || t {
			either++
		}
	}
	return stewards >= l.stewardsFor(p.newest()) && trainers >= l.trainers && either >= l.need(p.newest())
}

// stopped reports whether a veto stands that not enough others speak against:
// one more than the quorum must.
func (w *witness) stopped(p *proposal, l law, now time.Time, glass *gov.Glass) bool {
	for id := range w.people {
		entry := p.vetoed(id)
		if entry == 0 {
			continue
		}
		against := map[gov.PersonID]bool{}
		for _, v := range p.votes {
			if v.Kind == gov.Lift && v.Of == id && v.Person != id && v.Entry > entry {
				against[v.Person] = p.fresh(v, l, now) && w.speaks(p, l, v.Person, glass)
			}
		}
		n := 0
		for _, counts := range against {
			if counts {
				n++
			}
		}
		if n < max(l.need(p.newest()), 1)+1 {
			return true
		}
	}
	return false
}

// speaks reports whether a person has a say against a veto.
func (w *witness) speaks(p *proposal, l law, id gov.PersonID, glass *gov.Glass) bool {
	return w.eligible(p, id, gov.Steward, glass) || l.trainers > 0 && w.eligible(p, id, gov.Trainer, glass)
}

// mayVote reports whether who may say this of the newest revision.
func (w *witness) mayVote(p *proposal, kind gov.VoteKind, who, of gov.PersonID, now time.Time) bool {
	broken := p.glass != nil && !p.glass.Applied.IsZero()
	if !w.works(who) || p.state != gov.ChangeOpen && !broken {
		return false
	}
	laws := w.lawsOf(p, now)
	switch {
	case kind == gov.Veto:
		trainers := max(laws[0].trainers, laws[1].trainers)
		return !who.Machine() && (w.holds(who, gov.Steward) || trainers > 0 && w.holds(who, gov.Trainer))
	case kind == gov.Lift && (of == "" || of == who):
		return p.approved(who) != nil || p.vetoed(who) != 0
	case kind == gov.Lift && p.vetoed(of) == 0 || kind == gov.Approve && p.vetoed(who) != 0:
		return false
	}
	return (broken || w.alive(p, now)) && slices.ContainsFunc(laws, func(l law) bool { return w.hasSay(p, l, kind, who) })
}

func (w *witness) hasSay(p *proposal, l law, kind gov.VoteKind, who gov.PersonID) bool {
	if kind == gov.Lift || l.need(p.newest()) == 0 {
		return w.speaks(p, l, who, p.glass)
	}
	return l.stewardsFor(p.newest()) > 0 && w.eligible(p, who, gov.Steward, p.glass) || l.trainers > 0 && w.eligible(p, who, gov.Trainer, p.glass)
}

func (w *witness) mayBreak(p *proposal, who gov.PersonID) bool {
	if p.glass != nil && p.glass.Revision == p.newest().Digest && slices.ContainsFunc(p.glass.Asked, func(a gov.GlassAsk) bool { return w.same(a.Person, who) }) {
		return false
	}
	return p.state == gov.ChangeOpen && w.counts(p, who, gov.Admin, nil)
}

// brokenEnough reports whether nothing but approvals is missing, and an admin who
// had no hand in the change has asked to do without, within the hour.
func (w *witness) brokenEnough(p *proposal, now time.Time) bool {
	if p.state != gov.ChangeOpen || !w.alive(p, now) || p.newest().Base.Digest != w.heads[len(w.heads)-1] || p.glass == nil || p.glass.Revision != p.newest().Digest {
		return false
	}
	for _, l := range w.lawsOf(p, now) {
		if w.stopped(p, l, now, nil) {
			return false
		}
	}
	return slices.ContainsFunc(p.glass.Asked, func(a gov.GlassAsk) bool {
		return now.Before(a.Time.Add(askLife)) && w.counts(p, a.Person, gov.Admin, nil)
	})
}

func (w *witness) mayRatify(p *proposal, now time.Time) bool {
	g := p.glass
	return g != nil && !g.Applied.IsZero() && g.Ratified == 0 && now.Before(g.Due) && w.ready(p, now)
}
