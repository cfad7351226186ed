package govern_test

import (
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/review"
)

// A signs kit is a dataset at a stage with labelled records and people to change
// them, who are all old enough for their votes to count.
type signs struct {
	*govtest.Kit
	t             *testing.T
	ann, bob, cid *govtest.Actor // annotator, stewards
	eve           *govtest.Actor // another admin
}

const digits = gov.DatasetName("signs/digits")

func newSigns(t *testing.T, records ...*gov.Record) *signs {
	t.Helper()
	k := govtest.New(t)
	k.Dataset(digits, gov.TaxonomyLabel{Name: "fist", Since: 1}, gov.TaxonomyLabel{Name: "palm", Since: 1}, gov.TaxonomyLabel{Name: "nail", Since: 2})
	s := &signs{Kit: k, t: t, ann: k.Person("ann2", gov.Annotator, "signs"), bob: k.Person("bob", gov.Steward, "signs"), cid: k.Person("cid", gov.Steward, "signs")}
	s.eve = k.Person("eve", gov.Admin, gov.Server)
	if len(records) == 0 {
		records = govtest.Records(200, "fist")
	}
	k.Register(s.ann, digits, records...)
	k.Clock.Turn(8 * 24 * time.Hour)
	return s
}

// edits yields label edits.
func edits(all ...gov.LabelEdit) iter.Seq2[gov.LabelEdit, error] {
	return func(yield func(gov.LabelEdit, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func rename(key, from, to string) gov.LabelEdit { return gov.LabelEdit{Key: key, From: from, To: to} }

// propose opens a change to stage 2, which needs the approval of a steward.
func (s *signs) propose(by *govtest.Actor, all ...gov.LabelEdit) govern.Proposed {
	s.t.Helper()
	in := govern.Propose{Ref: gov.Ref{Dataset: digits}, Proposal: govern.Proposal{Message: "wrong", Stage: 2}}
	p, err := s.Service.ProposeChange(ctx, by.Call(), in, edits(all...))
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *signs) vote(by *govtest.Actor, p govern.Proposed, kind gov.VoteKind) error {
	_, err := s.Service.Vote(ctx, by.Call(), ballot(p, kind))
	return err
}

func ballot(p govern.Proposed, kind gov.VoteKind) govern.Ballot {
	return govern.Ballot{Change: p.Change.ID, Revision: p.Change.Newest.Digest, Kind: kind, Message: "because"}
}

func (s *signs) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *signs) refused(err error, reason gov.Reason) {
	s.t.Helper()
	if gov.ReasonOf(err) != reason {
		s.t.Errorf("got %v (%s), want %s", err, gov.ReasonOf(err), reason)
	}
}

// keys returns the keys of the first n records.
func (s *signs) keys(n int) (keys []string) {
	rows, err := s.Service.Records(ctx, s.ann.Call(), gov.Ref{Dataset: digits}, govern.Span{})
	s.must(err)
	for row, err := range rows {
		s.must(err)
		if keys = append(keys, row.Key); len(keys) == n {
			break
		}
	}
	return keys
}

func (s *signs) label(key string) string {
	s.t.Helper()
	r, _, err := s.Service.Record(ctx, s.ann.Call(), gov.Ref{Dataset: digits}, key)
	s.must(err)
	return r.Labels[0].Name
}

// TestADryRunSaysWhatIsNeeded: the same as the proposal itself, and changes nothing.
func TestADryRunSaysWhatIsNeeded(t *testing.T) {
	s := newSigns(t)
	in := govern.Propose{Ref: gov.Ref{Dataset: digits}, Proposal: govern.Proposal{Message: "wrong", Stage: 2}, DryRun: true}
	before := s.Tables()
	edit := rename(s.keys(1)[0], "fist", "palm")
	dry, err := s.Service.ProposeChange(ctx, s.ann.Call(), in, edits(edit))
	s.must(err)
	if d := cmp.Diff(before, s.Tables()); d != "" {
		t.Errorf("a dry run changes %s", d)
	}
	done := s.propose(s.ann, edit)
	if d := cmp.Diff(done.Verdict.Factors, dry.Verdict.Factors); d != "" || len(done.Verdict.Factors) != 2 {
		t.Errorf("the verdict differs (-done +dry)\n%s", d)
	}
	if dry.Change.Newest.Touched != 1 || dry.Change.Newest.Stage != 2 || dry.Change.ID != 0 {
		t.Errorf("the dry run says %+v", dry.Change)
	}
}

func TestAChangeIsProposedApprovedAndApplied(t *testing.T) {
	s := newSigns(t)
	keys := s.keys(2)
	p := s.propose(s.ann, rename(keys[0], "fist", "palm"))
	if p.Verdict.Ready || p.Change.Newest.Touched != 1 || p.Change.Newest.Stage != 2 {
		t.Fatalf("proposed %+v, %+v", p.Change, p.Verdict)
	}
	s.refused(s.vote(s.ann, p, gov.Approve), review.SelfApproval)
	_, err := s.Service.ApplyChange(ctx, s.ann.Call(), govern.ApplyChange{Change: p.Change.ID})
	s.refused(err, review.Quorum)
	s.must(s.vote(s.bob, p, gov.Approve))
	_, err = s.Service.ApplyChange(ctx, s.ann.Call(), govern.ApplyChange{Change: p.Change.ID})
	s.refused(err, review.Quorum) // "palm" is new: it has moved wholly, which asks for one more
	s.must(s.vote(s.cid, p, gov.Approve))
	c := s.ann.Call()
	done, err := s.Service.ApplyChange(ctx, c, govern.ApplyChange{Change: p.Change.ID, Expected: p.Change.Newest.Digest})
	s.must(err)
	if done.Number != 2 || done.Version.Change != p.Change.ID || done.Counts.Changed != 1 || done.Counts.Unchanged != 199 || done.Glass || done.Message != "wrong" {
		t.Errorf("applied %+v", done)
	}
	if s.label(keys[0]) != "palm" || s.label(keys[1]) != "fist" {
		t.Error("the labels are not as the change says")
	}
	again, err := s.Service.ApplyChange(ctx, c, govern.ApplyChange{Change: p.Change.ID, Expected: p.Change.Newest.Digest})
	if s.must(err); again.Index != done.Index {
		t.Errorf("asked again: %+v", again)
	}
	_, err = s.Service.ApplyChange(ctx, s.ann.Call(), govern.ApplyChange{Change: p.Change.ID})
	s.refused(err, review.NotOpen)
	s.blamed(keys[0], p)
}

func (s *signs) blamed(key string, p govern.Proposed) {
	s.t.Helper()
	all, err := s.Service.Blame(ctx, s.ann.Call(), gov.Ref{Dataset: digits}, key)
	s.must(err)
	if len(all) != 1 || all[0].Change != p.Change.ID || all[0].Was != "fist" || all[0].Author.ID != s.ann.ID || len(all[0].Approvers) != 2 || all[0].Message != "wrong" {
		s.t.Errorf("blame %+v", all)
	}
}

// changeStory makes every event of a change's life happen.
func changeStory(t *testing.T, k *govtest.Kit) {
	s := &signs{Kit: k, t: t}
	k.Dataset("hands/dirty")
	s.ann, s.bob = k.Person("ina", gov.Annotator, "hands"), k.Person("jon", gov.Steward, "hands")
	s.cid, s.eve = k.Person("lea", gov.Steward, "hands"), k.Person("kim", gov.Admin, gov.Server)
	k.Register(s.ann, "hands/dirty", govtest.Records(200, "fist")...)
	k.Clock.Turn(8 * 24 * time.Hour)
	for _, a := range []*govtest.Actor{k.Admin(), s.ann, s.bob, s.cid, s.eve} {
		k.Login(a)
	}
	key := govtest.Records(1, "fist")[0].Key
	in := govern.Propose{Ref: gov.Ref{Dataset: "hands/dirty"}, Proposal: govern.Proposal{Message: "wrong", Stage: 2}}
	p, err := s.Service.ProposeChange(ctx, s.ann.Call(), in, edits(rename(key, "fist", "palm")))
	s.must(err)
	id := p.Change.ID
	_, err = s.Service.WithdrawChange(ctx, s.ann.Call(), id, "not yet")
	s.must(err)
	_, err = s.Service.ReopenChange(ctx, s.ann.Call(), id)
	s.must(err)
	_, err = s.Service.ImportVotes(ctx, s.ann.Call(), id, p.Change.Newest.Digest, outside(govern.OutsideVote{Item: key, Reviewer: "crowd-1", Vote: "palm"}))
	s.must(err)
	p, err = s.Service.ReviseChange(ctx, s.ann.Call(), govern.Revise{Change: id, Proposal: govern.Proposal{Message: "better"}}, edits(rename(key, "fist", "back")))
	s.must(err)
	s.must(s.vote(s.bob, p, gov.Approve))
	_, err = s.Service.BreakGlass(ctx, s.eve.Call(), govern.BreakGlass{Change: id, Revision: p.Change.Newest.Digest, Reason: "the model is live and wrong", Ticket: "OPS-7"})
	s.must(err)
	done, err := s.Service.ApplyChange(ctx, s.bob.Call(), govern.ApplyChange{Change: id})
	if s.must(err); !done.Glass || done.Ratification != review.Pending {
		t.Errorf("applied %+v", done)
	}
	_, err = s.Service.RatifyChange(ctx, s.bob.Call(), id)
	s.refused(err, review.Quorum)
	s.must(s.vote(s.cid, p, gov.Approve))
	_, err = s.Service.RatifyChange(ctx, s.bob.Call(), id)
	s.must(err)
	rulesStory(s)
	keyStory(s)
}

// rulesStory lets newcomers' votes count, which takes two admins and an hour.
func rulesStory(s *signs) {
	set := func(document string) govern.RuleRef {
		done, err := s.Service.SetRules(ctx, s.Admin().Call(), govern.SetRules{Place: gov.Server, Document: []byte(document)})
		s.must(err)
		return govern.RuleRef{Place: gov.Server, Number: done.Event.Number, Expected: done.Event.Document}
	}
	rules := review.Default()
	rules.MinAge = 0
	ref := set(string(rules.Document()))
	_, err := s.Service.WithdrawRules(ctx, s.eve.Call(), ref)
	s.must(err)
	ref = set(string(rules.Document()))
	_, err = s.Service.ConsentToRules(ctx, s.Admin().Call(), ref)
	s.refused(err, review.SelfApproval)
	_, err = s.Service.ConsentToRules(ctx, s.eve.Call(), ref)
	s.must(err)
	s.Clock.Turn(2 * time.Hour)
}

func keyStory(s *signs) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBERERERERERERERERERERERERERERERERERERERERER"
	done, err := s.Service.AddKey(ctx, s.bob.Call(), key+" bob@example")
	s.must(err)
	_, err = s.Service.RevokeKey(ctx, s.bob.Call(), done.Event.Fingerprint)
	s.must(err)
}

func outside(all ...govern.OutsideVote) iter.Seq2[govern.OutsideVote, error] {
	return func(yield func(govern.OutsideVote, error) bool) {
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}
