package govern

import (
	"context"
	"errors"
	"slices"

	"govd/internal/gov"
	"govd/internal/store"
)

// ProjectCreated: there is a project.
type ProjectCreated struct {
	Name  gov.Project `json:"name"`
	Ahead gov.Digest  `json:"ahead,omitzero"` // commitment to the secret of its first inspection
}

func (*ProjectCreated) name() string { return "project.created" }

func (e *ProjectCreated) apply(tx *store.Tx, o origin) error {
	p := gov.ProjectInfo{Name: e.Name, By: o.who, Created: o.time}
	if !e.Ahead.IsZero() {
		p.Ahead = &gov.Commitment{Digest: e.Ahead, Entry: o.index}
	}
	return tx.PutProject(p)
}

// CreateProject makes a project.
func (s *Service) CreateProject(ctx context.Context, c Call, name gov.Project) (Done[*ProjectCreated], error) {
	return write(ctx, s, c, action{do: gov.ProjectCreate, at: gov.Server, args: name}, func(tx *store.Tx) (*ProjectCreated, error) {
		if _, err := tx.Project(name); !errors.Is(err, gov.NotFound) {
			if err == nil {
				err = gov.Errorf(gov.Exists, "PROJECT_EXISTS", "there is a project %s already", name)
			}
			return nil, err
		}
		ahead, err := newSecret(tx)
		return &ProjectCreated{name, ahead}, err
	})
}

// Projects returns up to n projects that the caller may read, by name, after one.
func (s *Service) Projects(ctx context.Context, c Call, after gov.Project, n int) (page []gov.ProjectInfo, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		known, all, err := s.horizon(tx, c)
		if err != nil {
			return err
		}
		page, err = take(keep(tx.Projects(after), func(p gov.ProjectInfo) (bool, error) {
			if !all && !slices.Contains(known, p.Name) {
				return false, nil
			}
			return s.reads(tx, c, gov.ProjectRead, gov.Place(p.Name))
		}), n)
		return err
	})
	return page, err
}

// horizon returns the projects in which the caller holds anything, or all for
// one who holds something on the server: no others need be asked about.
func (s *Service) horizon(tx *store.Tx, c Call) (known []gov.Project, all bool, err error) {
	if err := proven(tx, c.Actor); err != nil {
		return nil, false, err
	}
	for g, err := range tx.GrantsOf(c.Actor.Person) {
		if err != nil {
			return nil, false, err
		}
		all = all || g.Place == gov.Server
		known = append(known, g.Place.Project())
	}
	return known, all, nil
}

// reads reports whether the caller may do an action that reads.
func (s *Service) reads(tx *store.Tx, c Call, do gov.Action, at gov.Place) (bool, error) {
	return s.allowed(tx, revisions(tx, at), c, do, at)
}
