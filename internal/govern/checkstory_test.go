package govern_test

import (
	"iter"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// quiet takes no notice of progress.
func quiet(uint64, uint64) {}

// checkStory makes the events of checks happen.
func checkStory(t *testing.T, k *govtest.Kit, by *govtest.Actor) {
	t.Helper()
	ref := gov.Ref{Dataset: "signs/digits"}
	if _, err := k.Service.ReadContents(ctx, by.Call(), ref, 3, findings(t, k, by, ref)); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Service.RunCheck(ctx, by.Call(), govern.Check{Ref: ref}, quiet); err != nil {
		t.Fatal(err)
	}
}

// findings are what reading the contents of a version finds if all are as their
// records say.
func findings(t *testing.T, k *govtest.Kit, by *govtest.Actor, ref gov.Ref) iter.Seq2[govern.Finding, error] {
	t.Helper()
	d, err := k.Service.DrawContents(ctx, by.Call(), ref, 3)
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(govern.Finding, error) bool) {
		for row, err := range d.Records {
			r := row.Record
			if err != nil || !yield(govern.Finding{Key: r.Key, Content: r.Content, Size: r.Size, MediaType: r.MediaType, Decodes: true}, nil) {
				return
			}
		}
	}
}
