package hands

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A Fault is something that data has in real life, put there on purpose. Its
// count in Options is of records, unless its line below says otherwise.
type Fault string

// The faults, by the stage whose check finds them.
const (
	BadDate      Fault = "bad-date"      // the capture date is none
	NoLabel      Fault = "no-label"      // nothing is labelled
	WrongHash    Fault = "wrong-hash"    // the digest is not the picture's
	WrongSize    Fault = "wrong-size"    // the size is not the file's
	WrongType    Fault = "wrong-type"    // the media type is not the file's
	Truncated    Fault = "truncated"     // half of the file is missing
	SameAsset    Fault = "same-asset"    // two shots have one asset id
	Duplicate    Fault = "duplicate"     // the same picture in two splits
	Twin         Fault = "twin"          // the same picture twice in a split
	RareClass    Fault = "rare-class"    // so many wrists are left
	UnknownSplit Fault = "unknown-split" // a split that was not declared
	SplitShift   Fault = "split-shift"   // so many subjects moved from train to val
	OddSize      Fault = "odd-size"      // three times as large as the others
	NoProvenance Fault = "no-provenance" // license, source, consent or capture date is missing
	WrongLabel   Fault = "wrong-label"   // one finger is called another
	Fewer        Fault = "fewer"         // gone
	Leak         Fault = "leak"          // the subject is in another split

	UnknownLabel  Fault = "unknown-label"  // a name that the taxonomy lacks
	ForbiddenPair Fault = "forbidden-pair" // palm and back of one hand
	BoxOutside    Fault = "box-outside"
	EmptyBox      Fault = "empty-box"
	BadMask       Fault = "bad-mask" // its runs do not sum up to the picture
	MissingPart   Fault = "missing-part"
	RepeatedPart  Fault = "repeated-part" // a second wrist crease
	Conflict      Fault = "conflict"      // one picture, two labels
	Careless      Fault = "careless"      // votes of annotator a04 are wrong, on gold items too

	LowRes        Fault = "low-res"
	Upscaled      Fault = "upscaled" // enlarged from a third
	OddAspect     Fault = "odd-aspect"
	Blur          Fault = "blur"
	Dark          Fault = "dark"
	Light         Fault = "light"
	Flat          Fault = "flat" // nothing to see
	Gray          Fault = "gray"
	NearDuplicate Fault = "near-duplicate" // in two splits
	Irrelevant    Fault = "irrelevant"     // in lot-2, the part is not in the picture
	NewSource     Fault = "new-source"     // an unknown source and camera

	ToneImbalance Fault = "tone-imbalance" // so many subjects are gone, the darkest first
	ToneLabel     Fault = "tone-label"     // scars and freckles of so many dark subjects are not labelled
	ToneCamera    Fault = "tone-camera"    // one camera took so many dark subjects
	ToneGap       Fault = "tone-gap"       // so many classes lack tone 10
	ToneDark      Fault = "tone-dark"      // dark hands taken too dark
	ToneBlur      Fault = "tone-blur"      // dark hands with less detail
	ToneError     Fault = "tone-error"     // wrong labels of dark hands
	ToneVotes     Fault = "tone-votes"     // of so many subjects' tone the votes are far apart
	ToneAnnotator Fault = "tone-annotator" // one person alone saw so many tones, 10 first

	Swapped      Fault = "swapped"       // so many pairs of frames changed places
	ClockBack    Fault = "clock-back"    // in so many sequences the clock was set back
	FrameGap     Fault = "frame-gap"     // so many sequences lost five frames in a row
	Jitter       Fault = "jitter"        // so many sequences have an uneven clock
	Unsynced     Fault = "unsynced"      // in so many sequences the second stream is late
	ShortStream  Fault = "short-stream"  // in so many sequences the second stream ends early
	FrameIndex   Fault = "frame-index"   // the number of the frame is wrong
	Resized      Fault = "resized"       // one frame has another size than its stream
	CoverageHole Fault = "coverage-hole" // so many combinations of angle, light, motion and gesture are gone
	LostParent   Fault = "lost-parent"   // the picture it was made from is not there
)

// A faultPlan says how a fault is put into a set.
type faultPlan struct {
	fault  Fault
	checks string // ids of the checks that must find it
	stage  int    // the first that can have it
	where  func(*shot) bool
	one    func(*Set, *shot)               // puts it into one shot …
	many   func(*Set, int) (keys []string) // … or into the set, and returns where
}

