package lineage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// at writes a RunEvent of run 1 at a minute.
func at(minute int, kind, inputs, outputs string) string {
	return fmt.Sprintf(`{"eventTime":"2026-01-02T03:%02d:00Z","producer":"https://p.org","schemaURL":"https://s.org","eventType":%q,%s,%s,"inputs":[%s],"outputs":[%s]}`,
		minute, kind, runPart, jobPart, inputs, outputs)
}

// described writes a DatasetEvent at a minute.
func described(minute int, dataset string) string {
	return fmt.Sprintf(`{"eventTime":"2026-01-02T03:%02d:00Z","producer":"https://p.org","schemaURL":"https://s.org","dataset":%s}`, minute, dataset)
}

// designed writes a JobEvent at a minute.
func designed(minute int, inputs, outputs string) string {
	return fmt.Sprintf(`{"eventTime":"2026-01-02T03:%02d:00Z","producer":"https://p.org","schemaURL":"https://s.org",%s,"inputs":[%s],"outputs":[%s]}`, minute, jobPart, inputs, outputs)
}

// ds writes a dataset with facets, each without its stamp.
func ds(namespace, name string, facets ...string) string {
	facets = slices.Clone(facets)
	for i, f := range facets {
		facets[i] = strings.Replace(f, "{", "{"+stamp+",", 1)
	}
	return fmt.Sprintf(`{"namespace":%q,"name":%q,"facets":{%s}}`, namespace, name, strings.Join(facets, ","))
}

func version(v string) string { return fmt.Sprintf(`"version":{"datasetVersion":%q}`, v) }

const (
	run1  = "run:01939f3c-7a00-7000-8000-000000000001"
	train = "job:airflow#train"
)

func columns(names ...string) string {
	var fields []string
	for _, n := range names {
		fields = append(fields, fmt.Sprintf(`{"namespace":"db","name":%q,"field":"x"}`, n))
	}
	return `"columnLineage":{"fields":{"y":{"inputFields":[` + strings.Join(fields, ",") + `]}}}`
}

