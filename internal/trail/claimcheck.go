package trail

import (
	"encoding/json"
	"fmt"
	"strings"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// checkReported tells what the checks of a stage said of a version, and whether
// the report that is here says the same.
func (p *proven) checkReported(l line) error {
	var e struct {
		Dataset gov.DatasetName `json:"dataset"`
		Number  uint64          `json:"number"`
		Version gov.Digest      `json:"version"`
		Stage   gov.Stage       `json:"stage"`
		Policy  gov.Digest      `json:"policy"`
		Report  gov.Digest      `json:"report"`
		Verdict string          `json:"verdict"`
		Records uint64          `json:"records"`
		Partial bool            `json:"partial"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	version := gov.VersionOf(e.Dataset, e.Number)
	if err := p.about(l, version, e.Version); err != nil {
		return err
	}
	n := gov.Node{Kind: gov.ReportNode, Name: e.Report.String()}
	p.node(n, l, e.Report)
	p.edge(version, lineage.CheckedBy, n)
	part := map[bool]string{true: ", of a part of it alone"}[e.Partial]
	p.on(OfChecks, version.Name)
	claim := fmt.Sprintf("the checks of stage %d said %s of version %s%s, run %s", e.Stage, quote(e.Verdict), version.Name, part, l.said())
	r, there, err := p.reportOf(e.Report)
	switch {
	case !there:
		p.lacks(claim, "the report's digest is %s; this file does not hold it", e.Report)
		return nil
	case err != nil || r.Version != e.Version || r.Stage != e.Stage || r.Policy != e.Policy || r.Verdict != e.Verdict || r.Records != e.Records:
		return p.fails(claim, fmt.Errorf("the report %s says something else", e.Report))
	}
	p.holds(claim, "the report %s of %s is in this file and says so, by the policy %s", e.Report, count(e.Records, "record"), e.Policy)
	return nil
}

// A checkReport is what a report says, as far as it matters here.
type checkReport struct {
	Version  gov.Digest `json:"version"`
	Stage    gov.Stage  `json:"stage"`
	Policy   gov.Digest `json:"policy"`
	Verdict  string     `json:"verdict"`
	Records  uint64     `json:"records"`
	Partial  []string   `json:"partial"`
	Findings []struct {
		Check    string `json:"check"`
		Severity string `json:"severity"`
		Verdict  string `json:"verdict"`
	} `json:"findings"`
}

// reportOf returns the report with a digest, and false if it is not here.
func (p *proven) reportOf(d gov.Digest) (r checkReport, here bool, err error) {
	doc, here := p.documents[d]
	if here && json.Unmarshal(doc, &r) != nil {
		err = fmt.Errorf("the report %s cannot be read", d)
	}
	return r, here, err
}

// warns returns the checks whose warnings somebody must accept, and an error if
// the report does not pass. That is seen from what each check found: the verdict
// is only the sum of it.
func (r *checkReport) warns() (ids []string, err error) {
	if r.Verdict != "pass" && r.Verdict != "warn" || len(r.Partial) > 0 {
		return nil, fmt.Errorf("says %s, and does not pass", quote(r.Verdict))
	}
	for _, f := range r.Findings {
		const waiver = "W"
		switch {
		case f.Verdict == "pass" || f.Verdict == "skipped":
		case f.Verdict == "warn" || f.Verdict == "unknown" && f.Severity == waiver:
			ids = append(ids, f.Check)
		default:
			return nil, fmt.Errorf("says %s of the check %s, and does not pass", quote(f.Verdict), quote(f.Check))
		}
	}
	return ids, nil
}

// about checks that an entry stands where the version belongs that it speaks of,
// and names that version's digest.
func (p *proven) about(l line, version gov.Node, d gov.Digest) error {
	made, known := p.nodes[version]
	switch {
	case l.At != version.Place():
		return badFile("the log entry speaks of a version of another dataset")
	case known && made.digest != d:
		return badFile("the log entry names the digest %s of version %s, and log entry %d registered %s", d, quote(version.Name), made.entry, made.digest)
	}
	return nil
}

// contentsRead tells how far contents were as their records say.
func (p *proven) contentsRead(l line) error {
	var e struct {
		Dataset gov.DatasetName `json:"dataset"`
		Number  uint64          `json:"number"`
		Version gov.Digest      `json:"version"`
		Of      uint64          `json:"of"`
		Read    uint64          `json:"read"`
		Failed  uint64          `json:"failed"`
		Wrong   uint64          `json:"wrong"`
		Broken  uint64          `json:"broken"`
		Server  bool            `json:"server"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	version := gov.VersionOf(e.Dataset, e.Number)
	if err := p.about(l, version, e.Version); err != nil {
		return err
	}
	p.on(OfChecks, version.Name)
	reader := "by the client of"
	if e.Server {
		reader = "by the server itself, for"
	}
	p.holds(fmt.Sprintf("of %s of version %s, %d contents were read again %s", count(e.Of, "record"), version.Name, e.Read, strings.Replace(l.said(), "by", reader, 1)),
		"%d could not be read, %d were others than their records say, %d do not decode", e.Failed, e.Wrong, e.Broken)
	return nil
}
