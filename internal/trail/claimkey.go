package trail

import (
	"fmt"
	"strings"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/signature"
)

// A signer is a key that the log bound to a person.
type signer struct {
	who     gov.PersonID
	key     *signature.PublicKey
	entry   uint64
	revoked uint64 // the entry that revoked it; 0 if none here does
}

// keyAdded tells whose key it is.
func (p *proven) keyAdded(l line) error {
	var e struct {
		Fingerprint string `json:"fingerprint"`
		Public      string `json:"public"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	key, err := signature.ParsePublicKey(e.Public)
	if err != nil || key.Fingerprint() != e.Fingerprint {
		return badFile("the log entry's key is not the one that it names")
	}
	if old, there := p.keys[e.Fingerprint]; there {
		return badFile("the key %s was bound in log entry %d already", e.Fingerprint, old.entry)
	}
	p.keys[e.Fingerprint] = signer{who: l.Who, key: key, entry: l.index}
	p.on(OfPeople, "")
	p.holds(fmt.Sprintf("the key %s was bound to %s %s", e.Fingerprint, l.Who, l.said()), "%s", key)
	return nil
}

// keyRevoked tells from when on a key does not count.
func (p *proven) keyRevoked(l line) error {
	var e struct {
		Fingerprint string `json:"fingerprint"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	if k, there := p.keys[e.Fingerprint]; there && k.revoked == 0 {
		k.revoked = l.index
		p.keys[e.Fingerprint] = k
	}
	p.on(OfPeople, "")
	p.holds(fmt.Sprintf("the key %s was revoked %s", quote(e.Fingerprint), l.said()), "what it signed before stays signed")
	return nil
}

// A vote as an entry has it.
type vote struct {
	change    gov.ChangeID
	revision  gov.Digest
	kind      gov.VoteKind
	of        gov.PersonID
	signature gov.Digest
	key       string
}

// signed checks the signature under a vote: that the entry commits to it, that
// the statement is of this vote, and that the key was the voter's then.
func (p *proven) signed(l line, v vote) error {
	claim := fmt.Sprintf("the vote in log entry %d is signed by the key %s, which the log bound to %s", l.index, quote(v.key), l.Who)
	doc, there := p.documents[v.signature]
	k, bound := p.keys[v.key]
	switch {
	case !there:
		p.lacks(fmt.Sprintf("the vote in log entry %d has a signature, which this file does not hold", l.index), "its digest is %s", v.signature)
		return nil
	case !bound || k.who != l.Who:
		return p.fails(claim, fmt.Errorf("no entry before it in this file binds the key to %s", l.Who))
	case k.revoked != 0:
		return p.fails(claim, fmt.Errorf("log entry %d had revoked the key", k.revoked))
	}
	text, armored, _ := strings.Cut(string(doc), "-----BEGIN")
	armored = "-----BEGIN" + armored
	s, err := gov.ParseApprovalStatement(text)
	if err != nil {
		return p.fails(claim, err)
	}
	if err := p.sameVote(l, v, s); err != nil {
		return p.fails(claim, err)
	}
	if err := signature.Verify(k.key, armored, text, gov.ApprovalNamespace); err != nil {
		return p.fails(claim, err)
	}
	p.holds(claim, "an SSH signature over the statement about revision %s; the signer saw the log at size %d with the root %s; log entry %d bound the key, and no entry in this file revoked it before", v.revision, s.LogSize, s.LogRoot, k.entry)
	return p.witnessed(l, s)
}

// witnessed checks that the log which the signer saw is the beginning of this
// one: the server showed no other to them.
func (p *proven) witnessed(l line, s *gov.ApprovalStatement) error {
	hashes, there := p.heads[s.LogSize]
	if !there {
		return nil
	}
	p.seen[s.LogSize] = true
	claim := fmt.Sprintf("the log that %s saw before the vote in log entry %d is the beginning of this one", l.Who, l.index)
	if err := audit.CheckConsistency(hashes, s.LogSize, s.LogRoot, p.head.Size, p.head.Root); err != nil {
		return p.fails(claim, err)
	}
	p.holds(claim, "%d hashes lead from the root %s at size %d, which was signed, to the root %s", len(hashes), s.LogRoot, s.LogSize, p.head.Root)
	return nil
}

// sameVote compares what was signed with what the log says.
func (p *proven) sameVote(l line, v vote, s *gov.ApprovalStatement) error {
	switch {
	case s.Origin != p.origin:
		return fmt.Errorf("the statement is for the log of %s", quote(s.Origin))
	case s.Change != v.change || s.Revision != v.revision:
		return fmt.Errorf("the statement is about change %s, revision %s", s.Change, s.Revision)
	case s.Person != l.Who || s.Decision != v.kind || s.Of != v.of:
		return fmt.Errorf("the statement is by %s to %s", s.Person, s.Decision)
	case l.At != gov.Place(s.Dataset):
		return fmt.Errorf("the statement is about the dataset %s", s.Dataset)
	case s.LogSize > l.index:
		return fmt.Errorf("the statement names the log at size %d, which it had not then", s.LogSize)
	case !l.Time.Before(s.Expires):
		return fmt.Errorf("the statement had expired")
	}
	if c := p.changes[v.change]; c != nil && c.revision == v.revision && (c.base.Digest != s.Base.Digest || c.base.Number != s.Base.Number) {
		return fmt.Errorf("the statement is about another base")
	}
	return nil
}

// personAdded tells a person's name, if it is there.
func (p *proven) personAdded(l line) error {
	var e struct {
		ID    gov.PersonID `json:"id"`
		Name  gov.Digest   `json:"name"`
		Owner gov.PersonID `json:"owner"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.owners[e.ID] = e.Owner
	p.named(l, e.ID, e.Name, "")
	return nil
}

// bootstrapped tells of the first admin, and the name.
func (p *proven) bootstrapped(l line) error {
	var e struct {
		Person struct {
			ID   gov.PersonID `json:"id"`
			Name gov.Digest   `json:"name"`
		} `json:"person"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.named(l, e.Person.ID, e.Person.Name, ", the first admin,")
	return nil
}

// named tells who was added, and the name if it is here.
func (p *proven) named(l line, id gov.PersonID, name gov.Digest, as string) {
	p.on(OfPeople, "")
	text, there := p.texts[name]
	p.read.People = append(p.read.People, Person{ID: id, Name: text})
	if there {
		p.holds(fmt.Sprintf("%s%s was added under the name %s %s", id, as, quote(text), l.said()), "the entry commits to the name with the digest %s", name)
		return
	}
	p.holds(fmt.Sprintf("%s%s was added %s", id, as, l.said()), "the name is not in this file")
}
