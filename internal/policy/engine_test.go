package policy

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// TestRevisions grants, revokes and asks at random, of engines that remember
// much, little and nothing, and of the past too.
func TestRevisions(t *testing.T) {
	type state struct {
		rev Revision
		world
	}
	rapid.Check(t, func(t *rapid.T) {
		engines := []*Engine{newEngine(Template(), 8, 100), newEngine(Template(), 1, 2), newEngine(Template(), 8, 0)}
		history := []state{{Revision{}, world{rules: Template()}}}
		ask := func(t *rapid.T, s state) {
			q := rapid.SampledFrom(queries()).Draw(t, "query")
			for i, e := range engines {
				if got, err := e.Decide(s.rev, q, s.load); got != s.allows(q) || err != nil {
					t.Fatalf("engine %d, %+v: %v, %v", i, q, got, err)
				}
			}
		}
		change := func(edit func(t *rapid.T, grants []gov.Grant) []gov.Grant) func(*rapid.T) {
			return func(t *rapid.T) {
				next := history[len(history)-1]
				next.grants = edit(t, slices.Clone(next.grants))
				entry := uint64(len(history))
				next.rev = Revision{Server: entry, Project: entry} // every change is one of every project
				history = append(history, next)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"grant": change(func(t *rapid.T, g []gov.Grant) []gov.Grant { return append(g, drawGrant(t)) }),
			"revoke": change(func(t *rapid.T, g []gov.Grant) []gov.Grant {
				if len(g) == 0 {
					t.Skip("nobody holds anything")
				}
				return slices.Delete(g, 0, 1)
			}),
			"ask":             func(t *rapid.T) { ask(t, history[len(history)-1]) },
			"ask of the past": func(t *rapid.T) { ask(t, rapid.SampledFrom(history).Draw(t, "past")) },
		})
	})
}

// counting is a Source that counts its calls.
type counting struct {
	world
	calls int
	err   error
}

func (c *counting) load(p gov.Project) ([]gov.Grant, error) {
	c.calls++
	if c.err != nil {
		return nil, c.err
	}
	return c.world.load(p)
}

var reads = Query{Who: "user:1", Do: gov.VersionRead, At: "p/d", Stage: 1}

func TestLoadsOncePerRevision(t *testing.T) {
	src := &counting{world: everything()}
	e := newEngine(Template(), 2, 10)
	ask := func(rev Revision, at gov.Place) {
		t.Helper()
		q := reads
		q.At = at
		if ok, err := e.Decide(rev, q, src.load); !ok || err != nil {
			t.Fatalf("%v, %v", ok, err)
		}
	}
	want := func(calls int, after string) {
		t.Helper()
		if src.calls != calls {
			t.Fatalf("%d loads after %s, want %d", src.calls, after, calls)
		}
	}
	ask(Revision{1, 1}, "p/d")
	ask(Revision{1, 1}, "p")
	ask(Revision{1, 1}, "p/other")
	want(1, "one project")
	ask(Revision{1, 2}, "p")
	want(2, "a change in the project")
	ask(Revision{3, 2}, "p")
	want(3, "a change on the server")
	ask(Revision{1, 2}, "p")
	want(4, "a look at the past")
	ask(Revision{3, 2}, "p")
	want(4, "the past, which must not push out the present")
	ask(Revision{3, 1}, "q")
	ask(Revision{3, 2}, "p")
	want(5, "a second project")
	ask(Revision{3, 1}, "*")
	want(6, "a third, which pushes out the one used longest ago")
	ask(Revision{3, 2}, "p")
	want(6, "the one used last but one")
	ask(Revision{3, 1}, "q")
	want(7, "the one that was pushed out")
}

// TestPastAnswers: what was true of an old revision is not remembered of the new.
func TestPastAnswers(t *testing.T) {
	past, present := everything(), world{rules: Template()}
	e := newEngine(Template(), 2, 10)
	other := Query{Who: "user:9", Do: gov.VersionRead, At: "p"}
	for _, c := range []struct {
		rev  Revision
		q    Query
		of   world
		want bool
	}{{Revision{2, 2}, other, present, false}, {Revision{1, 1}, reads, past, true}, {Revision{2, 2}, reads, present, false}} {
		if got, err := e.Decide(c.rev, c.q, c.of.load); got != c.want || err != nil {
			t.Errorf("%+v at %+v: %v, %v", c.q, c.rev, got, err)
		}
	}
}

