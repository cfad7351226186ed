package gov

import (
	"slices"
	"strings"
	"time"
)

// A Person is someone who acts: a human, or a machine such as a training job.
type Person struct {
	ID       PersonID  `json:"id"`
	Name     string    `json:"name"` // unique; the id once the name has been erased
	Owner    PersonID  `json:"owner,omitempty"`
	Disabled bool      `json:"disabled,omitempty"`
	Created  time.Time `json:"created"`
}

// A CredentialKind says how a credential proves a person.
type CredentialKind string

const (
	Token       CredentialKind = "token" // a secret in the authorization header
	Certificate CredentialKind = "cert"  // the URI name of a client certificate
	LocalUser   CredentialKind = "uid"   // the user id at the other end of the unix socket
)

// A Credential is one way in which a person proves who they are. A person may
// have many; whatever one of them did, the person did.
type Credential struct {
	ID      CredentialID   `json:"id"`
	Person  PersonID       `json:"person"`
	Kind    CredentialKind `json:"kind"`
	Secret  Digest         `json:"secret,omitzero"`   // SHA-256 of a token's secret
	Subject string         `json:"subject,omitempty"` // URI or uid of the other kinds
	Scope   Scope          `json:"scope,omitzero"`
	Created time.Time      `json:"created"`
	Expires time.Time      `json:"expires,omitzero"` // none for links
	Revoked bool           `json:"revoked,omitempty"`
}

// Live reports whether the credential proves anything at time now.
func (c Credential) Live(now time.Time) bool {
	return !c.Revoked && (c.Expires.IsZero() || now.Before(c.Expires))
}

// A Scope narrows a credential: to some actions, to some places, or both. An
// empty list narrows nothing. It never widens what the person may do.
type Scope struct {
	Actions []Action `json:"actions,omitempty"`
	Places  []Place  `json:"places,omitempty"`
	Runs    []RunID  `json:"runs,omitempty"` // that may be finished, and whose models may be registered and used; others may not
}

// runItem is what the items of a scope begin with that are runs.
const runItem = "run:"

// ParseScope parses items that are each an action, a place, or a run.
func ParseScope(items []string) (s Scope, err error) {
	for _, item := range items {
		if a, err := ParseAction(item); err == nil {
			s.Actions = append(s.Actions, a)
			continue
		}
		if id, is := strings.CutPrefix(item, runItem); is {
			run, err := ParseRunID(id)
			if err != nil {
				return Scope{}, err
			}
			s.Runs = append(s.Runs, run)
			continue
		}
		p, err := ParsePlace(item)
		if err != nil {
			return Scope{}, Errorf(Invalid, "BAD_SCOPE", "%q is neither an action, a project, a dataset nor a run", clip(item))
		}
		s.Places = append(s.Places, p)
	}
	slices.Sort(s.Actions)
	slices.Sort(s.Places)
	slices.Sort(s.Runs)
	return s, nil
}

// Items returns what ParseScope parses.
func (s Scope) Items() (items []string) {
	for _, a := range s.Actions {
		items = append(items, string(a))
	}
	for _, p := range s.Places {
		items = append(items, string(p))
	}
	for _, r := range s.Runs {
		items = append(items, runItem+string(r))
	}
	return items
}

// Allows reports whether the scope leaves room for the action at the place.
func (s Scope) Allows(do Action, at Place) bool {
	if len(s.Actions) > 0 && !slices.Contains(s.Actions, do) {
		return false
	}
	return len(s.Places) == 0 || slices.ContainsFunc(s.Places, func(p Place) bool { return p.Holds(at) })
}

// Within reports whether s allows nothing that t does not.
func (s Scope) Within(t Scope) bool {
	if len(t.Actions) > 0 && (len(s.Actions) == 0 || slices.ContainsFunc(s.Actions, func(a Action) bool { return !slices.Contains(t.Actions, a) })) {
		return false
	}
	if len(t.Runs) > 0 && (len(s.Runs) == 0 || slices.ContainsFunc(s.Runs, func(r RunID) bool { return !slices.Contains(t.Runs, r) })) {
		return false
	}
	if len(t.Places) == 0 || slices.Contains(t.Places, Server) {
		return true
	}
	return len(s.Places) > 0 && !slices.ContainsFunc(s.Places, func(p Place) bool {
		return !slices.ContainsFunc(t.Places, func(q Place) bool { return q.Holds(p) })
	})
}
