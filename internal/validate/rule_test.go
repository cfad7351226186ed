package validate

import (
	"strings"
	"testing"

	"govd/internal/gov"
)

func TestRules(t *testing.T) {
	r := &gov.Record{
		Key: "a/1.png", Content: gov.Digest{1}, Size: 900, MediaType: "image/png", Split: "train",
		Labels: []gov.Label{{ID: "1", Name: "palm"}, {ID: "2", Name: "thumb"}}, Attributes: map[string]string{"age": "41"},
		Facts: &gov.ImageFacts{Width: 96, Height: 64, Blur: 5000, Gray: true},
	}
	for _, test := range []struct {
		holds  string
		broken bool
	}{
		{`record.size < 1000`, false},
		{`record.size < 900`, true},
		{`"palm" in record.labels && !("back" in record.labels)`, false},
		{`record.labels.exists(l, l.startsWith("thu"))`, false},
		{`int(record.attributes["age"]) >= 18`, false},
		{`int(record.attributes["weight"]) >= 18`, true}, // it is not there
		{`!("weight" in record.attributes)`, false},
		{`record.is_image && record.width > record.height`, false},
		{`record.gray == (record.blur > 6000)`, true},
		{`record.key.matches("^[a-z]/[0-9]+\\.png$")`, false},
		{`record.media_type == "image/png" && record.split in ["train", "val"]`, false},
	} {
		rule := Rule{ID: "r", Holds: test.holds}
		broken, err := rule.Compile()
		if err != nil {
			t.Errorf("%s: %v", test.holds, err)
			continue
		}
		if got := broken(r); got != test.broken {
			t.Errorf("%s is broken: %v, want %v", test.holds, got, test.broken)
		}
	}
}

func TestRulesRefused(t *testing.T) {
	for _, test := range []struct{ holds, want string }{
		{``, "expression"},
		{`record.colour == "red"`, "undeclared"},
		{`record.size == "1"`, "no matching overload"},
		{`record.size`, "true or false"},
		{`size(`, "Syntax error"},
		{strings.Repeat("record.size > 1 && ", 300) + "true", "at most"},
		{`record.labels.all(a, record.labels.all(b, record.labels.all(c, a + b != c)))`, "costs"},
	} {
		rule := Rule{ID: "r", Holds: test.holds}
		if _, err := rule.Compile(); err == nil || !strings.Contains(err.Error(), test.want) || gov.ReasonOf(err) != "BAD_RULE" {
			t.Errorf("%.60q: %v, want %q", test.holds, err, test.want)
		}
	}
	if _, err := (&Rule{ID: "No id", Holds: "true"}).Compile(); err == nil {
		t.Error("a rule with a bad id compiles")
	}
}

// A rule that costs too much on one record is broken by it, and returns.
func TestRuleCostIsBounded(t *testing.T) {
	for _, test := range []struct{ name, holds string }{
		{"when set", `record.labels.all(a, record.labels.all(b, a == b || a != b))`},
		{"when run", `record.labels.all(a, !a.contains("0123456789"))`},
	} {
		rule := Rule{ID: "r", Holds: test.holds}
		broken, err := rule.Compile()
		if test.name == "when set" {
			if err == nil || !strings.Contains(err.Error(), "it costs up to") {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		must(t, err)
		r := &gov.Record{Labels: make([]gov.Label, gov.MaxLabels)}
		long := strings.Repeat("x", 4000)
		for i := range r.Labels {
			r.Labels[i].Name = long
		}
		if !broken(r) {
			t.Errorf("%s: a million steps are allowed", test.name)
		}
	}
}
