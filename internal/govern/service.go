package govern

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/policy"
	"govd/internal/store"
)

// A Service carries out operations on one store.
type Service struct {
	store    *store.Store
	policy   *policy.Engine
	key      audit.Signer // of the log
	seal     *seal
	cache    *nodeCache
	rules    ruleBook
	rosters  rosterBook
	uses     book[map[string]uint64] // of label names, by root of a version's tree
	sums     book[*editSum]          // by digest of a revision
	stages   stageBook
	sittings book[*sitting] // by digest of the newest answer
	looks    lookBook
	memos    atomic.Uint64                                            // erasures that were run: what was measured before one is not kept after it
	contents func(context.Context, gov.DatasetName) (Contents, error) // nil: the server reads none itself
	salt     atomic.Pointer[[16]byte]                                 // of requests' digests, once it was read
}

// How much the policy engine may keep: compiled projects, and remembered answers.
const (
	maxSnapshots = 256
	maxMemo      = 1 << 16
)

// New returns a Service on the store, whose log goes on under the key.
func New(ctx context.Context, st *store.Store, key audit.Signer) (*Service, error) {
	engine, err := policy.NewEngine(maxSnapshots, maxMemo)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	seal, err := newSeal(ctx, st, key)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	st.UseSeal(seal.seal)
	if err := relinkOld(ctx, st); err != nil {
		return nil, fmt.Errorf("lineage: %w", err)
	}
	return &Service{store: st, policy: engine, key: key, seal: seal, cache: newNodeCache()}, nil
}

// requestSalt returns the salt of requests' digests. It never changes.
func (s *Service) requestSalt(ctx context.Context) (salt [16]byte, err error) {
	if known := s.salt.Load(); known != nil {
		return *known, nil
	}
	err = s.store.View(ctx, func(tx *store.Tx) error {
		salt, err = requestSalt(tx)
		return err
	})
	if err == nil {
		s.salt.Store(&salt)
	}
	return salt, err
}

// A Call is who asks, and under which id.
type Call struct {
	Actor   gov.Actor
	Scope   gov.Scope // of the credential: narrows what the person may do
	Request RequestID // needed by whatever changes something
}

// Done is what a change did: its event, and where it is recorded.
type Done[E any] struct {
	Event E
	Index uint64 // the log entry
	Time  time.Time
}

// see runs fn on one state of the store if the caller may do the action at the
// place, and refuses otherwise. Refusals are recorded; reads are not.
func (s *Service) see(ctx context.Context, c Call, do gov.Action, at gov.Place, fn func(*store.Tx) error) error {
	var v verdict
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		if v, err = s.judge(tx, c, do, at); err != nil || !v.allowed {
			return err
		}
		return fn(tx)
	})
	if err == nil && !v.allowed {
		err = s.refuse(ctx, c, do, at, v)
	}
	return err
}

// A verdict is the answer of policy, and the revision of policy that gave it.
type verdict struct {
	allowed  bool
	revision policy.Revision
	hidden   bool // the caller may not even know that the place exists
}

// judge asks whether the caller may do the action at the place. It fails if the
// caller's credential has died since it was looked at.
func (s *Service) judge(tx *store.Tx, c Call, do gov.Action, at gov.Place) (verdict, error) {
	if c.Actor.Person == gov.Bootstrap && do == gov.ServerBootstrap { // its token is not in the store
		return verdict{allowed: true, revision: revisions(tx, at)}, nil
	}
	if err := proven(tx, c.Actor); err != nil {
		return verdict{}, err
	}
	v := verdict{revision: revisions(tx, at)}
	var err error
	if v.allowed, err = s.allowed(tx, v.revision, c, do, at); err != nil || v.allowed || at == gov.Server {
		return v, err
	}
	read := gov.ProjectRead
	if at.Dataset() != "" {
		read = gov.DatasetRead
	}
	known, err := s.allowed(tx, v.revision, c, read, at)
	v.hidden = !known
	return v, err
}

// allowed is the whole decision: the credential's scope, then policy.
func (s *Service) allowed(tx *store.Tx, rev policy.Revision, c Call, do gov.Action, at gov.Place) (bool, error) {
	if !c.Scope.Allows(do, at) {
		return false, nil
	}
	return s.policy.Decide(rev, policy.Query{Who: c.Actor.Person, Do: do, At: at}, grantsIn(tx))
}

// grantsIn is the policy engine's source: the grants of a project and of the server.
func grantsIn(tx *store.Tx) policy.Source {
	return func(project gov.Project) (all []gov.Grant, err error) {
		for _, p := range []gov.Project{"", project} {
			for g, err := range tx.Grants(p) {
				if err != nil {
					return nil, err
				}
				all = append(all, g)
			}
			if project == "" {
				break
			}
		}
		return all, nil
	}
}

// revisions returns the newest policy changes that matter at the place.
func revisions(tx *store.Tx, at gov.Place) policy.Revision {
	r := policy.Revision{Server: tx.Revision("")}
	if at.Project() != "" {
		r.Project = tx.Revision(at.Project())
	}
	return r
}

// proven reports whether the actor's credential and person still hold.
func proven(tx *store.Tx, a gov.Actor) error {
	c, err := tx.Credential(a.Credential)
	if errors.Is(err, gov.NotFound) || err == nil && (c.Person != a.Person || !c.Live(tx.Now)) {
		return gov.ErrUnproven
	}
	if err != nil {
		return err
	}
	p, err := tx.Person(a.Person)
	if err == nil && p.Disabled {
		return gov.ErrUnproven
	}
	return err
}

// denial is the error for a verdict that does not allow.
func denial(do gov.Action, at gov.Place, v verdict) error {
	switch {
	case v.hidden && at.Dataset() != "":
		return gov.Errorf(gov.NotFound, "NO_DATASET", "no dataset %s", at)
	case v.hidden:
		return gov.Errorf(gov.NotFound, "NO_PROJECT", "no project %s", at)
	case at == gov.Server:
		return gov.Errorf(gov.Denied, "DENIED", "you may not %s on this server", do)
	}
	return gov.Errorf(gov.Denied, "DENIED", "you may not %s in %s", do, at)
}

// newText gives free text the salt that lets it be erased.
func newText(text string) gov.SaltText {
	t := gov.SaltText{Text: text}
	rand.Read(t.Salt[:])
	return t
}
