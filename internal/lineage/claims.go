package lineage

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"govd/internal/gov"
)

// A claimer gathers the claims of an event by cell.
type claimer struct {
	e      *Event
	own    string // the namespace of this server's own things
	at     int64  // when the event was
	claims map[string][]claim

	warnings []Warning
	err      error
}

func (e *Event) claims(own string) *claimer {
	c := &claimer{e: e, own: own, at: e.Time.UnixNano(), claims: map[string][]claim{}}
	switch e.Kind {
	case RunEvent:
		c.run()
		c.job()
	case JobEvent:
		c.job()
		c.design()
	case DatasetEvent:
		c.dataset(e.Dataset, true)
	}
	return c
}

// latest claims that of all events the last to say something of the field holds.
func (c *claimer) latest(key, field string, rank uint8, value string) {
	c.claims[key] = append(c.claims[key], claim{field, rank, c.at, value})
}

// first claims that the earliest holds.
func (c *claimer) first(key, field string, rank uint8, value string) {
	c.claims[key] = append(c.claims[key], claim{field, rank, -c.at, value})
}

// What is known of a run, by rank: it was heard of, has started, has ended. No
// later event undoes an end, and of two ends the later holds.
const (
	rankHeard   = 0
	rankStarted = 1
	rankEnded   = 2
)

func (c *claimer) run() {
	e, key := c.e, cellKey("run", string(c.e.Run))
	rank := uint8(rankHeard)
	switch e.Type {
	case Start, Running:
		rank = rankStarted
		c.first(key, fieldStarted, 0, "")
	case Complete, Fail, Abort:
		rank = rankEnded
	}
	c.latest(key, fieldState, rank, string(e.Type))
	c.latest(key, fieldJob, 0, c.jobNode(e.Job).String())
	c.facets(key, e.runFacets)
	for i := range e.runFacets {
		if parent := e.runFacets[i].parent; parent != "" {
			c.edge(&Edge{From: e.Run.Node(), Kind: ChildOf, To: parent.Node(), Via: viaProducer + "parent"}, "")
		}
	}
	for i := range e.Inputs {
		c.flowsIn(&e.Inputs[i])
	}
	for i := range e.Outputs {
		c.flowsOut(&e.Outputs[i])
	}
	for i := range e.jobFacets {
		c.observed(&e.jobFacets[i])
	}
}

// flowsIn claims that the run used a dataset.
func (c *claimer) flowsIn(d *DatasetRef) {
	edge := Edge{From: c.e.Run.Node(), Kind: Used, To: c.node(d.Outside, d.Model), Inferred: true, Via: viaInputs}
	c.edge(edge.declaredBy(d.own), "")
	c.dataset(d, false)
}

// flowsOut claims that the run generated a dataset.
func (c *claimer) flowsOut(d *DatasetRef) {
	edge := Edge{From: c.node(d.Outside, d.Model), Kind: GeneratedBy, To: c.e.Run.Node(), Inferred: true, Via: viaOutputs}
	c.edge(edge.declaredBy(d.own), "")
	c.dataset(d, true)
}

// declaredBy puts what a govd says of the edge in the place of what its kind of
// event implies.
func (e Edge) declaredBy(own *ownEdge) *Edge {
	if own != nil {
		e.Kind, e.Inferred, e.Via = own.kind, own.inferred, own.via
	}
	return &e
}

// observed claims what a lineage facet says of the job in a run. Such facets of
// a run add up.
func (c *claimer) observed(f *facet) {
	for _, l := range f.flows {
		c.edge(c.flow(&l, c.e.Run.Node(), "lineage"), "lineage")
	}
}

func (c *claimer) job() {
	key := cellKey("job", c.jobNode(c.e.Job).String())
	c.first(key, fieldSeen, 0, "")
	c.facets(key, c.e.jobFacets)
	for i := range c.e.jobFacets {
		if f := &c.e.jobFacets[i]; f.name == "jobType" {
			c.latest(key, fieldService, 0, f.processing)
		}
	}
}

// design claims what a JobEvent says: lists that take the place of older ones.
func (c *claimer) design() {
	job := c.jobNode(c.e.Job)
	var edges []Edge
	for i := range c.e.Inputs {
		d := &c.e.Inputs[i]
		edges = append(edges, Edge{From: job, Kind: Used, To: c.node(d.Outside, d.Model), Inferred: true, Via: viaInputs})
		c.dataset(d, false)
	}
	for i := range c.e.Outputs {
		d := &c.e.Outputs[i]
		edges = append(edges, Edge{From: c.node(d.Outside, d.Model), Kind: GeneratedBy, To: job, Inferred: true, Via: viaOutputs})
		c.dataset(d, false)
	}
	if !c.list(listInOut, job, c.e.Digest, edges) {
		c.err = gov.Errorf(gov.Exhausted, "LIST_TOO_LONG", "the inputs and outputs of a job come to more than %d bytes", maxList)
	}
	for i := range c.e.jobFacets {
		if f := &c.e.jobFacets[i]; f.name == "lineage" && f.listed {
			c.facetList(listJob, job, f, c.flows(f, job))
		}
	}
}

