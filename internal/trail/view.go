package trail

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"govd/internal/draw"
	"govd/internal/gov"
	"govd/internal/lineage"
)

// A view is a chain with what is looked up in it.
type view struct {
	*Chain
	nodes map[gov.Node]*Node
	names map[gov.PersonID]string
	from  map[gov.Node][]lineage.Edge // edges by what was made
}

func newView(c *Chain) *view {
	v := &view{c, map[gov.Node]*Node{}, map[gov.PersonID]string{}, map[gov.Node][]lineage.Edge{}}
	for i := range c.Nodes {
		v.nodes[c.Nodes[i].ID] = &c.Nodes[i]
	}
	for _, p := range c.People {
		v.names[p.ID] = p.Name
	}
	for _, e := range c.Edges {
		v.from[e.From] = append(v.from[e.From], e)
	}
	return v
}

// who returns a person as told to people.
func (v *view) who(id gov.PersonID) string {
	if name := v.names[id]; name != "" {
		return name + " (" + string(id) + ")"
	}
	return string(id)
}

func (v *view) people(ids []gov.PersonID) (all []string) {
	for _, id := range ids {
		all = append(all, v.who(id))
	}
	return all
}

// to returns what a node was made from by edges of these kinds.
func (v *view) to(n gov.Node, kinds ...lineage.EdgeKind) (all []gov.Node) {
	set := lineage.NewKinds(kinds...)
	for _, e := range v.from[n] {
		if set.Has(e.Kind) {
			all = append(all, e.To)
		}
	}
	return all
}

// uri names a node for other systems: govd://ORIGIN/KIND/NAME.
func (c *Chain) uri(n gov.Node) string {
	name := (&url.URL{Path: "/" + n.Name}).EscapedPath()
	return "govd://" + c.Origin + "/" + string(n.Kind) + name
}

// personURI names a person for other systems.
func (c *Chain) personURI(id gov.PersonID) string {
	return "govd://" + c.Origin + "/person/" + string(id)
}

// title returns what people call the node.
func (n *Node) title() string {
	switch {
	case n.Redacted:
		return "not shown to you"
	case n.ID.Kind == gov.ReportNode || n.ID.Kind == gov.OutputNode:
		return short(n.ID.Name)
	case n.ID.Kind == gov.RunNode && n.Run != nil && n.Run.Job != "":
		return n.Run.Job
	case n.ID.Kind == gov.ExternalNode || n.ID.Kind == gov.JobNode:
		o := n.ID.Outside()
		return strings.TrimSuffix(o.Name+"@"+o.Version, "@")
	case n.Change != nil:
		return n.ID.Name + " on " + string(n.Change.Dataset)
	}
	return n.ID.Name
}

// full returns the kind and what people call the node.
func (n *Node) full() string { return string(n.ID.Kind) + " " + n.title() }

// short shortens the text of a digest for people.
func short(digest string) string {
	if d, err := gov.ParseDigest(digest); err == nil {
		return d.Short()
	}
	return digest
}

// note returns the one thing to say of the node beside its title.
func (v *view) note(n *Node) string {
	switch {
	case n.Version != nil:
		return fmt.Sprintf("%s · %s", n.Digest.Short(), count(n.Version.Registration.Tree.Records, "record"))
	case n.Change != nil:
		return fmt.Sprintf("%s, %s by %s", n.Change.State, count(n.Change.Edits, "edit"), n.By)
	case n.Report != nil && n.Report.Passed:
		return fmt.Sprintf("stage %d: none of %s failed", n.Report.Stage, count(n.Report.Checks, "check"))
	case n.Report != nil:
		return fmt.Sprintf("stage %d: %d of %s failed", n.Report.Stage, n.Report.Failed, count(n.Report.Checks, "check"))
	case n.Run != nil:
		return n.ID.Name
	case n.Model != nil:
		return fmt.Sprintf("%s · %s", n.Digest.Short(), count(len(n.Model.Files), "file"))
	case n.Deployment != nil && n.Deployment.EndEntry == 0:
		return "since " + n.Deployment.Since.UTC().Format(time.DateOnly)
	case n.Deployment != nil:
		return n.Deployment.Since.UTC().Format(time.DateOnly) + " to " + n.Deployment.Until.UTC().Format(time.DateOnly)
	case n.Batch != nil:
		return count(n.Batch.Count, "output")
	case n.Output != nil && n.Output.Name != "":
		return n.Output.Name
	case n.ID.Kind == gov.ExternalNode:
		return n.ID.Outside().Namespace
	}
	return ""
}

// Graph returns the chain as a picture: data flows from left to right, or downwards.
func (c *Chain) Graph() *draw.Graph {
	v := newView(c)
	g := &draw.Graph{}
	unresolved := map[gov.Node]bool{}
	for _, n := range c.Unresolved {
		unresolved[n] = true
	}
	for i := range c.Nodes {
		n := &c.Nodes[i]
		d := draw.Node{
			ID: n.ID.String(), Kind: string(n.ID.Kind), Label: n.title(), Note: v.note(n),
			Faint: n.Redacted || unresolved[n.ID], Focus: n.ID == c.Subject, Marks: n.marks(unresolved[n.ID]),
		}
		g.Nodes = append(g.Nodes, d)
	}
	for _, e := range c.Edges {
		g.Edges = append(g.Edges, draw.Edge{From: e.To.String(), To: e.From.String(), Label: e.Kind.String(), Faint: e.Inferred})
	}
	return g
}

func (n *Node) marks(unresolved bool) (marks []draw.Mark) {
	if unresolved {
		marks = append(marks, draw.Mark{Word: "unresolved", Alarm: true})
	}
	if n.Report != nil && !n.Report.Passed {
		marks = append(marks, draw.Mark{Word: "failed", Alarm: true})
	}
	if n.exploratory() {
		marks = append(marks, draw.Mark{Word: "exploratory"})
	}
	if n.onTrial() {
		marks = append(marks, draw.Mark{Word: "on trial"})
	}
	for _, w := range n.Marks {
		marks = append(marks, draw.Mark{Word: w, Alarm: w != string(gov.InspectionPassed)})
	}
	return marks
}

func (n *Node) exploratory() bool {
	return n.Run != nil && n.Run.Exploratory || n.Model != nil && n.Model.Exploratory
}

// onTrial reports whether a model serves, or served, that need not have passed
// the gates.
func (n *Node) onTrial() bool { return n.Deployment != nil && n.Deployment.Trial }

// moment writes a time as other systems want it: UTC, whole seconds.
func moment(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }
