package ctl

import (
	"bytes"
	"testing"
	"time"
)

// A bar stays away from what is quickly done, is not drawn too often, and is
// gone in the end.
func TestBar(t *testing.T) {
	var out bytes.Buffer
	at := now
	b := &bar{out: &out, now: func() time.Time { return at }, doing: "reading", words: thousands, begun: at}
	for _, step := range []struct {
		after time.Duration
		total uint64
		want  string
	}{
		{0, 2000, ""},
		{2 * time.Second, 2000, "\rreading  [============            ] 1,000 of 2,000  500/s\x1b[K"},
		{barPause / 2, 2000, ""},
		{barPause, 0, "\rreading  1,000  465/s\x1b[K"},
		{barPause, 500, "\rreading  [========================] 1,000 of 500  444/s\x1b[K"},
	} {
		at = at.Add(step.after)
		out.Reset()
		b.set(1000, step.total)
		if got := out.String(); got != step.want {
			t.Errorf("after %v: %q, want %q", step.after, got, step.want)
		}
	}
	out.Reset()
	b.stop()
	if got := out.String(); got != "\r\x1b[K" {
		t.Errorf("stop: %q", got)
	}
	out.Reset()
	(&bar{out: &out}).stop()
	(*bar)(nil).set(1, 2)
	(*bar)(nil).stop()
	if out.Len() != 0 {
		t.Errorf("a bar that was not drawn left %q", &out)
	}
}
