package validate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"govd/examples/hands"
	"govd/internal/gov"

	"github.com/google/go-cmp/cmp"
)

// A faultTest says how much of a fault is put into a set, and what it does
// besides being found by its own checks.
type faultTest struct {
	n         int
	also      string // checks that find it too, as it is what they look for
	witnesses string // what is shown where that is not the records: "group", …
	before    bool   // compared with the set as it was before the fault
	policy    string // lines of the policy
}

func faultTests() map[hands.Fault]faultTest {
	return map[hands.Fault]faultTest{
		hands.RareClass:  {n: 10, also: "S1.split", witnesses: "wrist"},
		hands.SplitShift: {n: 3, witnesses: "none"},
		hands.Truncated:  {also: "S1.size"},     // half of a file is a small file
		hands.SameAsset:  {also: "S1.exactDup"}, // the contents that Records makes up are named after assets
		hands.Duplicate:  {also: "S3.nearDup"},
		hands.Twin:       {witnesses: "half"}, // of two copies the second
		hands.WrongLabel: {n: 6, before: true},
		hands.Fewer:      {n: 100, also: "S1.classes S1.split", before: true, witnesses: "none"},
		hands.Careless:   {n: 100, witnesses: "a04"},
		hands.Conflict:   {also: "S1.exactDup"},
		hands.LowRes:     {also: "S1.size S2.geometry"},
		hands.OddAspect:  {also: "S1.size S2.geometry S3.res"},
		hands.Irrelevant: {n: 10},
		hands.NewSource:  {before: true, witnesses: "cam-x web"},

		hands.ToneImbalance: {n: 10, witnesses: "dark"},
		hands.ToneLabel:     {n: 19, witnesses: "dark"},
		hands.ToneCamera:    {n: 12, witnesses: "none"},
		hands.ToneGap:       {n: 3, witnesses: "some", policy: "attributes: {tone_group: tone}"},
		hands.ToneDark:      {n: 80, also: "S3.dark", witnesses: "dark"},
		hands.ToneBlur:      {n: 250, witnesses: "dark"},
		hands.ToneVotes:     {n: 12},
		hands.ToneError:     {also: "S2.auditRate"},
		hands.ForbiddenPair: {policy: "forbidden: [[palm, back]]"},
		hands.ToneAnnotator: {n: 4, witnesses: "dark"},

		hands.Swapped:      {also: "S5.gap", witnesses: "some"},
		hands.ClockBack:    {witnesses: "some"},
		hands.FrameGap:     {witnesses: "some"},
		hands.Jitter:       {witnesses: "some"},
		hands.Unsynced:     {witnesses: "some"},
		hands.ShortStream:  {witnesses: "some"},
		hands.FrameIndex:   {witnesses: "some"},
		hands.Resized:      {also: "S1.size", witnesses: "some"},
		hands.Leak:         {witnesses: "some"},
		hands.CoverageHole: {witnesses: "some"},
	}
}

// Every fault of the hands is found by its checks and by no others, with the
// right witnesses, in every seed.
func TestFaultsAreFound(t *testing.T) {
	tests := faultTests()
	for _, fault := range hands.Faults() {
		test := tests[fault]
		if test.n == 0 {
			test.n = 3
		}
		t.Run(string(fault), func(t *testing.T) {
			for seed := range seeds(t, fault.Stage()) {
				testFault(t, fault, test, seed)
			}
		})
	}
}

func testFault(t *testing.T, fault hands.Fault, test faultTest, seed uint64) {
	o := hands.Options{Seed: seed, Stage: fault.Stage(), Faults: map[hands.Fault]int{fault: test.n}}
	r, set := judgeHands(t, o, fault.Check(), test.policy, test.before)
	want := strings.Fields(fault.Check())
	for _, id := range want {
		f := r.Finding(id)
		if found := id == "S2.cl" && f.Count > 0 || f.Verdict == Warn || f.Verdict == Fail; !found {
			t.Errorf("seed %d: %s is %s: %s", seed, id, f.Verdict, f.says())
			continue
		}
		witnessed(t, f, test.witnesses, set.Truth()[fault])
	}
	if also := slices.DeleteFunc(raised(r), func(id string) bool {
		return slices.Contains(want, id) || slices.Contains(strings.Fields(test.also), id)
	}); len(also) > 0 {
		t.Errorf("seed %d also raises %s", seed, explain(r, also))
	}
}

func witnessed(t *testing.T, f *Finding, others string, truth []string) {
	t.Helper()
	got := slices.Sorted(slices.Values(f.Witnesses))
	switch {
	case others == "none":
		return
	case others == "some":
		if len(got) == 0 {
			t.Errorf("%s has no witness", f.Check)
		}
		return
	case others == "half":
		if f.Count == 0 || !subset(got, truth) || 2*f.Count != uint64(len(truth)) {
			t.Errorf("%s: %d, %v are not every second of %v", f.Check, f.Count, got, truth)
		}
		return
	case others != "" && f.Check != "S2.agree":
		truth = strings.Fields(others)
		if strings.Contains(f.Check, "S3.source") {
			truth = slices.DeleteFunc(truth, func(w string) bool { return !slices.Contains(got, w) })
		}
	case f.Check == "S3.intake":
		truth = []string{"lot-2"}
	}
	if len(truth) > MaxWitnesses {
		if len(got) != MaxWitnesses || !subset(got, truth) {
			t.Errorf("%s: witnesses %v are not %d of the %d", f.Check, got, MaxWitnesses, len(truth))
		}
		return
	}
	if d := cmp.Diff(truth, got); d != "" {
		t.Errorf("%s, count %d (-truth +witnesses):\n%s", f.Check, f.Count, d)
	}
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(w string) bool { return !slices.Contains(all, w) })
}

// handPolicy is the shipped policy of a stage with more checks, for the size of
// test data: fifty hands a class.
func handPolicy(t testing.TB, stage gov.Stage, checks, lines string) *Policy {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "extends: stage %d\nname: hands of a test\n%s\nchecks:\n", stage, lines)
	settings := map[string]string{"S1.schema": "on"}
	for _, id := range strings.Fields(checks) {
		settings[id] = "on"
	}
	if stage >= 3 || settings["S3.res"] != "" {
		settings["S3.res"] = "{upscaled: 0}"
	}
	if stage >= 4 {
		settings["S4.intersect"] = "{n: 5}"
		if strings.Contains(lines, "tone_group: tone") {
			for _, id := range []string{"S4.repr", "S4.labelRate", "S4.assoc", "S4.vetDisparity", "S4.detailByGroup", "S4.errByGroup", "S4.annotatorMix"} {
				settings[id] = "off"
			}
		}
	}
	for id, setting := range settings {
		fmt.Fprintf(&b, "  %s: %s\n", id, setting)
	}
	if stage == 1 {
		b.WriteString("inspections:\n  - {id: labels, asks: label, limit: 0.5%, confidence: 95%}\n")
	}
	p, err := ParsePolicy([]byte(b.String()))
	must(t, err)
	return p
}
