package govern

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/trail"
)

func (t *tracer) change(n *trail.Node) error {
	id, err := gov.ParseChangeID(n.ID.Name)
	if err != nil {
		return err
	}
	ch, err := t.tx.Change(id)
	if err != nil {
		return err
	}
	newest, err := t.tx.ChangeRevision(id, ch.Revision)
	if err != nil {
		return err
	}
	n.Digest, n.Time, n.By, n.Entry = newest.Digest, ch.Opened, ch.Author, ch.Entry
	n.Change = &trail.Change{
		Number: id, Dataset: ch.Dataset, State: ch.State, Revision: newest.Digest, Base: newest.Base, Edits: newest.Edits.Records,
		Touched: newest.Touched, Labels: newest.Labels, Rules: newest.Rules, Result: ch.Result,
	}
	t.person(ch.Author)
	t.entry(ch.Entry)
	if ch.Reopened != 0 {
		t.entry(ch.Reopened)
	}
	return errors.Join(t.revisions(ch), t.votes(n.Change), t.glass(ch.Glass), t.rulesOf(ch))
}

// revisions takes every revision of a change. The first is told by the entry
// that opened it.
func (t *tracer) revisions(ch gov.Change) error {
	for r, err := range t.tx.ChangeRevisions(ch.ID) {
		if err != nil {
			return err
		}
		t.person(r.By, r.For)
		if r.Number > 1 {
			err = t.entryOf(r.Created, func(e *audit.Entry) (bool, error) {
				var ev ChangeRevised
				if e.Event != ev.name() {
					return false, nil
				}
				err := json.Unmarshal(e.Data, &ev)
				return ev.Digest == r.Digest, err
			})
		}
		if err := errors.Join(err, t.text(r.Why), t.document(r.Rules)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tracer) votes(ch *trail.Change) error {
	for v, err := range t.tx.Votes(ch.Number) {
		if err != nil {
			return err
		}
		ch.Votes = append(ch.Votes, trail.Vote{Person: v.Person, Kind: v.Kind, Revision: v.Revision, Time: v.Time, Entry: v.Entry, Signature: v.Signature})
		t.entry(v.Entry)
		t.person(v.Person, v.Of)
		if err := errors.Join(t.text(v.Why), t.document(v.Signature), t.key(v.Key), t.head(v.Signature)); err != nil {
			return err
		}
	}
	return nil
}

// head notes which head of the log somebody saw who signed.
func (t *tracer) head(signature gov.Digest) error {
	if signature.IsZero() {
		return nil
	}
	doc, err := t.tx.Document(signature)
	if errors.Is(err, gov.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	text, _, _ := strings.Cut(string(doc), armor)
	s, err := gov.ParseApprovalStatement(text)
	if err == nil && s.LogSize > 0 {
		t.bundle.Heads = append(t.bundle.Heads, s.LogSize)
	}
	return err
}

const armor = "-----BEGIN SSH SIGNATURE-----" // begins what follows a statement that was signed

// key takes what binds a key to a person, and what revoked it.
func (t *tracer) key(fingerprint string) error {
	if fingerprint == "" {
		return nil
	}
	k, err := t.tx.SSHKey(fingerprint)
	if err != nil {
		return err
	}
	t.entry(k.Entry)
	if k.Revoked.IsZero() {
		return nil
	}
	return t.entryOf(k.Revoked, func(e *audit.Entry) (bool, error) {
		var ev KeyRevoked
		if e.Event != ev.name() {
			return false, nil
		}
		err := json.Unmarshal(e.Data, &ev)
		return ev.Fingerprint == fingerprint, err
	})
}

// glass takes who asked for the glass to be broken, and that the quorum
// followed.
func (t *tracer) glass(g *gov.Glass) error {
	if g == nil {
		return nil
	}
	for _, a := range g.Asked {
		t.entry(a.Entry)
		t.person(a.Person)
		if err := errors.Join(t.text(a.Reason), t.text(a.Ticket)); err != nil {
			return err
		}
	}
	if g.Ratified != 0 {
		t.entry(g.Ratified)
	}
	return nil
}

// rulesOf takes the rules of approval that held when a change was applied, or
// that hold now.
func (t *tracer) rulesOf(ch gov.Change) error {
	when := t.tx.Now
	if ch.Result != 0 {
		v, err := t.tx.Version(ch.Dataset, ch.Result)
		if err != nil {
			return err
		}
		when = v.Created
	}
	return t.rules(gov.Place(ch.Dataset), gov.ApprovalRules, when)
}

// A ruling is a document of rules of a place, by number.
type ruling struct {
	place  gov.Place
	of     gov.RulesOf
	number uint64
}

// rules takes the documents of rules that held at a place at a time, and who
// proposed them and agreed.
func (t *tracer) rules(at gov.Place, of gov.RulesOf, when time.Time) error {
	for _, place := range levels(at) {
		set, found, err := ruleSetInForce(t.tx, place, of, when)
		if err != nil {
			return err
		}
		if id := (ruling{place, of, set.Number}); !found || t.ruled[id] {
			continue
		}
		t.ruled[ruling{place, of, set.Number}] = true
		t.entry(set.Entry)
		t.person(set.By)
		for _, c := range set.Consents {
			t.entry(c.Entry)
			t.person(c.Person)
		}
		if err := t.document(set.Document); err != nil {
			return err
		}
	}
	return nil
}
