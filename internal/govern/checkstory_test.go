package govern_test

import (
	"fmt"
	"iter"
	"testing"
	"time"

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
	vote := govern.LabelVote{Key: "a", Annotator: "worker-17", Label: "fist"}
	if _, err := k.Service.RecordVotes(ctx, by.Call(), ref, brought(vote)); err != nil {
		t.Fatal(err)
	}
	in := govern.Suggest{Ref: ref, Classes: []string{"fist", "palm"}}
	if _, _, err := k.Service.SuggestChange(ctx, by.Call(), in, predicted(govern.Prediction{Key: "a", Probabilities: []float64{0.1, 0.9}})); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Service.RunCheck(ctx, by.Call(), govern.Check{Ref: ref}, quiet); err != nil {
		t.Fatal(err)
	}
	promoteStory(t, k)
}

// lenient is a policy of stage 2 that a dataset of one record can pass, with as
// many stewards as are asked for.
func lenient(stewards int, more string) []byte {
	return fmt.Appendf(nil, "stage: 2\nname: lenient\ncontent: {verify: declared}\nbudget: {records_per_second: 1000, memory: 300MiB, wall: 1m}\npromotion: {stewards: %d, contributors: never}\nchecks: {S1.exactDup: on%s}\n", stewards, more)
}

// setPolicy brings a policy of stage 2 into force in the project "signs".
func setPolicy(t *testing.T, k *govtest.Kit, policy []byte) {
	t.Helper()
	of := gov.StagePolicy(2)
	other := k.Person(fmt.Sprint("admin", k.LogSize()), gov.Admin, gov.Server)
	k.Clock.Turn(8 * 24 * time.Hour) // people and rules come of age
	done, err := k.Service.SetRules(ctx, k.Admin().Call(), govern.SetRules{Place: "signs", Of: of, Document: policy})
	if err != nil {
		t.Fatal(err)
	}
	ref := govern.RuleRef{Place: "signs", Of: of, Number: done.Event.Number, Expected: done.Event.Document}
	if _, err := k.Service.ConsentToRules(ctx, other.Call(), ref); err != nil {
		t.Fatal(err)
	}
	k.Clock.Turn(8 * 24 * time.Hour)
}

// promoteStory makes the events of a promotion happen.
func promoteStory(t *testing.T, k *govtest.Kit) {
	t.Helper()
	k.Dataset("signs/going")
	setPolicy(t, k, lenient(2, ""))
	kim, lea := k.Person("kay", gov.Steward, "signs"), k.Person("lou", gov.Steward, "signs")
	k.Register(kim, "signs/going", govtest.Record("a"))
	ref := gov.Ref{Dataset: "signs/going"}
	if _, err := k.Service.RunCheck(ctx, kim.Call(), govern.Check{Ref: ref, Stage: 2}, quiet); err != nil {
		t.Fatal(err)
	}
	for _, who := range []*govtest.Actor{kim, lea} {
		if _, err := k.Service.Promote(ctx, who.Call(), govern.Promote{Ref: ref, To: 2, Message: "good"}); err != nil {
			t.Fatal(err)
		}
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
