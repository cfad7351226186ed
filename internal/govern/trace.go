package govern

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
	"govd/internal/trail"
)

// maxTraced is how many nodes a trail has at most. It then says that it is cut.
const maxTraced = 5000

// A tracer gathers a trail: the chain that its subject came from, and the
// evidence for it. What the caller may not read is in the chain as a node
// without a name, and no evidence is given for it.
type tracer struct {
	tx       *store.Tx
	readable func(gov.Node) (bool, error)
	bundle   trail.Bundle

	graph   *graph
	reached map[lineage.Number]gov.Node // by node: the id it has in the chain
	queue   []lineage.Number            // in the order they were reached
	people  map[gov.PersonID]bool

	brief    bool                // a receipt: no samples
	sampled  int                 // items of inspections
	judged   uint64              // answers to them
	taken    map[gov.Digest]bool // documents and texts
	datasets map[gov.DatasetName]bool
	ruled    map[ruling]bool
}

// newTracer returns a tracer for the state of a transaction.
func newTracer(tx *store.Tx, origin string, readable func(gov.Node) (bool, error)) *tracer {
	chain := &trail.Chain{Format: trail.ChainFormat, Origin: origin, AsOf: tx.LogSize(), Complete: true, Checkpoint: string(tx.Checkpoint())}
	return &tracer{
		tx: tx, readable: readable, bundle: trail.Bundle{Chain: chain},
		graph: &graph{tx: tx}, reached: map[lineage.Number]gov.Node{}, people: map[gov.PersonID]bool{},
		taken: map[gov.Digest]bool{}, datasets: map[gov.DatasetName]bool{}, ruled: map[ruling]bool{},
	}
}

// trace follows the subject back to all that it came from.
func (t *tracer) trace(subject gov.Node) error {
	chain := t.bundle.Chain
	last, err := line(t.tx, chain.AsOf-1)
	if err != nil {
		return err
	}
	chain.Time, chain.Subject = last.Time, subject
	start, err := t.graph.Number(subject)
	if err != nil {
		return err
	}
	if err := errors.Join(t.reach(start), t.served(start, subject)); err != nil {
		return err
	}
	for i := 0; i < len(t.queue); i++ {
		if err := t.expand(t.queue[i]); err != nil {
			return err
		}
	}
	slices.SortFunc(chain.Edges, func(a, b lineage.Edge) int {
		return cmp.Or(strings.Compare(a.From.String(), b.From.String()), strings.Compare(a.To.String(), b.To.String()), cmp.Compare(a.Kind, b.Kind))
	})
	t.rename()
	return t.named()
}

// rename calls what runs say they used and made as the chain does.
func (t *tracer) rename() {
	for _, n := range t.bundle.Chain.Nodes {
		if n.Run == nil {
			continue
		}
		for _, list := range [][]gov.Node{n.Run.Inputs, n.Run.Outputs} {
			for i, other := range list {
				if id, known := t.reached[lineage.Number(t.tx.NodeNumber(other))]; known {
					list[i] = id
				}
			}
		}
	}
}

// reach gives a node its id in the chain, and tells of it.
func (t *tracer) reach(number lineage.Number) error {
	if _, known := t.reached[number]; known {
		return nil
	}
	chain := t.bundle.Chain
	if len(t.queue) == maxTraced {
		chain.Complete, chain.Truncated = false, lineage.ByNodes
		return nil
	}
	id, resolved, err := t.graph.Node(number, chain.AsOf)
	if err != nil {
		return err
	}
	n := trail.Node{ID: id}
	readable, err := t.readable(id)
	if err == nil && !readable {
		chain.Redacted++
		n.Redacted = true
		name := fmt.Sprintf("%s-%d", id.Kind, chain.Redacted)
		n.ID, err = gov.Outside{Namespace: "redacted", Name: name}.External()
	}
	if err == nil && !resolved {
		chain.Unresolved = append(chain.Unresolved, n.ID)
	}
	if err == nil && readable && resolved {
		err = t.tell(&n)
	}
	t.reached[number] = n.ID
	t.queue = append(t.queue, number)
	chain.Nodes = append(chain.Nodes, n)
	return err
}

