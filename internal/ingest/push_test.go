package ingest

import (
	"context"
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
	cache, to := t.TempDir(), Target{"log", "p/d"}
	rapid.Check(t, func(t *rapid.T) {
		tree := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c/d", "c/e", "c-", "f/g/h", "z"}), rapid.ByteRange(1, 3))
		pushed, now := tree.Draw(t, "pushed"), tree.Draw(t, "now")
		if err := manifestOf(t, cache, pushed).Remember(to, gov.Digest{7}); err != nil {
			t.Fatal(err)
		}
		p, ok := LastPush(cache, to)
		if !ok || p.Version != (gov.Digest{7}) {
			t.Fatalf("remembered %t", ok)
		}
		last := ""
		for c := range p.Delta(manifestOf(t, cache, now)) {
			was, known := pushed[c.Key]
			switch {
			case c.Key <= last:
				t.Errorf("%q after %q", c.Key, last)
			case c.Record == nil && known:
				delete(pushed, c.Key)
			case c.Record == nil || c.New == known || c.Record.Key != c.Key || was == c.Record.Content[0]:
				t.Errorf("change %+v, known %t", c, known)
			default:
				pushed[c.Key] = c.Record.Content[0]
			}
			last = c.Key
		}
		if !maps.Equal(pushed, now) {
			t.Errorf("the delta leads to %v, want %v", pushed, now)
		}
	})
}

// manifestOf returns a manifest of files of one byte that were never on disk.
func manifestOf(t *rapid.T, cache string, files map[string]byte) *Manifest {
	m := &Manifest{listing: &Listing{options: Options{Cache: cache}}}
	for _, key := range slices.Sorted(maps.Keys(files)) {
		m.listing.files = append(m.listing.files, file{key: key})
		m.items = append(m.items, item{content: gov.Digest{files[key]}, size: 1})
	}
	if err := m.sumRecords(context.Background()); err != nil {
		t.Fatal(err)
	}
	return m
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
