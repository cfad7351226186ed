package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"govd/internal/gov"
)

// An Explanation says why a query is allowed or denied.
type Explanation struct {
	Query    Query       `json:"query"`
	Revision Revision    `json:"revision"`
	Allowed  bool        `json:"allowed"`
	Rule     *Rule       `json:"rule,omitempty"`   // that allows or denies, if one does
	Grants   []gov.Grant `json:"grants,omitempty"` // through which Rule applies, the widest first
	Missing  []Missing   `json:"missing,omitempty"`
	Words    []string    `json:"words"` // the same for people, a line each
}

// A Missing is what keeps a rule from allowing a denied query. Granting Role in
// the place of the query would, where Lacks is "role".
type Missing struct {
	Role  gov.Role    `json:"role"`
	Lacks string      `json:"lacks"`          // "role", "stage" or "place"
	Stage gov.Stage   `json:"stage,omitzero"` // the only one in which the rule allows
	Held  []gov.Place `json:"held,omitempty"` // where the person does hold the role
	Words string      `json:"words"`
}

// Explain decides the query and says why.
func (s *Snapshot) Explain(q Query) (x Explanation, err error) {
	defer catch(&err)
	x = Explanation{Query: q, Revision: s.Revision}
	if err := q.check(); err != nil {
		x.Words = []string{message(err)}
		return x, nil
	}
	d, err := s.domain(q.At)
	if err != nil {
		return Explanation{}, unavailable(err)
	}
	if d == nil {
		x.Words = []string{fmt.Sprintf("%s is not in the policy of %s", q.At, s.root())}
		return x, nil
	}
	if x.Allowed, x.Rule, err = d.decider(q); err != nil {
		return Explanation{}, unavailable(err)
	}
	s.fill(&x, d)
	return x, nil
}

// fill adds to a decision why it is so.
func (s *Snapshot) fill(x *Explanation, d *domain) {
	q := x.Query
	x.Words = []string{q.verdict(x.Allowed)}
	if x.Rule != nil {
		x.Grants = d.through(q.Who, x.Rule.Role)
		x.Words = append(x.Words, x.Rule.words())
		for _, g := range x.Grants {
			x.Words = append(x.Words, fmt.Sprintf("%s holds %s in %s, granted by %s in entry %d", g.Person, g.Role, g.Place, g.By, g.Entry))
		}
		return
	}
	for _, r := range s.rules {
		if m, near := s.missing(q, r); near {
			x.Missing = append(x.Missing, m)
			x.Words = append(x.Words, m.Words)
		}
	}
}

// missing says what keeps a rule for the queried action from allowing.
func (s *Snapshot) missing(q Query, r Rule) (m Missing, near bool) {
	if r.Action != q.Do || r.Deny {
		return Missing{}, false
	}
	m = Missing{Role: r.Role, Stage: r.Stage, Held: s.held(q.Who, r.Role)}
	switch {
	case OnServer(q.Do) && q.At != gov.Server:
		m.Lacks, m.Words = "place", fmt.Sprintf("%s is done to the whole server and must be asked in *", q.Do)
	case r.Stage != 0 && r.Stage != q.Stage:
		m.Lacks, m.Words = "stage", fmt.Sprintf("role %s may %s at stage %d only", r.Role, q.Do, r.Stage)
	default:
		m.Lacks, m.Words = "role", fmt.Sprintf("role %s may %s, but %s does not hold it in %s", r.Role, q.Do, q.Who, q.At)
	}
	if len(m.Held) > 0 {
		m.Words += fmt.Sprintf("; held in %s", join(m.Held))
	}
	return m, true
}

// held returns where in the snapshot a person holds a role.
func (s *Snapshot) held(who gov.PersonID, r gov.Role) (places []gov.Place) {
	for _, g := range s.grants {
		if g.Person == who && g.Role == r && !slices.Contains(places, g.Place) {
			places = append(places, g.Place)
		}
	}
	return places
}

// through returns the grants that give a person a role here.
func (d *domain) through(who gov.PersonID, r gov.Role) (grants []gov.Grant) {
	for _, g := range d.grants {
		if g.Person == who && g.Role == r {
			grants = append(grants, g)
		}
	}
	return grants
}

func (q Query) verdict(allowed bool) string {
	may := "may not"
	if allowed {
		may = "may"
	}
	stage := ""
	if q.Stage != 0 {
		stage = fmt.Sprintf(", stage %d", q.Stage)
	}
	return fmt.Sprintf("%s %s %s in %s%s", q.Who, may, q.Do, q.At, stage)
}

func (r Rule) words() string {
	may := "may"
	if r.Deny {
		may = "must not"
	}
	at := ""
	if r.Stage != 0 {
		at = fmt.Sprintf(" at stage %d", r.Stage)
	}
	return fmt.Sprintf("role %s %s %s%s", r.Role, may, r.Action, at)
}

// message is what a caller may see of an error.
func message(err error) string {
	if e, ok := errors.AsType[*gov.Error](err); ok {
		return e.Msg
	}
	return gov.Internal.Error()
}

func join(places []gov.Place) string {
	words := make([]string, len(places))
	for i, p := range places {
		words[i] = string(p)
	}
	return strings.Join(words, ", ")
}
