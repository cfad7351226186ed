// Package policy answers whether a person may ever do an action in a place.
//
// The answer comes from two things: the template, which says what each role may
// do and ships with govd, and the grants, which say who holds which role where
// and are kept in the store. Both are handed to casbin, which this package
// alone knows. A Snapshot is what casbin makes of one project at one Revision;
// it never changes. An Engine keeps the snapshots that were used last.
//
// Whatever policy does not know, it denies: an unknown person, action or place,
// an empty field, a project without grants. An error is never an answer.
package policy

import "govd/internal/gov"

// A Query asks whether Who may do Do in the place At. Actions on the server
// itself (see OnServer) are asked at gov.Server. Stage is that of the dataset,
// 0 where there is none.
type Query struct {
	Who   gov.PersonID `json:"who"`
	Do    gov.Action   `json:"do"`
	At    gov.Place    `json:"at"`
	Stage gov.Stage    `json:"stage,omitzero"`
}

// check returns an error of kind Invalid that names the first field that is
// not what its type promises. It stands before casbin, which takes two empty
// strings for a match.
func (q Query) check() error {
	if _, err := gov.ParsePersonID(string(q.Who)); err != nil {
		return err
	}
	if _, err := gov.ParseAction(string(q.Do)); err != nil {
		return err
	}
	if _, err := gov.ParsePlace(string(q.At)); err != nil {
		return err
	}
	if q.Stage == 0 {
		return nil
	}
	_, err := gov.ParseStage(int(q.Stage))
	return err
}

// A Revision names a state of the policy of one project: the log entries of the
// newest change of policy on the whole server and in the project.
type Revision struct {
	Server  uint64 `json:"server"`
	Project uint64 `json:"project"`
}

// before reports whether r is older than s.
func (r Revision) before(s Revision) bool {
	return r.Server < s.Server || r.Project < s.Project
}

// A Source loads the grants that matter in a project: its own, those of its
// datasets and those of the whole server; for the project "" the server's
// alone. It is called when a snapshot must be built, and not otherwise.
type Source func(project gov.Project) ([]gov.Grant, error)

// OnServer reports whether an action is done to the server itself, so that it
// can only be asked at gov.Server.
func OnServer(do gov.Action) bool {
	switch do {
	case gov.ServerBackup, gov.ProjectCreate,
		gov.PersonAdd, gov.PersonRead, gov.PersonDisable, gov.PersonLink,
		gov.TokenCreate, gov.TokenRead, gov.TokenRevoke:
		return true
	}
	return false
}
