package store

import (
	"iter"

	"govd/internal/gov"
)

// Change returns a change.
func (tx *Tx) Change(id gov.ChangeID) (gov.Change, error) { return changes.get(tx, id) }

// PutChange writes a change.
func (tx *Tx) PutChange(c gov.Change) error { return changes.put(tx, c.ID, c) }

// Changes yields every change, newest first, from the one before a number; 0
// is from the newest.
func (tx *Tx) Changes(before gov.ChangeID) iter.Seq2[gov.Change, error] {
	return changes.list(tx, down(nil, uint64(before)))
}

// ChangesOf yields the changes of a dataset, newest first, from the one before a
// number; 0 is from the newest.
func (tx *Tx) ChangesOf(dataset gov.DatasetName, before gov.ChangeID) iter.Seq2[gov.Change, error] {
	return changes.via(tx, changeByDataset, down(key(nil).dataset(dataset), uint64(before)))
}

// down is the span of the numbers under a key below one, the largest first.
func down(k key, before uint64) span {
	s := under(k)
	if s.reverse = true; before > 0 {
		s.to = key(k[:len(k):len(k)]).uint64(before)
	}
	return s
}

// ChangeRevision returns a revision of a change.
func (tx *Tx) ChangeRevision(id gov.ChangeID, number uint64) (gov.Revision, error) {
	return changeRevisions.get(tx, changePart{id, number})
}

// PutRevision writes a revision of a change.
func (tx *Tx) PutRevision(r gov.Revision) error {
	return changeRevisions.put(tx, changePart{r.Change, r.Number}, r)
}

// ChangeRevisions yields the revisions of a change, the oldest first.
func (tx *Tx) ChangeRevisions(id gov.ChangeID) iter.Seq2[gov.Revision, error] {
	return changeRevisions.list(tx, ofChange(id))
}

// PutVote adds a vote.
func (tx *Tx) PutVote(v gov.Vote) error { return votes.put(tx, changePart{v.Change, v.Entry}, v) }

// Votes yields the votes on a change, the oldest first.
func (tx *Tx) Votes(id gov.ChangeID) iter.Seq2[gov.Vote, error] { return votes.list(tx, ofChange(id)) }

// PutEvidence adds outside evidence.
func (tx *Tx) PutEvidence(e gov.Evidence) error {
	return evidence.put(tx, changePart{e.Change, e.Entry}, e)
}

// Evidence yields the outside evidence on a change, the oldest first.
func (tx *Tx) Evidence(id gov.ChangeID) iter.Seq2[gov.Evidence, error] {
	return evidence.list(tx, ofChange(id))
}

func ofChange(id gov.ChangeID) span { return under(key(nil).uint64(uint64(id))) }

// RuleSet returns a document of rules of a place.
func (tx *Tx) RuleSet(place gov.Place, of gov.RulesOf, number uint64) (gov.RuleSet, error) {
	return ruleSets.get(tx, rulesKey{place, of, number})
}

// PutRuleSet writes one.
func (tx *Tx) PutRuleSet(r gov.RuleSet) error {
	return ruleSets.put(tx, rulesKey{r.Place, r.Of, r.Number}, r)
}

// RuleSets yields the rules about a thing that were ever proposed for a place,
// newest first.
func (tx *Tx) RuleSets(place gov.Place, of gov.RulesOf) iter.Seq2[gov.RuleSet, error] {
	return ruleSets.list(tx, down(key(nil).str(string(place.Project())).str(string(place)).str(string(of)), 0))
}

// RuleSetsWithin yields the rules that were ever proposed in a project ("": on
// the whole server), by place, the oldest first.
func (tx *Tx) RuleSetsWithin(project gov.Project) iter.Seq2[gov.RuleSet, error] {
	if project == "" {
		return ruleSets.list(tx, span{})
	}
	return ruleSets.list(tx, under(key(nil).str(string(project))))
}

// SSHKey returns the key with a fingerprint.
func (tx *Tx) SSHKey(fingerprint string) (gov.SSHKey, error) { return sshKeys.get(tx, fingerprint) }

// PutSSHKey writes a key.
func (tx *Tx) PutSSHKey(k gov.SSHKey) error { return sshKeys.put(tx, k.Fingerprint, k) }

// SSHKeysOf yields the keys of a person, the oldest first.
func (tx *Tx) SSHKeysOf(person gov.PersonID) iter.Seq2[gov.SSHKey, error] {
	return sshKeys.via(tx, sshKeyByPerson, under(key(nil).serial(string(person))))
}
