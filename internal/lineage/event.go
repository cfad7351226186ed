package lineage

import (
	"crypto/sha256"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"govd/internal/gov"
)

// An EventKind is one of the three kinds of OpenLineage events.
type EventKind string

const (
	RunEvent     EventKind = "run"
	JobEvent     EventKind = "job"
	DatasetEvent EventKind = "dataset"
)

// An EventType says how the state of a run changes.
type EventType string

const (
	Start    EventType = "START"
	Running  EventType = "RUNNING"
	Complete EventType = "COMPLETE"
	Abort    EventType = "ABORT"
	Fail     EventType = "FAIL"
	Other    EventType = "OTHER"
)

// An Event is an OpenLineage event: its core, and of its facets what lineage
// rests on. All else is in its bytes, which the caller keeps.
type Event struct {
	Kind     EventKind
	Digest   gov.Digest // SHA-256 of the canonical form: one event has one, however it is written
	Time     time.Time  // UTC
	Producer string
	Type     EventType   // of a RunEvent; "" where it says none
	Run      gov.RunID   // of a RunEvent
	Job      gov.Outside // of a RunEvent or a JobEvent
	Dataset  *DatasetRef // of a DatasetEvent
	Inputs   []DatasetRef
	Outputs  []DatasetRef
	Warnings []Warning // of facets; at most maxWarnings

	runFacets, jobFacets []facet
}

// A DatasetRef is a dataset as an event names it. Its version is what its
// version facet says.
type DatasetRef struct {
	gov.Outside
	Model  bool // its datasetType facet says MODEL
	facets []facet
	own    *ownEdge // what a govd says of an input or an output
}

// A Warning is a fault in a facet. The event holds without the facet.
type Warning struct {
	At   string `json:"at"`   // where, as a JSON pointer
	What string `json:"what"` // is wrong
}

const maxWarnings = 100

// ParseEvent parses an OpenLineage event: strictly in its core, of which
// OpenLineage.json 2-0-2 is the measure, leniently in its facets. Fields that
// the schema does not know are left alone.
//
// It refuses what the schema allows where nobody could tell what is meant: names
// twice in an object, empty namespaces and names, times before 1970 or after
// 2261 or in lower case, leap seconds, an event that is both of a dataset and of
// a job. Returns gov.Invalid with BAD_JSON or BAD_EVENT, or gov.Exhausted.
func ParseEvent(b []byte) (*Event, error) {
	v, err := parseJSON(b)
	if err != nil {
		return nil, err
	}
	p := eventParser{e: &Event{Digest: sha256.Sum256(v.appendCanonical(make([]byte, 0, len(b))))}}
	p.event(&v)
	if p.err != nil {
		return nil, p.err
	}
	return p.e, nil
}

// An eventParser fills an event. After the first fault of the core it reads on
// and reports that one.
type eventParser struct {
	e   *Event
	err error
}

func (p *eventParser) bad(at, what string) {
	if p.err == nil {
		p.err = gov.Errorf(gov.Invalid, "BAD_EVENT", "%s: %s", shorten(at), what)
	}
}

func (p *eventParser) event(v *jsonValue) {
	if v.kind != object {
		p.bad("/", "an event is an object")
		return
	}
	e := p.e
	e.Time = p.time(v)
	e.Producer = p.uri(v, "producer")
	p.uri(v, "schemaURL")
	run, job, dataset := v.get("run"), v.get("job"), v.get("dataset")
	switch {
	case run != nil && job != nil:
		e.Kind = RunEvent
		p.run(v, run)
	case job != nil && dataset != nil:
		p.bad("/", "the event is both of a job and of a dataset")
	case job != nil:
		e.Kind = JobEvent
	case dataset != nil:
		e.Kind = DatasetEvent
		d := p.dataset("/dataset", dataset, "")
		e.Dataset = &d
		return
	default:
		p.bad("/", "want run and job, or job, or dataset")
		return
	}
	e.Job = p.outside("/job", job)
	e.jobFacets = p.facets("/job/facets", job.get("facets"), jobFacet, true)
	e.Inputs = p.datasets(v, "inputs", "inputFacets")
	e.Outputs = p.datasets(v, "outputs", "outputFacets")
}

