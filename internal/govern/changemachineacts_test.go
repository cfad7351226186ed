package govern_test

import (
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// The operations of the machine of changes that are not about edits and votes.

func (m *changeMachine) bringEvidence(t *rapid.T) {
	m.t = t
	id, p := m.change()
	by := m.actor()
	_, err := m.Service.ImportVotes(ctx, by.Call(), id, p.newest().Digest, outside(govern.OutsideVote{Item: m.touched(p)[0], Reviewer: "crowd", Vote: "palm"}))
	m.expect("import votes", err, p.state == gov.ChangeOpen && m.witness.works(by.ID))
}

// touched returns the keys of the records that the newest revision edits.
func (m *changeMachine) touched(p *proposal) []string {
	return slices.Sorted(maps.Keys(m.editsOf(p)))
}

// editsOf returns what the newest revision of a change makes of each record.
func (m *changeMachine) editsOf(p *proposal) map[string]string {
	reader := m.actors[3]
	for _, a := range m.actors {
		if m.witness.reads(a.ID) {
			reader = a
		}
	}
	rows, err := m.Service.Edits(ctx, reader.Call(), govern.EditFilter{Change: m.idOf(p)})
	to := map[string]string{}
	if err != nil {
		m.t.Skip("nobody reads")
	}
	for row, err := range rows {
		if err != nil {
			m.t.Fatal(err)
		}
		to[row.Key] = row.To
	}
	return to
}

func (m *changeMachine) idOf(p *proposal) gov.ChangeID {
	for id, q := range m.witness.changes {
		if p == q {
			return id
		}
	}
	return 0
}

func (m *changeMachine) grant(t *rapid.T) {
	m.t = t
	by, to := m.actor(), m.actor()
	role := rapid.SampledFrom([]gov.Role{gov.Steward, gov.Trainer, gov.Annotator, gov.Admin}).Draw(t, "role")
	in := govern.Role{Person: string(to.ID), Role: role, Place: "p"}
	if role == gov.Admin {
		in.Place = gov.Server
	}
	m.Service.GrantRole(ctx, by.Call(), in) // whether it may be is for TestOperations to say
}

func (m *changeMachine) revoke(t *rapid.T) {
	m.t = t
	who := m.actor()
	held := m.witness.people[who.ID].held
	if len(held) == 0 || who == m.Admin() {
		t.Skip("nothing to revoke")
	}
	g := rapid.SampledFrom(held).Draw(t, "grant")
	m.Kit.Revoke(who, g.Role, g.Place)
}

func (m *changeMachine) disable(t *rapid.T) {
	m.t = t
	who := m.actor()
	if who == m.Admin() || rapid.IntRange(0, 3).Draw(t, "really") > 0 {
		t.Skip("not now")
	}
	m.Service.DisablePerson(ctx, m.Admin().Call(), string(who.ID))
}

func (m *changeMachine) proposeRules(t *rapid.T) {
	m.t = t
	by, l := m.actor(), drawLaw(t)
	done, err := m.Service.SetRules(ctx, by.Call(), govern.SetRules{Place: gov.Server, Document: []byte(l.document())})
	m.expect("propose rules", err, m.witness.holds(by.ID, gov.Admin))
	if err == nil {
		m.witness.laws[done.Event.Document] = l
	}
}

// bill draws rules that were proposed.
func (m *changeMachine) bill() (govern.RuleRef, uint64) {
	n := uint64(rapid.IntRange(1, len(m.witness.bills)).Draw(m.t, "bill"))
	return govern.RuleRef{Place: gov.Server, Number: n, Expected: m.witness.bills[n-1].document}, n
}

func (m *changeMachine) consentToRules(t *rapid.T) {
	m.t = t
	by := m.actor()
	ref, n := m.bill()
	want := m.witness.holds(by.ID, gov.Admin) && m.witness.mayConsent(n, by.ID, m.Clock.Now())
	_, err := m.Service.ConsentToRules(ctx, by.Call(), ref)
	m.expect("agree to rules", err, want)
}

func (m *changeMachine) withdrawRules(t *rapid.T) {
	m.t = t
	by := m.actor()
	ref, n := m.bill()
	_, err := m.Service.WithdrawRules(ctx, by.Call(), ref)
	m.expect("withdraw rules", err, m.witness.holds(by.ID, gov.Admin) && m.witness.pending(n, m.Clock.Now()))
}

func (m *changeMachine) withdraw(t *rapid.T) {
	m.t = t
	id, p := m.change()
	by := m.actor()
	_, err := m.Service.WithdrawChange(ctx, by.Call(), id, "no")
	m.expect("withdraw", err, p.state == gov.ChangeOpen && m.witness.same(p.author, by.ID) && m.witness.works(by.ID))
}

func (m *changeMachine) reopen(t *rapid.T) {
	m.t = t
	id, p := m.change()
	by := m.actor()
	_, err := m.Service.ReopenChange(ctx, by.Call(), id)
	m.expect("reopen", err, p.state == gov.ChangeWithdrawn && m.witness.same(p.author, by.ID) && m.witness.works(by.ID) && m.witness.alive(p, m.Clock.Now()))
}

// rebase moves a change to the newest version. The records of the model have one
// label each: it is in conflict if both sides changed it, to different ends.
func (m *changeMachine) rebase(t *rapid.T) {
	m.t = t
	id, p := m.change()
	by, drop := m.actor(), rapid.Bool().Draw(t, "drop")
	base, head := m.rows[p.newest().Base.Number-1], m.head()
	left, clash := map[string]string{}, []string{}
	for k, to := range m.editsOf(p) {
		switch {
		case head[k] == to:
		case head[k] == base[k]:
			left[k] = to
		default:
			clash = append(clash, k)
		}
	}
	slices.Sort(clash)
	moved := int(p.newest().Base.Number) != len(m.rows)
	stuck := moved && (len(clash) > 0 && !drop || len(left) > 0 && !m.witness.alive(p, m.Clock.Now()) || len(left) == 0)
	if len(clash) > 0 && !drop {
		stuck = false // it is no error, and changes nothing
	}
	before := m.LogSize()
	r, err := m.Service.RebaseChange(ctx, by.Call(), govern.Rebase{Change: id, DropConflicts: drop})
	m.expect("rebase", err, p.state == gov.ChangeOpen && m.witness.works(by.ID) && !stuck)
	if err != nil {
		return
	}
	var got []string
	for _, c := range r.Conflicts {
		got = append(got, c.Key)
	}
	made := m.LogSize() - before
	if r.NoChange == moved || moved && !slices.Equal(got, clash) || (made == 1) != (moved && (drop || len(clash) == 0)) {
		t.Fatalf("rebase: no change %v, conflicts %v, %d entries; want moved %v and conflicts %v", r.NoChange, got, made, moved, clash)
	}
	if made == 1 {
		m.check(t)
		if now := m.editsOf(p); !maps.Equal(now, left) {
			t.Fatalf("rebased to %v, want %v", now, left)
		}
	}
}

func (m *changeMachine) register(t *rapid.T) {
	m.t = t
	k, name := rapid.SampledFrom(handKeys).Draw(t, "key"), rapid.SampledFrom(handNames).Draw(t, "name")
	var by *govtest.Actor
	for _, a := range m.actors {
		if m.witness.works(a.ID) {
			by = a
		}
	}
	if by == nil || m.head()[k] == name {
		t.Skip("nothing to register")
	}
	m.Edit(by, hands, govern.Edit{Put: govtest.Record(k, name)})
	m.grow(map[string]string{k: name})
}

// grow adds the version that edits make of the newest one.
func (m *changeMachine) grow(edits map[string]string) {
	rows := maps.Clone(m.head())
	maps.Copy(rows, edits)
	m.rows = append(m.rows, rows)
}

func (m *changeMachine) wait(t *rapid.T) {
	m.t = t
	m.Clock.Turn(time.Duration(rapid.SampledFrom([]int{1, 20, 59, 60, 61, 600, 1440, 2880}).Draw(t, "minutes")) * time.Minute)
}

func (m *changeMachine) breakGlass(t *rapid.T) {
	m.t = t
	id, p := m.change()
	m.breakBy(id, p, m.actor())
}

func (m *changeMachine) breakBy(id gov.ChangeID, p *proposal, by *govtest.Actor) {
	_, err := m.Service.BreakGlass(ctx, by.Call(), govern.BreakGlass{Change: id, Revision: p.newest().Digest, Reason: "the model is live and wrong", Ticket: "OPS-7"})
	m.expect("break the glass", err, m.witness.holds(by.ID, gov.Admin) && m.witness.mayBreak(p, by.ID))
}

func (m *changeMachine) apply(t *rapid.T) {
	m.t = t
	id, p := m.change()
	m.applyBy(id, p, m.actor())
}

func (m *changeMachine) applyBy(id gov.ChangeID, p *proposal, by *govtest.Actor) {
	now := m.Clock.Now()
	ready, broken := m.witness.ready(p, now) && p.state == gov.ChangeOpen, m.witness.brokenEnough(p, now)
	changed := m.editsOf(p)
	done, err := m.Service.ApplyChange(ctx, by.Call(), govern.ApplyChange{Change: id})
	m.expect("apply", err, m.witness.applies(by.ID) && (ready || broken))
	if err != nil {
		m.refused++
		return
	}
	if done.Glass == ready {
		m.t.Fatalf("ready %v, and the glass was broken: %v", ready, done.Glass)
	}
	m.grow(changed)
}

func (m *changeMachine) ratify(t *rapid.T) {
	m.t = t
	id, p := m.change()
	m.ratifyBy(id, p, m.actor())
}

func (m *changeMachine) ratifyBy(id gov.ChangeID, p *proposal, by *govtest.Actor) {
	_, err := m.Service.RatifyChange(ctx, by.Call(), id)
	m.expect("ratify", err, m.witness.holds(by.ID, gov.Annotator, gov.Steward) && m.witness.mayRatify(p, m.Clock.Now()))
}

// approveAll has everyone approve and apply, so that changes get there.
func (m *changeMachine) approveAll(t *rapid.T) {
	m.t = t
	id, p := m.change()
	for _, by := range m.actors {
		m.expectApproval(id, p, by)
	}
	m.check(t)
	for _, by := range m.actors {
		m.applyBy(id, p, by)
		m.check(t)
	}
}

// emergency has everyone break the glass and apply, and then approve and ratify.
func (m *changeMachine) emergency(t *rapid.T) {
	m.t = t
	id, p := m.change()
	for _, act := range []func(gov.ChangeID, *proposal, *govtest.Actor){m.breakBy, m.applyBy, m.expectApproval, m.ratifyBy} {
		for _, by := range m.actors {
			act(id, p, by)
			m.check(t)
		}
	}
}

// compareVersions compares every version with the model.
func (m *changeMachine) compareVersions(t *rapid.T) {
	viewer := m.Person("viv", gov.Viewer, "p")
	for i, want := range m.rows {
		rows, err := m.Service.Records(ctx, viewer.Call(), gov.Ref{Dataset: hands, Number: uint64(i + 1)}, govern.Span{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for r, err := range rows {
			if err != nil {
				t.Fatal(err)
			}
			got[r.Key] = r.Record.Labels[0].Name
		}
		if !maps.Equal(got, want) {
			t.Fatalf("version %d is %v, want %v", i+1, got, want)
		}
	}
}