// Faults returns all faults, in the order in which they are put.
func Faults() []Fault {
	plans := faultPlans()
	all := make([]Fault, len(plans))
	for i, p := range plans {
		all[i] = p.fault
	}
	return all
}

// Check returns the ids of the checks that must find the fault, with spaces
// between; "" if there is no such fault.
func (f Fault) Check() string {
	for _, p := range faultPlans() {
		if p.fault == f {
			return p.checks
		}
	}
	return ""
}

// Stage returns the first stage whose records can have the fault.
func (f Fault) Stage() int {
	for _, p := range faultPlans() {
		if p.fault == f {
			return p.stage
		}
	}
	return 0
}

// ParseFaults parses faults and their counts, such as "blur=3,dark"; without a
// number it is one.
func ParseFaults(s string) (map[Fault]int, error) {
	faults := map[Fault]int{}
	if s == "" {
		return faults, nil
	}
	for _, word := range strings.Split(s, ",") {
		name, count, given := strings.Cut(word, "=")
		n, err := 1, error(nil)
		if given {
			n, err = strconv.Atoi(count)
		}
		if f := Fault(name); err != nil || n < 1 || f.Check() == "" || faults[f] > 0 {
			return nil, fmt.Errorf("%q is no fault: want NAME or NAME=COUNT, each once", word)
		}
		faults[Fault(name)] = n
	}
	return faults, nil
}

// Truth returns the keys of the records that each fault is in, ascending. Of a
// fault that takes records away they are the keys that are gone; of one that is
// between two records, both. No record has more than one fault, except that
// what concerns a whole subject, sequence or class may meet another.
func (s *Set) Truth() map[Fault][]string {
	truth := make(map[Fault][]string, len(s.truth))
	for f, keys := range s.truth {
		truth[f] = slices.Clone(keys)
	}
	return truth
}

// spoil puts the faults in.
func (s *Set) spoil() error {
	for _, p := range faultPlans() {
		n := s.options.Faults[p.fault]
		if n == 0 {
			continue
		}
		if p.stage > s.options.Stage {
			return fmt.Errorf("the fault %s needs stage %d", p.fault, p.stage)
		}
		s.sort()
		keys := s.put(p, n)
		if len(keys) == 0 {
			return fmt.Errorf("the dataset is too small for %d of the fault %s", n, p.fault)
		}
		slices.Sort(keys)
		s.truth[p.fault] = slices.Compact(keys)
	}
	return nil
}

func (s *Set) put(p faultPlan, n int) (keys []string) {
	if p.many != nil {
		return p.many(s, n)
	}
	chosen := s.choose(p.fault, n, p.where)
	for _, sh := range chosen {
		p.one(s, sh)
		sh.spoilt = true
		keys = append(keys, sh.record.Key)
	}
	return keys
}

// choose draws n shots without a fault, by lot; none if there are fewer.
func (s *Set) choose(f Fault, n int, where func(*shot) bool) []*shot {
	var able []*shot
	for _, sh := range s.shots {
		if !sh.spoilt && where(sh) {
			able = append(able, sh)
		}
	}
	if len(able) < n {
		return nil
	}
	s.lots(f).Shuffle(len(able), func(i, j int) { able[i], able[j] = able[j], able[i] })
	slices.SortFunc(able[:n], func(a, b *shot) int { return cmp.Compare(a.record.Key, b.record.Key) })
	return able[:n]
}

// lots is the source of chance of one fault.
func (s *Set) lots(f Fault) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(f))
	return rand.New(rand.NewPCG(s.options.Seed, h.Sum64()))
}

// remove takes shots away and returns their keys.
func (s *Set) remove(where func(*shot) bool) (keys []string) {
	s.shots = slices.DeleteFunc(s.shots, func(sh *shot) bool {
		if !where(sh) {
			return false
		}
		keys = append(keys, sh.record.Key)
		return true
	})
	return keys
}

// change does something to shots and returns their keys.
func (s *Set) change(where func(*shot) bool, do func(*shot)) (keys []string) {
	for _, sh := range s.shots {
		if where(sh) {
			do(sh)
			sh.spoilt = true
			keys = append(keys, sh.record.Key)
		}
	}
	return keys
}
