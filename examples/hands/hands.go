// Package hands draws a dataset of hands, from a seed and nothing else: the
// running example of govd, for its demo, tests and benchmarks.
//
// A hand is a set of tapered capsules in a coordinate system of its own (palm
// about 1 wide, fingers up, thumb to the left). Each picture poses, lights and
// tones it at random and looks at the part that its class is about.
package hands

import (
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Classes returns the classes of stage 1: the basic structure of a hand.
func Classes() []string {
	return []string{"palm", "back", "thumb", "index", "middle", "ring", "little", "wrist"}
}

// Options say what to draw. The zero value of a field is its default.
type Options struct {
	Seed     uint64
	Stage    int    // 1, the default; later stages come with their checks
	PerClass int    // pictures of each class; 30
	Size     int    // pixels on each side; 96
	Splits   [3]int // train, val and test in percent; 70, 15, 15
}

// Draw writes DIR/SPLIT/CLASS/NNNN.png. The same options give the same bytes
// on the same kind of machine, and more pictures leave the first ones as they
// were, so that a dataset can grow.
func Draw(dir string, o Options) error {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return err
	}
	for class := range Classes() {
		for _, split := range splitNames {
			if err := os.MkdirAll(filepath.Join(dir, split, Classes()[class]), 0o755); err != nil {
				return err
			}
		}
	}
	return o.drawAll(dir)
}

var splitNames = [3]string{"train", "val", "test"}

func (o Options) withDefaults() Options {
	set := func(v *int, value int) {
		if *v == 0 {
			*v = value
		}
	}
	set(&o.Stage, 1)
	set(&o.PerClass, 30)
	set(&o.Size, 96)
	if o.Splits == [3]int{} {
		o.Splits = [3]int{70, 15, 15}
	}
	return o
}

func (o Options) check() error {
	s := o.Splits
	switch {
	case o.Stage != 1:
		return fmt.Errorf("stage %d cannot be drawn, only stage 1", o.Stage)
	case o.PerClass < 0 || o.Size < 8 || o.Size > 4096:
		return fmt.Errorf("%d pictures a class of %d pixels a side cannot be drawn", o.PerClass, o.Size)
	case min(s[0], s[1], s[2]) < 0 || s[0]+s[1]+s[2] != 100:
		return fmt.Errorf("splits of %d, %d and %d percent do not make 100", s[0], s[1], s[2])
	}
	return nil
}

// drawAll draws with all processors. Each picture has a random source of its
// own, so the order does not matter.
func (o Options) drawAll(dir string) error {
	total := o.PerClass * len(Classes())
	errs := make([]error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for i := w; i < total && errs[w] == nil; i += len(errs) {
				errs[w] = o.draw(dir, i%len(Classes()), i/len(Classes()))
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// draw writes the nth picture of a class.
func (o Options) draw(dir string, class, n int) error {
	path := filepath.Join(dir, o.split(n), Classes()[class], fmt.Sprintf("%04d.png", n))
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := png.Encode(f, newScene(o.Seed, class, n).paint(o.Size)); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// split spreads the pictures of a class over the splits: 61 steps through 100
// without repeating and evenly, so that any first few are shared out well.
func (o Options) split(n int) string {
	switch percent := n * 61 % 100; {
	case percent < o.Splits[0]:
		return splitNames[0]
	case percent < o.Splits[0]+o.Splits[1]:
		return splitNames[1]
	}
	return splitNames[2]
}
