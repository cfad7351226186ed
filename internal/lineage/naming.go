package lineage

import "govd/internal/gov"

// flow returns the edge that a facet of some node declares. A dataset that it
// names has the version that the event's inputs and outputs say.
func (c *claimer) flow(l *flow, of gov.Node, facet string) *Edge {
	e := &Edge{From: c.end(&l.to, of), Kind: DerivedFrom, To: c.end(&l.from, of), Via: viaProducer + facet}
	switch {
	case e.From.Kind == gov.RunNode && e.To.Kind == gov.RunNode:
		e.Kind = ChildOf
	case e.From.Kind == gov.RunNode || e.From.Kind == gov.JobNode:
		e.Kind = Used
	case e.To.Kind == gov.RunNode || e.To.Kind == gov.JobNode:
		e.Kind = GeneratedBy
	}
	return e
}

func (c *claimer) end(e *end, of gov.Node) gov.Node {
	switch {
	case e.run != "":
		return e.run.Node()
	case e.Name == "" && e.job && c.e.Kind == RunEvent:
		return c.e.Run.Node()
	case e.Name == "" && e.job && c.e.Kind == JobEvent:
		return c.jobNode(c.e.Job)
	case e.Name == "":
		return of
	case e.job:
		return c.jobNode(e.Outside)
	}
	return c.bound(e.Outside)
}

// bound returns the node of a dataset that a facet names without a version.
func (c *claimer) bound(o gov.Outside) gov.Node {
	for _, all := range [][]DatasetRef{c.e.Inputs, c.e.Outputs} {
		for i := range all {
			if d := &all[i]; d.Namespace == o.Namespace && d.Name == o.Name {
				return c.node(d.Outside, d.Model)
			}
		}
	}
	return c.node(o, false)
}

func (c *claimer) jobNode(o gov.Outside) gov.Node {
	n, err := o.Job()
	if err != nil {
		c.err = err
	}
	return n
}

// node returns the node of a dataset: in the namespace of this server its own
// thing of that name, else one outside.
func (c *claimer) node(o gov.Outside, model bool) gov.Node {
	if o.Namespace == c.own {
		if n, ok := ownNode(o, model); ok {
			return n
		}
	}
	n, err := o.External()
	if err != nil {
		c.err = err
	}
	return n
}

// ownNode finds what an event means that names one of our own things: by its
// node, or, as every client can, a version by dataset and version facet, and a
// model likewise. Nothing is looked up, and "latest" is nothing.
func ownNode(o gov.Outside, model bool) (gov.Node, bool) {
	if n, err := gov.ParseNode(o.Name); err == nil {
		return n, true
	}
	form := "version:" + o.Name + "@" + o.Version
	if model {
		form = "model:" + o.Name + ":" + o.Version
	}
	n, err := gov.ParseNode(form)
	return n, err == nil
}