// dataset claims what an event says of a dataset. A version that was written or
// described is known from then on; one that was only read is not.
func (c *claimer) dataset(d *DatasetRef, known bool) {
	node := c.node(d.Outside, d.Model)
	base := node
	if node.Kind == gov.ExternalNode && d.Version != "" {
		base = c.node(gov.Outside{Namespace: d.Namespace, Name: d.Name}, false)
		if known {
			c.first(cellKey("version", node.String()), fieldOnly, 0, "")
		}
		if known && !d.ours() {
			c.edge(&Edge{From: base, Kind: MayBe, To: node, Inferred: true, Via: viaProducer + "version"}, "version")
		}
	}
	key := cellKey("data", base.String())
	c.first(key, fieldSeen, 0, "")
	c.facets(key, d.facets)
	for i := range d.facets {
		c.said(key, node, base, &d.facets[i])
	}
}

// ours reports whether a govd wrote the event, which says all edges itself.
func (d *DatasetRef) ours() bool {
	return d.own != nil || slices.ContainsFunc(d.facets, func(f facet) bool { return f.name == ownEdgesFacet })
}

// said claims what a facet of a dataset means.
func (c *claimer) said(key string, node, base gov.Node, f *facet) {
	var edges []Edge
	switch {
	case f.dropped:
		c.latest(key, fieldDropped, 0, "")
	case f.renamed.Name != "":
		c.edge(&Edge{From: base, Kind: DerivedFrom, To: c.node(f.renamed, false), Via: viaProducer + "lifecycleStateChange"}, "renamed")
	case f.name == listSymlinks && f.listed:
		for _, l := range f.flows {
			alias := c.node(l.from.Outside, false)
			edges = append(edges, Edge{From: base, Kind: SameAs, To: alias, Via: viaProducer + f.name}, Edge{From: alias, Kind: SameAs, To: base, Via: viaProducer + f.name})
		}
		c.facetList(f.name, base, f, edges)
	case (f.name == listColumns || f.name == listLineage) && f.listed:
		c.facetList(f.name, node, f, c.flows(f, node))
	}
	for i := range f.owns {
		o := &f.owns[i]
		c.edge((Edge{From: node, To: c.node(o.to, false)}).declaredBy(o), "govd")
	}
}

func (c *claimer) flows(f *facet, of gov.Node) (edges []Edge) {
	for _, l := range f.flows {
		edges = append(edges, *c.flow(&l, of, f.name))
	}
	return edges
}

func (c *claimer) facets(key string, all []facet) {
	for i := range all {
		value := make([]byte, 1, 1+sha256.Size)
		if all[i].deleted {
			value[0] = 1
		}
		c.latest(key, facetField+all[i].name, 0, string(append(value, all[i].digest[:]...)))
	}
}

// facetList claims the edges that a facet lists; a facet that lists too many is
// left out whole.
func (c *claimer) facetList(name string, of gov.Node, f *facet, edges []Edge) {
	if !c.list(name, of, f.digest, edges) {
		c.warnings = append(c.warnings, Warning{f.name, "what it lists comes to more than " + strconv.Itoa(maxList) + " bytes"})
	}
}

// list claims edges that take the place of those of an older list.
func (c *claimer) list(name string, of gov.Node, digest gov.Digest, edges []Edge) bool {
	value := digest[:]
	seen := map[string]bool{}
	for i := range edges {
		edge := string(appendEdge(nil, &edges[i], of))
		switch {
		case !strings.HasPrefix(edgeKey(&edges[i], ""), "edge "):
			c.edge(&edges[i], "") // what a run did stays done
		case edges[i].From != edges[i].To && !seen[edge]:
			value, seen[edge] = append(value, edge...), true
		}
	}
	if len(value) > maxList {
		return false
	}
	c.latest(cellKey("list", name, of.String()), fieldOnly, 0, string(value))
	return true
}

// edge claims an edge for ever. Declared ones outrank inferred ones, then the
// earliest holds.
func (c *claimer) edge(e *Edge, supporter string) {
	if e.From == e.To {
		return
	}
	rank := uint8(1)
	if e.Inferred {
		rank = 0
	}
	c.first(edgeKey(e, supporter), fieldOnly, rank, string(appendEdge(nil, e, gov.Node{})))
}