// TestLoadErrors: an error refuses, says nothing of its cause to the caller,
// and is not remembered; so does a panic.
func TestLoadErrors(t *testing.T) {
	src := &counting{world: everything(), err: errors.New("read /secret/place: bad disk")}
	e := newEngine(Template(), 2, 10)
	for range 2 {
		ok, err := e.Decide(Revision{}, reads, src.load)
		failure, is := errors.AsType[*gov.Error](err)
		if ok || !is || failure.Kind != gov.Internal || failure.Msg != "the policy cannot be read" || !errors.Is(err, src.err) {
			t.Fatalf("%v, %v", ok, err)
		}
	}
	if _, err := e.Snapshot(Revision{}, "p", src.load); !errors.Is(err, gov.Internal) {
		t.Errorf("Snapshot: %v", err)
	}
	broken := func(gov.Project) ([]gov.Grant, error) { panic("bug") }
	if ok, err := e.Decide(Revision{}, reads, broken); ok || !errors.Is(err, gov.Internal) {
		t.Errorf("a panic: %v, %v", ok, err)
	}
	if _, err := e.Snapshot(Revision{}, "p", broken); !errors.Is(err, gov.Internal) {
		t.Errorf("Snapshot, a panic: %v", err)
	}
	src.err = nil
	if ok, err := e.Decide(Revision{}, reads, src.load); !ok || err != nil {
		t.Errorf("once the source is well: %v, %v", ok, err)
	}
}

func TestBounds(t *testing.T) {
	for _, bad := range [][2]int{{0, 1}, {-1, 1}, {1, -1}} {
		if _, err := NewEngine(bad[0], bad[1]); !errors.Is(err, gov.Invalid) {
			t.Errorf("NewEngine(%d, %d): %v", bad[0], bad[1], err)
		}
	}
	for _, memo := range []int{7, 20} { // less and more than three projects are asked
		stayWithin(t, 3, memo)
	}
}

// stayWithin asks seven projects, three queries each, and counts what is kept.
func stayWithin(t *testing.T, snapshots, memo int) {
	w := everything()
	e := newEngine(w.rules, snapshots, memo)
	for i := range 100 {
		q := reads
		q.At = gov.Place(fmt.Sprintf("p%d/d%d", i/3%7, i))
		if _, err := e.Decide(Revision{}, q, w.serverOnly); err != nil {
			t.Fatal(err)
		}
		if len(e.kept) > snapshots || e.order.Len() != len(e.kept) {
			t.Fatalf("%d snapshots are kept, %d are in order", len(e.kept), e.order.Len())
		}
		n := 0
		for _, at := range e.kept {
			n += len(at.Value.(*entry).answers)
		}
		if n != e.answers || n > memo {
			t.Fatalf("%d answers are kept, %d are counted, %d are the most", n, e.answers, memo)
		}
	}
}

func (w world) serverOnly(gov.Project) ([]gov.Grant, error) { return w.load("") }

// TestConcurrent is for the race detector: many ask the same engine, strangers
// among them, while the policy changes.
func TestConcurrent(t *testing.T) {
	w := everything()
	e, err := NewEngine(2, 3)
	if err != nil {
		t.Fatal(err)
	}
	qs := append(queries(), Query{Who: "user:77", Do: gov.VersionRead, At: "p/d"})
	var wg sync.WaitGroup
	for n := range 6 {
		wg.Go(func() {
			for i := range 400 {
				q := qs[(i*7+n*131)%len(qs)]
				rev := Revision{Server: uint64(i / 100)}
				if got, err := e.Decide(rev, q, w.load); got != w.allows(q) || err != nil {
					t.Errorf("%+v: %v, %v", q, got, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestSharedSnapshot is for the race detector too: one snapshot, many askers.
func TestSharedSnapshot(t *testing.T) {
	w := everything()
	s, err := newSnapshot(Revision{}, "p", w.rules, must(w.load("p")))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range 6 {
		wg.Go(func() {
			for _, who := range []gov.PersonID{"user:1", gov.NewPersonID(uint64(50+n), true)} {
				for _, do := range gov.Actions {
					q := Query{Who: who, Do: do, At: "p/d"}
					if got, err := s.Decide(q); got != w.allows(q) || err != nil {
						t.Errorf("%+v: %v, %v", q, got, err)
					}
				}
			}
		})
	}
	wg.Wait()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestSelfTest: it passes on what ships, and not on what would open or close a
// door.
func TestSelfTest(t *testing.T) {
	if _, err := NewEngine(1, 1); err != nil {
		t.Fatal(err)
	}
	open := Rule{Role: gov.Viewer, Action: gov.VersionRegister}
	shut := Rule{Role: gov.Steward, Action: gov.VersionTag, Deny: true}
	data := Rule{Role: gov.Admin, Action: gov.VersionRead}
	for _, r := range []Rule{open, shut, data} {
		if _, err := testedEngine(append(Template(), r), 1, 1); !errors.Is(err, gov.Internal) {
			t.Errorf("with %+v: %v", r, err)
		}
	}
	if _, err := testedEngine(nil, 1, 1); err == nil {
		t.Error("no rules pass")
	}
}
