package ingest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// Applying a delta to what was pushed gives what is there now, with the least
// of changes.
func TestDelta(t *testing.T) {
	top := t.TempDir()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		dir := filepath.Join(top, fmt.Sprint(runs))
		o := Options{Dir: dir, Cache: dir + ".cache", Labels: Source{}, now: later}
		to := Target{"log", "p/d"}
		tree := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c/d", "c/e", "c-", "f/g/h", "z"}), rapid.SampledFrom([]string{"", "1", "22"}))
		before, after := tree.Draw(rt, "before"), tree.Draw(rt, "after")
		fill(t, dir, before)
		m, records := scan(t, o)
		if err := m.Remember(to, gov.Digest{7}); err != nil {
			rt.Fatal(err)
		}
		pushed := map[string]gov.Digest{}
		for _, r := range records {
			pushed[r.Key] = r.Content
		}
		fill(t, dir, after)
		m, _ = scan(t, o)
		p, ok := LastPush(o.Cache, to)
		if !ok || p.Version != (gov.Digest{7}) {
			rt.Fatalf("remembered %t", ok)
		}
		last := ""
		for c := range p.Delta(m) {
			was, known := pushed[c.Key]
			switch {
			case c.Key <= last:
				rt.Errorf("%q after %q", c.Key, last)
			case c.Record == nil && known:
				delete(pushed, c.Key)
			case c.Record == nil || c.New == known || c.Record.Key != c.Key || was == c.Record.Content:
				rt.Errorf("change %+v, known %t", c, known)
			default:
				pushed[c.Key] = c.Record.Content
			}
			last = c.Key
		}
		_, records = scan(t, Options{Dir: dir})
		now := map[string]gov.Digest{}
		for _, r := range records {
			now[r.Key] = r.Content
		}
		if !maps.Equal(pushed, now) {
			rt.Errorf("the delta leads to %v, want %v", pushed, now)
		}
	})
}

// fill makes dir hold these files and no other.
func fill(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir, files)
}

// A delta holds relabelled records too, and stops when its reader does.
func TestDeltaLabels(t *testing.T) {
	dir := t.TempDir()
	labels := filepath.Join(t.TempDir(), "l.csv")
	write(t, dir, map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"})
	o := Options{Dir: dir, Cache: t.TempDir(), Labels: source(t, "csv:"+labels), now: later}
	to := Target{"log", "p/d"}
	save := func(text string) {
		write(t, filepath.Dir(labels), map[string]string{"l.csv": text})
	}
	save("key,label,split\na,x,\nb,x,\nc,x,\nd,x,\n")
	m, _ := scan(t, o)
	if err := m.Remember(to, gov.Digest{1}); err != nil {
		t.Fatal(err)
	}
	save("key,label,split\na,x,\nb,y,\nc,x,val\nd,x,\n")
	m, _ = scan(t, o)
	p, _ := LastPush(o.Cache, to)
	var keys []string
	for c := range p.Delta(m) {
		keys = append(keys, c.Key)
	}
	if !slices.Equal(keys, []string{"b", "c"}) {
		t.Errorf("changed %v, want b and c", keys)
	}
	for c := range p.Delta(m) {
		if c.Key != "b" {
			t.Error("went on after the reader stopped")
		}
		break
	}
}

func TestLastPush(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "1", "bad.png": "no"})
	o := Options{Dir: dir, Cache: t.TempDir(), now: later}
	to := Target{"log", "p/d"}
	if _, ok := LastPush(o.Cache, to); ok {
		t.Error("a push is remembered that never was")
	}
	m, _ := scan(t, o)
	if err := m.Remember(to, gov.Digest{1}); err != nil {
		t.Fatal(err)
	}
	for _, other := range []Target{{"log", "p/e"}, {"log2", "p/d"}, {"", ""}} {
		if _, ok := LastPush(o.Cache, other); ok {
			t.Errorf("the push is remembered for %v too", other)
		}
	}
	if _, ok := LastPush("", to); ok {
		t.Error("remembered without a cache")
	}
	p, ok := LastPush(o.Cache, to)
	if !ok || p.Same(m.listing) {
		t.Errorf("a push that left a file out must not pass for one of the whole (%t)", ok)
	}
	if err := os.Remove(filepath.Join(dir, "bad.png")); err != nil {
		t.Fatal(err)
	}
	m, _ = scan(t, o)
	for range p.Delta(m) {
		t.Error("a delta, though no record changed")
	}
}
