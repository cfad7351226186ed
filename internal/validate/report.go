package validate

import (
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// A Verdict is what a check says.
type Verdict string

const (
	Pass    Verdict = "pass"
	Warn    Verdict = "warn"    // a limit is broken that needs a waiver
	Fail    Verdict = "fail"    // a limit is broken that blocks
	Skipped Verdict = "skipped" // there is nothing that the check could be about
	Unknown Verdict = "unknown" // it could not be judged, and so is not passed
)

// worst orders verdicts, the worst last.
var worst = []Verdict{Skipped, Pass, Warn, Unknown, Fail}

func rank(v Verdict) int { return slices.Index(worst, v) }

func (v Verdict) worse(than Verdict) bool { return rank(v) > rank(than) }

// MaxWitnesses is how many witnesses a finding has at most. Its count is exact.
const MaxWitnesses = 20

// A Finding is what one check says of a version: its worst part, and all parts.
type Finding struct {
	Check     string     `json:"check"`
	Severity  Severity   `json:"severity"`
	Verdict   Verdict    `json:"verdict"`
	Value     stat.Micro `json:"value"`
	Limit     stat.Micro `json:"limit"`
	Count     uint64     `json:"count"` // how many records, pairs, groups or cells are at fault
	Witnesses []string   `json:"witnesses"`
	Why       string     `json:"why,omitempty"`   // of skipped, unknown and what a person must know
	Parts     []Facet    `json:"parts,omitempty"` // what the check judged or measured, in order
}

// A Facet is one of the things that a check judges: a field, a label, a group.
type Facet struct {
	Name      string     `json:"name"`
	Verdict   Verdict    `json:"verdict"`
	Value     stat.Micro `json:"value"`
	Limit     stat.Micro `json:"limit"`
	Count     uint64     `json:"count,omitempty"`
	Witnesses []string   `json:"witnesses,omitempty"`
	Note      string     `json:"note,omitempty"`
}

// A Report is what the checks of a stage policy say of a version. It holds no
// time and nothing of the machine: the same version and policy give the same
// bytes.
type Report struct {
	Dataset  gov.DatasetName `json:"dataset"`
	Version  gov.Digest      `json:"version"`
	Number   uint64          `json:"number"`
	Against  gov.Digest      `json:"against,omitzero"` // the version it is compared with
	Stage    gov.Stage       `json:"stage"`
	Policy   gov.Digest      `json:"policy"`
	Verdict  Verdict         `json:"verdict"`
	Records  uint64          `json:"records"`
	Bytes    uint64          `json:"bytes"`
	Erased   uint64          `json:"erased,omitempty"`  // records whose values are gone: nothing is said of them
	Partial  []string        `json:"partial,omitempty"` // why it does not speak for the whole version
	Findings []Finding       `json:"findings"`
	Tables   []Table         `json:"tables,omitempty"`
}

// A Table is counts for the reader: of classes, of two attributes, of drift.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns,omitempty"` // of a cross-tab
	Rows    []Row    `json:"rows"`
	More    uint64   `json:"more,omitempty"` // rows left out
}

// A Row is one bar of a chart, or one row of a cross-tab.
type Row struct {
	Name   string       `json:"name"`
	Values []stat.Micro `json:"values"`
}

// Document returns the canonical bytes of the report.
func (r *Report) Document() []byte { return encode(r) }

// Digest returns the digest of the document, which is what people sign.
func (r *Report) Digest() gov.Digest { return gov.DocumentDigest(r.Document()) }

// Finding returns what a check says, or nil if the policy does not ask for it.
func (r *Report) Finding(check string) *Finding {
	i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Check == check })
	if i < 0 {
		return nil
	}
	return &r.Findings[i]
}

// seal sorts the findings and computes the verdict. A report that does not
// speak for the whole version passes nothing.
func (r *Report) seal() {
	slices.SortFunc(r.Findings, func(a, b Finding) int { return strings.Compare(a.Check, b.Check) })
	r.Verdict = Pass
	if len(r.Partial) > 0 {
		r.Verdict = Unknown
	}
	for _, f := range r.Findings {
		v := f.Verdict
		if v == Unknown && f.Severity == Waiver {
			v = Warn
		}
		if v.worse(r.Verdict) {
			r.Verdict = v
		}
	}
}

type findingLine struct {
	Check     string     `json:"check"`
	Severity  Severity   `json:"severity"`
	Verdict   Verdict    `json:"verdict"`
	Value     stat.Micro `json:"value"`
	Limit     stat.Micro `json:"limit"`
	Count     uint64     `json:"count"`
	Witnesses []string   `json:"witnesses"`
}

type reportLine struct {
	Report  string     `json:"report"`
	Digest  gov.Digest `json:"digest"`
	Verdict Verdict    `json:"verdict"`
	Records uint64     `json:"records"`
	Partial bool       `json:"partial"`
}

// Lines returns the report for scripts: a line of JSON for each finding and one
// for the report, which is called name.
func (r *Report) Lines(name string) []byte {
	var b []byte
	for _, f := range r.Findings {
		line := findingLine{f.Check, f.Severity, f.Verdict, f.Value, f.Limit, f.Count, f.Witnesses}
		b = append(append(b, encode(line)...), '\n')
	}
	last := reportLine{name, r.Digest(), r.Verdict, r.Records, len(r.Partial) > 0}
	return append(append(b, encode(last)...), '\n')
}
