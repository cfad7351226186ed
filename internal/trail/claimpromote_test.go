package trail

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"govd/internal/audit"
	"govd/internal/gov"
)

// A promoting is what a promotion of the second version of a story rests on.
type promoting struct {
	t      *testing.T
	s      *story
	report []byte
	policy []byte
	base   map[string]any // of a word
	before []audit.Entry  // what made the versions
}

func newPromoting(t *testing.T) *promoting {
	p := &promoting{t: t, s: newStory(t, nil)}
	p.policy = p.json(map[string]any{"stage": 2, "promotion": map[string]any{"stewards": 2}})
	p.report = p.reported("warn", "W", "warn")
	p.base = map[string]any{
		"dataset": "hands/stage1", "number": 2, "version": p.s.v2.Digest, "to": 2,
		"report": gov.DocumentDigest(p.report), "policy": gov.DocumentDigest(p.policy), "waived": []string{"S1.blur"},
	}
	for _, b := range p.s.entries {
		e, err := audit.DecodeEntry(b)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains([]string{"version.registered", "change.proposed", "change.applied"}, e.Event) {
			p.before = append(p.before, *e)
		}
	}
	return p
}

func (p *promoting) json(v any) []byte {
	p.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// reported is a report whose one check found something.
func (p *promoting) reported(verdict, severity, found string, more ...any) []byte {
	p.t.Helper()
	return p.json(fields(map[string]any{
		"version": p.s.v2.Digest, "stage": 2, "policy": gov.DocumentDigest(p.policy), "verdict": verdict, "records": 41,
		"findings": []map[string]any{{"check": "S1.blur", "severity": severity, "verdict": found}},
	}, more...))
}

// word is the entry of somebody's word; with approvers the last that was needed.
func (p *promoting) word(who gov.PersonID, approvers []gov.PersonID, more ...any) audit.Entry {
	event, base := "promotion.asked", p.base
	if approvers != nil {
		event, base = "dataset.promoted", fields(base, "approvers", approvers)
	}
	return entryOf(who, "hands/stage1", event, fields(base, more...))
}

// with is what made the versions, and then these.
func (p *promoting) with(more ...audit.Entry) []audit.Entry {
	return append(slices.Clone(p.before), more...)
}

// TestPromotionsTold: a version is promoted if everyone who is counted gave their
// word for it, on a report of it that passes, and accepted what it warns of, and
// if none of them had a hand in what they spoke for.
func TestPromotionsTold(t *testing.T) {
	p := newPromoting(t)
	both, docs := []gov.PersonID{"user:3", "user:4"}, [][]byte{p.report, p.policy}
	first, last := p.word("user:3", nil), p.word("user:4", both)
	// about is a promotion on another report
	about := func(report []byte) ([][]byte, []audit.Entry) {
		d := gov.DocumentDigest(report)
		return [][]byte{report, p.policy}, p.with(p.word("user:3", nil, "report", d), p.word("user:4", both, "report", d))
	}
	on := func(want string, report []byte) toldCase {
		d, e := about(report)
		return toldCase{d, e, want, true}
	}
	nobody := "nobody who gave their word for version hands/stage1@v2 had a hand in a label change in it"
	owned := entryOf("user:1", "*", "person.added", map[string]any{"id": "sa:8", "name": gov.Digest{1}, "owner": "user:4"})
	byMachine := slices.Clone(p.before)
	for i := range byMachine {
		if byMachine[i].Event == "change.proposed" {
			byMachine[i].Who = "sa:8"
		}
	}
	lenient := p.json(map[string]any{"stage": 2, "promotion": map[string]any{"stewards": 1, "contributors": true}})
	allowed := p.reported("pass", "W", "pass", "policy", gov.DocumentDigest(lenient))
	allows := []any{"policy", gov.DocumentDigest(lenient), "report", gov.DocumentDigest(allowed)}
	tellAll(t, map[string]toldCase{
		"promoted":                {docs, p.with(first, last), nobody + "; 1 label change in it: 17, by user:2", false},
		"one word":                {docs, p.with(first), "it accepts what warns: S1.blur", false},
		"without the report":      {[][]byte{p.policy}, p.with(first), "which is not in this file", false},
		"a word is missing":       {docs, p.with(last), "no entry in this file has the word of user:3", true},
		"of another version":      {docs, p.with(p.word("user:3", nil, "version", p.s.v1.Digest), last), "registered", true},
		"for another version":     {docs, p.with(p.word("user:3", nil, "number", 1, "version", p.s.v1.Digest), last), "of another version", true},
		"for another stage":       {docs, p.with(p.word("user:3", nil, "to", 3), last), "of another version, stage or policy", true},
		"for no stage":            {docs, p.with(p.word("user:3", nil, "to", 6)), "names no stage", true},
		"elsewhere":               {docs, p.with(entryOf("user:3", "hands/stage2", "promotion.asked", p.base)), "another dataset", true},
		"the same twice":          {docs, p.with(first, p.word("user:4", []gov.PersonID{"user:4", "user:4"})), "counts user:4 twice", true},
		"not who said it":         {docs, p.with(first, p.word("user:4", []gov.PersonID{"user:3"})), "does not count user:4", true},
		"too few":                 {docs, p.with(p.word("user:4", []gov.PersonID{"user:4"})), "asks for the word of 2 stewards", true},
		"by a machine":            {docs, p.with(p.word("sa:8", nil)), "whose word does not count", true},
		"warnings not accepted":   {docs, p.with(p.word("user:3", nil, "waived", []string{"S1.dark"})), "warns of S1.blur", true},
		"the report fails":        on("says fail", p.reported("fail", "E", "fail")),
		"a check fails":           on("says fail of the check S1.blur", p.reported("pass", "E", "fail")),
		"a check is unknown":      on("says unknown of the check S1.blur", p.reported("pass", "E", "unknown")),
		"of a part":               on("does not pass", p.reported("pass", "E", "pass", "partial", []string{"erased"})),
		"of another version's":    on("of another version", p.reported("pass", "E", "pass", "version", p.s.v1.Digest)),
		"no report but words":     on("cannot be read", []byte("words")),
		"by who made it":          {docs, p.with(p.word("user:2", nil), p.word("user:4", []gov.PersonID{"user:2", "user:4"})), "user:2 had, in change 17", true},
		"by who owns the maker":   {docs, append(append([]audit.Entry{owned}, byMachine...), first, last), "user:4 had, in change 17", true},
		"of an unknown maker":     {docs, append(slices.Clone(byMachine), first, last), "does not hold who answers for sa:8", false},
		"without the change":      {docs, append(slices.DeleteFunc(p.with(), func(e audit.Entry) bool { return e.Event == "change.proposed" }), first, last), "does not hold every revision of change 17", false},
		"which the policy allows": {[][]byte{allowed, lenient}, p.with(p.word("user:2", []gov.PersonID{"user:2"}, allows...)), "which the policy allows", false},
		"what was promoted before is accepted": {[][]byte{p.report, p.policy, allowed, lenient}, p.with(p.word("user:2", []gov.PersonID{"user:2"}, allows...),
			p.word("user:3", nil), p.word("user:4", both)), "no label change is in it since v2 was promoted", false},
	})
	claims, err := toldClaims(docs, p.with(first, last)...)
	want := "version hands/stage1@v2 was promoted to stage 2 in log entry 104 by the word of user:3 and user:4, on a report that passes"
	if got := claims[len(claims)-2]; err != nil || got.Claim != want || !strings.Contains(got.Evidence, "in log entries 103, 104; the policy") {
		t.Errorf("%v: %+v", err, got)
	}
	claims, err = toldClaims(nil, p.with(first, last)...)
	if got := claims[len(claims)-2]; err != nil || !strings.HasSuffix(got.Claim, "; that its report passes is not shown") {
		t.Errorf("without the report: %v: %+v", err, got)
	}
}

// TestPromotionOfChain: a chain that tells of a promotion which no entry shows
// does not agree with the entries.
func TestPromotionOfChain(t *testing.T) {
	for want, entry := range map[bool]int{true: 0, false: 1} {
		p := newPromoting(t)
		s := p.s
		at := s.event("user:3", gov.DatasetPromote, "hands/stage1", "dataset.promoted", fields(p.base, "approvers", []gov.PersonID{"user:3"}, "policy", gov.Digest{8}, "report", gov.Digest{9}))
		s.bundle.Entries = append(s.bundle.Entries, at)
		for i := range s.chain.Nodes {
			if n := &s.chain.Nodes[i]; n.ID == gov.VersionOf("hands/stage1", 2) {
				n.Version.Promotions = []Promotion{{To: 2, Report: gov.Digest{9}, By: []gov.PersonID{"user:3"}, Entry: at + uint64(entry)}}
			}
		}
		claims, err := verify(s.export(nil), s.options(2))
		if last := claims[len(claims)-1]; (err == nil) != want || last.Holds != want || !want && !strings.Contains(last.Evidence, "was promoted to stage 2 in log entry") {
			t.Errorf("entry %d of %d: %v: %+v", at+uint64(entry), at, err, last)
		}
	}
}