// served reaches where a model serves or served, if that is the subject: it is
// told with the model, though it came later.
func (t *tracer) served(start lineage.Number, subject gov.Node) error {
	if subject.Kind != gov.ModelNode {
		return nil
	}
	for l, err := range t.graph.Links(start, lineage.Impact) {
		if err == nil && l.Kind == lineage.Serves {
			err = t.reach(l.Other)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// expand follows the edges of a node, through nodes that may not be read, too.
func (t *tracer) expand(from lineage.Number) error {
	for l, err := range t.graph.Links(from, lineage.Trace) {
		if err != nil {
			return err
		}
		if l.Until != 0 || !lineage.Flow.Has(l.Kind) {
			continue
		}
		if err := t.reach(l.Other); err != nil {
			return err
		}
		to, known := t.reached[l.Other]
		if !known {
			continue // beyond what the chain has room for
		}
		e := lineage.Edge{From: t.reached[from], Kind: l.Kind, To: to, Inferred: l.Inferred, Via: l.Via, Time: time.Unix(0, l.Time).UTC(), Since: l.Since}
		t.bundle.Chain.Edges = append(t.bundle.Chain.Edges, e)
	}
	return nil
}

// entry takes an entry as evidence.
func (t *tracer) entry(index uint64) { t.bundle.Entries = append(t.bundle.Entries, index) }

// document takes a document that lies beside the log, if there is one.
func (t *tracer) document(d gov.Digest) error {
	if d.IsZero() || t.taken[d] {
		return nil
	}
	doc, err := t.tx.Document(d)
	if errors.Is(err, gov.NotFound) {
		return nil
	}
	t.taken[d] = true
	t.bundle.Documents = append(t.bundle.Documents, slices.Clone(doc))
	return err
}

// text takes a text that lies beside the log, unless it has been erased.
func (t *tracer) text(d gov.Digest) error {
	if d.IsZero() || t.taken[d] {
		return nil
	}
	text, err := t.tx.Text(d)
	if errors.Is(err, gov.NotFound) {
		return nil
	}
	t.taken[d] = true
	t.bundle.Texts = append(t.bundle.Texts, text)
	return err
}

// person notes that a person is named.
func (t *tracer) person(ids ...gov.PersonID) {
	for _, id := range ids {
		if id != "" {
			t.people[id] = true
		}
	}
}

// named tells who the people of the chain are.
func (t *tracer) named() error {
	everyone, err := t.answering()
	if err != nil {
		return err
	}
	ids := slices.Sorted(maps.Keys(everyone))
	for _, id := range ids {
		p, err := t.tx.Person(id)
		if errors.Is(err, gov.NotFound) { // the server itself
			t.bundle.Chain.People = append(t.bundle.Chain.People, trail.Person{ID: id})
			continue
		}
		if err != nil {
			return err
		}
		told := trail.Person{ID: id}
		if p.Name != string(id) {
			told.Name = p.Name
		}
		t.bundle.Chain.People = append(t.bundle.Chain.People, told)
		if err := t.added(p); err != nil {
			return err
		}
	}
	return nil
}

// answering returns the people of the chain, and whoever answers for the
// machines among them.
func (t *tracer) answering() (map[gov.PersonID]bool, error) {
	var known []gov.PersonID
	for id := range t.people {
		if _, err := t.tx.Person(id); err == nil { // and not the server itself
			known = append(known, id)
		} else if !errors.Is(err, gov.NotFound) {
			return nil, err
		}
	}
	all, err := withOwners(t.tx, known)
	for id := range t.people {
		all[id] = true
	}
	return all, err
}

// added takes the entry that added a person, and the name.
func (t *tracer) added(p gov.Person) error {
	return t.entryOf(p.Created, func(e *audit.Entry) (bool, error) {
		var ev PersonAdded
		switch e.Event {
		case "person.added":
			if err := json.Unmarshal(e.Data, &ev); err != nil {
				return false, err
			}
		case "server.bootstrapped":
			var first ServerBootstrapped
			if err := json.Unmarshal(e.Data, &first); err != nil {
				return false, err
			}
			ev = first.Person
		}
		if ev.ID != p.ID {
			return false, nil
		}
		return true, t.text(ev.Name)
	})
}

// entryOf takes the first entry of a time that is the one that is wanted.
// Entries do not go back in time, so it is found by halving.
func (t *tracer) entryOf(when time.Time, wanted func(*audit.Entry) (bool, error)) error {
	var err error
	read := func(i uint64) (l Line) {
		if err == nil {
			l, err = line(t.tx, i)
		}
		return l
	}
	size := t.tx.LogSize()
	i := uint64(sort.Search(int(size), func(i int) bool { return !read(uint64(i)).Time.Before(when) }))
	for ; err == nil && i < size; i++ {
		l := read(i)
		if err != nil || l.Time.After(when) {
			return err
		}
		is, err := wanted(&l.Entry)
		if is {
			t.entry(i)
		}
		if is || err != nil {
			return err
		}
	}
	return err
}
