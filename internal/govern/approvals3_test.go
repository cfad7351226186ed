package govern_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"testing"
	"time"

	"govd/internal/fsck"
	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/review"
	"govd/internal/store"
)

// The rules of approval that are about applying a change.

func TestR25ApplyIsARightOfItsOwn(t *testing.T) {
	s := newCalm(t)
	viv, tom := s.Person("viv", gov.Viewer, "signs"), s.Person("tom", gov.Trainer, "signs")
	p := s.propose(s.ann, one(0))
	s.blocked(p, review.Quorum)
	s.must(s.vote(s.bob, p, gov.Approve))
	for _, by := range []*govtest.Actor{viv, tom} {
		_, err := s.apply(by, p)
		s.refused(err, "DENIED")
	}
	s.applied(p) // by who proposed it, as the quorum is full without her
}

// R26: where what is stored is not what was approved, nothing is applied. Each
// damage is one that a bad disk or somebody with the file in hand could do.
func TestR26WhatWasApprovedIsWhatIsApplied(t *testing.T) {
	for name, damage := range map[string]func(*signs, govern.Proposed){
		"a byte of the edit": func(s *signs, p govern.Proposed) { s.damageEdit("palm", "pall", false) },
		"a name in the edit": func(s *signs, p govern.Proposed) { s.damageEdit("palm", "pall", true) },
		"the edit's form":    func(s *signs, p govern.Proposed) { s.damageEdit("dpalm", "dpal\xff", true) },
		"the edit's length":  func(s *signs, p govern.Proposed) { s.damageEdit("dpalm", "cpalm", true) },
		"the key":            func(s *signs, p govern.Proposed) { s.damageEdit("0000.png\x00", "0001.png\x00", true) },
		"the size":           func(s *signs, p govern.Proposed) { s.damageRevision(p, func(r *gov.Revision) { r.Moved-- }) },
		"the stage":          func(s *signs, p govern.Proposed) { s.damageRevision(p, func(r *gov.Revision) { r.Stage = 1 }) },
		"the rules": func(s *signs, p govern.Proposed) {
			s.damageRevision(p, func(r *gov.Revision) { r.Rules = gov.Digest{} })
		},
		"the edits of another change": func(s *signs, p govern.Proposed) {
			q := s.propose(s.ann, one(5), one(6))
			s.damageRevision(p, func(r *gov.Revision) { r.Edits = q.Change.Newest.Edits })
		},
		"the whole revision": func(s *signs, p govern.Proposed) {
			q := s.propose(s.ann, one(5), one(6))
			s.damageRevision(p, func(r *gov.Revision) {
				r.Edits = q.Change.Newest.Edits
				r.Digest = r.ComputeDigest()
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newCalm(t)
			p := s.propose(s.ann, one(0))
			s.must(s.vote(s.bob, p, gov.Approve))
			damage(s, p)
			before := s.Newest(s.ann, digits)
			_, err := s.apply(s.ann, p)
			want := gov.Reason("DATA_LOSS")
			if name == "the whole revision" {
				want = review.Quorum // it is another revision, which nobody approved
			}
			if s.refused(err, want); want == "DATA_LOSS" && !errors.Is(err, gov.Internal) {
				t.Errorf("got %v, want an internal error", err)
			}
			if s.Newest(s.ann, digits) != before || s.label(calmKey(0)) != "fist" {
				t.Error("something was applied")
			}
			if found := s.faults(); found == 0 {
				t.Error("fsck finds nothing")
			}
		})
	}
}

// damageEdit damages the one edit that is stored: its key and value lie together.
// Whoever does it on purpose mends the check sum of the node.
func (s *signs) damageEdit(was, now string, mend bool) {
	s.t.Helper()
	var root gov.Tree
	s.View(func(tx *store.Tx) error {
		r, err := tx.ChangeRevision(1, 1)
		root = r.Edits
		return err
	})
	var frame []byte
	s.View(func(tx *store.Tx) error {
		b, err := tx.Node(root.Root)
		frame = append(frame, b...)
		return err
	})
	bad := replaceOnce(s.t, frame, was, now)
	if end := len(bad) - 4; mend {
		binary.LittleEndian.PutUint32(bad[end:], crc32.Checksum(bad[:end], crc32.MakeTable(crc32.Castagnoli)))
	}
	s.Damage(frame, bad)
}

// replaceOnce replaces what is there once.
func replaceOnce(t *testing.T, b []byte, was, now string) []byte {
	t.Helper()
	if bytes.Count(b, []byte(was)) != 1 {
		t.Fatalf("%q is there %d times: %q", was, bytes.Count(b, []byte(was)), b)
	}
	return bytes.Replace(b, []byte(was), []byte(now), 1)
}

func (s *signs) damageRevision(p govern.Proposed, change func(*gov.Revision)) {
	s.t.Helper()
	s.must(s.Store.Update(ctx, func(tx *store.Tx) error {
		r, err := tx.ChangeRevision(p.Change.ID, p.Change.Newest.Number)
		if err != nil {
			return err
		}
		change(&r)
		return tx.PutRevision(r)
	}))
	s.Damage([]byte("govd"), []byte("govd")) // which has the kit expect it
}

// faults counts what fsck finds.
func (s *signs) faults() (n int) {
	_, err := fsck.CheckStore(context.Background(), s.Store, func(string, ...any) { n++ }, func(string) {})
	if err != nil {
		n++
	}
	return n
}

// R27: what the voter fetched is in the log, and the rules can ask for it.
func TestR27TheLogSaysWhatAVoterSaw(t *testing.T) {
	s := newCalm(t)
	s.rule("signs", func(r *review.Rules) { r.LookEdits, r.LookTime = 2, review.Minute })
	p := s.propose(s.ann, one(0), one(1))
	s.refused(s.vote(s.bob, p, gov.Approve), review.NotLooked)
	look := func(n int) {
		rows, err := s.Service.Edits(ctx, s.bob.Call(), govern.EditFilter{Change: p.Change.ID})
		s.must(err)
		for range rows {
			if n--; n == 0 {
				break
			}
		}
	}
	look(1)
	s.Clock.Turn(time.Minute)
	s.refused(s.vote(s.bob, p, gov.Approve), review.NotLooked) // at one of two
	look(2)
	_, err := s.Service.StatChange(ctx, s.bob.Call(), p.Change.ID, 0)
	s.must(err)
	cast, err := s.Service.Vote(ctx, s.bob.Call(), ballot(p, gov.Approve))
	if s.must(err); cast.Looked != (gov.Looked{Stat: true, Edits: 2, Seconds: 60}) {
		t.Errorf("looked %+v", cast.Looked)
	}
	s.refused(s.vote(s.cid, p, gov.Approve), review.NotLooked) // what bob saw is not what cid saw
	joe := s.Person("joe", "", "")
	s.refused(s.vote(joe, p, gov.Approve), "NO_CHANGE")
}

func TestR28APoolThatIsTooSmallIsSaidAtOnce(t *testing.T) {
	s := newCalm(t)
	p, err := s.Service.ProposeChange(ctx, s.bob.Call(), govern.Propose{Ref: gov.Ref{Dataset: digits}, Proposal: govern.Proposal{Stage: 4}}, edits(one(0)))
	s.must(err)
	if n := len(p.Verdict.Reasons); n != 2 || p.Verdict.Reasons[0].Reason != review.Quorum || p.Verdict.Reasons[1].Reason != review.NoQuorum {
		t.Errorf("two of one steward: %+v", p.Verdict.Reasons)
	}
	s.must(s.vote(s.cid, p, gov.Approve))
	s.blocked(p, review.Quorum)
}

// R30: an admin applies nothing, and this is written down.
func TestR30AdminsHaveNoBypass(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	for _, do := range []func() error{
		func() error { _, err := s.apply(s.eve, p); return err },
		func() error { return s.vote(s.eve, p, gov.Approve) },
		func() error {
			_, err := s.Service.ReviseChange(ctx, s.eve.Call(), govern.Revise{Change: p.Change.ID}, edits(one(1)))
			return err
		},
		func() error { _, err := s.Service.RatifyChange(ctx, s.eve.Call(), p.Change.ID); return err },
	} {
		err := do()
		if wantErr(t, "an admin", err, gov.Denied, "DENIED"); !govern.Refused(err) {
			t.Error("the refusal is not in the log")
		}
	}
}

// R31: what happened and its entry are one, and the entry says under what.
func TestR31EntriesSayUnderWhat(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	n := s.LogSize()
	s.refused(s.vote(s.ann, p, gov.Approve), review.SelfApproval)
	if e := s.Entry(n); e.Refused != review.SelfApproval || e.Who != s.ann.ID || e.Credential != s.ann.Token.ID || e.Do != gov.ChangeVote {
		t.Errorf("the refusal is entry %+v", e)
	}
	cast, err := s.Service.Vote(ctx, s.bob.Call(), ballot(p, gov.Approve))
	s.must(err)
	done, err := s.apply(s.ann, p)
	s.must(err)
	if s.LogSize() != n+3 || cast.Index != n+1 || done.Index != n+2 {
		t.Errorf("the log has %d entries, the vote is %d, the application %d", s.LogSize(), cast.Index, done.Index)
	}
	var said struct {
		Revision, Rules gov.Digest
		Approvers       []gov.PersonID
	}
	e := s.Entry(done.Index)
	s.must(json.Unmarshal(e.Data, &said))
	if said.Revision != p.Change.Newest.Digest || said.Rules != review.Default().Digest() || len(said.Approvers) != 1 || said.Approvers[0] != s.bob.ID || e.Policy == 0 || e.Credential != s.ann.Token.ID {
		t.Errorf("entry %+v says %+v", e, said)
	}
	aud := s.Person("aud", gov.Auditor, "signs")
	q := s.propose(s.bob, one(1))
	s.refused(s.vote(aud, q, gov.Approve), "DENIED")
}

func TestR32RolesThatExcludeEachOther(t *testing.T) {
	s := newCalm(t)
	s.Person("aud", gov.Auditor, gov.Server)
	s.Person("low", gov.Steward, gov.Place(digits))
	for name, in := range map[string]govern.Role{
		"in one place":          {Person: "bob", Role: gov.Admin, Place: "signs"},
		"inherited by a narrow": {Person: "bob", Role: gov.Auditor, Place: gov.Place(digits)},
		"from the server":       {Person: "eve", Role: gov.Steward, Place: "signs"},
		"auditor of the server": {Person: "aud", Role: gov.Annotator, Place: gov.Place(digits)},
		"from within":           {Person: "low", Role: gov.Auditor, Place: "signs"},
		"from deep within":      {Person: "low", Role: gov.Admin, Place: gov.Server},
	} {
		_, err := s.Service.GrantRole(ctx, s.Admin().Call(), in)
		wantErr(t, name, err, gov.Denied, review.Conflict)
	}
	// Roles that were granted before the rules kept them apart do not count.
	s.Grant(s.bob, gov.Trainer, "signs")
	s.rule("signs", func(r *review.Rules) { r.Exclusive = []review.RolePair{{gov.Steward, gov.Trainer}} })
	p := s.propose(s.ann, one(0))
	s.refused(s.vote(s.bob, p, gov.Approve), review.Conflict)
}

func TestR33SeatsThatTheRulesKeepApart(t *testing.T) {
	s := newCalm(t)
	s.rule("signs", func(r *review.Rules) { r.ApplierNotContributor, r.ApplierNotApprover = true, true })
	p := s.propose(s.ann, one(0))
	s.must(s.vote(s.bob, p, gov.Approve))
	for _, by := range []*govtest.Actor{s.ann, s.bob} {
		_, err := s.apply(by, p)
		s.refused(err, review.SamePerson)
	}
	_, err := s.apply(s.cid, p)
	s.must(err)
}

func TestR39NewcomersDoNotCount(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	joe := s.Person("joe", gov.Steward, "signs")
	s.refused(s.vote(joe, p, gov.Approve), review.TooNew)
	s.Clock.Turn(7*24*time.Hour - time.Second)
	s.refused(s.vote(joe, p, gov.Approve), review.TooNew)
	s.Clock.Turn(time.Second)
	s.must(s.vote(joe, p, gov.Approve))
	done, err := s.Service.AddPerson(ctx, s.Admin().Call(), govern.AddPerson{Name: "ghost"})
	s.must(err)
	ghost := &govtest.Actor{ID: done.Event.ID}
	s.Grant(ghost, gov.Steward, "signs")
	s.Clock.Turn(8 * 24 * time.Hour)
	for _, f := range s.verdict(p).Factors {
		for _, could := range f.Could {
			if could == ghost.ID {
				t.Error("who was never seen could approve")
			}
		}
	}
}

// R40: two who approve each other often and fast are an alarm, which blocks
// nothing.
func TestR40FastPairsAreAnAlarm(t *testing.T) {
	s := newCalm(t)
	s.rule(gov.Server, func(r *review.Rules) {
		r.Alarm.Times, r.Stages[2] = 1, review.StageRules{Factors: []review.Factor{{Role: gov.Steward, Need: 1}}}
	})
	for i := range 5 {
		author, reviewer := s.bob, s.cid
		if i%2 == 1 {
			author, reviewer = s.cid, s.bob
		}
		p := s.propose(author, one(i))
		for range 3 { // which count as one
			s.must(s.vote(reviewer, p, gov.Approve))
		}
		done, err := s.apply(author, p)
		s.must(err)
		var said struct{ Alarms []govern.Couple }
		s.must(json.Unmarshal(s.Entry(done.Index).Data, &said))
		want := 0
		if i >= 3 { // two each way
			want = 1
		}
		if len(said.Alarms) != want || want == 1 && (said.Alarms[0].A != s.bob.ID || said.Alarms[0].B != s.cid.ID || said.Alarms[0].AofB != 2) {
			t.Errorf("change %d: alarms %+v, want %d", i, said.Alarms, want)
		}
	}
}
