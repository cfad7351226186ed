package ctl

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// A findingView is what one check says; its JSON is a line of 'check run'.
type findingView struct {
	Check     string      `json:"check"`
	Severity  string      `json:"severity"`
	Verdict   string      `json:"verdict"`
	Value     json.Number `json:"value"`
	Limit     json.Number `json:"limit"`
	Count     uint64      `json:"count"`
	Witnesses []string    `json:"witnesses"`
}

// A findingDoc is a finding with what the lines leave out.
type findingDoc struct {
	findingView
	Why   string      `json:"why"`
	Parts []facetView `json:"parts"`
}

// A facetView is one of the things that a check judges.
type facetView struct {
	Name    string      `json:"name"`
	Verdict string      `json:"verdict"`
	Value   json.Number `json:"value"`
	Limit   json.Number `json:"limit"`
	Count   uint64      `json:"count"`
	Note    string      `json:"note"`
}

// A reportDoc is the document of a report, as far as it is shown.
type reportDoc struct {
	Partial  []string     `json:"partial"`
	Findings []findingDoc `json:"findings"`
}

// A reportLine is the last line of 'check run --json'.
type reportLine struct {
	Report  string `json:"report"`
	Digest  string `json:"digest"`
	Verdict string `json:"verdict"`
	Records uint64 `json:"records"`
	Partial bool   `json:"partial"`
}

// printReport prints a report, the verdict first, and returns an error if it
// opens no gate.
func (a *app) printReport(info *govdv1.ReportInfo, document []byte) error {
	var doc reportDoc
	if err := json.Unmarshal(document, &doc); err != nil {
		return complain(exitError, "BAD_ANSWER", "the report is not JSON: %v", err)
	}
	if err := a.showReport(info, doc); err != nil {
		return err
	}
	if v := info.GetVerdict(); v == "pass" || v == "warn" {
		return nil
	}
	return doc.failure(info)
}

// failure is the error of a report that opens no gate.
func (d *reportDoc) failure(info *govdv1.ReportInfo) error {
	var failed, unknown []string
	for _, f := range d.Findings {
		switch {
		case f.Verdict == "fail":
			failed = append(failed, f.Check)
		case f.Verdict == "unknown" && f.Severity == "E":
			unknown = append(unknown, f.Check)
		}
	}
	if len(failed) > 0 {
		return complain(exitFailed, "CHECKS_FAILED", "%s does not pass stage %d: %s", info.GetRef(), info.GetStage(), strings.Join(failed, ", "))
	}
	why := gov.Reason("CHECKS_UNKNOWN")
	if len(d.Partial) > 0 {
		why, unknown = "CHECKS_PARTIAL", append(unknown, d.Partial...)
	}
	return complain(exitFailed, why, "%s is not shown to pass stage %d: %s", info.GetRef(), info.GetStage(), strings.Join(unknown, ", "))
}

func (a *app) showReport(info *govdv1.ReportInfo, doc reportDoc) error {
	switch {
	case a.json:
		for _, f := range doc.Findings {
			f.Witnesses = nonNil(f.Witnesses)
			if err := a.printObject(f.findingView); err != nil {
				return err
			}
		}
		return a.printObject(reportLine{info.GetRef(), info.GetDigest(), info.GetVerdict(), info.GetRecords(), info.GetPartial()})
	case !a.screen.terminal:
		return printTabs(a.stdout, findingColumns(), seq(doc.Findings))
	}
	head := fmt.Sprintf("%s  %s at stage %d, %s", strings.ToUpper(info.GetVerdict()), info.GetRef(), info.GetStage(), count(info.GetRecords(), "record"))
	if info.GetAgainst() != "" {
		head += ", compared with " + info.GetAgainst()
	}
	lines := []string{head}
	for _, why := range doc.Partial {
		lines = append(lines, "partial: "+why)
	}
	lines = append(lines, "report "+short(info.GetDigest())+", policy "+short(info.GetPolicy()))
	if err := a.say(lines...); err != nil {
		return err
	}
	return a.showFindings(doc.Findings)
}

func findingColumns() []column[findingDoc] {
	return []column[findingDoc]{
		{name: "CHECK", value: func(f findingDoc) any { return f.Check }},
		{name: "SEVERITY", value: func(f findingDoc) any { return f.Severity }},
		{name: "VERDICT", value: func(f findingDoc) any { return f.Verdict }},
		{name: "VALUE", value: func(f findingDoc) any { return string(f.Value) }},
		{name: "LIMIT", value: func(f findingDoc) any { return string(f.Limit) }},
		{name: "COUNT", value: func(f findingDoc) any { return f.Count }},
		{name: "WITNESSES", value: func(f findingDoc) any { return f.Witnesses }},
	}
}

// gravity orders what wants attention, the gravest first.
var gravity = []string{"fail", "unknown", "warn"}

// showFindings shows people what wants attention, and counts the rest.
func (a *app) showFindings(findings []findingDoc) error {
	counts := map[string]uint64{}
	var wants []findingDoc
	for _, f := range findings {
		counts[f.Verdict]++
		if slices.Contains(gravity, f.Verdict) {
			wants = append(wants, f)
		}
	}
	slices.SortStableFunc(wants, func(x, y findingDoc) int {
		return slices.Index(gravity, x.Verdict) - slices.Index(gravity, y.Verdict)
	})
	for _, f := range wants {
		if err := a.say(f.lines()...); err != nil {
			return err
		}
	}
	rest := fmt.Sprintf("\n%s passed", count(counts["pass"], "check"))
	if n := counts["skipped"]; n > 0 {
		rest += fmt.Sprintf(", %s had nothing to be about", thousands(n))
	}
	_, err := fmt.Fprintln(a.stdout, rest)
	return err
}

// lines says what a check found: what is the matter, where, and which records
// show it.
func (f *findingDoc) lines() []string {
	lines := []string{fmt.Sprintf("%-7s %s  %s", f.Verdict, f.Check, f.says())}
	const most = 4
	shown := 0
	for _, p := range f.Parts {
		if !slices.Contains(gravity, p.Verdict) {
			continue
		}
		if shown++; shown > most {
			lines = append(lines, "        and more: 'govctl report show' with --json tells all")
			break
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("        %s: %s, limit %s  %s", p.Name, decimal(p.Value), decimal(p.Limit), p.Note), " "))
	}
	if n := len(f.Witnesses); n > 0 {
		words := strings.Join(f.Witnesses[:min(n, 3)], " ")
		if f.Count > 3 {
			words += fmt.Sprintf(" and %s more", thousands(f.Count-3))
		}
		lines = append(lines, "        such as "+words)
	}
	return lines
}

// says is the finding in a few words.
func (f *findingDoc) says() string {
	if f.Verdict == "unknown" || len(f.Parts) == 0 && f.Why != "" {
		return f.Why
	}
	s := fmt.Sprintf("%s, limit %s", decimal(f.Value), decimal(f.Limit))
	if f.Count > 0 {
		s += ", " + thousands(f.Count) + " at fault"
	}
	if f.Why != "" {
		s += ": " + f.Why
	}
	return s
}

// decimal writes a number without trailing zeros.
func decimal(n json.Number) string {
	s := n.String()
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}
