package govern_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/govern"
	"govd/internal/govtest"
)

// facetOf is a facet with what all facets have.
func facetOf(name, more string) string {
	return fmt.Sprintf(`%q:{"_producer":"https://example.com/etl","_schemaURL":"https://example.com/facet"%s}`, name, more)
}

// anyEvent is an event of one of several kinds, about one of a few things.
func anyEvent(r *rand.Rand) string {
	data := func(facets ...string) string {
		if r.IntN(5) == 0 { // one of our own
			return fmt.Sprintf(`{"namespace":"govd://%s","name":"lab/poses","facets":{%s}}`, govtest.Origin, facetOf("version", `,"datasetVersion":"v1"`))
		}
		return fmt.Sprintf(`{"namespace":"s3://lake","name":"t%d","facets":{%s}}`, r.IntN(6), strings.Join(facets, ","))
	}
	version := facetOf("version", fmt.Sprintf(`,"datasetVersion":"%d"`, r.IntN(3)))
	other := fmt.Sprintf(`"namespace":"s3://lake","name":"t%d"`, r.IntN(6))
	facets := []string{
		"", version,
		facetOf("symlinks", fmt.Sprintf(`,"identifiers":[{"namespace":"hive","name":"t%d","type":"TABLE"}]`, r.IntN(3))),
		facetOf("lifecycleStateChange", `,"lifecycleStateChange":"DROP"`),
		facetOf("lifecycleStateChange", `,"lifecycleStateChange":"RENAME","previousIdentifier":{`+other+`}`),
		facetOf("columnLineage", `,"fields":{"id":{"inputFields":[{`+other+`,"field":"id"}]}}`),
		facetOf("columnLineage", `,"_deleted":true`),
	}
	facet := func() string { return facets[r.IntN(len(facets))] }
	job := fmt.Sprintf(`"job":{"namespace":"etl","name":"job%d"},"inputs":[%s],"outputs":[%s]`, r.IntN(3), data(facet()), data(facet()))
	what := `"dataset":` + data(facet())
	switch r.IntN(4) {
	case 0, 1:
		what = fmt.Sprintf(`"eventType":%q,"run":{"runId":"0190a6e0-0000-7000-8000-%012d"},%s`, []string{"START", "RUNNING", "COMPLETE", "FAIL"}[r.IntN(4)], r.IntN(8), job)
	case 2:
		what = job
	}
	return fmt.Sprintf(`{"eventTime":"2026-03-01T10:%02d:00Z","producer":"https://example.com/etl","schemaURL":"https://example.com/event",%s}`, r.IntN(60), what)
}

// Events are read once, when they are asked to be taken in. A replay, which reads
// them from the bytes that were kept, comes to the same tables: cells, edges,
// nodes and their numbers.
func TestImportsAreReadOnceAndReplayTheSame(t *testing.T) {
	k := newLab(t, govtest.New(t))
	r := rand.New(rand.NewPCG(1, 2))
	var sent []string
	for range 12 {
		var batch []string
		for range 1 + r.IntN(40) {
			if e := anyEvent(r); len(sent) == 0 || r.IntN(5) > 0 {
				batch = append(batch, e)
			} else {
				batch = append(batch, sent[r.IntN(len(sent))]) // again
			}
		}
		_, err := k.Service.ImportLineage(ctx, k.tim.Call(), "lab", lines(batch...))
		k.must(err)
		sent = append(sent, batch...)
	}
	if d := cmp.Diff(k.Tables(), govtest.Tables(t, k.Replay())); d != "" {
		t.Errorf("replayed, the tables differ (-had +have)\n%s", d)
	}
	if n := strings.Count(k.Tables(), "lineage.edge"); n < 100 {
		t.Errorf("%d rows of edges", n)
	}
}

// A node that was only spoken of is known from the event on that says what it is.
func TestNodeIsKnownOnceSomethingSaysWhatItIs(t *testing.T) {
	l := newLab(t, govtest.New(t))
	run := l.start(l.tim, "lab/poses@v2")
	query := govern.LineageQuery{Node: run.Node()}
	want := []string{"run:" + string(run) + "/0", "version:lab/poses@v2?/1"}
	steps, before := l.walk(l.tim, query)
	if d := cmp.Diff(want, steps); d != "" {
		t.Errorf("before (-want +got)\n%s", d)
	}
	l.Register(l.sue, poses, govtest.Record("b"))
	if steps, _ = l.walk(l.tim, query); len(steps) < 2 || steps[1] != "version:lab/poses@v2/1" {
		t.Errorf("after: %v", steps)
	}
	query.AsOf = before.AsOf
	if steps, _ = l.walk(l.tim, query); !slices.Equal(steps, want) {
		t.Errorf("as of then: %v", steps)
	}
}
