package trail

import (
	"strconv"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// spdx writes the chain as SPDX 3.0.1 JSON-LD with the profiles AI, Dataset and
// Build: models are AI packages, versions dataset packages, runs builds, and
// each relationship says whether it is complete.
func spdx(v *view) ([]byte, error) {
	s := &spdxDocument{view: v}
	s.graph = append(s.graph,
		object{"type": "CreationInfo", "@id": creation, "specVersion": "3.0.1", "created": moment(v.Time), "createdBy": []string{s.tool()}},
		s.element("SoftwareAgent", s.tool(), "govd"),
		s.element("Organization", s.organization(), v.Origin))
	for _, p := range v.People {
		s.agent(p)
	}
	for i := range v.Nodes {
		s.node(&v.Nodes[i])
	}
	for i := range v.Nodes {
		s.relations(v.Nodes[i].ID)
	}
	doc := s.element("SpdxDocument", s.base()+"document/"+v.uuid("spdx"), v.Subject.String())
	doc["profileConformance"] = []string{"core", "software", "ai", "dataset", "build"}
	doc["rootElement"] = []string{v.uri(v.Subject)}
	s.graph = append(s.graph, doc)
	return indented(object{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": s.graph})
}

const creation = "_:creation"

type spdxDocument struct {
	*view
	graph []object
}

func (s *spdxDocument) base() string         { return "govd://" + s.Origin + "/" }
func (s *spdxDocument) tool() string         { return s.base() + "agent/govd" }
func (s *spdxDocument) organization() string { return s.base() + "agent/organization" }

func (s *spdxDocument) element(kind, id, name string) object {
	return object{"type": kind, "spdxId": id, "creationInfo": creation, "name": name}
}

func (s *spdxDocument) agent(p Person) {
	kind := "Person"
	if p.ID.Machine() {
		kind = "SoftwareAgent"
	}
	name := p.Name
	if name == "" {
		name = string(p.ID)
	}
	s.graph = append(s.graph, s.element(kind, s.personURI(p.ID), name))
}

// supplier returns who a node is from: a person whom the chain names, or else
// whoever keeps the log.
func (s *spdxDocument) supplier(n *Node) string {
	if _, named := s.names[n.By]; named {
		return s.personURI(n.By)
	}
	return s.organization()
}

func (s *spdxDocument) node(n *Node) {
	o := s.element("software_Package", s.uri(n.ID), n.full())
	if isActivity(n.ID) {
		s.activity(o, n)
		return
	}
	o["software_downloadLocation"], o["software_primaryPurpose"] = s.uri(n.ID), "data"
	if !n.Digest.IsZero() {
		o["verifiedUsing"] = []object{{"type": "Hash", "algorithm": "sha256", "hashValue": hexOf(n.Digest)}}
	}
	if n.Redacted {
		o["comment"] = "redacted"
	}
	switch {
	case n.Model != nil:
		s.model(o, n)
	case n.Version != nil:
		s.dataset(o, n)
	case n.Deployment != nil:
		s.deployment(o, n.Deployment)
	}
	s.graph = append(s.graph, o)
}

func (s *spdxDocument) model(o object, n *Node) {
	o["type"], o["name"], o["software_primaryPurpose"] = "ai_AIPackage", string(n.Model.Model), "model"
	o["software_packageVersion"], o["releaseTime"], o["suppliedBy"] = "v"+strconv.FormatUint(n.Model.Number, 10), moment(n.Time), s.supplier(n)
	var entries []object
	for _, run := range s.to(n.ID, lineage.GeneratedBy) {
		if r := s.nodes[run]; r != nil && r.Run != nil {
			entries = append(entries, dictionary(r.Run)...)
			o.set("ai_informationAboutTraining", r.full()+" "+r.ID.Name)
		}
	}
	if len(entries) > 0 {
		o["ai_hyperparameter"] = entries
	}
	if n.exploratory() {
		o["ai_limitation"] = "exploratory: its training data had not passed what the stage asks for"
	}
}

func (s *spdxDocument) dataset(o object, n *Node) {
	r := n.Version.Registration
	o["type"], o["name"], o["software_packageVersion"] = "dataset_DatasetPackage", string(r.Dataset), "v"+strconv.FormatUint(r.Number, 10)
	o["builtTime"], o["releaseTime"] = moment(n.Time), moment(n.Time)
	o["originatedBy"], o["dataset_datasetType"] = []string{s.supplier(n)}, []string{"noAssertion"}
	o["dataset_datasetSize"] = r.Tree.Bytes
	o.set("dataset_dataCollectionProcess", n.Version.card("rai:dataCollection"))
	o.set("dataset_intendedUse", n.Version.card("rai:dataUseCases"))
	if bias := n.Version.card("rai:dataBiases"); bias != "" {
		o["dataset_knownBias"] = []string{bias}
	}
	o.set("software_copyrightText", n.Version.card("copyright"))
	o.set("description", n.Version.card("description"))
	o.set("comment", n.Version.License)
}

// deployment writes from when to when a model served.
func (s *spdxDocument) deployment(o object, d *gov.Deployment) {
	o["software_primaryPurpose"], o["releaseTime"] = "application", moment(d.Since)
	if d.EndEntry != 0 {
		o["validUntilTime"] = moment(d.Until)
	}
	if d.Trial {
		o["comment"] = "on trial"
	}
}

// activity writes a run as a build. Other activities are elements of the same
// kind: what a person did to data is how it was built.
func (s *spdxDocument) activity(o object, n *Node) {
	o["type"], o["build_buildId"], o["build_buildType"] = "build_Build", n.ID.Name, "urn:govd:"+string(n.ID.Kind)
	if n.Run != nil {
		o["build_buildStartTime"] = moment(n.Run.Started)
		if !n.Run.Ended.IsZero() {
			o["build_buildEndTime"] = moment(n.Run.Ended)
		}
		if params := dictionary(n.Run); len(params) > 0 {
			o["build_parameter"] = params
		}
	}
	s.graph = append(s.graph, o)
}

func dictionary(r *gov.Run) (entries []object) {
	for _, f := range parameters(r) {
		entries = append(entries, object{"type": "DictionaryEntry", "key": f.Name, "value": f.Value})
	}
	return entries
}

// spdxRelations says for each kind of edge which relationship it is, and whether
// it reads from the other end.
var spdxRelations = []struct {
	edge    lineage.EdgeKind
	name    string
	reverse bool
}{
	{lineage.Used, "hasInput", false},
	{lineage.GeneratedBy, "hasOutput", true},
	{lineage.DerivedFrom, "descendantOf", false},
	{lineage.TrainedOn, "trainedOn", false},
	{lineage.TouchedBy, "hasOutput", true},
	{lineage.CheckedBy, "hasEvidence", false},
	{lineage.PartOf, "contains", true},
	{lineage.Serves, "dependsOn", false},
}

// relations writes what a node was made from. A model is also trained on what
// its run used.
func (s *spdxDocument) relations(n gov.Node) {
	for _, r := range spdxRelations {
		ends := s.to(n, r.edge)
		if r.edge == lineage.TrainedOn && n.Kind == gov.ModelNode {
			ends = s.trainedOn(n)
		}
		if r.reverse {
			for _, end := range unique(ends) {
				s.relate(end, r.name, []gov.Node{n})
			}
		} else if len(ends) > 0 {
			s.relate(n, r.name, unique(ends))
		}
	}
}

func (s *spdxDocument) relate(from gov.Node, name string, to []gov.Node) {
	targets := make([]string, len(to))
	for i, n := range to {
		targets[i] = s.uri(n)
	}
	id := s.base() + "relationship/" + strconv.Itoa(len(s.graph))
	s.graph = append(s.graph, object{
		"type": "Relationship", "spdxId": id, "creationInfo": creation, "from": s.uri(from), "relationshipType": name, "to": targets,
		"completeness": map[bool]string{true: "complete", false: "incomplete"}[s.whole()],
	})
}
