package store

import (
	"errors"
	"testing"

	"govd/internal/gov"
)

func TestChanges(t *testing.T) {
	s := newStore(t, quick())
	update(t, s, func(tx *Tx) error {
		for id, d := range map[gov.ChangeID]gov.DatasetName{1: "a/x", 2: "a/y", 3: "a/x", 300: "a/x"} {
			if err := tx.PutChange(gov.Change{ID: id, Dataset: d}); err != nil {
				return err
			}
		}
		return errors.Join(
			tx.PutRevision(gov.Revision{Change: 1, Number: 2}), tx.PutRevision(gov.Revision{Change: 1, Number: 1}),
			tx.PutRevision(gov.Revision{Change: 2, Number: 1}),
			tx.PutVote(gov.Vote{Change: 1, Entry: 30}), tx.PutVote(gov.Vote{Change: 1, Entry: 4}), tx.PutVote(gov.Vote{Change: 2, Entry: 5}),
			tx.PutEvidence(gov.Evidence{Change: 3, Entry: 9}),
		)
	})
	id := func(c gov.Change) string { return c.ID.String() }
	revision := func(r gov.Revision) string { return gov.ChangeID(r.Number).String() }
	vote := func(v gov.Vote) string { return gov.ChangeID(v.Entry).String() }
	view(t, s, func(tx *Tx) error {
		expect(t, "all", all(t, tx.Changes(0), id), "300 3 2 1")
		expect(t, "before 3", all(t, tx.Changes(3), id), "2 1")
		expect(t, "of a/x", all(t, tx.ChangesOf("a/x", 0), id), "300 3 1")
		expect(t, "of a/x before 300", all(t, tx.ChangesOf("a/x", 300), id), "3 1")
		expect(t, "revisions", all(t, tx.ChangeRevisions(1), revision), "1 2")
		expect(t, "votes", all(t, tx.Votes(1), vote), "4 30")
		_, err := tx.ChangeRevision(2, 2)
		wantReason(t, err, gov.NotFound, "NO_REVISION")
		_, err = tx.Change(4)
		wantReason(t, err, gov.NotFound, "NO_CHANGE")
		return nil
	})
}

func TestRuleSets(t *testing.T) {
	s := newStore(t, quick())
	update(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.PutRuleSet(gov.RuleSet{Place: gov.Server, Number: 1}), tx.PutRuleSet(gov.RuleSet{Place: "p", Number: 1}),
			tx.PutRuleSet(gov.RuleSet{Place: "p", Number: 2}), tx.PutRuleSet(gov.RuleSet{Place: "p", Of: "stage-3", Number: 1}), tx.PutRuleSet(gov.RuleSet{Place: "p/d", Number: 1}),
		)
	})
	show := func(r gov.RuleSet) string {
		return string(r.Place) + string(r.Of) + "-" + gov.ChangeID(r.Number).String()
	}
	view(t, s, func(tx *Tx) error {
		expect(t, "of p", all(t, tx.RuleSets("p", ""), show), "p-2 p-1")
		expect(t, "of a stage of p", all(t, tx.RuleSets("p", "stage-3"), show), "pstage-3-1")
		expect(t, "of the server", all(t, tx.RuleSets(gov.Server, ""), show), "*-1")
		expect(t, "within p", all(t, tx.RuleSetsWithin("p"), show), "p-1 p-2 pstage-3-1 p/d-1")
		expect(t, "within the server", all(t, tx.RuleSetsWithin(""), show), "*-1 p-1 p-2 pstage-3-1 p/d-1")
		return nil
	})
}

func TestSSHKeys(t *testing.T) {
	s := newStore(t, quick())
	update(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.PutSSHKey(gov.SSHKey{Fingerprint: "SHA256:b", Person: "user:1", Entry: 2}),
			tx.PutSSHKey(gov.SSHKey{Fingerprint: "SHA256:a", Person: "user:1", Entry: 300}),
			tx.PutSSHKey(gov.SSHKey{Fingerprint: "SHA256:c", Person: "user:11", Entry: 3}),
		)
	})
	view(t, s, func(tx *Tx) error {
		expect(t, "of user:1", all(t, tx.SSHKeysOf("user:1"), func(k gov.SSHKey) string { return k.Fingerprint }), "SHA256:b SHA256:a")
		_, err := tx.SSHKey("SHA256:x")
		wantReason(t, err, gov.NotFound, "NO_KEY")
		return nil
	})
}
