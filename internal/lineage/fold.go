package lineage

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"govd/internal/gov"
)

// An Effect is what an event changes. All of it is sorted; edges have neither
// Since nor Until, which are the caller's to set.
type Effect struct {
	Cells    []Cell     // that changed
	Begun    []Edge     // that stand from now on
	Ended    []Edge     // that stood, and do no more
	Resolved []gov.Node // of which the event is the first to say what they are
	Dropped  []Drop     // of datasets elsewhere, later ones than were known
	Warnings []Warning  // besides those of ParseEvent
}

// A Drop says that a dataset elsewhere was dropped. Its edges stand: what was
// made of it stays made of it.
type Drop struct {
	Dataset gov.Node // without a version
	Time    time.Time
}

// Fold returns what an event changes in a state. A server names its own things
// in events by a namespace, own.
//
// The state is a function of the set of events: any order, any repetition and
// any batching give the same cells, and the same edges standing. An edge's Time
// may differ where a facet that lists it was sent again and again: it is never
// earlier than when it was first so.
//
// An event touches the cells of its own run, job and datasets, and those of the
// edges it is about.
func Fold(have Cells, e *Event, own string) (Effect, error) { return e.Claims(own).Fold(have) }

// Claims is what an event says, for the server of a namespace. It takes no state
// to make them.
type Claims struct {
	own      string
	cells    map[string][]claim // each ascending by field
	warnings []Warning
	err      error
}

// Claims returns what the event says. The event is not needed any more.
func (e *Event) Claims(own string) *Claims {
	c := e.claims(own)
	for key, claims := range c.claims {
		c.claims[key] = settle(claims)
	}
	return &Claims{own, c.claims, c.warnings, c.err}
}

// Fold is the function Fold for the event.
func (c *Claims) Fold(have Cells) (Effect, error) {
	if c.err != nil {
		return Effect{}, c.err
	}
	f := folder{before: &overlay{have: have}, after: &overlay{have: have, changed: map[string][]byte{}}, own: c.own}
	err := f.join(c.cells)
	if err == nil {
		err = f.relist()
	}
	if err == nil {
		err = f.edges()
	}
	if err != nil {
		return Effect{}, err
	}
	f.effect.Warnings = c.warnings
	f.cells()
	return f.effect, nil
}

type folder struct {
	before, after *overlay
	own           string
	effect        Effect
}

// join puts the claims of the event into their cells.
func (f *folder) join(claims map[string][]claim) error {
	for key, cs := range claims {
		old, err := f.before.Cell(key)
		if err != nil {
			return err
		}
		was, err := decodeCell(old)
		if err != nil {
			return err
		}
		if err := f.after.put(key, encodeCell(join(was, cs))); err != nil {
			return err
		}
		f.drop(key, find(was, fieldDropped), find(cs, fieldDropped))
	}
	slices.SortFunc(f.effect.Dropped, func(a, b Drop) int { return strings.Compare(a.Dataset.String(), b.Dataset.String()) })
	return nil
}

// drop notes that a dataset was dropped later than was known.
func (f *folder) drop(key string, was, is *claim) {
	if is == nil || was != nil && was.when >= is.when {
		return
	}
	if n, ok := f.outside(strings.TrimPrefix(key, "data ")); ok {
		f.effect.Dropped = append(f.effect.Dropped, Drop{n, timeOf(is.when)})
	}
}

// outside returns the node of a job or a dataset elsewhere.
func (f *folder) outside(name string) (n gov.Node, ok bool) {
	n, err := gov.ParseNode(name)
	return n, err == nil && (n.Kind == gov.JobNode || n.Kind == gov.ExternalNode && n.Outside().Namespace != f.own)
}

