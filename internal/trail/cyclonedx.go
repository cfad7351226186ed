package trail

import (
	"fmt"
	"slices"
	"strconv"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// cycloneDX writes the chain as a CycloneDX 1.7 ML-BOM: the subject is the
// component that the document is about, models and datasets are components with
// what they depend on, runs are workflows, and a composition says whether the
// whole is complete.
func cycloneDX(v *view) ([]byte, error) {
	bom := object{
		"$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.7", "version": 1,
		"serialNumber": "urn:uuid:" + v.uuid("cyclonedx"),
	}
	meta := object{"timestamp": moment(v.Time), "properties": v.bomAbout()}
	components, depends, known := []object{}, []object{}, []string{}
	for i := range v.Nodes {
		n := &v.Nodes[i]
		c := v.component(n)
		switch {
		case n.ID == v.Subject:
			meta["component"] = c
		case isActivity(n.ID):
			continue
		default:
			components = append(components, c)
		}
		if !isActivity(n.ID) {
			depends, known = append(depends, v.depends(n.ID)), append(known, n.ID.String())
		}
	}
	bom["metadata"], bom["components"], bom["dependencies"] = meta, components, depends
	bom["compositions"] = []object{{"aggregate": map[bool]string{true: "complete", false: "incomplete"}[v.whole()], "dependencies": known}}
	if w := v.workflows(); len(w) > 0 {
		bom["formulation"] = []object{{"workflows": w}}
	}
	return indented(bom)
}

// whole reports whether nothing is missing from the chain.
func (c *Chain) whole() bool { return c.Complete && len(c.Unresolved) == 0 && c.Redacted == 0 }

func property(name, value string) object { return object{"name": "govd:" + name, "value": value} }

func (v *view) bomAbout() []object {
	return []object{
		property("origin", v.Origin), property("as-of", strconv.FormatUint(v.AsOf, 10)), property("complete", strconv.FormatBool(v.Complete)),
		property("truncated-because", v.Truncated), property("unresolved", strconv.Itoa(len(v.Unresolved))), property("redacted", strconv.FormatUint(v.Redacted, 10)),
	}
}

// component writes a node. Runs and changes are none, except as the subject.
func (v *view) component(n *Node) object {
	c := object{"bom-ref": n.ID.String(), "name": n.title(), "type": "data"}
	if !n.Digest.IsZero() {
		c["hashes"] = []object{{"alg": "SHA-256", "content": hexOf(n.Digest)}}
	}
	props := []object{property("kind", string(n.ID.Kind))}
	if n.Entry > 0 {
		props = append(props, property("entry", strconv.FormatUint(n.Entry, 10)))
	}
	if n.Redacted {
		props = append(props, property("redacted", "true"))
	}
	for _, m := range n.Marks {
		props = append(props, property("mark", m))
	}
	switch {
	case n.Model != nil:
		v.bomModel(c, n)
	case n.Version != nil:
		v.bomDataset(c, n)
	case isActivity(n.ID) || n.ID.Kind == gov.DeploymentNode:
		c["type"] = "application"
	}
	if n.exploratory() {
		props = append(props, property("exploratory", "true"))
	}
	if n.Deployment != nil {
		props = append(props, served(n.Deployment)...)
	}
	c["properties"] = props
	return c
}

// served says from when to when a model served.
func served(d *gov.Deployment) []object {
	all := []object{property("since", moment(d.Since)), property("trial", strconv.FormatBool(d.Trial))}
	if d.EndEntry != 0 {
		all = append(all, property("until", moment(d.Until)))
	}
	return all
}

func (v *view) bomModel(c object, n *Node) {
	c["type"], c["name"], c["version"] = "machine-learning-model", string(n.Model.Model), "v"+strconv.FormatUint(n.Model.Number, 10)
	datasets := []object{}
	for _, d := range v.trainedOn(n.ID) {
		datasets = append(datasets, object{"ref": d.String()})
	}
	c["modelCard"] = object{"modelParameters": object{"datasets": datasets}}
	files := []object{}
	for i, f := range n.Model.Files {
		files = append(files, object{
			"type": "file", "bom-ref": fmt.Sprintf("%s/file/%d", n.ID, i), "name": f.Name,
			"hashes": []object{{"alg": "SHA-256", "content": hexOf(f.Digest)}},
		})
	}
	c["components"] = files
}

func (v *view) bomDataset(c object, n *Node) {
	r := n.Version.Registration
	c["name"], c["version"] = string(r.Dataset), "v"+strconv.FormatUint(r.Number, 10)
	data := object{"type": "dataset", "name": string(r.Dataset), "contents": object{"url": v.uri(n.ID)}}
	data.set("classification", n.Version.Sensitivity)
	data.set("description", n.Version.card("description"))
	if name := v.names[n.By]; n.By != "" {
		if name == "" {
			name = string(n.By)
		}
		data["governance"] = object{"custodians": []object{{"contact": object{"bom-ref": v.personURI(n.By) + "#" + n.ID.Name, "name": name}}}}
	}
	c["data"] = []object{data}
	if n.Version.License != "" {
		c["licenses"] = []object{{"license": object{"name": n.Version.License}}}
	}
}

// card returns what stewards wrote under a name, or "".
func (v *Version) card(name string) string {
	for _, f := range v.Card {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// depends says what a component was made from: what its run used, too, since
// runs are no components.
func (v *view) depends(n gov.Node) object {
	var on []string
	for _, e := range v.from[n] {
		if !isActivity(e.To) {
			on = append(on, e.To.String())
			continue
		}
		for _, used := range v.to(e.To, lineage.Used, lineage.DerivedFrom) {
			on = append(on, used.String())
		}
	}
	slices.Sort(on)
	on = slices.DeleteFunc(slices.Compact(on), func(s string) bool { return s == n.String() })
	d := object{"ref": n.String()}
	if len(on) > 0 {
		d["dependsOn"] = on
	}
	return d
}

// trainedOn returns the datasets that a model learned from: what edges declare,
// and what its run used.
func (v *view) trainedOn(model gov.Node) []gov.Node {
	all := v.to(model, lineage.TrainedOn)
	for _, run := range v.to(model, lineage.GeneratedBy) {
		all = append(all, v.to(run, lineage.Used)...)
	}
	return unique(all)
}

// unique drops repetitions and keeps the order.
func unique(nodes []gov.Node) (out []gov.Node) {
	seen := map[gov.Node]bool{}
	for _, n := range nodes {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

// workflows writes the runs.
func (v *view) workflows() (all []object) {
	for i := range v.Nodes {
		n := &v.Nodes[i]
		if n.Run == nil || n.ID == v.Subject {
			continue
		}
		w := object{
			"bom-ref": n.ID.String(), "uid": string(n.Run.ID), "name": n.Run.Job, "taskTypes": []string{"other"}, "timeStart": moment(n.Run.Started),
			"properties": append(v.params(n.Run), property("purpose", n.Run.Purpose), property("state", string(n.Run.State))),
		}
		if !n.Run.Ended.IsZero() {
			w["timeEnd"] = moment(n.Run.Ended)
		}
		if in := resources(v.to(n.ID, lineage.Used)); len(in) > 0 {
			w["inputs"] = in
		}
		if out := resources(v.madeBy(n.ID)); len(out) > 0 {
			w["outputs"] = out
		}
		all = append(all, w)
	}
	return all
}

func (v *view) params(r *gov.Run) (all []object) {
	for _, f := range parameters(r) {
		all = append(all, property("param:"+f.Name, f.Value))
	}
	return all
}

func resources(nodes []gov.Node) (all []object) {
	for _, n := range unique(nodes) {
		all = append(all, object{"resource": object{"ref": n.String()}})
	}
	return all
}

// madeBy returns what a run generated, in the order of the edges.
func (v *view) madeBy(run gov.Node) (all []gov.Node) {
	for _, e := range v.Edges {
		if e.To == run && e.Kind == lineage.GeneratedBy {
			all = append(all, e.From)
		}
	}
	return all
}