// TestMeaning says what events mean, one thing at a time. The order of the
// events is that of the case, and its reverse.
func TestMeaning(t *testing.T) {
	link := `"symlinks":{"identifiers":[{"namespace":"hive","name":"t","type":"TABLE"}]}`
	change := func(what string) string {
		return `"lifecycleStateChange":{"lifecycleStateChange":"` + what + `","previousIdentifier":{"namespace":"db","name":"old"}}`
	}
	for _, c := range []struct {
		name   string
		events []string
		want   []string // edges, "~" before those that are inferred
	}{
		{
			"inputs and outputs of a run are inferred to belong together",
			[]string{at(1, "START", ds("db", "a"), ds("db", "b"))},
			[]string{"~external:db#b generated-by " + run1, "~" + run1 + " used external:db#a"},
		},
		{
			"events of a run add up",
			[]string{at(1, "START", ds("db", "a"), ""), at(2, "RUNNING", ds("db", "b"), ""), at(3, "COMPLETE", "", "")},
			[]string{"~" + run1 + " used external:db#a", "~" + run1 + " used external:db#b"},
		},
		{
			"a version binds, and the version unsaid meant it",
			[]string{at(1, "START", ds("db", "a"), ""), at(2, "COMPLETE", ds("db", "a", version("5")), "")},
			[]string{"~" + run1 + " used external:db#a@5"},
		},
		{
			"two versions of one dataset are two",
			[]string{at(1, "START", ds("db", "a", version("5"))+","+ds("db", "a", version("6")), "")},
			[]string{"~" + run1 + " used external:db#a@5", "~" + run1 + " used external:db#a@6"},
		},
		{
			"another name that begins alike is another dataset",
			[]string{at(1, "START", ds("db", "a")+","+ds("db", "ab", version("5")), "")},
			[]string{"~" + run1 + " used external:db#a", "~" + run1 + " used external:db#ab@5"},
		},
		{
			"what was read without a version may have been any that was written",
			[]string{at(1, "START", "", ds("db", "a", version("5")))},
			[]string{"~external:db#a may-be external:db#a@5", "~external:db#a@5 generated-by " + run1},
		},
		{
			"our own versions and models",
			[]string{at(1, "START", ds(own, "p/d", version("v12")), ds(own, "p/m", version("v3"), `"datasetType":{"datasetType":"MODEL"}`))},
			[]string{"~model:p/m:v3 generated-by " + run1, "~" + run1 + " used version:p/d@v12"},
		},
		{
			"latest is no version of ours",
			[]string{at(1, "START", ds(own, "p/d", version("latest"))+","+ds(own, "p/e"), "")},
			[]string{"~" + run1 + " used external:govd://test#p/d@latest", "~" + run1 + " used external:govd://test#p/e"},
		},
		{"our own by node", []string{at(1, "START", ds(own, "model:p/m:v1", version("v1")), "")}, []string{"~" + run1 + " used model:p/m:v1"}},
		{
			"columns declare, of the versions that the event names",
			[]string{at(1, "START", ds("db", "a", version("5")), ds("db", "b", columns("a", "c", "a")))},
			[]string{"external:db#b derived-from external:db#a@5", "external:db#b derived-from external:db#c", "~external:db#b generated-by " + run1, "~" + run1 + " used external:db#a@5"},
		},
		{
			"a newer facet takes the place of the older, whole",
			[]string{described(1, ds("db", "b", columns("a", "c"))), described(2, ds("db", "b", columns("c", "d")))},
			[]string{"external:db#b derived-from external:db#c", "external:db#b derived-from external:db#d"},
		},
		{"a deleted facet says nothing", []string{described(1, ds("db", "b", columns("a"))), described(2, ds("db", "b", `"columnLineage":{"_deleted":true}`))}, nil},
		{
			"nor does it take away what is newer",
			[]string{described(3, ds("db", "b", columns("a"))), described(2, ds("db", "b", `"columnLineage":{"_deleted":true}`))},
			[]string{"external:db#b derived-from external:db#a"},
		},
		{
			"nor what another facet says",
			[]string{described(1, ds("db", "b", columns("a"), `"lineage":{"inputs":[{"namespace":"db","name":"a","type":"DATASET"}]}`)), described(2, ds("db", "b", `"columnLineage":{"_deleted":true}`))},
			[]string{"external:db#b derived-from external:db#a"},
		},
		{
			"other names go both ways",
			[]string{described(1, ds("db", "b", link))},
			[]string{"external:db#b same-as external:hive#t", "external:hive#t same-as external:db#b"},
		},
		{
			"a dropped dataset has no other names, and what was made of it stays",
			[]string{described(1, ds("db", "b", link)), at(1, "START", ds("db", "b"), ""), described(2, ds("db", "b", change("DROP")))},
			[]string{"~" + run1 + " used external:db#b"},
		},
		{
			"names after the drop are new",
			[]string{described(2, ds("db", "b", change("DROP"))), described(3, ds("db", "b", link))},
			[]string{"external:db#b same-as external:hive#t", "external:hive#t same-as external:db#b"},
		},
		{
			"a rename is kept",
			[]string{described(1, ds("db", "b", change("RENAME"))), described(2, ds("db", "b", change("ALTER")))},
			[]string{"external:db#b derived-from external:db#old"},
		},
		{
			"the newest design of a job holds, and is not its runs",
			[]string{designed(1, ds("db", "a"), ds("db", "b")), designed(2, ds("db", "c"), ds("db", "b")), at(1, "START", ds("db", "a"), "")},
			[]string{"~external:db#b generated-by " + train, "~" + train + " used external:db#c", "~" + run1 + " used external:db#a"},
		},
		{
			"nothing is made of itself",
			[]string{at(1, "START", ds("db", "a"), ds("db", "a", columns("a")))},
			[]string{"~external:db#a generated-by " + run1, "~" + run1 + " used external:db#a"},
		},
	} {
		forth, back := newImporter(), newImporter()
		for i := range c.events {
			forth.take(t, []byte(c.events[i]))
			back.take(t, []byte(c.events[len(c.events)-1-i]))
		}
		for _, m := range []*importer{forth, back} {
			var got []string
			for k, e := range m.edges {
				if e.Inferred {
					k = "~" + k
				}
				got = append(got, k)
			}
			slices.SortFunc(got, func(a, b string) int { return strings.Compare(strings.Trim(a, "~"), strings.Trim(b, "~")) })
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%s:\n%s", c.name, d)
			}
		}
	}
}

