package govern_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/review"
)

// keeps holds that something is refused with a reason, and that nothing but the
// log has changed; and the log only if the refusal is one that is recorded.
func (s *signs) keeps(what string, reason gov.Reason, do func() error) error {
	s.t.Helper()
	before, size := s.Tables(), s.LogSize()
	err := do()
	if gov.ReasonOf(err) != reason {
		s.t.Errorf("%s: got %v (%s), want %s", what, err, gov.ReasonOf(err), reason)
	}
	want := uint64(0)
	if govern.Refused(err) {
		want = 1
	}
	if s.LogSize() != size+want {
		s.t.Errorf("%s: the log has grown by %d entries, want %d", what, s.LogSize()-size, want)
	}
	if want == 1 { // the request of a refusal is remembered
		before, after := withoutRequests(before), withoutRequests(s.Tables())
		if d := cmp.Diff(before, after); d != "" {
			s.t.Errorf("%s changed the tables\n%s", what, d)
		}
	} else if d := cmp.Diff(before, s.Tables()); d != "" {
		s.t.Errorf("%s changed the tables\n%s", what, d)
	}
	return err
}

// TestBadEdits: edits that do not fit are refused, naming the first and counting
// the rest, when proposing, trying and revising alike.
func TestBadEdits(t *testing.T) {
	box := &gov.Geometry{Kind: gov.Box, Parts: [][]int64{{1, 2, 3, 4}}}
	s := newSigns(t, govtest.Record("a", "fist"), govtest.Record("b", "fist", "palm"), govtest.Record("c", "palm", "palm"), govtest.Record("d"))
	p := s.propose(s.ann, rename("a", "fist", "palm"))
	long := strings.Repeat("x", gov.MaxText+1)
	var many []gov.LabelEdit
	for i := range 2*gov.MaxLabels + 1 {
		many = append(many, gov.LabelEdit{Key: "d", Label: fmt.Sprint(i), To: "fist"})
	}
	for _, c := range []struct {
		name   string
		edits  []gov.LabelEdit
		reason gov.Reason
		says   []string
	}{
		{"none", nil, "NO_EDITS", nil},
		{"unknown record", []gov.LabelEdit{rename("x", "fist", "palm")}, "UNKNOWN_RECORD", []string{`"x"`}},
		{"no key", []gov.LabelEdit{rename("", "fist", "palm")}, "BAD_KEY", nil},
		{"bad key", []gov.LabelEdit{rename("a\x00b", "fist", "palm")}, "BAD_KEY", nil},
		{"unknown label", []gov.LabelEdit{rename("a", "fist", "claw")}, "UNKNOWN_LABEL", []string{`"a"`, `"claw"`}},
		{"wrong old name", []gov.LabelEdit{rename("a", "palm", "fist")}, "OLD_VALUE", []string{`"a"`, `"palm"`}},
		{"wrong old name by id", []gov.LabelEdit{{Key: "a", Label: "1", From: "palm", To: "nail"}}, "OLD_VALUE", []string{`"a"`, `"fist"`, `"palm"`}},
		{"no such id", []gov.LabelEdit{{Key: "a", Label: "9", From: "fist", To: "palm"}}, "OLD_VALUE", []string{`"a"`, `"9"`}},
		{"wrong old shape", []gov.LabelEdit{{Key: "a", From: "fist", To: "fist", FromGeometry: box}}, "OLD_VALUE", []string{`"a"`, "geometry"}},
		{"an id that is taken", []gov.LabelEdit{{Key: "a", Label: "1", To: "palm"}}, "OLD_VALUE", []string{`"a"`}},
		{"ambiguous", []gov.LabelEdit{rename("c", "palm", "fist")}, "AMBIGUOUS_LABEL", []string{`"c"`}},
		{"to the same", []gov.LabelEdit{rename("a", "fist", "fist")}, "BAD_EDIT", []string{`"a"`}},
		{"empty", []gov.LabelEdit{{Key: "a"}}, "BAD_EDIT", []string{`"a"`}},
		{"too long", []gov.LabelEdit{rename("a", "fist", long)}, "BAD_EDIT", []string{`"a"`}},
		{"bad operation", []gov.LabelEdit{{Key: "a", Label: "1", Op: 9, From: "fist", To: "palm"}}, "BAD_EDIT", []string{`"a"`}},
		{"bad shape", []gov.LabelEdit{{Key: "d", To: "fist", ToGeometry: &gov.Geometry{Kind: gov.Box}}}, "BAD_EDIT", []string{`"d"`}},
		{"duplicate", []gov.LabelEdit{rename("a", "fist", "palm"), rename("a", "fist", "palm")}, "DUPLICATE_EDIT", []string{`"a"`}},
		{"contradiction", []gov.LabelEdit{rename("a", "fist", "palm"), {Key: "a", From: "fist"}}, "DUPLICATE_EDIT", []string{`"a"`}},
		{"contradiction by id", []gov.LabelEdit{{Key: "a", Label: "1", From: "fist", To: "palm"}, {Key: "a", Label: "1", From: "fist", To: "nail"}}, "DUPLICATE_EDIT", []string{`"a"`, `"1"`}},
		{"unsorted", []gov.LabelEdit{rename("b", "fist", "nail"), rename("a", "fist", "palm")}, "UNSORTED", []string{`"a"`, `"b"`}},
		{"apart", []gov.LabelEdit{rename("a", "fist", "palm"), rename("b", "fist", "nail"), rename("a", "fist", "nail")}, "UNSORTED", []string{`"a"`}},
		{"too many", many, "TOO_MANY_EDITS", []string{`"d"`}},
		{"too many labels", many[:gov.MaxLabels+1], "BAD_RECORD", []string{`"d"`}},
		{"several", []gov.LabelEdit{rename("a", "fist", "palm"), rename("b", "nail", "palm"), rename("c", "fist", "nail"), rename("x", "fist", "nail")}, "OLD_VALUE", []string{`"b"`, "and 2 more edits are wrong"}},
	} {
		in := govern.Propose{Ref: gov.Ref{Dataset: digits}, Proposal: govern.Proposal{Stage: 2}}
		err := s.keeps(c.name, c.reason, func() error {
			_, err := s.Service.ProposeChange(ctx, s.ann.Call(), in, edits(c.edits...))
			return err
		})
		wantText(t, c.name, err, c.reason, c.says...)
		s.keeps(c.name+", revised", c.reason, func() error {
			_, err := s.Service.ReviseChange(ctx, s.ann.Call(), govern.Revise{Change: p.Change.ID}, edits(c.edits...))
			return err
		})
		in.DryRun = true
		s.keeps(c.name+", tried", c.reason, func() error {
			_, err := s.Service.ProposeChange(ctx, s.ann.Call(), in, edits(c.edits...))
			return err
		})
	}
}

