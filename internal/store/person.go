package store

import (
	"iter"

	"govd/internal/gov"
)

// Person returns the person. Returns gov.NotFound if there is none.
func (tx *Tx) Person(id gov.PersonID) (gov.Person, error) { return persons.get(tx, id) }

// PersonByName returns the person of that name. Returns gov.NotFound if there
// is none.
func (tx *Tx) PersonByName(name string) (gov.Person, error) {
	return persons.one(tx, personByName, key(nil).str(name), name)
}

// PutPerson inserts or replaces a person. Returns gov.Exists if another has the
// name.
func (tx *Tx) PutPerson(p gov.Person) error { return persons.put(tx, p.ID, p) }

// Persons yields the persons after the given one, or all after "", in the order
// of their numbers.
func (tx *Tx) Persons(after gov.PersonID) iter.Seq2[gov.Person, error] {
	var s span
	if after != "" {
		s = s.after(persons.key(after))
	}
	return persons.list(tx, s)
}

// Credential returns the credential. Returns gov.NotFound if there is none.
func (tx *Tx) Credential(id gov.CredentialID) (gov.Credential, error) {
	return credentials.get(tx, id)
}

// CredentialBySubject returns the certificate or local user that is linked to a
// person and not revoked. Returns gov.NotFound if there is none.
func (tx *Tx) CredentialBySubject(kind gov.CredentialKind, subject string) (gov.Credential, error) {
	return credentials.one(tx, credentialBySubject, subjectKey(kind, subject), string(kind)+" "+subject)
}

// PutCredential inserts or replaces a credential. Returns gov.Exists if another
// that is not revoked has the kind and subject; tokens have none.
func (tx *Tx) PutCredential(c gov.Credential) error { return credentials.put(tx, c.ID, c) }

// Credentials yields the credentials after the given one, or all after "", in
// the order of their numbers.
func (tx *Tx) Credentials(after gov.CredentialID) iter.Seq2[gov.Credential, error] {
	var s span
	if after != "" {
		s = s.after(credentials.key(after))
	}
	return credentials.list(tx, s)
}

// CredentialsOf yields the credentials of the person, revoked ones too.
func (tx *Tx) CredentialsOf(person gov.PersonID) iter.Seq2[gov.Credential, error] {
	return credentials.via(tx, credentialByPerson, under(key(nil).serial(string(person))))
}

// Grant returns the grant of the role to the person in just that place. Returns
// gov.NotFound if there is none.
func (tx *Tx) Grant(person gov.PersonID, role gov.Role, place gov.Place) (gov.Grant, error) {
	return grants.get(tx, grantKey{person, role, place})
}

// PutGrant inserts or replaces a grant.
func (tx *Tx) PutGrant(g gov.Grant) error { return grants.put(tx, grants.keyOf(g), g) }

// RemoveGrant removes a grant. Returns gov.NotFound if there is none.
func (tx *Tx) RemoveGrant(person gov.PersonID, role gov.Role, place gov.Place) error {
	return grants.remove(tx, grantKey{person, role, place})
}

// Grants yields the grants in the project and its datasets; those in the server
// as a whole for "". By place, then person.
func (tx *Tx) Grants(project gov.Project) iter.Seq2[gov.Grant, error] {
	return grants.list(tx, under(key(nil).str(string(project))))
}

// GrantsOf yields the grants of the person, in all places.
func (tx *Tx) GrantsOf(person gov.PersonID) iter.Seq2[gov.Grant, error] {
	return grants.via(tx, grantByPerson, under(key(nil).serial(string(person))))
}

// Revision returns the revision of the policy of a project ("": of the server),
// 0 if it was never set.
func (tx *Tx) Revision(project gov.Project) uint64 {
	n, _, err := revisions.find(tx, project)
	must(err)
	return n
}

// SetRevision sets the revision of the policy of a project ("": of the server).
func (tx *Tx) SetRevision(project gov.Project, n uint64) error {
	return revisions.put(tx, project, n)
}

// Counter returns the last number that the counter gave out, 0 if none.
func (tx *Tx) Counter(name string) uint64 {
	n, _, err := counters.find(tx, name)
	must(err)
	return n
}

// Next returns the next number of the counter, 1 at first.
func (tx *Tx) Next(name string) uint64 {
	n := tx.Counter(name) + 1
	must(counters.put(tx, name, n))
	return n
}

// must panics with an error that only a damaged file can cause: no caller could
// do more about it, and Update makes it a gov.Internal error.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
