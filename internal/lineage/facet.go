package lineage

import (
	"crypto/sha256"
	"errors"
	"strings"

	"govd/internal/gov"
)

// A facet is what is kept of a facet: its name, its digest, and of those that
// lineage rests on what they say.
type facet struct {
	name    string
	digest  gov.Digest // SHA-256 of the canonical form
	deleted bool

	version    string      // of version
	model      bool        // of datasetType
	processing string      // of jobType
	parent     gov.RunID   // of parent
	dropped    bool        // of lifecycleStateChange
	renamed    gov.Outside // of lifecycleStateChange
	listed     bool        // of a facet that lists: whether the list is understood
	flows      []flow      // of columnLineage, symlinks and lineage
	own        *ownEdge    // of govd_edge
	owns       []ownEdge   // of govd_edges
}

// An end is a dataset, a job or a run as a facet names it.
type end struct {
	gov.Outside           // none: the dataset, job or run that the facet is of
	job         bool      // or else a dataset
	run         gov.RunID // of the job
}

// A flow is data that went from one end to another, as a facet declares it.
type flow struct{ to, from end }

// An ownEdge is an edge as govd writes it into a facet of its own.
type ownEdge struct {
	kind     EdgeKind
	inferred bool
	via      string
	to       gov.Outside // in the facet of a dataset
}

// The facets of govd: of an input or an output, and of a dataset.
const (
	ownEdgeFacet  = "govd_edge"
	ownEdgesFacet = "govd_edges"
)

// A facetParser reads what one kind of facet says. Its errors are for people.
type facetParser func(f *facet, v *jsonValue) error

var errShape = errors.New("not of the shape that its schema asks for")

const maxFacetName = 64

// facets reads the facets of one entity. Those of jobs and datasets can be
// deleted.
func (p *eventParser) facets(at string, v *jsonValue, of func(name string) facetParser, deletable bool) (all []facet) {
	if v == nil {
		return nil
	}
	if v.kind != object {
		p.bad(at, "want an object")
	}
	for i := range v.items {
		m := &v.items[i]
		if f := (facet{name: m.name}); p.facet(at+"/"+m.name, &f, m, of(m.name), deletable) {
			all = append(all, f)
		}
	}
	return all
}

// facet reads one facet and reports whether there is anything in it to keep.
func (p *eventParser) facet(at string, f *facet, v *jsonValue, parse facetParser, deletable bool) bool {
	switch {
	case v.kind != object:
		p.warn(at, "a facet is an object")
		return false
	case len(f.name) > maxFacetName || f.name == "":
		p.warn(at, "the name of a facet has 1 to 64 bytes")
		return false
	}
	if !hasURI(v, "_producer") || !hasURI(v, "_schemaURL") {
		p.warn(at, "want _producer and _schemaURL, each an absolute URI")
	}
	if m := v.get("_deleted"); m != nil && deletable {
		if f.deleted = m.kind == truth; !f.deleted && m.kind != untrue {
			p.warn(at+"/_deleted", "want true or false")
		}
	}
	f.digest = sha256.Sum256(v.appendCanonical(nil))
	if parse == nil {
		return true
	}
	if f.deleted {
		f.listed = true // nothing
		return true
	}
	if err := parse(f, v); err != nil {
		p.warn(at, err.Error())
		*f = facet{name: f.name, digest: f.digest}
	}
	return true
}

func hasURI(v *jsonValue, name string) bool {
	m := v.get(name)
	return m != nil && m.kind == text && absolute(m.text)
}

func runFacet(name string) facetParser {
	if name == "parent" {
		return parseParent
	}
	return nil
}

func jobFacet(name string) facetParser {
	switch name {
	case "jobType":
		return func(f *facet, v *jsonValue) (err error) {
			f.processing, err = textOf(v, "processingType")
			return err
		}
	case "lineage":
		return parseJobLineage
	}
	return nil
}

func datasetFacet(name string) facetParser {
	switch name {
	case "version":
		return func(f *facet, v *jsonValue) (err error) {
			f.version, err = textOf(v, "datasetVersion")
			return err
		}
	case "datasetType":
		return func(f *facet, v *jsonValue) error {
			kind, err := textOf(v, "datasetType")
			f.model = strings.EqualFold(kind, "MODEL")
			return err
		}
	case "symlinks":
		return parseSymlinks
	case "lifecycleStateChange":
		return parseLifecycle
	case "columnLineage":
		return parseColumnLineage
	case "lineage":
		return parseDatasetLineage
	case ownEdgesFacet:
		return parseOwnEdges
	}
	return nil
}

func edgeFacet(name string) facetParser {
	if name == ownEdgeFacet {
		return func(f *facet, v *jsonValue) (err error) {
			f.own = &ownEdge{}
			return f.own.parse(v)
		}
	}
	return nil
}

func textOf(v *jsonValue, name string) (string, error) {
	if m := v.get(name); m != nil && m.kind == text && m.text != "" {
		return m.text, nil
	}
	return "", errShape
}

// outsideOf reads namespace and name.
func outsideOf(v *jsonValue) (o gov.Outside, err error) {
	if v == nil || v.kind != object {
		return o, errShape
	}
	if o.Namespace, err = textOf(v, "namespace"); err == nil {
		o.Name, err = textOf(v, "name")
	}
	if err == nil {
		_, err = o.External()
	}
	return o, err
}

func parseParent(f *facet, v *jsonValue) error {
	run, job := v.get("run"), v.get("job")
	if run == nil || run.kind != object {
		return errShape
	}
	if _, err := outsideOf(job); err != nil {
		return err
	}
	id, err := textOf(run, "runId")
	if err == nil {
		f.parent, err = gov.ParseRunID(strings.ToLower(id))
	}
	return err
}

func parseLifecycle(f *facet, v *jsonValue) error {
	change, err := textOf(v, "lifecycleStateChange")
	switch change {
	case "DROP":
		f.dropped = true
	case "RENAME":
		f.renamed, err = outsideOf(v.get("previousIdentifier"))
	case "ALTER", "CREATE", "OVERWRITE", "TRUNCATE":
	default:
		err = errShape
	}
	return err
}

func (o *ownEdge) parse(v *jsonValue) error {
	kind, err := textOf(v, "kind")
	if err == nil {
		o.kind, err = ParseEdgeKind(kind)
	}
	if m := v.get("inferred"); m != nil {
		o.inferred = m.kind == truth
	}
	if m := v.get("via"); m != nil && len(m.text) <= MaxVia {
		o.via = m.text
	}
	return err
}
