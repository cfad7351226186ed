package store

import (
	"bytes"
	"os"
	"sync"
	"testing"
)

// TestScratch holds that many may append at once and read what they wrote, and
// that no name is left of the file at any time.
func TestScratch(t *testing.T) {
	dir := t.TempDir()
	s := newStoreAt(t, dir)
	before, err := os.ReadDir(dir)
	must(err)
	scratch := s.NewScratch()
	var wg sync.WaitGroup
	for i := range byte(8) {
		wg.Go(func() {
			for n := range 100 {
				want := bytes.Repeat([]byte{i + 1}, n)
				at, err := scratch.Append(want)
				got := make([]byte, n)
				if err == nil {
					_, err = scratch.ReadAt(got, at)
				}
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("wrote %v, read %v: %v", want, got, err)
				}
			}
		})
	}
	wg.Wait()
	after, err := os.ReadDir(dir)
	must(err)
	if len(after) != len(before) {
		t.Errorf("the directory has %d files, %d before", len(after), len(before))
	}
	must(scratch.Close())
	must(s.NewScratch().Close())
}
