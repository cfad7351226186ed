package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

// A world is what the projects should be: a name and who made it.
type world map[string]string

// A step is one thing that a function does. It returns what it saw, from the
// store and from the model alike.
type step func(tx *Tx, w world) (got, want string)

var letters = rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h"})

func drawStep(t *rapid.T) step {
	name, by := letters.Draw(t, "name"), letters.Draw(t, "by")
	switch rapid.SampledFrom([]string{"put", "remove", "get", "scan", "grow"}).Draw(t, "do") {
	case "put":
		return func(tx *Tx, w world) (string, string) {
			w[name] = by
			return fmt.Sprint(tx.PutProject(gov.ProjectInfo{Name: gov.Project(name), By: gov.PersonID(by)})), "<nil>"
		}
	case "remove":
		return func(tx *Tx, w world) (string, string) {
			_, there := w[name]
			delete(w, name)
			return fmt.Sprint(projects.remove(tx, gov.Project(name)) == nil), fmt.Sprint(there)
		}
	case "get":
		return func(tx *Tx, w world) (string, string) {
			p, err := tx.Project(gov.Project(name))
			_, there := w[name]
			return fmt.Sprint(p.By, err == nil), fmt.Sprint(w[name], there)
		}
	case "scan":
		s := span{reverse: rapid.Bool().Draw(t, "reverse")}
		s.from = rapid.SampledFrom([][]byte{nil, projects.key(gov.Project(name))}).Draw(t, "from")
		s.to = rapid.SampledFrom([][]byte{nil, projects.key(gov.Project(by))}).Draw(t, "to")
		return func(tx *Tx, w world) (string, string) { return scanProjects(tx, s), w.scan(s) }
	default:
		return grow
	}
}

func scanProjects(tx *Tx, s span) (seen string) {
	for p, err := range projects.list(tx, s) {
		seen += fmt.Sprint(p.Name, p.By, err, " ")
	}
	return seen
}

func (w world) scan(s span) (seen string) {
	all := slices.Sorted(maps.Keys(w))
	if s.reverse {
		slices.Reverse(all)
	}
	for _, name := range all {
		k := projects.key(gov.Project(name))
		if bytes.Compare(k, s.from) >= 0 && (s.to == nil || bytes.Compare(k, s.to) < 0) {
			seen += fmt.Sprint(gov.Project(name), gov.PersonID(w[name]), error(nil), " ")
		}
	}
	return seen
}

// grow writes while it scans: it puts a project behind each, and removes the one
// behind that, up to the last.
func grow(tx *Tx, w world) (got, want string) {
	for p := range projects.list(tx, span{}) {
		got += string(p.Name)
		if c := p.Name[0]; c < 'g' {
			put(string(c + 1))(tx)
			projects.remove(tx, gov.Project(c+2))
		}
	}
	for c := byte('a'); c <= 'h'; c++ {
		if _, there := w[string(c)]; there {
			want += string(c)
			if c < 'g' {
				w[string(c+1)] = ""
				delete(w, string(c+2))
			}
		}
	}
	return got, want
}

// A function takes its steps on a copy of the model, which becomes the model if
// it does not fail.
type function struct {
	steps []step
	fails bool
}

var errChosen = errors.New("chosen to fail")

func (f function) on(t *rapid.T, w *world) func(*Tx) error {
	return func(tx *Tx) error {
		next := maps.Clone(*w)
		for _, do := range f.steps {
			if got, want := do(tx, next); got != want {
				t.Errorf("saw %q, want %q", got, want)
			}
		}
		if f.fails {
			return errChosen
		}
		*w = next
		return nil
	}
}

func drawFunction(t *rapid.T) function {
	f := function{fails: rapid.IntRange(0, 3).Draw(t, "fails") == 0}
	for range rapid.IntRange(1, 6).Draw(t, "steps") {
		f.steps = append(f.steps, drawStep(t))
	}
	return f
}

// Functions that share a batch, some of which fail, do what they would do one
// after the other on a map.
func TestBatchesAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, err := Create(filepath.Join(t.TempDir(), "govd.db"), quick())
		if err != nil {
			rt.Fatal(err)
		}
		defer checkAndClose(rt, s)
		w := world{}
		for range rapid.IntRange(1, 4).Draw(rt, "batches") {
			var fns []func(*Tx) error
			var want []error
			for range rapid.IntRange(1, 4).Draw(rt, "functions") {
				f := drawFunction(rt)
				fns = append(fns, f.on(rt, &w))
				want = append(want, map[bool]error{true: errChosen}[f.fails])
			}
			if got := together(rt, s, fns...); !slices.Equal(got, want) {
				rt.Fatalf("errors are %v, want %v", got, want)
			}
			view(rt, s, func(tx *Tx) error {
				if diff := cmp.Diff(w.scan(span{}), scanProjects(tx, span{})); diff != "" {
					rt.Fatalf("stored differs (-want +got):\n%s", diff)
				}
				return nil
			})
		}
	})
}

// Many callers at once: every success counts, no failure does, and each sees
// all that came before.
func TestManyCallers(t *testing.T) {
	s := newStore(t, Options{NoSync: true})
	const callers, each = 16, 50
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				err := s.Update(context.Background(), func(tx *Tx) error {
					n := tx.Next("ops")
					if at := tx.Append([]byte("e")); at != n-1 {
						return fmt.Errorf("entry %d at operation %d", at, n)
					}
					if i%3 == c%3 {
						return errChosen
					}
					return nil
				})
				if err != nil && err != errChosen {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx *Tx) error {
		want := uint64(0)
		for c := range callers {
			for i := range each {
				if i%3 != c%3 {
					want++
				}
			}
		}
		if tx.Counter("ops") != want || tx.LogSize() != want || string(tx.Checkpoint()) != string(key(nil).uint64(want)) {
			t.Errorf("%d operations, %d entries, checkpoint % x; want %d", tx.Counter("ops"), tx.LogSize(), tx.Checkpoint(), want)
		}
		return nil
	})
}
