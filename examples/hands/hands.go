// Package hands draws a dataset of hands, from a seed and nothing else: the
// running example of govd, for its demo, tests and benchmarks.
//
// A hand is a set of tapered capsules in a coordinate system of its own (palm
// about 1 wide, fingers up, thumb to the left). Each picture poses and lights
// the hand of one subject and looks at the part that its class is about. What
// is labelled is projected from the same capsules, so labels are true to what
// is drawn, unless a fault was asked for.
package hands

import (
	"fmt"
	"os"
	"path/filepath"
)

// Classes returns the classes of stage 1: the basic structure of a hand.
func Classes() []string {
	return []string{"palm", "back", "thumb", "index", "middle", "ring", "little", "wrist"}
}

// Gestures returns the classes of the frames of stage 5.
func Gestures() []string { return []string{"open", "fist", "point", "wave"} }

// Options say what to draw. The zero value of a field is its default.
type Options struct {
	Seed     uint64
	Stage    int           // 1 to 5; 1
	PerClass int           // pictures of each class, each of another subject; 50, which shares out ten tones evenly
	Size     int           // pixels on each side; 96, and 192 from stage 3 on
	Frames   int           // pictures of each stream of a sequence, at stage 5; 8
	Splits   [3]int        // train, val and test in percent; 60, 20, 20
	Faults   map[Fault]int // how many records each fault is put into
}

// Draw writes the pictures of the dataset: DIR/SPLIT/CLASS/NNNN.png, and at
// stage 5 DIR/SPLIT/SEQUENCE/STREAM/NNNNN.png too. The same options give the
// same bytes on the same kind of machine, and more pictures leave the first
// ones as they were, so that a dataset can grow.
func Draw(dir string, o Options) error {
	s, err := New(o)
	if err != nil {
		return err
	}
	return s.write(dir)
}

var splitNames = [3]string{"train", "val", "test"}

func (o Options) withDefaults() Options {
	set := func(v *int, value int) {
		if *v == 0 {
			*v = value
		}
	}
	set(&o.Stage, 1)
	set(&o.PerClass, 50)
	if o.Stage >= 3 {
		set(&o.Size, 192)
	}
	set(&o.Size, 96)
	set(&o.Frames, 8)
	if o.Splits == [3]int{} {
		o.Splits = [3]int{60, 20, 20}
	}
	return o
}

func (o Options) check() error {
	s := o.Splits
	switch {
	case o.Stage < 1 || o.Stage > 5:
		return fmt.Errorf("stage %d cannot be drawn, only 1 to 5", o.Stage)
	case o.PerClass < 0 || o.PerClass > 1_000_000 || o.Frames < 2 || o.Frames > 10_000 || o.Size < 8 || o.Size > 4096:
		return fmt.Errorf("%d pictures a class and %d a stream of %d pixels a side cannot be drawn", o.PerClass, o.Frames, o.Size)
	case min(s[0], s[1], s[2]) < 0 || s[0]+s[1]+s[2] != 100:
		return fmt.Errorf("splits of %d, %d and %d percent do not make 100", s[0], s[1], s[2])
	}
	for f, n := range o.Faults {
		if f.Check() == "" || n < 0 {
			return fmt.Errorf("%d of the fault %q cannot be drawn", n, f)
		}
	}
	return nil
}

// split spreads subjects over the splits: 21 steps through 100 without
// repeating and evenly, so that any ten are shared out well.
func (o Options) split(n int) string {
	switch percent := n * 21 % 100; {
	case percent < o.Splits[0]:
		return splitNames[0]
	case percent < o.Splits[0]+o.Splits[1]:
		return splitNames[1]
	}
	return splitNames[2]
}

// A Set is a dataset that has not been painted.
type Set struct {
	options Options
	shots   []*shot // ascending by key
	truth   map[Fault][]string
}

// New plans a dataset. It paints nothing, so that tests can have many. An
// unknown fault, and one that finds no record to be in, is an error.
func New(o Options) (*Set, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Set{options: o, shots: o.plan(), truth: map[Fault][]string{}}
	if err := s.spoil(); err != nil {
		return nil, err
	}
	s.sort()
	return s, nil
}

// create makes a file and the directories it is in.
func create(dir, key string, content []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(key))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