// TestBadProposals: what a proposal says besides its edits is held to rules too.
func TestBadProposals(t *testing.T) {
	s := newCalm(t)
	propose := func(ref gov.Ref, in govern.Proposal) func() error {
		return func() error {
			_, err := s.Service.ProposeChange(ctx, s.ann.Call(), govern.Propose{Ref: ref, Proposal: in}, edits(one(0)))
			return err
		}
	}
	here := gov.Ref{Dataset: digits}
	evidence := make([]gov.Digest, 65)
	for i := range evidence {
		evidence[i][0] = byte(i + 1)
	}
	for name, c := range map[string]struct {
		do     func() error
		reason gov.Reason
	}{
		"unknown dataset":     {propose(gov.Ref{Dataset: "signs/none"}, govern.Proposal{}), "NO_DATASET"},
		"unknown version":     {propose(gov.Ref{Dataset: digits, Number: 9}, govern.Proposal{}), "NO_VERSION"},
		"long message":        {propose(here, govern.Proposal{Message: strings.Repeat("x", gov.MaxMessage+1)}), "BAD_MESSAGE"},
		"too much evidence":   {propose(here, govern.Proposal{Evidence: evidence}), "TOO_MUCH_EVIDENCE"},
		"unknown beneficiary": {propose(here, govern.Proposal{For: "nobody"}), "NO_PERSON"},
		"no request id": {func() error {
			c := s.ann.Call()
			c.Request = govern.RequestID{}
			_, err := s.Service.WithdrawChange(ctx, c, 1, "")
			return err
		}, "NO_CHANGE"},
		"a change that is not": {func() error {
			return s.vote(s.bob, govern.Proposed{Change: govern.ChangeInfo{Change: gov.Change{ID: 99}, Newest: govern.RevisionInfo{Revision: gov.Revision{Digest: gov.Digest{1}}}}}, gov.Approve)
		}, "NO_CHANGE"},
	} {
		s.keeps(name, c.reason, c.do)
	}
	p := s.propose(s.ann, one(0))
	for name, c := range map[string]struct {
		b      govern.Ballot
		reason gov.Reason
	}{
		"unknown vote":       {govern.Ballot{Kind: "maybe"}, "UNKNOWN_VOTE"},
		"an advisory":        {govern.Ballot{Kind: gov.Advisory}, "UNKNOWN_VOTE"},
		"a veto of another":  {govern.Ballot{Kind: gov.Veto, Of: "cid", Message: "x"}, "BAD_VOTE"},
		"a veto unexplained": {govern.Ballot{Kind: gov.Veto}, "NO_REASON"},
		"an empty comment":   {govern.Ballot{Kind: gov.Comment}, "NO_REASON"},
		"a long comment":     {govern.Ballot{Kind: gov.Comment, Message: strings.Repeat("x", gov.MaxMessage+1)}, "BAD_MESSAGE"},
		"a lift of nothing":  {govern.Ballot{Kind: gov.Lift}, review.NothingToLift},
		"half a signature":   {govern.Ballot{Kind: gov.Approve, Statement: "x"}, "BAD_SIGNATURE"},
		"a lift of nobody":   {govern.Ballot{Kind: gov.Lift, Of: "nobody", Message: "x"}, "NO_PERSON"},
	} {
		c.b.Change, c.b.Revision = p.Change.ID, p.Change.Newest.Digest
		s.keeps(name, c.reason, func() error {
			_, err := s.Service.Vote(ctx, s.bob.Call(), c.b)
			return err
		})
	}
}

