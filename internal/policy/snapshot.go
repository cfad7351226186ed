package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"govd/internal/gov"
)

// A Snapshot is the policy of one project, or of the server itself, at one
// Revision. It never changes and is safe for concurrent use.
type Snapshot struct {
	Revision Revision
	Project  gov.Project // "" for the server itself
	rules    []Rule
	grants   []gov.Grant
	domains  map[gov.Place]func() (*domain, error) // compiled when first asked
}

// newSnapshot refuses grants that Check would have refused or that lie in
// another project: whoever wrote them, they cannot be trusted to mean anything.
func newSnapshot(rev Revision, project gov.Project, rules []Rule, grants []gov.Grant) (*Snapshot, error) {
	s := &Snapshot{Revision: rev, Project: project, rules: rules, grants: slices.Clone(grants)}
	slices.SortFunc(s.grants, byWidth)
	s.domains = map[gov.Place]func() (*domain, error){s.root(): s.compile(s.root())}
	for _, g := range grants {
		if err := Check(g); err != nil {
			return nil, err
		}
		if g.Place != gov.Server && g.Place.Project() != project {
			return nil, fmt.Errorf("grant at %s in the policy of %s", g.Place, s.root())
		}
		if g.Place.Dataset() != "" && s.domains[g.Place] == nil {
			s.domains[g.Place] = s.compile(g.Place)
		}
	}
	return s, nil
}

func (s *Snapshot) compile(at gov.Place) func() (*domain, error) {
	return sync.OnceValues(func() (*domain, error) { return newDomain(at, s.rules, s.grants) })
}

// root is the widest place that the snapshot knows of.
func (s *Snapshot) root() gov.Place {
	if s.Project == "" {
		return gov.Server
	}
	return gov.Place(s.Project)
}

// domain returns the domain that decides about a place, nil if the place is
// not in the snapshot. A dataset without grants of its own is decided as its
// project is.
func (s *Snapshot) domain(at gov.Place) (*domain, error) {
	if at.Project() != s.Project {
		return nil, nil
	}
	if compiled, ok := s.domains[at]; ok {
		return compiled()
	}
	return s.domains[s.root()]()
}

// Decide says whether the query is allowed. An error is never an answer: the
// caller must treat it as a refusal.
func (s *Snapshot) Decide(q Query) (allowed bool, err error) {
	defer catch(&err)
	if q.check() != nil {
		return false, nil
	}
	d, err := s.domain(q.At)
	if err != nil || d == nil {
		return false, unavailable(err)
	}
	allowed, err = d.decide(q)
	return allowed && err == nil, unavailable(err)
}

// WhoCan returns the persons who may do the action in the place, sorted.
func (s *Snapshot) WhoCan(do gov.Action, at gov.Place, st gov.Stage) (who []gov.PersonID, err error) {
	for _, p := range s.persons() {
		allowed, err := s.Decide(Query{p, do, at, st})
		if err != nil {
			return nil, err
		}
		if allowed {
			who = append(who, p)
		}
	}
	return who, nil
}

// WhatCan returns the actions that a person may do in the place, sorted.
func (s *Snapshot) WhatCan(who gov.PersonID, at gov.Place, st gov.Stage) (do []gov.Action, err error) {
	for _, a := range gov.Actions {
		allowed, err := s.Decide(Query{who, a, at, st})
		if err != nil {
			return nil, err
		}
		if allowed {
			do = append(do, a)
		}
	}
	return do, nil
}

// persons returns everyone who holds a role here.
func (s *Snapshot) persons() (all []gov.PersonID) {
	for _, g := range s.grants {
		all = append(all, g.Person)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// byWidth orders grants from the whole server to the dataset, the oldest first.
func byWidth(a, b gov.Grant) int {
	return cmp.Or(cmp.Compare(width(a.Place), width(b.Place)), cmp.Compare(a.Entry, b.Entry),
		strings.Compare(string(a.Place), string(b.Place)))
}

func width(p gov.Place) int {
	switch {
	case p == gov.Server:
		return 0
	case p.Dataset() == "":
		return 1
	}
	return 2
}

// unavailable is what a caller sees of a failure; nil stays nil.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return gov.Because(err, gov.Internal, "POLICY_UNAVAILABLE", "the policy cannot be read")
}

// catch turns a panic into an error, which is a refusal.
func catch(err *error) {
	if p := recover(); p != nil {
		*err = unavailable(fmt.Errorf("panic: %v", p))
	}
}
