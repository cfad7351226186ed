package hands

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

func TestParseFaults(t *testing.T) {
	got, err := ParseFaults("blur=3,dark")
	if d := cmp.Diff(map[Fault]int{Blur: 3, Dark: 1}, got); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	for _, bad := range []string{"blurr", "blur=0", "blur=x", "blur,blur=2", "blur,", "="} {
		if _, err := ParseFaults(bad); err == nil {
			t.Errorf("%q is a list of faults", bad)
		}
	}
}

// How truth and change are to each other, where it is not that what changed is
// what the truth says.
var (
	takeAway = []Fault{RareClass, Fewer, FrameGap, ShortStream, ToneImbalance, ToneGap, CoverageHole}
	between  = []Fault{Duplicate, Twin, NearDuplicate, Conflict, SameAsset} // one of two changes
	notSeen  = []Fault{Careless, Irrelevant}                                // not in the records
	more     = []Fault{ClockBack}                                           // frames after it change too
	partly   = []Fault{SplitShift, ToneCamera, ToneAnnotator}               // some are that way already
)

// A fault changes the records that its truth names, and no other.
func TestFaultsAreWhereTheySay(t *testing.T) {
	var good [6][2][]*gov.Record // by stage and seed
	for _, f := range Faults() {
		t.Run(string(f), func(t *testing.T) {
			for seed := range uint64(2) {
				o := Options{Seed: seed, Stage: f.Stage(), PerClass: 20, Faults: map[Fault]int{f: 3}}
				s := newSet(t, o)
				o.Faults = nil
				if good[o.Stage][seed] == nil {
					good[o.Stage][seed] = newSet(t, o).Records()
				}
				changed, gone := differ(good[o.Stage][seed], s.Records())
				truth := s.Truth()[f]
				if len(truth) == 0 || !slices.IsSorted(truth) {
					t.Fatalf("truth %v", truth)
				}
				switch {
				case slices.Contains(notSeen, f):
				case slices.Contains(takeAway, f):
					compare(t, "gone", truth, gone)
				case slices.Contains(between, f):
					compare(t, "changed", truth, append(changed, partners(s, f)...))
				case slices.Contains(more, f), slices.Contains(partly, f):
					if len(changed) == 0 {
						t.Error("nothing changed")
					}
				default:
					compare(t, "changed", truth, changed)
				}
			}
		})
	}
}

func compare(t *testing.T, what string, truth, found []string) {
	t.Helper()
	slices.Sort(found)
	if d := cmp.Diff(truth, slices.Compact(found)); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

// partners are the keys that the truth names and that need not change.
func partners(s *Set, f Fault) (keys []string) {
	for _, sh := range s.shots {
		if sh.flaw.twin == nil && f != SameAsset && slices.Contains(s.truth[f], sh.record.Key) {
			keys = append(keys, sh.record.Key)
		}
	}
	if f == SameAsset {
		keys = s.truth[f]
	}
	return keys
}

// differ returns the keys of records that are new or changed, and that are gone.
func differ(before, now []*gov.Record) (changed, gone []string) {
	known := map[string]*gov.Record{}
	for _, r := range before {
		known[r.Key] = r
	}
	for _, r := range now {
		if old := known[r.Key]; old == nil || !reflect.DeepEqual(old, r) {
			changed = append(changed, r.Key)
		}
		delete(known, r.Key)
	}
	return changed, slices.Sorted(maps.Keys(known))
}

// Every fault at once: no record bears two that are chosen by record, and each
// is still there.
func TestAllFaultsAtOnce(t *testing.T) {
	faults := map[Fault]int{}
	for _, f := range Faults() {
		if f != RareClass && f != CoverageHole && f != ToneGap && f != ToneAnnotator {
			faults[f] = 1
		}
	}
	s := newSet(t, Options{Stage: 5, PerClass: 60, Faults: faults})
	for f := range faults {
		if len(s.Truth()[f]) == 0 {
			t.Errorf("%s is nowhere", f)
		}
	}
}

func TestFaultsRefused(t *testing.T) {
	for _, o := range []Options{
		{Faults: map[Fault]int{"no-such": 1}},
		{Faults: map[Fault]int{Blur: -1}},
		{Stage: 1, Faults: map[Fault]int{BadMask: 1}},
		{Stage: 1, PerClass: 1, Faults: map[Fault]int{Duplicate: 1}},
		{Stage: 1, PerClass: 1, Faults: map[Fault]int{Blur: 100}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was planned", o)
		}
	}
}