// TestBadOutsideVotes: evidence that does not fit the change is refused.
func TestBadOutsideVotes(t *testing.T) {
	s := newCalm(t)
	p := s.propose(s.ann, one(0))
	for name, c := range map[string]struct {
		vote   govern.OutsideVote
		digest gov.Digest
		reason gov.Reason
	}{
		"another record": {govern.OutsideVote{Item: calmKey(1), Reviewer: "x", Vote: "palm"}, gov.Digest{}, "UNKNOWN_RECORD"},
		"no item":        {govern.OutsideVote{Reviewer: "x", Vote: "palm"}, gov.Digest{}, "BAD_KEY"},
		"no reviewer":    {govern.OutsideVote{Item: calmKey(0), Vote: "palm"}, gov.Digest{}, "BAD_VOTE"},
		"control":        {govern.OutsideVote{Item: calmKey(0), Reviewer: "x\n", Vote: "palm"}, gov.Digest{}, "BAD_VOTE"},
		"stale":          {govern.OutsideVote{Item: calmKey(0), Reviewer: "x", Vote: "palm"}, gov.Digest{1}, review.StaleDigest},
	} {
		if c.digest.IsZero() {
			c.digest = p.Change.Newest.Digest
		}
		s.keeps(name, c.reason, func() error {
			_, err := s.Service.ImportVotes(ctx, s.bob.Call(), p.Change.ID, c.digest, outside(c.vote))
			return err
		})
	}
	s.keeps("none", "NO_VOTES", func() error {
		_, err := s.Service.ImportVotes(ctx, s.bob.Call(), p.Change.ID, p.Change.Newest.Digest, outside())
		return err
	})
}

// TestRuleDocumentsThatLoosen are refused at once, whoever would agree to them.
func TestRuleDocumentsThatLoosen(t *testing.T) {
	s := newCalm(t)
	for name, c := range map[string]struct {
		at     gov.Place
		doc    string
		reason gov.Reason
	}{
		"a vote lives longer":  {"signs", `{"vote_life":"15d"}`, "LOOSENS"},
		"newcomers count":      {"signs", `{"min_age":"1d"}`, "LOOSENS"},
		"fewer for the glass":  {gov.Place(digits), `{"break_glass":{"reason":1}}`, "LOOSENS"},
		"later ratification":   {gov.Place(digits), `{"break_glass":{"ratify":"73h"}}`, "BAD_RULES"},
		"rules change at once": {"signs", `{"rule_delay":"1s"}`, "LOOSENS"},
		"a higher threshold":   {"signs", `{"stages":{"2":{"extra":[{"of":"records","over_ppm":900000,"role":"steward","need":1}]}}}`, "LOOSENS"},
		"an off switch":        {"signs", `{"applier_not_approver":false}`, "BAD_RULES"},
		"an unknown option":    {"signs", `{"admin_bypass":true}`, "BAD_RULES"},
		"twice the same key":   {"signs", `{"vote_life":"1d","vote_life":"14d"}`, "BAD_RULES"},
		"no JSON":              {"signs", `vote_life: 1d`, "BAD_RULES"},
		"half a server":        {gov.Server, `{"vote_life":"1d"}`, "BAD_RULES"},
		"a place that is not":  {"none", `{"vote_life":"1d"}`, "NO_PROJECT"},
	} {
		s.keeps(name, c.reason, func() error {
			_, err := s.Service.SetRules(ctx, s.Admin().Call(), govern.SetRules{Place: c.at, Document: []byte(c.doc)})
			return err
		})
		s.keeps(name+", tried", c.reason, func() error {
			_, err := s.Service.SetRules(ctx, s.Admin().Call(), govern.SetRules{Place: c.at, Document: []byte(c.doc), DryRun: true})
			return err
		})
	}
}
