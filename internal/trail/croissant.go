package trail

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// croissant writes the subject, a version, as Croissant 1.1 with the properties
// of Croissant RAI 1.0 that stewards filled in, and PROV-O for where it came
// from, who changed its labels and who approved that.
//
// The one file of its distribution is what the log says of the version; records
// are known by digest and lie where their owner keeps them.
func croissant(v *view) ([]byte, error) {
	n := v.nodes[v.Subject]
	if n == nil || n.Version == nil {
		return nil, notFor("croissant", "a dataset version", v.Subject)
	}
	r := n.Version.Registration
	registration, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(registration)
	o := object{
		"@context": croissantContext(), "@type": "sc:Dataset", "@id": v.uri(n.ID), "url": v.uri(n.ID),
		"conformsTo": []string{"http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"},
		"name":       string(r.Dataset), "version": fmt.Sprintf("%d.0.0", r.Number), "datePublished": moment(n.Time)[:len("2006-01-02")],
		"description": v.describe(n), "license": or(n.Version.License, "unknown"), "creator": v.creator(n.By),
		"citeAs": fmt.Sprintf("%s, version %d, %s", r.Dataset, r.Number, r.Digest),
		"distribution": []object{{
			"@type": "cr:FileObject", "@id": "registration.json", "name": "registration.json", "encodingFormat": "application/json",
			"contentUrl": "data:application/json;base64," + base64.StdEncoding.EncodeToString(registration), "sha256": hex.EncodeToString(sum[:]),
		}},
		"prov:wasAttributedTo": object{"@id": v.personURI(n.By)},
	}
	if len(n.Version.Purposes) > 0 {
		o["usageInfo"] = "purposes: " + strings.Join(n.Version.Purposes, ", ")
	}
	for _, f := range n.Version.Card {
		if slices.Contains(raiProperties, f.Name) {
			o[f.Name] = f.Value
		}
	}
	v.croissantProvenance(o, n.ID)
	return indented(o)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// describe returns what stewards wrote of a version, or what is known of it.
func (v *view) describe(n *Node) string {
	r := n.Version.Registration
	known := fmt.Sprintf("%s of %s: %s (%d added, %d removed, %d changed, %d unchanged)", r.Ref().String(), v.Origin,
		count(r.Tree.Records, "record"), r.Counts.Added, r.Counts.Removed, r.Counts.Changed, r.Counts.Unchanged)
	return or(n.Version.card("description"), known)
}

func (v *view) creator(id gov.PersonID) object {
	kind := "sc:Person"
	if id.Machine() {
		kind = "sc:Organization" // that runs the machine
	}
	return object{"@type": kind, "@id": v.personURI(id), "name": or(v.names[id], string(id))}
}

// croissantProvenance says what a version was made from and by which changes.
func (v *view) croissantProvenance(o object, n gov.Node) {
	var from, by []object
	for _, d := range v.to(n, lineage.DerivedFrom) {
		from = append(from, object{"@id": v.uri(d)})
	}
	for _, e := range v.from[n] {
		if isActivity(e.To) && e.Kind != lineage.CheckedBy {
			by = append(by, v.croissantActivity(e.To))
		}
	}
	if len(from) > 0 {
		o["prov:wasDerivedFrom"] = from
	}
	if len(by) > 0 {
		o["prov:wasGeneratedBy"] = by
	}
}

func (v *view) croissantActivity(id gov.Node) object {
	a := object{"@type": "prov:Activity", "@id": v.uri(id), "prov:label": string(id.Kind) + " " + id.Name}
	n := v.nodes[id]
	if n == nil {
		return a
	}
	a["prov:label"] = n.full()
	var agents []object
	if n.By != "" {
		agents = append(agents, v.association(n.By, "author"))
	}
	if n.Change != nil {
		for _, vote := range n.Change.Votes {
			agents = append(agents, v.association(vote.Person, string(vote.Kind)))
		}
	}
	if len(agents) > 0 {
		a["prov:qualifiedAssociation"] = agents
	}
	return a
}

func (v *view) association(id gov.PersonID, role string) object {
	agent := object{"@id": v.personURI(id), "@type": "prov:Agent"}
	agent.set("prov:label", v.names[id])
	return object{"@type": "prov:Association", "prov:agent": agent, "prov:hadRole": role}
}

// raiProperties are the properties of Croissant RAI 1.0.
var raiProperties = []string{
	"rai:dataCollection", "rai:dataCollectionType", "rai:dataCollectionMissingData", "rai:dataCollectionRawData", "rai:dataCollectionTimeframe",
	"rai:dataImputationProtocol", "rai:dataManipulationProtocol", "rai:dataPreprocessingProtocol", "rai:dataAnnotationProtocol",
	"rai:dataAnnotationPlatform", "rai:dataAnnotationAnalysis", "rai:annotationsPerItem", "rai:annotatorDemographics",
	"rai:machineAnnotationTools", "rai:dataReleaseMaintenancePlan", "rai:personalSensitiveInformation", "rai:dataSocialImpact",
	"rai:dataBiases", "rai:dataLimitations", "rai:dataUseCases",
}

// croissantTerms are the words of Croissant 1.1 that its context names alike.
const croissantTerms = `
	arrayShape citeAs column dataBiases dataCollection extract field fileProperty fileObject fileSet format includes isLiveDataset
	jsonPath key md5 parentField path personalSensitiveInformation recordSet references regex repeated replace samplingRate separator
	source subField transform
`

// croissantContext is the context of Croissant 1.1, as readers expect it whole.
func croissantContext() object {
	o := object{
		"@language": "en", "@vocab": "https://schema.org/", "conformsTo": "dct:conformsTo",
		"data": object{"@id": "cr:data", "@type": "@json"}, "examples": object{"@id": "cr:examples", "@type": "@json"},
		"dataType": object{"@id": "cr:dataType", "@type": "@vocab"},
		"cr":       "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/", "dct": "http://purl.org/dc/terms/",
		"sc": "https://schema.org/", "prov": "http://www.w3.org/ns/prov#",
	}
	for _, term := range strings.Fields(croissantTerms) {
		o[term] = "cr:" + term
	}
	return o
}