// TestJobFacets: what a lineage facet says of jobs and runs is declared.
func TestJobFacets(t *testing.T) {
	other := "01939f3c-7a00-7000-8000-000000000009"
	entries := `"job":{"namespace":"airflow","name":"train","facets":{"lineage":{` + stamp + `,"entries":[
		{"type":"DATASET","namespace":"db","name":"b","inputs":[{"type":"DATASET","namespace":"db","name":"a"},{"type":"JOB"}],"fields":{"x":{"inputs":[{"type":"DATASET","namespace":"db","name":"c","field":"y"}]}}},
		{"type":"JOB","inputs":[{"type":"DATASET","namespace":"db","name":"a"},{"type":"JOB","namespace":"airflow","name":"dag","runId":"` + other + `"}]},
		{"type":"JOB","namespace":"airflow","name":"next","inputs":[{"type":"DATASET","namespace":"db","name":"b"}]}]}}}`
	observed := strings.Replace(at(1, "START", ds("db", "a"), ""), jobPart, entries, 1)
	got := import_(t, observed).graph()
	want := []string{
		"external:db#b derived-from external:db#a inferred false via openlineage:lineage",
		"external:db#b derived-from external:db#c inferred false via openlineage:lineage",
		"external:db#b generated-by " + run1 + " inferred false via openlineage:lineage",
		"job:airflow#next used external:db#b inferred false via openlineage:lineage",
		"resolved external:db#a", "resolved " + train, "resolved " + run1,
		run1 + " child-of run:" + other + " inferred false via openlineage:lineage",
		run1 + " used external:db#a inferred false via openlineage:lineage", // declared outranks inferred
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	design := strings.Replace(designed(1, "", ""), jobPart, entries, 1)
	gone := strings.Replace(designed(2, "", ""), jobPart, `"job":{"namespace":"airflow","name":"train","facets":{"lineage":{`+stamp+`,"_deleted":true},"jobType":{`+stamp+`,"_deleted":true}}}`, 1)
	if m := import_(t, design); len(m.edges) != 6 || m.edges[train+" used external:db#a"].Via == "" {
		t.Errorf("a design: %v", m.graph())
	}
	if m := import_(t, design, gone); len(m.edges) != 0 {
		t.Errorf("a design taken back: %v", m.graph())
	}
}

// TestResolved: a node is resolved once something says what it is; to be named
// is not enough, and no event resolves what is ours.
func TestResolved(t *testing.T) {
	parent := strings.Replace(at(1, "START", ds("db", "a", version("5"))+","+ds(own, "p/d", version("v1"))+","+ds(own, "p/d"), ds("db", "b", version("6"))),
		runPart, `"run":{"runId":"01939f3c-7a00-7000-8000-000000000001","facets":{"parent":{`+stamp+`,"run":{"runId":"01939F3C-7A00-7000-8000-000000000002"},"job":{"namespace":"a","name":"dag"}}}}`, 1)
	m := import_(t, parent)
	var got []string
	for n := range m.resolved {
		got = append(got, n.String())
	}
	slices.Sort(got)
	want := []string{"external:db#a", "external:db#b", "external:db#b@6", train, run1}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if e := m.edges[run1+" child-of run:01939f3c-7a00-7000-8000-000000000002"]; e.Inferred || e.Via != "openlineage:parent" {
		t.Errorf("the parent: %v", m.graph())
	}
	m.take(t, []byte(described(2, ds("db", "a", version("5")))))
	if !m.resolved[node(t, "external:db#a@5")] {
		t.Error("a version that was described is unresolved")
	}
}

// TestRunStates: the end of a run outranks all else, of two ends the later
// holds, and none of it depends on the order in which events come.
func TestRunStates(t *testing.T) {
	for _, c := range []struct {
		events []string
		want   gov.RunState
		ended  int // minute
	}{
		{[]string{at(1, "OTHER", "", "")}, "", 0},
		{[]string{strings.Replace(at(1, "START", "", ""), `"eventType":"START",`, "", 1)}, "", 0},
		{[]string{at(1, "OTHER", "", ""), at(2, "START", "", "")}, gov.RunStarted, 0},
		{[]string{at(2, "RUNNING", "", ""), at(3, "OTHER", "", "")}, gov.RunStarted, 0},
		{[]string{at(1, "START", "", ""), at(3, "COMPLETE", "", ""), at(5, "RUNNING", "", ""), at(6, "START", "", "")}, gov.RunFinished, 3},
		{[]string{at(3, "COMPLETE", "", ""), at(4, "FAIL", "", "")}, gov.RunFailed, 4},
		{[]string{at(4, "COMPLETE", "", ""), at(3, "FAIL", "", "")}, gov.RunFinished, 4},
		{[]string{at(4, "COMPLETE", "", ""), at(4, "ABORT", "", "")}, gov.RunFinished, 4},
		{[]string{at(4, "ABORT", "", "")}, gov.RunAborted, 4},
	} {
		back := slices.Clone(c.events)
		slices.Reverse(back)
		for _, events := range [][]string{c.events, back} {
			r, err := lineage.RunOf(import_(t, events...).cells, gov.RunID(runs[0]))
			if err != nil || r.State != c.want || !r.Ended.IsZero() && r.Ended.Minute() != c.ended || (r.Ended.IsZero() != (c.ended == 0)) || r.Job.Name != "train" {
				t.Errorf("%v: %+v, %v; want %q at %d", events, r, err, c.want, c.ended)
			}
		}
	}
	r, err := lineage.RunOf(import_(t, at(4, "START", "", ""), at(2, "RUNNING", "", ""), at(3, "START", "", "")).cells, gov.RunID(runs[0]))
	if err != nil || r.Started.Minute() != 2 || r.Endless {
		t.Errorf("%+v, %v", r, err)
	}
	for kind, endless := range map[string]bool{"STREAMING": true, "SERVICE": true, "BATCH": false} {
		e := strings.Replace(at(1, "START", "", ""), `"name":"train"`, `"name":"train","facets":{"jobType":{`+stamp+`,"integration":"FLINK","processingType":"`+kind+`"}}`, 1)
		if r, err := lineage.RunOf(import_(t, e).cells, gov.RunID(runs[0])); err != nil || r.Endless != endless {
			t.Errorf("%s: %+v, %v", kind, r, err)
		}
	}
	if _, err := lineage.RunOf(cells{}, gov.RunID(runs[0])); !errors.Is(err, gov.NotFound) {
		t.Errorf("got %v", err)
	}
}

// TestEdgeTimes: an edge is as old as the earliest event that says so, and does
// not begin anew because it is said again.
func TestEdgeTimes(t *testing.T) {
	m := import_(t, at(5, "START", ds("db", "a"), ds("db", "b", columns("a"))))
	key := run1 + " used external:db#a"
	if eff := m.take(t, []byte(at(6, "RUNNING", ds("db", "a"), ds("db", "b", columns("a"))))); len(eff.Begun)+len(eff.Ended) > 0 || len(eff.Cells) == 0 {
		t.Errorf("said again: %+v", eff)
	}
	if eff := m.take(t, []byte(at(4, "OTHER", ds("db", "a"), ""))); len(eff.Begun) != 1 || len(eff.Ended) != 1 || m.edges[key].Time.Minute() != 4 {
		t.Errorf("said before: %+v", eff)
	}
}

// TestDropped: each drop that is later than was known is told, once; one of a
// version is of the whole, and a server's own things are not dropped by others.
func TestDropped(t *testing.T) {
	drop := `"lifecycleStateChange":{"lifecycleStateChange":"DROP"}`
	m := newImporter()
	tell := func(minute int, dataset string) (all []string) {
		for _, d := range m.take(t, []byte(described(minute, dataset))).Dropped {
			all = append(all, fmt.Sprintf("%s %d", d.Dataset, d.Time.Minute()))
		}
		return all
	}
	for _, c := range []struct {
		minute  int
		dataset string
		want    []string
	}{
		{3, ds("db", "a", drop), []string{"external:db#a 3"}},
		{3, ds("db", "a", drop), nil},
		{2, ds("db", "a", drop), nil},
		{4, ds("db", "a"), nil},
		{5, ds("db", "a", drop, `"version":{"datasetVersion":"7"}`), []string{"external:db#a 5"}},
		{6, ds(own, "p/d", drop), nil},
	} {
		if d := cmp.Diff(c.want, tell(c.minute, c.dataset)); d != "" {
			t.Errorf("minute %d, %s: %s", c.minute, c.dataset, d)
		}
	}
}

// TestLongLists: what is too long for a cell is left out whole and said, or
// refused where it is the core.
func TestLongLists(t *testing.T) {
	var names, inputs []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("%0100d", i))
		inputs = append(inputs, ds("db", names[i]))
	}
	m := newImporter()
	if eff := m.take(t, []byte(described(1, ds("db", "b", columns(names...))))); len(eff.Warnings) != 1 || len(eff.Begun) > 0 {
		t.Errorf("%v, %d edges", eff.Warnings, len(eff.Begun))
	}
	e, err := lineage.ParseEvent([]byte(designed(1, strings.Join(inputs, ","), "")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = lineage.Fold(m.cells, e, own); gov.ReasonOf(err) != "LIST_TOO_LONG" {
		t.Errorf("got %v", err)
	}
	m.take(t, []byte(at(1, "START", strings.Join(inputs, ","), ""))) // a run's inputs are cells of their own
	var facets []string
	for i := range 1000 {
		facets = append(facets, fmt.Sprintf(`"f%05d":{"x":1}`, i))
	}
	a, b := import_(t, described(1, ds("db", "b", facets[:500]...)), described(2, ds("db", "b", facets[500:]...))), newImporter()
	b.take(t, []byte(described(2, ds("db", "b", facets[500:]...))))
	b.take(t, []byte(described(1, ds("db", "b", facets[:500]...))))
	if d := cmp.Diff(a.cells, b.cells); d != "" {
		t.Error("facets beyond the most depend on the order")
	}
}
