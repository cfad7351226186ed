package govern_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/govern"
)

// A witness knows what the log says and nothing else. From that it says, in the
// plainest words there are and without package review, what may be done to the
// changes of one dataset at stage 1 whose changes are meant for stage 2. Nothing
// that it knows is ever taken away: each question is answered by looking through
// all that was said.
type witness struct {
	laws    map[gov.Digest]law // documents that the tests propose
	people  map[gov.PersonID]*citizen
	bills   []*bill
	changes map[gov.ChangeID]*proposal
	heads   []gov.Digest // of the dataset's versions
	size    uint64       // entries that were seen
	applied int
	ratify  int
}

type citizen struct {
	owner    gov.PersonID
	disabled bool
	held     []gov.Grant
}

// A law is what the rules of these tests can say: how many stewards and trainers
// a change needs, how many stewards more if it touches over 40 % of the records,
// and how long votes count.
type law struct {
	stewards, trainers, large int
	votes                     time.Duration
}

// A bill is a law that was proposed.
type bill struct {
	law
	by        gov.PersonID
	entry     uint64
	document  gov.Digest
	effective time.Time
	withdrawn bool
}

type proposal struct {
	author          gov.PersonID
	entry, reopened uint64
	opened          time.Time
	state           gov.ChangeState
	revisions       []gov.Revision
	votes           []gov.Vote
	suppliers       []gov.PersonID
	glass           *gov.Glass
}

func (p *proposal) newest() *gov.Revision { return &p.revisions[len(p.revisions)-1] }

func newWitness() *witness {
	return &witness{laws: map[gov.Digest]law{}, people: map[gov.PersonID]*citizen{}, changes: map[gov.ChangeID]*proposal{}}
}

// document returns the law as a document of rules that could stand for a server.
func (l law) document() string {
	var factors []string
	for role, need := range map[string]int{"steward": l.stewards, "trainer": l.trainers} {
		if need > 0 {
			factors = append(factors, fmt.Sprintf(`{"role":%q,"need":%d}`, role, need))
		}
	}
	slices.Sort(factors)
	stage2 := `{"factors":[` + strings.Join(factors, ",") + `]`
	if l.large > 0 {
		stage2 += fmt.Sprintf(`,"extra":[{"of":"records","over_ppm":400000,"role":"steward","need":%d}]`, l.large)
	}
	return fmt.Sprintf(`{"stages":{"1":{},"2":%s},"3":{},"4":{},"5":{}},"vote_life":"%dh","change_life":"120h","lift_more":1,`+
		`"break_glass":{"factors":[{"role":"admin","need":1}],"life":"1h","ratify":"48h","reason":20},"rule_need":1,"rule_delay":"1h"}`,
		stage2, int(l.votes.Hours()))
}

const (
	changeLife = 120 * time.Hour
	askLife    = time.Hour
	ratifyLife = 48 * time.Hour
	ruleDelay  = time.Hour
)

// see takes an entry of the log in, after it has said whether the state before
// it allowed it. It returns what is wrong.
func (w *witness) see(index uint64, e *audit.Entry) (wrong string) {
	w.size = index + 1
	if e.Event == "" {
		return ""
	}
	ev := govern.NewEvent(e.Event)
	if err := json.Unmarshal(e.Data, ev); err != nil {
		return err.Error()
	}
	o := at{index, e.Who, e.Time}
	if !w.allows(ev, o) {
		wrong = fmt.Sprintf("entry %d: %s by %s must not be: %s", index, e.Event, e.Who, e.Data)
	}
	w.fold(ev, o)
	return wrong
}

// at is where and when something was said, and by whom.
type at struct {
	index uint64
	who   gov.PersonID
	time  time.Time
}

func (w *witness) fold(ev any, o at) {
	switch ev := ev.(type) {
	case *govern.ServerBootstrapped:
		w.people[ev.Person.ID] = &citizen{}
		w.people[ev.Person.ID].hold(gov.Grant{Role: gov.Admin, Place: gov.Server, By: o.who, Entry: o.index})
	case *govern.PersonAdded:
		w.people[ev.ID] = &citizen{owner: ev.Owner}
	case *govern.PersonDisabled:
		w.people[ev.ID].disabled = true
	case *govern.RoleGranted:
		w.people[ev.Person].hold(gov.Grant{Role: ev.Role, Place: ev.Place, By: o.who, Entry: o.index})
	case *govern.RoleRevoked:
		p := w.people[ev.Person]
		p.held = slices.DeleteFunc(p.held, func(g gov.Grant) bool { return g.Role == ev.Role && g.Place == ev.Place })
	case *govern.VersionRegistered:
		w.heads = append(w.heads, ev.Digest)
	case *govern.RulesProposed:
		w.bills = append(w.bills, &bill{law: w.laws[ev.Document], by: o.who, entry: o.index, document: ev.Document})
	case *govern.RulesConsented:
		w.bills[ev.Number-1].effective = o.time.Add(ruleDelay)
	case *govern.RulesWithdrawn:
		w.bills[ev.Number-1].withdrawn = true
	default:
		w.foldChange(ev, o)
	}
}

