package validate

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// A Policy says what a stage asks of a version: which checks and how strict,
// what the attributes are called, which inspections and how much a run may
// cost. It is a document of its own with a digest, which every report names.
type Policy struct {
	Stage       gov.Stage             `json:"stage"`
	Name        string                `json:"name"`
	Attributes  map[Role]string       `json:"attributes,omitempty"`
	Required    []string              `json:"required,omitempty"` // labels that a version must have
	Parts       map[string][]Part     `json:"parts,omitempty"`    // what a record with a label must show too
	Forbidden   []Pair                `json:"forbidden,omitempty"`
	MediaTypes  []string              `json:"media_types,omitempty"` // none: any
	Splits      map[string]stat.Micro `json:"splits,omitempty"`      // the share that each should have
	Reference   map[string]stat.Micro `json:"reference,omitempty"`   // the share of each tone group in the population
	Coverage    map[Role][]string     `json:"coverage,omitempty"`    // all combinations must occur
	Checks      map[string]Setting    `json:"checks"`
	Rules       []Rule                `json:"rules,omitempty"`
	Content     Content               `json:"content"`
	Budget      Budget                `json:"budget"`
	Inspections []Inspection          `json:"inspections,omitempty"`
	Promotion   Promotion             `json:"promotion"`
	Purposes    []string              `json:"purposes,omitempty"` // none: any
}

// A Role is what an attribute is for, whatever a project calls it.
type Role string

const (
	Subject   Role = "subject"  // whose hand
	Session   Role = "session"  // one capture
	Sequence  Role = "sequence" // frames in time
	Stream    Role = "stream"   // one of several recorded at once
	Frame     Role = "frame"    // its number in the stream, from 0
	Frames    Role = "frames"   // how many the stream has
	Time      Role = "time_us"  // microseconds from the sequence's begin
	FPS       Role = "fps"      // frames a second
	Source    Role = "source"
	Camera    Role = "camera"
	Annotator Role = "annotator"
	Lot       Role = "lot"        // imagery that came in together
	Asset     Role = "asset"      // another key, unique too
	Group     Role = "tone_group" // whose rates are compared
	Tone      Role = "tone"
	ToneScale Role = "tone_scale"
	License   Role = "license"
	Consent   Role = "consent"
	Captured  Role = "captured" // the day, as 2006-01-02
	Angle     Role = "angle"
	Light     Role = "light"
	Motion    Role = "motion"
	Parent    Role = "parent" // key of the record it was made from
	Run       Role = "run"    // that made it

	ToneVotes      Role = "tone_vote_" // the beginning of the attributes of each who saw the tone
	ToneAnnotator1 Role = "tone_annotator_1"
	ToneAnnotator2 Role = "tone_annotator_2"
	ToneRegion1    Role = "tone_region_1"
	ToneRegion2    Role = "tone_region_2"
)

var roles = []Role{
	Subject, Session, Sequence, Stream, Frame, Frames, Time, FPS, Source, Camera, Annotator, Lot, Asset, Group, Tone, ToneScale,
	License, Consent, Captured, Angle, Light, Motion, Parent, Run,
	ToneVotes, ToneAnnotator1, ToneAnnotator2, ToneRegion1, ToneRegion2,
}

// Attribute returns what the policy calls the attribute of a role: its own
// name for it, else the role's.
func (p *Policy) Attribute(r Role) string {
	if name := p.Attributes[r]; name != "" {
		return name
	}
	return string(r)
}

// A Part is a label that must be there beside another.
type Part struct {
	Label string `json:"label"`
	Least uint32 `json:"least"`
	Most  uint32 `json:"most"`
}

// A Pair is two labels that no record may have together, in order.
type Pair [2]string

// A Setting is how a policy uses a check.
type Setting struct {
	Severity Severity              `json:"severity"`
	Params   map[string]stat.Micro `json:"params,omitempty"`
	Lists    map[string][]string   `json:"lists,omitempty"`
}

// Content says how what the records stand for is verified.
type Content struct {
	Verify     Verify     `json:"verify"`
	Limit      stat.Micro `json:"limit,omitempty"`      // share of bad contents that must be noticed
	Confidence stat.Micro `json:"confidence,omitempty"` // with this probability
	By         Reader     `json:"by,omitempty"`         // who must read them; "": the server or somebody's client
}

// A Reader says who reads contents.
type Reader string

// ByServer asks that the server reads contents itself, and takes no client's word.
const ByServer Reader = "server"

// Verify says who reads contents to compare them with their records.
type Verify string

const (
	Declared Verify = "declared" // nobody again: whoever registered the version had read each
	Sampled  Verify = "sample"   // a random sample, sized by limit and confidence
	All      Verify = "all"
)

// A Promotion says whose word takes a version up to the stage.
type Promotion struct {
	Stewards     uint32 `json:"stewards"`               // different humans, who hold that role
	Contributors bool   `json:"contributors,omitempty"` // of whom some may have made a revision of a change in it
}

// A Budget bounds a run. What would go beyond it is cut short and says so.
type Budget struct {
	Records uint64 `json:"records_per_second"` // that it must judge at least
	Memory  uint64 `json:"memory"`             // bytes
	Wall    uint64 `json:"wall"`               // seconds
}

// An Inspection is an audit by people that the stage asks for.
type Inspection struct {
	ID         string     `json:"id"`
	Asks       string     `json:"asks"` // label, relevance or intake: what inspectors answer
	Limit      stat.Micro `json:"limit"`
	Confidence stat.Micro `json:"confidence"`
	Accept     uint32     `json:"accept"`       // errors that a fixed plan allows
	By         Role       `json:"by,omitempty"` // certified for each of its groups
}

// Document returns the canonical bytes of the policy. Equal policies have equal
// documents, whatever they extend and however they were written.
func (p *Policy) Document() []byte {
	q := *p
	q.Required = sorted(p.Required)
	q.MediaTypes = sorted(p.MediaTypes)
	q.Purposes = sorted(p.Purposes)
	q.Forbidden = slices.SortedFunc(slices.Values(p.Forbidden), func(a, b Pair) int { return slices.Compare(a[:], b[:]) })
	q.Rules = slices.SortedFunc(slices.Values(p.Rules), func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	q.Inspections = slices.SortedFunc(slices.Values(p.Inspections), func(a, b Inspection) int { return strings.Compare(a.ID, b.ID) })
	return encode(q)
}

// Digest returns the digest of the document.
func (p *Policy) Digest() gov.Digest { return gov.DocumentDigest(p.Document()) }

// Asks reports whether the policy uses the check.
func (p *Policy) Asks(check string) bool { _, ok := p.Checks[check]; return ok }

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

// encode writes JSON in the one way that documents have it: no spaces, and
// nothing escaped for HTML.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // maps, slices, strings and numbers always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
