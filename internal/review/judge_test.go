package review

import (
	"encoding/json"
	"testing"

	"govd/internal/gov"
)

// The JSON of a verdict is a contract with programs.
func TestVerdictJSON(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.edit(bob, func(p *Person) { p.Roles = nil })
	w.cast(cid, gov.Veto)
	v := Judge(&w.Case)
	v.Digest = gov.Digest{}
	got, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"ready":false,"change":7,"digest":"",` +
		`"factors":[{"rule":"stage-2/steward","role":"steward","need":1,"have":0,"missing":1,"by":[],` +
		`"excluded":[{"person":"sa:9","reason":"SELF_APPROVAL"},{"person":"user:1","reason":"SELF_APPROVAL"}],"could":["user:3","user:4"]}],` +
		`"reasons":[{"reason":"VETO","person":"user:3","says":"the veto of user:3 stands: they can lift it, or 2 others"},` +
		`{"reason":"QUORUM","says":"1 of 1 approvals are missing"}],` +
		`"void":[{"person":"user:2","reason":"NOT_ELIGIBLE"}]}`
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
}

// Lists are never null, and a change that needs nothing is ready at once.
func TestStage1NeedsNoApproval(t *testing.T) {
	w := newWorld(t)
	w.Stage = 1
	w.revise(ann, func(r *gov.Revision) { r.Stage, r.Touched, r.Moved = 1, 1000, 1e6 })
	v := w.ready(true)
	v.Digest = gov.Digest{}
	got, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"ready":true,"change":7,"digest":"","factors":[],"reasons":[],"void":[]}`; string(got) != want {
		t.Errorf("got %s", got)
	}
	w.cast(bob, gov.Approve) // which may be said all the same
	w.cast(bob, gov.Veto)
	w.blocked(Vetoed)
	w.cast(cid, gov.Lift, of(bob))
	w.blocked(Vetoed) // one against one
	w.cast(dot, gov.Lift, of(bob))
	w.ready(true)
}

// Judging changes nothing, and judges alike again.
func TestJudgeIsAFunction(t *testing.T) {
	w := newWorld(t)
	w.cast(bob, gov.Approve)
	w.force(cid, gov.Veto)
	w.force(bob, gov.Lift, of(cid))
	before, err := json.Marshal(w.Case)
	if err != nil {
		t.Fatal(err)
	}
	first, _ := json.Marshal(Judge(&w.Case))
	for range 20 {
		if again, _ := json.Marshal(Judge(&w.Case)); string(again) != string(first) {
			t.Fatalf("%s, then %s", first, again)
		}
	}
	if after, _ := json.Marshal(w.Case); string(after) != string(before) {
		t.Error("judging changed the case")
	}
}

// Every reason that refuses a person has words for them.
func TestReasonsHaveWords(t *testing.T) {
	for _, r := range []gov.Reason{
		SelfApproval, Contributor, IsMachine, Disabled, IsAuditor, Conflict, NoRead, TooNew, NotEligible,
		GrantedByWorker, GrantedBySelf, StaleDigest, Reopened, Expired, Unsigned, NotLooked, NotOpen, Vetoed, NothingToLift, SamePerson, AlreadyAsked, ClockBack,
	} {
		if words[r] == "" {
			t.Errorf("no words for %s", r)
		}
	}
}

func TestLife(t *testing.T) {
	for text, want := range map[string]Life{"14d": 14 * Day, "1d": Day, "90m": 90 * Minute, "1s": 1, "3650d": maxLife} {
		got, err := ParseLife(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if got := (24 * Hour).String(); got != "1d" {
		t.Error(got)
	}
	for _, text := range []string{"", "d", "0d", "01d", "1", "1w", "-1d", "1.5h", " 1d", "99999999999d"} {
		if got, err := ParseLife(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
