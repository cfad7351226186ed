package govern_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/review"
)

// TestChanges runs the operations on changes at random. A witness, which sees
// the log alone, says before each whether it is allowed, and afterwards whether
// what is in the log was; explain says ready if and only if it does, and apply
// succeeds if and only if explain says so or the glass was broken. A model of the
// labels says what the versions must hold. At the end the tables are what
// replaying the log makes, and fsck finds nothing.
func TestChanges(t *testing.T) {
	applied, ratified, refused := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		m := newChangeMachine(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"":                m.check,
			"propose":         m.propose,
			"revise":          m.revise,
			"approve":         m.approve,
			"approve more":    m.approve,
			"approve enough":  m.approveAll,
			"say":             m.say,
			"bring evidence":  m.bringEvidence,
			"grant":           m.grant,
			"revoke":          m.revoke,
			"disable":         m.disable,
			"propose rules":   m.proposeRules,
			"agree to rules":  m.consentToRules,
			"withdraw rules":  m.withdrawRules,
			"withdraw":        m.withdraw,
			"reopen":          m.reopen,
			"rebase":          m.rebase,
			"register":        m.register,
			"wait":            m.wait,
			"break the glass": m.breakGlass,
			"emergency":       m.emergency,
			"apply":           m.apply,
			"apply more":      m.apply,
			"ratify":          m.ratify,
		})
		m.compareVersions(rt)
		applied, ratified, refused = applied+m.witness.applied, ratified+m.witness.ratify, refused+m.refused
		if diff := cmp.Diff(m.Tables(), govtest.Tables(rt, m.Replay())); diff != "" {
			rt.Errorf("replaying the log gives other tables (-state +replayed)\n%s", diff)
		}
	})
	t.Logf("%d changes applied, %d ratified, %d refused", applied, ratified, refused)
	if !testing.Short() && (applied < 3 || ratified < 1 || refused < 10) {
		t.Errorf("%d changes were applied, %d ratified and %d refused: the machine does not get there", applied, ratified, refused)
	}
}

// A changeMachine does each operation on the real thing.
type changeMachine struct {
	*govtest.Kit
	witness *witness
	actors  []*govtest.Actor
	rows    []map[string]string // the label of each record, by version
	refused int                 // applications
	t       *rapid.T
}

const hands = gov.DatasetName("p/hands")

var (
	handKeys  = []string{"a", "b", "c", "d", "e", "f"}
	handNames = []string{"fist", "palm", "nail"}
)

func newChangeMachine(t *rapid.T) *changeMachine {
	m := &changeMachine{Kit: govtest.New(t), witness: newWitness(), t: t}
	m.people(t)
	m.enact(t, drawLaw(t))
	m.check(t)
	return m
}

// people makes everyone there is, and a first version.
func (m *changeMachine) people(t govtest.TB) {
	m.Dataset(hands)
	eve := m.Person("eve", gov.Admin, gov.Server)
	ina := m.Person("ina", gov.Annotator, "p")
	dot := m.Person("dot", gov.Steward, "p")
	m.Grant(dot, gov.Trainer, "p/hands")
	m.actors = []*govtest.Actor{
		m.Admin(), eve, ina, dot, m.Person("bob", gov.Steward, "p"), m.Person("cid", gov.Steward, "p/hands"), m.Person("fay", gov.Trainer, "p"),
		m.Machine("bot", ina, gov.Steward, "p"),
	}
	var records []*gov.Record
	rows := map[string]string{}
	for _, k := range handKeys {
		records, rows[k] = append(records, govtest.Record(k, "fist")), "fist"
	}
	m.Register(ina, hands, records...)
	m.rows = []map[string]string{rows}
	m.Clock.Turn(8 * 24 * time.Hour) // the rules that govd comes with ask for some age
}

// enact puts a law into force.
func (m *changeMachine) enact(t govtest.TB, l law) {
	done, err := m.Service.SetRules(ctx, m.actors[0].Call(), govern.SetRules{Place: gov.Server, Document: []byte(l.document())})
	if err != nil {
		t.Fatalf("rules: %v", err)
	}
	m.witness.laws[done.Event.Document] = l
	ref := govern.RuleRef{Place: gov.Server, Number: done.Event.Number, Expected: done.Event.Document}
	if _, err := m.Service.ConsentToRules(ctx, m.actors[1].Call(), ref); err != nil {
		t.Fatalf("rules: %v", err)
	}
	m.Clock.Turn(ruleDelay)
}

func drawLaw(t *rapid.T) law {
	return law{
		stewards: rapid.SampledFrom([]int{1, 1, 2, 0}).Draw(t, "stewards"), trainers: rapid.SampledFrom([]int{0, 0, 1}).Draw(t, "trainers"),
		large: rapid.IntRange(0, 1).Draw(t, "large"), votes: time.Duration(rapid.IntRange(1, 3).Draw(t, "days")) * 24 * time.Hour,
	}
}

// check lets the witness see what is new in the log, and holds explain to it.
func (m *changeMachine) check(t *rapid.T) {
	m.t = t
	for n := m.LogSize(); m.witness.size < n; {
		if wrong := m.witness.see(m.witness.size, m.Entry(m.witness.size)); wrong != "" {
			t.Fatal(wrong)
		}
	}
	for id, p := range m.witness.changes {
		v, _, err := m.Service.ExplainChange(ctx, m.Admin().Call(), id)
		if err != nil {
			t.Fatal(err)
		}
		if want := m.witness.ready(p, m.Clock.Now()); v.Ready != want {
			t.Fatalf("change %d: explain says ready %v, want %v: %+v", id, v.Ready, want, v)
		}
		checkSeats(t, v)
	}
}

