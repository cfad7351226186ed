package trail

import (
	"fmt"
	"strconv"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// prov writes the chain as PROV-JSON (W3C Member Submission, 2013): versions,
// models, outputs and reports are entities, runs and changes activities, people
// agents. How complete the chain is stands on the entity govd:chain.
func prov(v *view) ([]byte, error) {
	p := &provDocument{view: v, records: map[string]object{}}
	p.put("prefix", "govd", "govd://"+v.Origin+"/")
	p.put("prefix", "prov", "http://www.w3.org/ns/prov#")
	p.put("prefix", "xsd", "http://www.w3.org/2001/XMLSchema#")
	p.put("entity", "govd:chain", p.about())
	for i := range v.Nodes {
		p.node(&v.Nodes[i])
	}
	for _, person := range v.People {
		p.person(person)
	}
	for _, e := range v.Edges {
		p.edge(e)
	}
	return indented(p.records)
}

// A provDocument is a PROV-JSON document: its records by kind, then by id.
type provDocument struct {
	*view
	records map[string]object
	blanks  int
}

func (p *provDocument) put(kind, id string, record any) {
	if p.records[kind] == nil {
		p.records[kind] = object{}
	}
	p.records[kind][id] = record
}

// relate adds a relation, which needs no name.
func (p *provDocument) relate(kind string, record object) {
	p.blanks++
	p.put(kind, fmt.Sprintf("_:r%d", p.blanks), record)
}

// about says what the chain is and how complete.
func (p *provDocument) about() object {
	o := object{
		"prov:type": qualified("govd:Chain"), "govd:subject": qualified(provID(p.Subject)), "govd:asOf": whole(p.AsOf), "govd:complete": p.Complete,
		"prov:generatedAtTime": typed(moment(p.Time), "xsd:dateTime"), "govd:redacted": whole(p.Redacted), "govd:unresolved": whole(uint64(len(p.Unresolved))),
	}
	o.set("govd:truncatedBecause", p.Truncated)
	return o
}

func typed(value, kind string) object { return object{"$": value, "type": kind} }
func qualified(name string) object    { return typed(name, "prov:QUALIFIED_NAME") }
func whole(n uint64) object           { return typed(strconv.FormatUint(n, 10), "xsd:unsignedLong") }

func provID(n gov.Node) string                       { return "govd:" + string(n.Kind) + "/" + n.Name }
func (p *provDocument) agent(id gov.PersonID) string { return "govd:person/" + string(id) }

var provTypes = map[gov.NodeKind]string{
	gov.SourceNode: "Source", gov.VersionNode: "DatasetVersion", gov.ChangeNode: "LabelChange", gov.ReportNode: "Report",
	gov.InspectionNode: "Inspection", gov.RunNode: "Run", gov.ModelNode: "ModelVersion", gov.DeploymentNode: "Deployment",
	gov.BatchNode: "OutputBatch", gov.OutputNode: "ModelOutput", gov.ExternalNode: "ExternalDataset", gov.JobNode: "Job",
}

// isActivity reports whether the node is something that was done.
func isActivity(n gov.Node) bool {
	return n.Kind == gov.RunNode || n.Kind == gov.ChangeNode || n.Kind == gov.InspectionNode
}

func (p *provDocument) node(n *Node) {
	o := object{"prov:type": qualified("govd:" + provTypes[n.ID.Kind]), "prov:label": n.full()}
	if n.Redacted {
		o["prov:type"] = qualified("govd:Redacted")
	}
	if !n.Digest.IsZero() {
		o["govd:digest"] = n.Digest.String()
	}
	if n.Entry > 0 {
		o["govd:entry"] = whole(n.Entry)
	}
	if n.Run != nil {
		p.times(o, n.Run)
	}
	if d := n.Deployment; d != nil {
		o["govd:since"] = typed(moment(d.Since), "xsd:dateTime")
		if o["govd:trial"] = d.Trial; d.EndEntry != 0 {
			o["govd:until"] = typed(moment(d.Until), "xsd:dateTime")
		}
	}
	if isActivity(n.ID) {
		p.put("activity", provID(n.ID), o)
		p.votes(n)
	} else {
		p.put("entity", provID(n.ID), o)
	}
	if n.By == "" {
		return
	}
	if isActivity(n.ID) {
		p.relate("wasAssociatedWith", object{"prov:activity": provID(n.ID), "prov:agent": p.agent(n.By), "prov:role": "author"})
	} else {
		p.relate("wasAttributedTo", object{"prov:entity": provID(n.ID), "prov:agent": p.agent(n.By)})
	}
}

func (p *provDocument) times(o object, r *gov.Run) {
	o["prov:startTime"] = moment(r.Started)
	if !r.Ended.IsZero() {
		o["prov:endTime"] = moment(r.Ended)
	}
	o.set("govd:purpose", r.Purpose)
	var params []string // as values: what people call them would be no name in XML
	for _, f := range parameters(r) {
		params = append(params, f.Name+"="+f.Value)
	}
	if len(params) > 0 {
		o["govd:parameter"] = params
	}
}

// votes says who spoke for and against a change.
func (p *provDocument) votes(n *Node) {
	if n.Change == nil {
		return
	}
	for _, vote := range n.Change.Votes {
		p.relate("wasAssociatedWith", object{
			"prov:activity": provID(n.ID), "prov:agent": p.agent(vote.Person), "prov:role": string(vote.Kind),
			"govd:revision": vote.Revision.String(), "govd:entry": whole(vote.Entry),
		})
	}
}

func (p *provDocument) person(a Person) {
	kind := "prov:Person"
	if a.ID.Machine() {
		kind = "prov:SoftwareAgent"
	}
	o := object{"prov:type": qualified(kind)}
	o.set("prov:label", a.Name)
	p.put("agent", p.agent(a.ID), o)
}

// edge adds the relation that fits the kinds of both ends: PROV asks for
// activities and entities in fixed places.
func (p *provDocument) edge(e lineage.Edge) {
	from, to := provID(e.From), provID(e.To)
	var kind string
	var o object
	switch doing, done := isActivity(e.From), isActivity(e.To); {
	case e.Kind == lineage.MayBe || e.Kind == lineage.CheckedBy || e.Kind == lineage.Serves:
		kind, o = "wasInfluencedBy", object{"prov:influencee": from, "prov:influencer": to}
	case doing && done:
		kind, o = "wasInformedBy", object{"prov:informed": from, "prov:informant": to}
	case doing:
		kind, o = "used", object{"prov:activity": from, "prov:entity": to}
	case done:
		kind, o = "wasGeneratedBy", object{"prov:entity": from, "prov:activity": to}
		if n := p.nodes[e.From]; n != nil && !n.Time.IsZero() {
			o["prov:time"] = moment(n.Time)
		}
	case e.Kind == lineage.PartOf:
		kind, o = "hadMember", object{"prov:collection": to, "prov:entity": from}
	case e.Kind == lineage.SameAs:
		kind, o = "alternateOf", object{"prov:alternate1": from, "prov:alternate2": to}
	default:
		kind, o = "wasDerivedFrom", object{"prov:generatedEntity": from, "prov:usedEntity": to}
		if e.From.Kind == gov.VersionNode && e.To.Kind == gov.VersionNode {
			o["prov:type"] = qualified("prov:Revision")
		}
	}
	if kind != "hadMember" && kind != "alternateOf" { // which take no attributes
		o["govd:edge"] = e.Kind.String()
		o["govd:entry"] = whole(e.Since)
		if e.Inferred {
			o["govd:inferred"] = true
		}
	}
	p.relate(kind, o)
}
