package lineage

import (
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"time"

	"govd/internal/gov"
)

// An Exporter writes a graph as OpenLineage events, which import back to the same
// edges: runs and what they used and generated as RunEvents, as every consumer
// reads them, and all other edges in a facet of govd's own. What was dropped is
// dropped again.
type Exporter struct {
	Graph Graph
	AsOf  uint64                               // edges that stand as of this log index are written
	Own   string                               // the namespace of this server's own things, an absolute URI
	Run   func(run gov.Node) (RunFacts, error) // for each run
	Skip  func(node gov.Node) bool             // leaves out a node and its edges: one the caller may not read; nil: none
}

// Events yields the events of some nodes, each as one line of JSON without its
// end. An edge is written with the node it is From, or with its run.
func (x *Exporter) Events(nodes iter.Seq2[Number, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for n, err := range nodes {
			var events []outEvent
			if err == nil {
				events, err = x.node(n)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range events {
				if b, err := json.Marshal(&events[i]); !yield(b, err) {
					return
				}
			}
		}
	}
}

// edgesInEvent bounds an event.
const edgesInEvent = 500

func (x *Exporter) skips(n gov.Node) bool { return x.Skip != nil && x.Skip(n) }

func (x *Exporter) node(n Number) ([]outEvent, error) {
	node, _, err := x.Graph.Node(n, x.AsOf)
	if err != nil || x.skips(node) {
		return nil, err
	}
	edges, err := x.edges(n, node, Trace)
	if err != nil {
		return nil, err
	}
	if node.Kind != gov.RunNode {
		dropped, err := x.drop(node)
		return append(x.dataset(node, edges), dropped...), err
	}
	into, err := x.edges(n, node, Impact)
	if err != nil {
		return nil, err
	}
	facts, err := x.Run(node)
	if err != nil {
		return nil, err
	}
	isFlow := func(e Edge) bool { return ofRun(&e) }
	flows := slices.DeleteFunc(append(slices.Clone(edges), into...), func(e Edge) bool { return !isFlow(e) })
	return append(x.run(node, &facts, flows), x.dataset(node, slices.DeleteFunc(edges, isFlow))...), nil
}

// ofRun reports whether an edge is written with its run.
func ofRun(e *Edge) bool {
	return e.Kind == Used && e.From.Kind == gov.RunNode || e.Kind == GeneratedBy && e.To.Kind == gov.RunNode
}

// edges returns the edges of a node that stand, by time.
func (x *Exporter) edges(n Number, node gov.Node, d Direction) (edges []Edge, err error) {
	for l, err := range live(x.Graph, n, d, ^Kinds(0), x.AsOf) {
		if err != nil {
			return nil, err
		}
		other, _, err := x.Graph.Node(l.Other, x.AsOf)
		if err != nil {
			return nil, err
		}
		e := l.edge()
		if e.From, e.To = node, other; d == Impact {
			e.From, e.To = other, node
		}
		if !x.skips(other) && !(d == Impact && !ofRun(&e)) {
			edges = append(edges, e)
		}
	}
	slices.SortStableFunc(edges, func(a, b Edge) int { return a.Time.Compare(b.Time) })
	return edges, nil
}

// parts cuts edges into those that one event can carry: of one time, and not
// too many.
func parts(edges []Edge) iter.Seq[[]Edge] {
	return func(yield func([]Edge) bool) {
		for len(edges) > 0 {
			n := 1
			for n < min(len(edges), edgesInEvent) && edges[n].Time.Equal(edges[0].Time) {
				n++
			}
			if !yield(edges[:n]) {
				return
			}
			edges = edges[n:]
		}
	}
}

// run returns the events of a run: its start, its edges, its end.
func (x *Exporter) run(node gov.Node, r *RunFacts, edges []Edge) (events []outEvent) {
	event := func(kind EventType, at time.Time) outEvent {
		e := x.event("RunEvent", at)
		e.Type, e.Run, e.Job = kind, &outRun{node.Name}, &outName{Namespace: r.Job.Namespace, Name: r.Job.Name}
		return e
	}
	if !r.Started.IsZero() {
		events = append(events, event(Start, r.Started))
	}
	for part := range parts(edges) {
		e := event(Other, part[0].Time)
		for i := range part {
			if edge := &part[i]; edge.Kind == Used {
				e.Inputs = append(e.Inputs, x.ref(edge.To, edge))
			} else {
				e.Outputs = append(e.Outputs, x.ref(edge.From, edge))
			}
		}
		events = append(events, e)
	}
	if r.State.Ended() {
		events = append(events, event(endOf(r.State), r.Ended))
	}
	return events
}

func endOf(s gov.RunState) EventType {
	switch s {
	case gov.RunFinished:
		return Complete
	case gov.RunFailed:
		return Fail
	}
	return Abort
}

// dataset returns events that carry edges in govd's own facet.
func (x *Exporter) dataset(node gov.Node, edges []Edge) (events []outEvent) {
	edges = slices.DeleteFunc(edges, func(e Edge) bool { return ofRun(&e) })
	for part := range parts(edges) {
		facet := outEdges{outBase: x.base("urn:govd:facet:GovdEdgesDatasetFacet:1-0-0")}
		for i := range part {
			e := &part[i]
			to := x.name(e.To)
			facet.Edges = append(facet.Edges, outEdge{Kind: e.Kind, Inferred: e.Inferred, Via: e.Via, Namespace: to.Namespace, Name: to.Name, Version: to.Version})
		}
		d := x.ref(node, nil)
		d.Facets[ownEdgesFacet] = facet
		e := x.event("DatasetEvent", part[0].Time)
		e.Dataset = &d
		events = append(events, e)
	}
	return events
}

// drop returns the event that says that a dataset elsewhere was dropped. One of
// its versions does not say it again.
func (x *Exporter) drop(node gov.Node) ([]outEvent, error) {
	if node.Kind != gov.ExternalNode || node != node.Whole() {
		return nil, nil
	}
	at, err := x.Graph.Dropped(node, x.AsOf)
	if err != nil || at.IsZero() {
		return nil, err
	}
	d := x.ref(node, nil)
	d.Facets["lifecycleStateChange"] = outLifecycle{x.base("https://openlineage.io/spec/facets/1-0-1/LifecycleStateChangeDatasetFacet.json#/$defs/LifecycleStateChangeDatasetFacet"), "DROP"}
	e := x.event("DatasetEvent", at)
	e.Dataset = &d
	return []outEvent{e}, nil
}

// name returns what a node is called in events. Whoever imports them finds the
// node again by ownNode.
func (x *Exporter) name(n gov.Node) gov.Outside {
	switch o := n.Outside(); {
	case n.Kind == gov.ExternalNode && o.Namespace != x.Own:
		return o
	case n.Kind == gov.VersionNode:
		dataset, version, _ := strings.Cut(n.Name, "@")
		return gov.Outside{Namespace: x.Own, Name: dataset, Version: version}
	}
	return gov.Outside{Namespace: x.Own, Name: n.String()}
}

// ref returns a node as an event names it, and what govd says of the edge that
// the event is about.
func (x *Exporter) ref(n gov.Node, e *Edge) outDataset {
	o := x.name(n)
	d := outDataset{outName: outName{Namespace: o.Namespace, Name: o.Name}, Facets: map[string]any{}}
	if o.Version != "" {
		d.Facets["version"] = outVersion{x.base("https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"), o.Version}
	}
	if n.Kind == gov.ModelNode {
		d.Facets["datasetType"] = outType{x.base("https://openlineage.io/spec/facets/1-0-1/DatasetTypeDatasetFacet.json#/$defs/DatasetTypeDatasetFacet"), "MODEL"}
	}
	if e != nil {
		facet := map[string]any{ownEdgeFacet: outEdge{outBase: x.base("urn:govd:facet:GovdEdgeFacet:1-0-0"), Kind: e.Kind, Inferred: e.Inferred, Via: e.Via}}
		if d.InputFacets = facet; e.Kind == GeneratedBy {
			d.InputFacets, d.OutputFacets = nil, facet
		}
	}
	return d
}

func (x *Exporter) base(schema string) *outBase { return &outBase{x.Own, schema} }

func (x *Exporter) event(def string, at time.Time) outEvent {
	return outEvent{Time: at.UTC().Format(time.RFC3339Nano), Producer: x.Own, Schema: "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/" + def}
}
