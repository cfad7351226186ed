package measure

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

// frames returns records of one sequence at 10 frames a second, with times in
// milliseconds.
func frames(times ...int) corpus {
	c := corpus{}
	for i, ms := range times {
		rec := &gov.Record{Key: fmt.Sprintf("s/%04d", i), Content: gov.Digest{1}, MediaType: "image/png"}
		rec.Attributes = map[string]string{"sequence": "s", "time": fmt.Sprint(ms), "frame": fmt.Sprint(i)}
		rec.Facts = &gov.ImageFacts{Width: 4, Height: 4}
		c[rec.Key] = rec
	}
	return c
}

func (c corpus) track(t *testing.T, m Sequences) Track {
	t.Helper()
	shelf := newShelf()
	p, err := NewSet(m).Fold(shelf, nil, c.build(t, shelf))
	must(t, err)
	for name, track := range m.In(p).All() {
		if name == "s" {
			return *track
		}
	}
	t.Fatal("no sequence s")
	return Track{}
}

// TestTrack shows each fault of a sequence.
func TestTrack(t *testing.T) {
	m := Sequences{Sequence: []string{"sequence"}, Frame: "frame", Frames: "frames", Time: "time", Unit: Milliseconds, FPS: 10_000, Jitter: 2000}
	good := []int{0, 100, 200, 300, 400}
	edited := func(edit func(c corpus)) corpus {
		c := frames(good...)
		edit(c)
		return c
	}
	for _, c := range []struct {
		name string
		c    corpus
		want Track
	}{
		{"good", frames(good...), Track{Frames: 5, MaxStep: 100_000}},
		{"at the edge of a gap", frames(0, 150, 250), Track{Frames: 3, MaxStep: 150_000, Jittered: 1}},
		{"gap", frames(0, 100, 151+100, 600), Track{Frames: 4, MaxStep: 349_000, Gaps: 2, Missing: 1 + 2}},
		{"backwards", frames(0, 100, 100, 50, 150), Track{Frames: 5, MaxStep: 100_000, NonMono: 2}},
		{"jitter", frames(0, 102, 199, 300), Track{Frames: 4, MaxStep: 102_000, Jittered: 1}},
		{"unread", edited(func(c corpus) { c["s/0002"].Attributes["time"] = "soon" }), Track{Frames: 5, Unread: 1, MaxStep: 200_000, Gaps: 1, Missing: 1, Breaks: 1}},
		{"frame number", edited(func(c corpus) { c["s/0002"].Attributes["frame"] = "7" }), Track{Frames: 5, MaxStep: 100_000, Breaks: 2}},
		{"frame lost", edited(func(c corpus) { delete(c, "s/0002") }), Track{Frames: 4, MaxStep: 200_000, Gaps: 1, Missing: 1, Breaks: 1}},
		{"size", edited(func(c corpus) { c["s/0003"].Facts.Width = 5 }), Track{Frames: 5, MaxStep: 100_000, Turns: 2}},
		{"number of frames", edited(func(c corpus) { c["s/0001"].Attributes["frames"] = "5" }), Track{Frames: 5, MaxStep: 100_000, Turns: 2}},
		{"kind", edited(func(c corpus) { c["s/0004"].MediaType = "image/gif" }), Track{Frames: 5, MaxStep: 100_000, Turns: 1}},
	} {
		got := c.c.track(t, m)
		got.First, got.Last, got.Steps = Frame{}, Frame{}, Moments{}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
	got := frames(good...).track(t, m)
	if got.Steps.N != 4 || got.Steps.Sum.Lo != 400_000 || got.First.Time != 0 || got.Last.Time != 400_000 || got.Last.Number != 4 {
		t.Errorf("got %+v", got)
	}
}

// TestInterleaved holds that records between those of a sequence change nothing.
func TestInterleaved(t *testing.T) {
	m := Sequences{Sequence: []string{"sequence"}, Time: "time", Unit: Milliseconds, FPS: 10_000}
	c := frames(0, 100, 300, 350)
	want := c.track(t, m)
	for i := range 4 {
		other := *c[fmt.Sprintf("s/%04d", i)]
		other.Key += "x"
		other.Attributes = map[string]string{"sequence": "other", "time": fmt.Sprint(1000 - i)}
		c[other.Key] = &other
	}
	if d := cmp.Diff(want, c.track(t, m)); d != "" {
		t.Error(d)
	}
}
