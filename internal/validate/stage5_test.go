package validate

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"govd/examples/hands"
	"govd/internal/gov"
	"govd/internal/tree"
	"govd/internal/validate/measure"
)

// What could not be seen is no pass.
func TestUnseenDoesNotPass(t *testing.T) {
	good := func(*Evidence, []*gov.Record) {}
	for _, test := range []struct {
		name, check string
		records     func(r *gov.Record)
		evidence    func(*Evidence, []*gov.Record)
		want        Verdict
		says        string
	}{
		{"nobody says whose hands they are", "S5.leak", func(r *gov.Record) {
			for _, a := range []string{"subject", "session", "sequence"} {
				delete(r.Attributes, a)
			}
		}, good, Unknown, "could not be seen"},
		{"nobody looked up the runs", "S5.lineage", nil, func(e *Evidence, _ []*gov.Record) { e.Runs = nil }, Unknown, "not looked up"},
		{"nothing was made from anything", "S5.lineage", func(r *gov.Record) {
			for _, a := range []string{"sequence", "parent", "run"} {
				delete(r.Attributes, a)
			}
		}, good, Skipped, "made from"},
		{"the frames name no parent", "S5.lineage", func(r *gov.Record) { delete(r.Attributes, "parent") }, good, Fail, ""},
		{"all is said", "S5.lineage", nil, good, Pass, ""},
	} {
		set := drawnHands(t, hands.Options{Seed: 1, Stage: 5, PerClass: 4})
		records := set.Records()
		for _, r := range records {
			if test.records != nil {
				test.records(r)
			}
		}
		suite, err := NewSuite(handPolicy(t, 5, "", ""), handTaxonomy(t))
		must(t, err)
		e := measured(t, suite, records, nil)
		people(t, e, set)
		test.evidence(e, records)
		if f := suite.Judge(e).Finding(test.check); f.Verdict != test.want || !strings.Contains(f.Why, test.says) {
			t.Errorf("%s: %s is %s: %s", test.name, test.check, f.Verdict, f.says())
		}
	}
}

// A stream that says how many frames it has is held to it, wherever one is
// missing; and two streams must run together in between as well.
func TestStreams(t *testing.T) {
	for _, test := range []struct {
		name, check string
		spoil       func(records []*gov.Record) []*gov.Record
	}{
		{"the last frame is lost", "S5.seqIntegrity", func(rs []*gov.Record) []*gov.Record {
			return slices.DeleteFunc(rs, func(r *gov.Record) bool { return r.Attributes["frame"] == "7" && r.Attributes["stream"] == "cam-a" })
		}},
		{"one clock stumbles in between", "S5.sync", func(rs []*gov.Record) []*gov.Record {
			for _, r := range rs {
				if f := r.Attributes["frame"]; r.Attributes["stream"] == "cam-b" && (f == "3" || f == "4") {
					us, _ := strconv.Atoi(r.Attributes["time_us"])
					r.Attributes["time_us"] = strconv.Itoa(us + 30_000)
				}
			}
			return rs
		}},
	} {
		records := test.spoil(drawnHands(t, hands.Options{Seed: 1, Stage: 5, PerClass: 4}).Records())
		suite, err := NewSuite(handPolicy(t, 5, "", ""), handTaxonomy(t))
		must(t, err)
		f := suite.Judge(measured(t, suite, records, nil)).Finding(test.check)
		if f.Verdict != Fail || len(f.Witnesses) == 0 {
			t.Errorf("%s: %s is %s: %s", test.name, test.check, f.Verdict, f.says())
		}
	}
}

// Where values were erased the report does not speak for the whole version, and
// no gate opens.
func TestErasedIsPartial(t *testing.T) {
	suite, err := NewSuite(handPolicy(t, 1, "", ""), nil)
	must(t, err)
	records := drawnHands(t, hands.Options{Seed: 1}).Records()
	e := measured(t, suite, records, nil)
	if r := suite.Judge(e); r.Erased != 0 || len(r.Partial) != 0 {
		t.Errorf("whole: %d erased, partial %q", r.Erased, r.Partial)
	}
	nodes := shelf{}
	whole := nodes.build(t, records)
	for id, frame := range nodes {
		if erased, _, err := tree.Erase(frame, func(key []byte, _ gov.Digest) bool { return string(key) == records[5].Key }); err == nil { // a leaf
			nodes[id] = erased
		}
	}
	e.Now, err = measure.NewSet(suite.Measures()...).Fold(nodes, nil, whole)
	must(t, err)
	if r := suite.Judge(e); r.Verdict != Unknown || r.Erased != 1 || len(r.Partial) != 1 {
		t.Errorf("%s, %d erased, partial %q", r.Verdict, r.Erased, r.Partial)
	}
}