// relist puts the edges of lists that changed in the place of those before.
func (f *folder) relist() error {
	for _, key := range f.changed() {
		if node, ok := strings.CutPrefix(key, "data "); ok {
			key = cellKey("list", listSymlinks, node)
		}
		if strings.HasPrefix(key, "list ") {
			if err := f.relistOne(key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *folder) changed() (keys []string) {
	for k := range f.after.changed {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (f *folder) relistOne(key string) error {
	digest := sha256.Sum256([]byte(key))
	supporter := "list " + hex.EncodeToString(digest[:16])
	was, err := listed(f.before, key)
	if err != nil {
		return err
	}
	for i := range was {
		if err := f.after.put(edgeKey(&was[i], supporter), nil); err != nil {
			return err
		}
	}
	is, err := listed(f.after, key)
	if err != nil {
		return err
	}
	for i := range is {
		c := claim{when: -is[i].Time.UnixNano(), value: string(appendEdge(nil, &is[i], gov.Node{}))}
		if err := f.after.put(edgeKey(&is[i], supporter), encodeCell([]claim{c})); err != nil {
			return err
		}
	}
	return nil
}

// listed returns the edges of a list. Another name for a dataset is none any
// more once the dataset was dropped.
func listed(o *overlay, key string) ([]Edge, error) {
	claims, err := o.claims(key)
	if err != nil || len(claims) == 0 {
		return nil, err
	}
	parts := strings.SplitN(key, " ", 3)
	if parts[1] == listSymlinks {
		data, err := o.claims(cellKey("data", parts[2]))
		if d := find(data, fieldDropped); err != nil || d != nil && d.when >= claims[0].when {
			return nil, err
		}
	}
	about, err := gov.ParseNode(parts[2])
	if err != nil {
		return nil, err
	}
	return decodeEdges(claims[0].value[digestOfFacet:], claims[0].when, about)
}

func (o *overlay) claims(key string) ([]claim, error) {
	b, err := o.Cell(key)
	if err != nil {
		return nil, err
	}
	return decodeCell(b)
}

// edges compares the edges that stood with those that stand now.
func (f *folder) edges() error {
	groups := map[string]bool{}
	for key := range f.after.changed {
		if g := group(key); g != "" {
			groups[g] = true
		}
	}
	for g := range groups {
		was, err := standing(f.before, g)
		if err != nil {
			return err
		}
		is, err := standing(f.after, g)
		if err != nil {
			return err
		}
		f.compare(was, is)
	}
	slices.SortFunc(f.effect.Begun, compareEdges)
	slices.SortFunc(f.effect.Ended, compareEdges)
	return nil
}

// group returns what decides, together with a cell, whether edges stand: the
// cell itself, for an input all versions of it, for an edge all that support it.
func group(key string) string {
	word, rest, _ := strings.Cut(key, " ")
	switch word {
	case "out", "parent":
		return key
	case "in":
		if before, _, ok := strings.Cut(key, "@"); ok && strings.HasPrefix(rest[37:], "external:") {
			return before
		}
		return key
	case "edge":
		return key[:len("edge ")+2*sha256.Size+1]
	}
	return ""
}

// standing returns the edges of a group that stand.
func standing(o *overlay, g string) (edges []Edge, err error) {
	if strings.HasPrefix(g, "edge ") {
		c, err := o.first(g)
		if err != nil || c.Value == nil {
			return nil, err
		}
		return decodeEdgeCell(c.Value)
	}
	if strings.HasPrefix(g, "in ") {
		versions, err := o.under(g + "@")
		if err != nil {
			return nil, err
		}
		for _, c := range versions {
			e, err := decodeEdgeCell(c.Value)
			if err != nil {
				return nil, err
			}
			edges = append(edges, e...)
		}
	}
	value, err := o.Cell(g)
	if err != nil {
		return nil, err
	}
	exact, err := decodeEdgeCell(value)
	if len(edges) > 0 && len(exact) > 0 && exact[0].Via == viaInputs {
		return edges, err // the event that named no version meant one of these
	}
	return append(edges, exact...), err
}

func decodeEdgeCell(b []byte) ([]Edge, error) {
	claims, err := decodeCell(b)
	if err != nil || len(claims) == 0 {
		return nil, err
	}
	return decodeEdges(claims[0].value, claims[0].when, gov.Node{})
}

// compare notes what begins and ends. An edge that was only said again stays as
// it is; one that turns out to be older begins anew.
func (f *folder) compare(was, is []Edge) {
	stays := func(e *Edge, in []Edge) bool {
		return slices.ContainsFunc(in, func(o Edge) bool { o.Time = e.Time; return o == *e })
	}
	for i := range is {
		older := slices.ContainsFunc(was, func(o Edge) bool { return compareEdges(o, is[i]) == 0 && is[i].Time.Before(o.Time) })
		if older || !stays(&is[i], was) {
			f.effect.Begun = append(f.effect.Begun, is[i])
		}
	}
	for i := range was {
		older := slices.ContainsFunc(is, func(o Edge) bool { return compareEdges(o, was[i]) == 0 && o.Time.Before(was[i].Time) })
		if older || !stays(&was[i], is) {
			f.effect.Ended = append(f.effect.Ended, was[i])
		}
	}
}

// compareEdges orders by what an edge says. In a state no two standing edges are
// equal by it.
func compareEdges(a, b Edge) int {
	return cmp.Or(strings.Compare(a.From.String(), b.From.String()), cmp.Compare(a.Kind, b.Kind), strings.Compare(a.To.String(), b.To.String()))
}

// cells lists what changed, and the nodes that are resolved by it.
func (f *folder) cells() {
	for key, value := range f.after.changed {
		f.effect.Cells = append(f.effect.Cells, Cell{key, value})
	}
	sortCells(f.effect.Cells)
	for _, c := range f.effect.Cells {
		if n, ok := f.resolves(c.Key); ok {
			f.effect.Resolved = append(f.effect.Resolved, n)
		}
	}
}

// resolves returns the node that a cell says something of, if it is new. Our own
// things are resolved by operations alone, and an own dataset without a version
// never is.
func (f *folder) resolves(key string) (n gov.Node, ok bool) {
	word, name, _ := strings.Cut(key, " ")
	switch old, err := f.before.Cell(key); {
	case old != nil || err != nil:
		return n, false
	case word == "run":
		return gov.RunID(name).Node(), true
	case word == "job" || word == "data" || word == "version":
		return f.outside(name)
	}
	return n, false
}