func (p *citizen) hold(g gov.Grant) { p.held = append(p.held, g) }

func (w *witness) foldChange(ev any, o at) {
	switch ev := ev.(type) {
	case *govern.ChangeProposed:
		w.changes[ev.Change] = &proposal{author: o.who, entry: o.index, opened: o.time, state: gov.ChangeOpen}
		w.changes[ev.Change].revise(ev.Revision, o)
	case *govern.ChangeRevised:
		w.changes[ev.Change].revise(ev.Revision, o)
	case *govern.ChangeVoted:
		p := w.changes[ev.Change]
		p.votes = append(p.votes, gov.Vote{Revision: ev.Revision, Person: o.who, Kind: ev.Kind, Of: ev.Of, Entry: o.index, Time: o.time})
	case *govern.EvidenceImported:
		p := w.changes[ev.Change]
		p.suppliers = append(p.suppliers, o.who)
	case *govern.ChangeWithdrawn:
		w.changes[ev.Change].state = gov.ChangeWithdrawn
	case *govern.ChangeReopened:
		p := w.changes[ev.Change]
		p.state, p.reopened = gov.ChangeOpen, o.index
	case *govern.GlassAsked:
		p := w.changes[ev.Change]
		if p.glass == nil || p.glass.Revision != ev.Revision {
			p.glass = &gov.Glass{Revision: ev.Revision}
		}
		p.glass.Asked = append(p.glass.Asked, gov.GlassAsk{Person: o.who, Time: o.time})
	case *govern.ChangeApplied:
		p := w.changes[ev.Change]
		p.state = gov.ChangeApplied
		w.heads = append(w.heads, ev.Digest)
		w.applied++
		if ev.Glass {
			p.glass.Applied, p.glass.Due = o.time, o.time.Add(ratifyLife)
		}
	case *govern.ChangeRatified:
		w.changes[ev.Change].glass.Ratified = o.index
		w.ratify++
	}
}

func (p *proposal) revise(r gov.Revision, o at) {
	r.By, r.Created = o.who, o.time
	p.revisions = append(p.revisions, r)
}

// allows reports whether what happened was allowed to.
func (w *witness) allows(ev any, o at) bool {
	switch ev := ev.(type) {
	case *govern.ChangeVoted:
		p := w.changes[ev.Change]
		return ev.Kind == gov.Comment || ev.Kind == gov.Advisory || w.mayVote(p, ev.Kind, o.who, ev.Of, o.time) && ev.Revision == p.newest().Digest
	case *govern.ChangeApplied:
		return w.mayHaveApplied(ev, o)
	case *govern.ChangeRatified:
		p := w.changes[ev.Change]
		return w.mayRatify(p, o.time) && w.seated(p, ev.Approvers, o.time)
	case *govern.GlassAsked:
		return w.mayBreak(w.changes[ev.Change], o.who) && ev.Revision == w.changes[ev.Change].newest().Digest
	case *govern.ChangeRevised:
		p := w.changes[ev.Change]
		return p.state == gov.ChangeOpen && w.alive(p, o.time) && int(ev.Number) == len(p.revisions)+1
	case *govern.ChangeWithdrawn:
		return w.changes[ev.Change].state == gov.ChangeOpen && w.same(w.changes[ev.Change].author, o.who)
	case *govern.ChangeReopened:
		p := w.changes[ev.Change]
		return p.state == gov.ChangeWithdrawn && w.same(p.author, o.who) && w.alive(p, o.time)
	case *govern.RulesConsented:
		return w.mayConsent(ev.Number, o.who, o.time)
	case *govern.RulesWithdrawn:
		return w.pending(ev.Number, o.time)
	}
	return true
}

// mayHaveApplied holds an applied change to the invariants: its quorum was there
// at that moment, on exactly that digest, of distinct persons who had no hand in
// it; or the glass was broken, and it says so.
func (w *witness) mayHaveApplied(ev *govern.ChangeApplied, o at) bool {
	p := w.changes[ev.Change]
	if ev.Revision != p.newest().Digest || len(ev.Parents) != 1 || ev.Parents[0] != p.newest().Base.Digest {
		return false
	}
	if ev.Glass {
		return !w.ready(p, o.time) && w.brokenEnough(p, o.time) && ev.Due.Equal(o.time.Add(ratifyLife))
	}
	return w.ready(p, o.time) && w.seated(p, ev.Approvers, o.time)
}

// seated reports whether the approvers that the log names are distinct persons
// whose approvals count, and enough of them under each law.
func (w *witness) seated(p *proposal, approvers []gov.PersonID, now time.Time) bool {
	for _, l := range w.lawsOf(p, now) {
		n := 0
		for _, id := range approvers {
			if w.approves(p, l, id, now) && (w.eligible(p, id, gov.Steward, p.glass) || w.eligible(p, id, gov.Trainer, p.glass)) {
				n++
			}
		}
		if n < l.need(p.newest()) {
			return false
		}
	}
	return len(slices.Compact(slices.Sorted(slices.Values(approvers)))) == len(approvers)
}