// timeForm is RFC 3339, of which package time takes more: hours of one digit,
// commas, zones with 60 minutes.
var timeForm = regexp.MustCompile(`^[0-9-]{10}T[0-9:]{8}(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

func (p *eventParser) time(v *jsonValue) time.Time {
	s := p.text(v, "", "eventTime")
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || !timeForm.MatchString(s) {
		p.bad("/eventTime", "want a date and time with zone, such as 2026-01-02T03:04:05Z")
	}
	if year := t.UTC().Year(); p.err == nil && (year < 1970 || year > 2261) {
		p.bad("/eventTime", "want a year from 1970 to 2261")
	}
	return t.UTC()
}

// text returns a member that must be a text.
func (p *eventParser) text(v *jsonValue, at, name string) string {
	m := v.get(name)
	if m == nil || m.kind != text {
		p.bad(at+"/"+name, "want a text")
		return ""
	}
	return m.text
}

func (p *eventParser) uri(v *jsonValue, name string) string {
	s := p.text(v, "", name)
	if !absolute(s) {
		p.bad("/"+name, "want an absolute URI")
	}
	return s
}

const plainURI = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/#$"

// absolute reports whether s is an absolute URI. Nearly all are of the plain
// form that needs no parser, and every facet has two.
func absolute(s string) bool {
	if rest, ok := strings.CutPrefix(s, "https://"); ok && strings.Trim(rest, plainURI) == "" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && u.IsAbs()
}

func (p *eventParser) run(v, run *jsonValue) {
	if run.kind != object {
		p.bad("/run", "want an object")
		return
	}
	id, err := gov.ParseRunID(strings.ToLower(p.text(run, "/run", "runId")))
	if err != nil {
		p.bad("/run/runId", "want a UUID")
	}
	p.e.Run = id
	if m := v.get("eventType"); m != nil {
		p.e.Type = EventType(p.text(v, "", "eventType"))
		switch p.e.Type {
		case Start, Running, Complete, Abort, Fail, Other:
		default:
			p.bad("/eventType", "want START, RUNNING, COMPLETE, ABORT, FAIL or OTHER")
		}
	}
	p.e.runFacets = p.facets("/run/facets", run.get("facets"), runFacet, false)
}

// outside reads the namespace and name of a job or a dataset.
func (p *eventParser) outside(at string, v *jsonValue) (o gov.Outside) {
	if v.kind != object {
		p.bad(at, "want an object")
		return o
	}
	o.Namespace, o.Name = p.text(v, at, "namespace"), p.text(v, at, "name")
	if _, err := o.External(); err != nil {
		p.bad(at, "want a namespace and a name, together at most "+strconv.Itoa(gov.MaxNode-10)+" bytes")
	}
	return o
}

func (p *eventParser) datasets(v *jsonValue, name, more string) (all []DatasetRef) {
	list := v.get(name)
	if list == nil {
		return nil
	}
	if list.kind != array {
		p.bad("/"+name, "want an array")
	}
	for i := range list.items {
		all = append(all, p.dataset("/"+name+"/"+strconv.Itoa(i), &list.items[i], more))
	}
	return all
}

// dataset reads a dataset; more names the facets that it has as an input or an
// output.
func (p *eventParser) dataset(at string, v *jsonValue, more string) DatasetRef {
	d := DatasetRef{Outside: p.outside(at, v)}
	if p.err != nil {
		return d
	}
	d.facets = p.facets(at+"/facets", v.get("facets"), datasetFacet, true)
	if more != "" {
		for _, f := range p.facets(at+"/"+more, v.get(more), edgeFacet, false) {
			if f.name == ownEdgeFacet {
				d.own = f.own
			}
		}
	}
	for i := range d.facets {
		d.Version += d.facets[i].version
		d.Model = d.Model || d.facets[i].model
	}
	if _, err := d.External(); err != nil {
		p.warn(at+"/facets/version", "the version is too long")
		d.Version = ""
	}
	return d
}

func (p *eventParser) warn(at, what string) {
	if len(p.e.Warnings) < maxWarnings {
		p.e.Warnings = append(p.e.Warnings, Warning{shorten(at), what})
	}
}

// DeclaresEdges reports whether the event says edges in the facets of govd, by
// which any edge about any node can be declared.
func (e *Event) DeclaresEdges() bool {
	return slices.ContainsFunc(e.Inputs, declares) || slices.ContainsFunc(e.Outputs, declares) || e.Dataset != nil && declares(*e.Dataset)
}

func declares(d DatasetRef) bool {
	return d.own != nil || slices.ContainsFunc(d.facets, func(f facet) bool { return f.own != nil || len(f.owns) > 0 })
}
