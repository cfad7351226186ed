package trail

import (
	"fmt"
	"time"

	"govd/internal/gov"
	"govd/internal/report"
	"govd/internal/tree"
)

// CertificateFormat is the format of a Certificate's JSON.
const CertificateFormat = "govd/certificate/1"

// A Certificate says that the values of records were erased: what was asked for,
// who agreed, and what stands in their place. Like a [Chain] it is plain data and
// proves nothing by itself.
type Certificate struct {
	Format  string           `json:"format"` // CertificateFormat
	Origin  string           `json:"origin"` // of the log
	AsOf    uint64           `json:"as_of"`  // how many entries of the log it takes into account
	Time    time.Time        `json:"time"`   // of the last of them
	Erasure gov.ErasureID    `json:"erasure"`
	Project gov.Project      `json:"project"`
	Where   string           `json:"where,omitempty"`  // which records; "" if that was erased
	Reason  string           `json:"reason,omitempty"` // "" if that was erased
	Found   gov.ErasureCount `json:"found"`
	Steps   []CertifiedStep  `json:"steps"`            // in the order of the log
	Newest  []gov.Node       `json:"newest,omitempty"` // version of each dataset that held one of the values
	Values  []CertifiedValue `json:"values,omitempty"` // some or all of them
	People  []Person         `json:"people,omitempty"` // everyone who is named by id
}

// A CertifiedStep is one thing that was done for an erasure.
type CertifiedStep struct {
	Event string       `json:"event"` // of the log entry
	By    gov.PersonID `json:"by"`
	Time  time.Time    `json:"time"`
	Entry uint64       `json:"entry"`
}

// A CertifiedValue is a value that is gone, with proof that it is.
type CertifiedValue struct {
	Dataset gov.DatasetName `json:"dataset"`
	Key     string          `json:"key"`
	In      uint64          `json:"in"`  // the newest version that holds its entry hash: the proof is of this one
	Now     Now             `json:"now"` // what stands at the key in the newest version
}

// Now says what stands at a key in the newest version of its dataset.
type Now string

// What can stand there. That the record is absent is proven; of another value the
// server says so, and of what stands beside an erased value nobody can prove that
// it is absent.
const (
	NowErased   Now = "erased"
	NowAbsent   Now = "absent"
	NowAnother  Now = "another value"
	NowUnproven Now = "not proven"
)

// A Gone shows that a version does not hold a value any more: that its entry hash
// stands in its place, or that the key is absent.
type Gone struct {
	Entry  uint64      `json:"entry"` // that registered the version
	Key    string      `json:"key"`
	Absent bool        `json:"absent,omitempty"`
	Proof  *tree.Proof `json:"proof"` // full
}

// Page returns the certificate for people.
func (c *Certificate) Page() *report.Document {
	names := newView(&Chain{People: c.People})
	d := &report.Document{
		Title: fmt.Sprintf("Certificate of erasure %s", c.Erasure), Subject: fmt.Sprintf("records of project %s in the log of %s", c.Project, c.Origin),
		Verdicts: []report.Verdict{c.erased(), c.compacted()},
		Facts: []report.Fact{
			{Name: "which records", Value: or(c.Where, "erased")},
			{Name: "why", Value: or(c.Reason, "erased")},
			{Name: "records", Value: fmt.Sprint(c.Found.Records)},
			{Name: "values", Value: fmt.Sprint(c.Found.Values)},
			{Name: "label edits about them", Value: fmt.Sprint(c.Found.Edits)},
			{Name: "versions that held one", Value: fmt.Sprint(c.Found.Versions)},
			{Name: "as of", Value: fmt.Sprintf("the first %d entries of the log, %s", c.AsOf, instant(c.Time))},
		},
		Sections: []report.Section{c.stepSection(names), c.valueSection(), limitSection()},
		Foot:     "This page proves nothing by itself. The file that it is in does: govctl verify FILE --key VKEY says what.",
	}
	return d
}

func (c *Certificate) erased() report.Verdict {
	v := report.Verdict{Says: fmt.Sprintf("%s of %s are erased from every version of the project", count(c.Found.Values, "value"), count(c.Found.Records, "record"))}
	_, v.Holds = c.step("erasure.done")
	return v
}

func (c *Certificate) compacted() report.Verdict {
	v := report.Verdict{Says: "the server's file was written anew since, without the pages in which they stood"}
	if _, v.Holds = c.step("server.compacted"); !v.Holds {
		v.Why = "until it is compacted the values may stand in its free pages"
	}
	return v
}

func (c *Certificate) step(event string) (s CertifiedStep, there bool) {
	for _, s := range c.Steps {
		if s.Event == event {
			return s, true
		}
	}
	return s, false
}

// steps are what people call the events.
var steps = map[string]string{
	"erasure.requested": "asked for", "erasure.approved": "approved", "erasure.begun": "begun", "erasure.done": "done", "server.compacted": "file compacted",
}

func (c *Certificate) stepSection(names *view) report.Section {
	t := &report.Table{Columns: []string{"step", "by", "time", "entry"}}
	for _, s := range c.Steps {
		t.Rows = append(t.Rows, []string{steps[s.Event], names.who(s.By), instant(s.Time), number(s.Entry)})
	}
	return report.Section{Title: "Who did what", Table: t}
}

func (c *Certificate) valueSection() report.Section {
	s := report.Section{Title: "What is gone", Table: &report.Table{Columns: []string{"dataset", "record", "proof of version", "in the newest version"}, Empty: "The list of the records is not kept any more."}}
	if n := len(c.Values); n > 0 && uint64(n) < c.Found.Values {
		s.Text = []string{fmt.Sprintf("%d values of %d are shown with their proofs; all of them are in the list that the log commits to, which is in this file.", len(c.Values), c.Found.Values)}
	}
	for _, v := range c.Values {
		s.Table.Rows = append(s.Table.Rows, []string{string(v.Dataset), v.Key, gov.Ref{Dataset: v.Dataset, Number: v.In}.String(), string(v.Now)})
	}
	return s
}

// limits is what no such file can show.
const limits = "Copies elsewhere are not looked at: backups, exports, files of who pushed the records, models that learned from them. 'govctl erase impact' names who was handed what, and what was made of it."

func limitSection() report.Section {
	return report.Section{Title: "What this does not show", Text: []string{
		limits,
		"Keys stay, since the order of records and the proofs of others rest on them: they must be pseudonyms.",
		"The tree of a version shows an entry hash in a value's place, and not of which key it was made. That rests on the log: the entry that began the erasure commits to the list of keys and hashes, and was signed before the values went.",
	}}
}
