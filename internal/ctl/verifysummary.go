package ctl

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"govd/internal/trail"
)

// summary says what the file is, and how far it goes.
func (v *verifyView) summary(now time.Time) {
	r := v.read
	what := r.Kind
	if r.Subject != "" {
		what += map[bool]string{true: ": ", false: " of "}[strings.HasPrefix(r.Kind, "a proof")] + r.Subject
	}
	v.fact("file", what)
	if r.Head.Size > 0 {
		v.fact("log", fmt.Sprintf("%s, %s, root %s", r.Head.Origin, entries(r.Head.Size), r.Head.Root.Short()))
	}
	v.fact("key", v.key)
	if !r.Newest.IsZero() {
		v.fact("until", fmt.Sprintf("%s (%s), the newest entry in the file", r.Newest.UTC().Format("2006-01-02 15:04:05 UTC"), ago(r.Newest, now)))
	}
	if len(r.People) > 0 {
		v.fact("people", namesOf(r.People))
	}
	if len(r.Findings) > fewClaims {
		v.fact("claims", v.tally())
	}
	v.missing()
	if len(v.failures()) == 0 {
		v.fact("trust", trust)
	}
}

// trust is what no file can prove about itself.
const trust = "that the key is the server's, you must know from elsewhere; that its people told it the truth, no file proves"

// fact writes what is known under a name, or below it if it is one long word.
func (v *verifyView) fact(name, value string) {
	const indent = 11
	if value = shortened(clean(value)); !strings.Contains(value, " ") && indent+utf8.RuneCountInString(value) >= v.width {
		v.line(name + "\n  " + value)
		return
	}
	narrow := v.screen
	narrow.width = max(v.width-indent+2, leastProse)
	value = narrow.wrap(value)
	v.line(fmt.Sprintf("%-*s%s", indent, name, strings.ReplaceAll(value, "\n  ", "\n"+strings.Repeat(" ", indent))))
}

func entries(n uint64) string {
	if n == 1 {
		return "1 entry"
	}
	return thousands(n) + " entries"
}

// namesOf names people: "user:2 bob".
func namesOf(all []trail.Person) string {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = strings.TrimSpace(string(p.ID) + " " + p.Name)
	}
	return strings.Join(words, ", ")
}

// tally says how many claims there are about what.
func (v *verifyView) tally() string {
	n := map[trail.Topic]int{}
	for _, f := range v.read.Findings {
		n[f.Topic]++
	}
	var parts []string
	for _, t := range trail.Topics() {
		if n[t] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", headings[t].short, n[t]))
		}
	}
	return strings.Join(parts, ", ")
}

// missing says what the file does not show.
func (v *verifyView) missing() {
	lacks := v.lacking()
	if len(lacks) == 0 {
		return
	}
	v.fact("not shown", count(uint64(len(lacks)), "claim")+", marked –, on what the file does not show:")
	const most = 6
	if rest := len(lacks) - most; rest > 0 {
		lacks = append(lacks[:most:most], fmt.Sprintf("and %d more", rest))
	}
	for _, says := range lacks {
		v.fact("", strings.TrimSuffix(says, " is not shown"))
	}
}
