package govern

import (
	"crypto/rand"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/store"
)

// newSecret lays the secret of an inspection to come beside the log and returns
// the commitment to it. One is published ahead in each project, so that it is
// older than the versions that will be inspected: who knows the root of a
// version can no longer choose its sample.
func newSecret(tx *store.Tx) (gov.Digest, error) {
	var s inspect.Secret
	rand.Read(s[:])
	return s.Commitment(), tx.PutSecret(s.Commitment(), s)
}

// secretAhead returns the secret that the next inspection in a project uses. A
// project from before there were inspections has none: its first one makes its
// own.
func secretAhead(tx *store.Tx, project gov.Project) (s inspect.Secret, err error) {
	p, err := tx.Project(project)
	if err != nil {
		return s, err
	}
	if p.Ahead == nil {
		rand.Read(s[:])
		return s, nil
	}
	secret, err := tx.Secret(p.Ahead.Digest)
	return secret, err
}

// stillAhead refuses a secret that another inspection has used meanwhile.
func stillAhead(tx *store.Tx, project gov.Project, s inspect.Secret) error {
	p, err := tx.Project(project)
	if err == nil && p.Ahead != nil && p.Ahead.Digest != s.Commitment() {
		err = gov.Errorf(gov.Conflict, "SECRET_USED", "another inspection has just been drawn in %s: draw again", project)
	}
	return err
}

// spend makes a commitment the one of an inspection, and another the next one's.
// It returns the log entry that published the first.
func spend(tx *store.Tx, project gov.Project, spent, ahead gov.Digest, o origin) (published uint64, err error) {
	p, err := tx.Project(project)
	if err != nil {
		return 0, err
	}
	published = o.index
	if p.Ahead != nil && p.Ahead.Digest == spent {
		published = p.Ahead.Entry
	}
	p.Ahead = &gov.Commitment{Digest: ahead, Entry: o.index}
	return published, tx.PutProject(p)
}
