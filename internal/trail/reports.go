package trail

import (
	"fmt"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/report"
)

// Story tells where the subject came from, or what came of it, as a graph and in
// words.
func Story(c *Chain) *report.Document {
	v := newView(c)
	d := v.document("Lineage of ")
	d.Sections = append(d.Sections, report.Section{Title: "Graph", Graph: c.Graph()})
	told := report.Section{Title: "In words"}
	for i := range c.Nodes {
		n := &c.Nodes[i]
		told.Facts = append(told.Facts, report.Fact{Name: n.full(), Value: v.words(n)})
	}
	d.Sections = append(d.Sections, told)
	for _, s := range []report.Section{v.promotionSection(), v.voteSection()} {
		if len(s.Table.Rows) > 0 {
			d.Sections = append(d.Sections, s)
		}
	}
	return d
}

// Trace returns the report R1: the story, and all nodes and edges.
func Trace(c *Chain) *report.Document {
	v, d := newView(c), Story(c)
	d.Sections = append(d.Sections, report.Section{Title: "Nodes", Table: filled(nodeTable(v))}, report.Section{Title: "Edges", Table: filled(edgeTable(v))})
	return d
}

// filled leaves out the columns that are empty in every row.
func filled(t *report.Table) *report.Table {
	full := &report.Table{Empty: t.Empty, Rows: make([][]string, len(t.Rows))}
	for i, name := range t.Columns {
		if !slices.ContainsFunc(t.Rows, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		full.Columns = append(full.Columns, name)
		for j, row := range t.Rows {
			full.Rows[j] = append(full.Rows[j], row[i])
		}
	}
	return full
}

// document begins a report about the chain's subject.
func (v *view) document(title string) *report.Document {
	name := v.Subject.String()
	if n := v.nodes[v.Subject]; n != nil {
		name = n.full()
	}
	return &report.Document{
		Title: title + name, Subject: v.Subject.String() + " in the log of " + v.Origin, Verdicts: v.verdicts(), Foot: v.foot(),
		Facts: []report.Fact{
			{Name: "nodes", Value: fmt.Sprint(len(v.Nodes))},
			{Name: "edges", Value: fmt.Sprint(len(v.Edges))},
			{Name: "as of", Value: fmt.Sprintf("the first %d entries of the log", v.AsOf)},
		},
	}
}

// Dossier returns the report R2 about a model, for the AI Act's Annex IV 2(d):
// how it was trained, on which data, where that came from, how it was labelled
// and checked.
func Dossier(c *Chain) (*report.Document, error) {
	v := newView(c)
	n := v.nodes[c.Subject]
	if n == nil || n.Model == nil {
		return nil, notFor("a dossier", "a model", c.Subject)
	}
	d := v.document("Dossier of ")
	d.Facts = append(v.modelFacts(n), d.Facts...)
	files := &report.Table{Columns: []string{"file", "digest", "bytes"}, Empty: "No files are known."}
	for _, f := range n.Model.Files {
		files.Rows = append(files.Rows, []string{f.Name, f.Digest.String(), fmt.Sprint(f.Size)})
	}
	d.Sections = append(d.Sections,
		report.Section{Title: "Files", Table: files},
		report.Section{Title: "Training", Table: v.runTable()},
		report.Section{Title: "Data sets: provenance, scope and characteristics", Table: v.versionTable()},
		report.Section{Title: "Checks", Table: v.reportTable()},
		v.promotionSection(),
		report.Section{Title: "Labelling: changes", Table: v.changeTable()},
		v.voteSection(),
		report.Section{Title: "Graph", Graph: c.Graph()})
	for i := range c.Nodes {
		if c.Nodes[i].Version != nil && len(c.Nodes[i].Version.Card) > 0 {
			d.Sections = append(d.Sections, report.Section{Title: "What stewards say of " + c.Nodes[i].title(), Facts: cardFacts(c.Nodes[i].Version)})
		}
	}
	return d, nil
}

func (v *view) modelFacts(n *Node) []report.Fact {
	return []report.Fact{
		{Name: "model", Value: n.ID.Name},
		{Name: "digest", Value: n.Digest.String()},
		{Name: "registered", Value: v.maker(n)},
		{Name: "learned from", Value: or(v.list(v.trainedOn(n.ID)), "nothing that is known")},
		{Name: "use", Value: or(yes(n.exploratory(), "exploratory only"), "no restriction is recorded")},
	}
}

// stewardSection tells what stewards wrote of a version.
func (v *view) stewardSection(n *Node) report.Section {
	s := report.Section{Title: "What stewards say", Facts: cardFacts(n.Version)}
	if len(s.Facts) == 0 {
		s.Text = []string{"Nothing was written."}
	}
	return s
}

func cardFacts(v *Version) (facts []report.Fact) {
	for _, f := range v.Card {
		facts = append(facts, report.Fact{Name: f.Name, Value: f.Value})
	}
	return facts
}

// Card returns the report R3 about a dataset version.
func Card(c *Chain) (*report.Document, error) {
	v := newView(c)
	n := v.nodes[c.Subject]
	if n == nil || n.Version == nil {
		return nil, notFor("a card", "a dataset version", c.Subject)
	}
	d := v.document("Card of ")
	r := n.Version.Registration
	d.Facts = append([]report.Fact{
		{Name: "digest", Value: r.Digest.String()},
		{Name: "root", Value: r.Tree.Root.String()},
		{Name: "records", Value: fmt.Sprint(r.Tree.Records)},
		{Name: "changes", Value: fmt.Sprintf("%d added, %d removed, %d changed, %d unchanged", r.Counts.Added, r.Counts.Removed, r.Counts.Changed, r.Counts.Unchanged)},
		{Name: "registered", Value: v.maker(n)},
		{Name: "stage", Value: or(number(uint64(n.Version.promotedTo())), fmt.Sprintf("none: it was not promoted; its dataset is at stage %d", n.Version.Stage))},
		{Name: "purposes", Value: or(strings.Join(n.Version.Purposes, ", "), "none is recorded")},
		{Name: "sensitivity", Value: or(n.Version.Sensitivity, "not recorded")},
		{Name: "license", Value: or(n.Version.License, "not recorded")},
		{Name: "tags", Value: or(strings.Join(n.Version.Tags, ", "), "none")},
	}, d.Facts...)
	labels := &report.Table{Columns: []string{"label", "uses"}, Empty: "No labels are counted."}
	for _, l := range n.Version.Labels {
		labels.Rows = append(labels.Rows, []string{l.Name, fmt.Sprint(l.N)})
	}
	d.Sections = append(d.Sections,
		v.stewardSection(n), report.Section{Title: "Labels", Table: labels},
		report.Section{Title: "Checks", Table: v.reportTable()}, v.promotionSection(), report.Section{Title: "Label changes", Table: v.changeTable()},
		report.Section{Title: "Graph", Graph: c.Graph()})
	return d, nil
}

// Ledger returns the report R4: every label change of the chain, who proposed
// it, who approved it and whether those were different people.
func Ledger(c *Chain) *report.Document {
	v := newView(c)
	d := v.document("Label changes of ")
	d.Sections = append(d.Sections, report.Section{Title: "Changes", Table: v.changeTable()}, v.voteSection())
	return d
}

// Impact returns the report R5: what came of the subject, by kind.
func Impact(c *Chain) *report.Document {
	v := newView(c)
	d := v.document("What came of ")
	after := v.after(c.Subject)
	for _, kind := range []gov.NodeKind{gov.VersionNode, gov.RunNode, gov.ModelNode, gov.DeploymentNode, gov.BatchNode, gov.OutputNode, gov.ExternalNode} {
		t := &report.Table{Columns: []string{"name", "made", "entry", "marks"}, Empty: "None."}
		for i := range c.Nodes {
			n := &c.Nodes[i]
			if n.ID.Kind == kind && after[n.ID] {
				t.Rows = append(t.Rows, []string{n.title(), instant(n.Time), number(n.Entry), strings.Join(n.Marks, " ")})
			}
		}
		d.Facts = append(d.Facts, report.Fact{Name: string(kind) + "s", Value: fmt.Sprint(len(t.Rows))})
		if len(t.Rows) > 0 {
			d.Sections = append(d.Sections, report.Section{Title: string(kind) + "s", Table: t})
		}
	}
	d.Sections = append(d.Sections, report.Section{Title: "Graph", Graph: c.Graph()})
	return d
}

// after returns all that came of a node.
func (v *view) after(n gov.Node) map[gov.Node]bool {
	made := map[gov.Node][]gov.Node{}
	for _, e := range v.Edges {
		made[e.To] = append(made[e.To], e.From)
	}
	seen := map[gov.Node]bool{}
	for queue := []gov.Node{n}; len(queue) > 0; queue = queue[1:] {
		for _, next := range made[queue[0]] {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return seen
}

// Compare returns the report R11: what went into one subject and not into the
// other.
func Compare(a, b *Chain) *report.Document {
	x, y := newView(a), newView(b)
	d := x.document("Difference between ")
	d.Title += " and " + b.Subject.Name
	d.Subject += ", and " + b.Subject.String()
	d.Verdicts = append(d.Verdicts, y.verdicts()...)
	for i := range d.Verdicts {
		name := a.Subject.Name
		if i >= len(d.Verdicts)-len(y.verdicts()) {
			name = b.Subject.Name
		}
		d.Verdicts[i].Says = name + ": " + d.Verdicts[i].Says
	}
	d.Sections = append(d.Sections, x.without(y), y.without(x))
	return d
}

// without lists what is in v and not in w.
func (v *view) without(w *view) report.Section {
	t := &report.Table{Columns: []string{"kind", "name", "digest", "made", "entry"}, Empty: "Nothing."}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		if w.nodes[n.ID] == nil {
			t.Rows = append(t.Rows, []string{string(n.ID.Kind), n.title(), short(n.Digest.String()), instant(n.Time), number(n.Entry)})
		}
	}
	return report.Section{Title: "Only in " + v.Subject.Name, Table: t}
}
