package ctl

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"govd/internal/trail"
)

// printReading prints what a file says: a line for each claim into a pipe, and
// to people first what they want to know of it.
func (a *app) printReading(path, key string, read *trail.Reading, verbose bool) error {
	if a.json || !a.screen.terminal {
		return a.printClaims(read.Claims())
	}
	if len(read.Findings) == 0 {
		return nil
	}
	v := verifyView{screen: a.screen, path: clean(filepath.Base(path)), key: key, read: read, verbose: verbose || len(read.Findings) <= fewClaims}
	_, err := fmt.Fprint(a.stdout, v.text(a.now()))
	return err
}

// fewClaims are shown with what proves them, and not sorted.
const fewClaims = 8

// printClaims prints claims, each with what proves it.
func (a *app) printClaims(claims []trail.Claim) error {
	if a.json {
		return printJSON(a.stdout, seq(claims))
	}
	for _, c := range claims {
		line := fmt.Sprintf("%s\t%s\t%s\n", map[bool]string{true: "holds", false: "fails"}[c.Holds], clean(c.Claim), clean(c.Evidence))
		if a.screen.terminal {
			line = a.screen.claim(trail.Finding{Claim: c}, true)
		}
		if _, err := fmt.Fprint(a.stdout, line); err != nil {
			return err
		}
	}
	return nil
}

// claim writes a claim, and what proves it if that is asked for or if nothing
// does.
func (s screen) claim(f trail.Finding, verbose bool) string {
	says := clean(f.Claim.Claim)
	if !verbose {
		says = shortened(says)
	}
	line := s.tick(f) + s.wrap(" "+says) + "\n"
	if verbose || !f.Holds {
		line += " " + s.wrap(" "+clean(f.Evidence)) + "\n"
	}
	return line
}

func (s screen) tick(f trail.Finding) string {
	switch {
	case !f.Holds:
		return s.paint(red, "✗")
	case f.Lacks:
		return s.paint(yellow, "–")
	}
	return s.paint(green, "✓")
}

var wholeDigest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

// shortened shortens the digests in a text for people.
func shortened(text string) string { return wholeDigest.ReplaceAllStringFunc(text, short) }

// A verifyView tells people of a file.
type verifyView struct {
	screen
	path    string
	key     string
	read    *trail.Reading
	verbose bool
	out     strings.Builder
}

func (v *verifyView) text(now time.Time) string {
	failed := v.failures()
	if len(failed) > 0 {
		v.alarm(failed)
	} else {
		v.line(v.paint(green, "✓") + v.wrap(fmt.Sprintf(" %s is proven: %s", v.path, v.all())))
	}
	v.line("")
	v.summary(now)
	if len(v.read.Findings) <= fewClaims {
		v.line("")
		v.claims(v.read.Findings)
		return v.out.String()
	}
	v.groups()
	if len(failed) == 0 {
		v.line("")
		v.line(v.paint(green, "✓") + v.wrap(" "+v.all()+map[bool]string{false: "; --verbose says what proves each"}[v.verbose]))
	}
	return v.out.String()
}

func (v *verifyView) line(s string) { v.out.WriteString(s + "\n") }

// hold says "12 claims hold".
func (v *verifyView) hold() string {
	n := 0
	for _, f := range v.read.Findings {
		if f.Holds {
			n++
		}
	}
	return count(uint64(n), "claim") + map[bool]string{true: " holds", false: " hold"}[n == 1]
}

// all says that all claims hold.
func (v *verifyView) all() string {
	if len(v.read.Findings) == 1 {
		return v.hold()
	}
	return "all " + v.hold()
}

// lacking returns what the file does not show.
func (v *verifyView) lacking() (says []string) {
	for _, f := range v.read.Findings {
		if f.Lacks {
			says = append(says, f.Claim.Claim)
		}
	}
	return says
}

func (v *verifyView) failures() (failed []trail.Finding) {
	for _, f := range v.read.Findings {
		if !f.Holds {
			failed = append(failed, f)
		}
	}
	return failed
}

// alarm tells what does not hold before anything else.
func (v *verifyView) alarm(failed []trail.Finding) {
	v.line(v.paint(red, fmt.Sprintf("✗ %s IS NOT PROVEN: this does not hold", v.path)))
	v.line("")
	for _, f := range failed {
		v.out.WriteString(v.claim(f, true))
	}
	v.line("")
	v.line(v.wrap(fmt.Sprintf("what comes after that was not looked at; before it, %s", v.hold())))
}

// headings are what a topic is called at the head of its claims, and in a count.
var headings = map[trail.Topic]struct{ long, short string }{
	trail.OfLog:         {"THE FILE AND THE LOG", "log"},
	trail.OfRecords:     {"RECORDS", "records"},
	trail.OfOutputs:     {"OUTPUTS", "outputs"},
	trail.OfDeployments: {"DEPLOYMENTS", "deployments"},
	trail.OfModels:      {"MODELS", "models"},
	trail.OfRuns:        {"RUNS", "runs"},
	trail.OfVersions:    {"VERSIONS", "versions"},
	trail.OfPromotions:  {"PROMOTIONS", "promotions"},
	trail.OfChanges:     {"LABEL CHANGES AND WHO APPROVED THEM", "changes"},
	trail.OfChecks:      {"CHECKS", "checks"},
	trail.OfInspections: {"INSPECTIONS", "inspections"},
	trail.OfErasures:    {"ERASURES", "erasures"},
	trail.OfPlaces:      {"PROJECTS, DATASETS AND THEIR RULES", "datasets and rules"},
	trail.OfPeople:      {"PEOPLE AND THEIR KEYS", "people"},
	trail.OfOthers:      {"OTHER ENTRIES", "others"},
}

// groups prints the claims that hold, by what they are about.
func (v *verifyView) groups() {
	var last trail.Finding
	for _, f := range v.sorted() {
		if f.Topic != last.Topic {
			v.line("\n" + headings[f.Topic].long)
		} else if f.Thing != last.Thing {
			v.line("")
		}
		v.claims([]trail.Finding{f})
		last = f
	}
}

func (v *verifyView) claims(all []trail.Finding) {
	for _, f := range all {
		if f.Holds {
			v.out.WriteString(v.claim(f, v.verbose))
		}
	}
}

// sorted puts claims in the order of their topics, and within one in that in
// which its things came.
func (v *verifyView) sorted() []trail.Finding {
	topics := trail.Topics()
	came := map[[2]string]int{}
	for i, f := range v.read.Findings {
		key := [2]string{string(f.Topic), f.Thing}
		if _, there := came[key]; !there {
			came[key] = i
		}
	}
	return slices.SortedStableFunc(slices.Values(v.read.Findings), func(a, b trail.Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(topics, a.Topic), slices.Index(topics, b.Topic)),
			cmp.Compare(came[[2]string{string(a.Topic), a.Thing}], came[[2]string{string(b.Topic), b.Thing}]))
	})
}
