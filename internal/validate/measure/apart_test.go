package measure

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

// streams returns records of one sequence, a frame for each time of each stream.
func streams(times map[string][]int) corpus {
	c := corpus{}
	for stream, ts := range times {
		for i, us := range ts {
			rec := &gov.Record{Key: fmt.Sprintf("s/%s/%04d", stream, i), Content: gov.Digest{1}}
			rec.Attributes = map[string]string{"sequence": "s", "stream": stream, "time": fmt.Sprint(us)}
			c[rec.Key] = rec
		}
	}
	return c
}

// steady returns n times that far from each other.
func steady(us, from, n int) (times []int) {
	for i := range n {
		times = append(times, from+i*us)
	}
	return times
}

// Streams are apart in the seconds in which a frame is farther than allowed from
// the nearest of the other, and only in those, whatever second that one is in.
func TestApart(t *testing.T) {
	late := steady(100_000, 0, 40)
	late[25] += 21_000
	drifting := steady(101_000, 0, 40)
	for _, test := range []struct {
		name string
		a, b []int
		want string
	}{
		{"together", steady(100_000, 0, 40), steady(100_000, 20_000, 40), ""},
		{"just apart", steady(100_000, 0, 10), steady(100_000, 20_001, 10), "s at 0 s"},
		{"one frame late", steady(100_000, 0, 40), late, "s at 2 s"},
		{"around a whole second", []int{999_990}, []int{1_000_005}, ""},
		{"around the begin", steady(100_000, -5, 10), steady(100_000, 5, 10), ""},
		{"before the begin", steady(100_000, -2_000_000, 10), steady(100_000, -2_000_000+30_000, 10), "s at -2 s"},
		{"drifting apart", steady(100_000, 0, 40), drifting, "s at 2 s, s at 3 s"},
		{"alone", steady(100_000, 0, 40), nil, ""},
		{"one after the other", steady(100_000, 0, 10), steady(100_000, 5_000_000, 10), ""}, // which Sequences shows
	} {
		shelf, x := newShelf(), Apart{"sequence", "stream", "time", 20_000}
		d, err := NewIndexes(params, x).Build(shelf, streams(map[string][]int{"a": test.a, "ab": test.b}).build(t, shelf), shelf)
		must(t, err)
		var got []string
		for _, w := range x.In(d).Witnesses("apart") {
			got = append(got, w.Key)
		}
		want := strings.FieldsFunc(test.want, func(r rune) bool { return r == ',' })
		for i := range want {
			want[i] = strings.TrimSpace(want[i])
		}
		if d := cmp.Diff(sortedSet(want), sortedSet(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, d)
		}
	}
}

func sortedSet(words []string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words {
		set[w] = true
	}
	return set
}