// checkSeats holds that nobody fills two places of the same rules.
func checkSeats(t govtest.TB, v review.Verdict) {
	seats := map[string][]gov.PersonID{}
	for _, f := range v.Factors {
		seats[f.Under] = append(seats[f.Under], f.By...)
	}
	for _, all := range seats {
		if slices.Sort(all); len(slices.Compact(slices.Clone(all))) != len(all) {
			t.Fatalf("somebody fills two places: %+v", v)
		}
	}
}

func (m *changeMachine) actor() *govtest.Actor {
	return rapid.SampledFrom(m.actors).Draw(m.t, "who")
}

// change draws a change, and is nil if there is none.
func (m *changeMachine) change() (gov.ChangeID, *proposal) {
	all := slices.Sorted(maps.Keys(m.witness.changes))
	if len(all) == 0 {
		m.t.Skip("no change yet")
	}
	id := rapid.SampledFrom(all).Draw(m.t, "change")
	return id, m.witness.changes[id]
}

// expect compares whether something worked with whether it should.
func (m *changeMachine) expect(what string, err error, want bool) {
	m.t.Helper()
	if (err == nil) != want {
		m.t.Fatalf("%s: %v (%s), want success: %v", what, err, gov.ReasonOf(err), want)
	}
}

func (m *changeMachine) head() map[string]string { return m.rows[len(m.rows)-1] }

// drawEdits draws edits of rows; some expect what is not there.
func (m *changeMachine) drawEdits(rows map[string]string) (all []gov.LabelEdit, fit bool) {
	fit = true
	for _, k := range handKeys {
		if !rapid.Bool().Draw(m.t, "touch "+k) {
			continue
		}
		to := rapid.SampledFrom(handNames).Draw(m.t, "to")
		if to == rows[k] {
			continue
		}
		from := rows[k]
		if rapid.IntRange(0, 30).Draw(m.t, "wrong") == 0 {
			from, fit = "claw", false
		}
		all = append(all, rename(k, from, to))
	}
	return all, fit && len(all) > 0
}

func (m *changeMachine) propose(t *rapid.T) {
	if m.t = t; len(m.witness.changes) > 3 {
		t.Skip("enough changes")
	}
	by := m.actor()
	all, fit := m.drawEdits(m.head())
	in := govern.Propose{Ref: gov.Ref{Dataset: hands}, Proposal: govern.Proposal{Stage: 2}}
	if rapid.IntRange(0, 4).Draw(t, "behalf") == 0 {
		in.For = string(m.actor().ID)
	}
	_, err := m.Service.ProposeChange(ctx, by.Call(), in, edits(all...))
	m.expect("propose", err, fit && m.witness.works(by.ID))
}

func (m *changeMachine) revise(t *rapid.T) {
	m.t = t
	id, p := m.change()
	by := m.actor()
	all, fit := m.drawEdits(m.rows[p.newest().Base.Number-1])
	_, err := m.Service.ReviseChange(ctx, by.Call(), govern.Revise{Change: id}, edits(all...))
	now := m.Clock.Now()
	m.expect("revise", err, fit && m.witness.works(by.ID) && p.state == gov.ChangeOpen && m.witness.alive(p, now))
}

func (m *changeMachine) cast(id gov.ChangeID, p *proposal, by *govtest.Actor, kind gov.VoteKind, of *govtest.Actor) error {
	b := govern.Ballot{Change: id, Revision: p.newest().Digest, Kind: kind, Message: "because"}
	if of != nil {
		b.Of = string(of.ID)
	}
	_, err := m.Service.Vote(ctx, by.Call(), b)
	return err
}

func (m *changeMachine) approve(t *rapid.T) {
	m.t = t
	id, p := m.change()
	by := m.actor()
	old := rapid.IntRange(0, 9).Draw(t, "old") == 0 && len(p.revisions) > 1
	if old {
		_, err := m.Service.Vote(ctx, by.Call(), govern.Ballot{Change: id, Revision: p.revisions[0].Digest, Kind: gov.Approve})
		m.expect("approve what is old", err, by.ID.Machine() && m.witness.works(by.ID))
		return
	}
	m.expectApproval(id, p, by)
}

// expectApproval casts an approval. That of a machine is taken, and is none.
func (m *changeMachine) expectApproval(id gov.ChangeID, p *proposal, by *govtest.Actor) {
	err := m.cast(id, p, by, gov.Approve, nil)
	m.expect("approve", err, by.ID.Machine() && m.witness.works(by.ID) || m.witness.mayVote(p, gov.Approve, by.ID, "", m.Clock.Now()))
}

func (m *changeMachine) say(t *rapid.T) {
	m.t = t
	id, p := m.change()
	by := m.actor()
	kind := rapid.SampledFrom([]gov.VoteKind{gov.Veto, gov.Lift, gov.Lift, gov.Comment}).Draw(t, "kind")
	var of *govtest.Actor
	var ofID gov.PersonID
	if kind == gov.Lift && rapid.Bool().Draw(t, "of another") {
		of = m.actor()
		ofID = of.ID
	}
	err := m.cast(id, p, by, kind, of)
	m.expect(string(kind), err, kind == gov.Comment && m.witness.works(by.ID) || kind != gov.Comment && m.witness.mayVote(p, kind, by.ID, ofID, m.Clock.Now()))
}
