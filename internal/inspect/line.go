package inspect

import "govd/internal/validate/stat"

// A line is the sample of one stratum in the order of rank, and how far it has
// been followed. A sequential plan is decided on what is settled from the first
// item on without a gap, so nobody can bring an item forward.
type line struct {
	places   []int // on the sheet
	used     int
	errors   uint64
	decision stat.Decision // of a fixed plan, Accept means only that it is complete
}

// follow counts what has been settled next in a stratum, until it is decided.
func (i *Inspection) follow(stratum int) {
	l, p := &i.lines[stratum], &i.sheet.Plans[stratum]
	for l.decision == stat.Continue && l.used < len(l.places) {
		verdict, settled := i.answers[l.places[l.used]].outcome(int(i.design.Reviewers))
		if !settled {
			return
		}
		l.used++
		if verdict != OK { // what stays unclear counts as wrong
			l.errors++
		}
		l.decision = p.decide(l.errors, uint64(l.used))
	}
}

// decide says whether the plan is decided after n items: a fixed plan when all
// are there, and not one earlier.
func (p *Plan) decide(errors, n uint64) stat.Decision {
	switch {
	case p.Sequential != nil:
		return p.Sequential.Decide(errors, n)
	case n == p.Fixed.N:
		return stat.Accept
	}
	return stat.Continue
}

// needed reports whether the item at a place matters: all of a fixed plan do, and
// of a sequential one those up to the last item that was used.
func (i *Inspection) needed(at int) bool {
	stratum := i.sheet.Items[at].Stratum
	l := &i.lines[stratum]
	return l.decision == stat.Continue || i.sheet.Plans[stratum].Fixed != nil || at <= l.places[l.used-1]
}
