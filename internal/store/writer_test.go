package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"govd/internal/gov"
)

// hold keeps the writer busy until release is called, so that what is given to
// Update meanwhile waits together.
func hold(t tb, s *Store) (release func()) {
	begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		update(t, s, func(*Tx) error { close(begun); <-end; return nil })
	}()
	<-begun
	return func() { close(end); <-ended }
}

// waiting waits until n functions wait for the writer.
func waiting(s *Store, n int) {
	for {
		s.queue.mu.Lock()
		have := len(s.queue.jobs)
		s.queue.mu.Unlock()
		if have == n {
			return
		}
		runtime.Gosched()
	}
}

// together runs the functions in one batch, in their order, and returns their
// errors.
func together(t tb, s *Store, fns ...func(*Tx) error) []error {
	release := hold(t, s)
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns {
		wg.Go(func() { errs[i] = s.Update(context.Background(), fn) })
		waiting(s, i+1)
	}
	release()
	wg.Wait()
	return errs
}

func put(name string) func(*Tx) error {
	return func(tx *Tx) error { return tx.PutProject(gov.ProjectInfo{Name: gov.Project(name)}) }
}

func names(t tb, s *Store) (all string) {
	view(t, s, func(tx *Tx) error {
		for p, err := range tx.Projects("") {
			if err != nil {
				return err
			}
			all += string(p.Name) + " "
		}
		return nil
	})
	return all
}

func TestFailureIsAlone(t *testing.T) {
	s := newStore(t, quick())
	bad := errors.New("bad")
	errs := together(t, s,
		put("a"),
		func(tx *Tx) error { put("b")(tx); put("a")(tx); tx.Append([]byte("b")); return bad },
		func(tx *Tx) error { put("c")(tx); panic("ouch") },
		func(tx *Tx) error {
			if _, err := tx.Project("a"); err != nil {
				return err
			}
			if _, err := tx.Project("b"); !errors.Is(err, gov.NotFound) || tx.LogSize() != 0 {
				return fmt.Errorf("the failed function's write is seen: %v, %d entries", err, tx.LogSize())
			}
			return put("d")(tx)
		},
	)
	if errs[0] != nil || errs[1] != bad || errs[3] != nil {
		t.Errorf("errors are %v", errs)
	}
	if !errors.Is(errs[2], gov.Internal) || gov.ReasonOf(errs[2]) != "PANIC" || !strings.Contains(errs[2].Error(), "ouch") {
		t.Errorf("a panic is returned as %v", errs[2])
	}
	if got := names(t, s); got != "a d " {
		t.Errorf("stored are %q, want a and d", got)
	}
}

// A batch is one transaction of bbolt.
func TestBatchIsOneTransaction(t *testing.T) {
	s := newStore(t, quick())
	before := txID(s)
	for _, err := range together(t, s, put("a"), put("b"), put("c")) {
		if err != nil {
			t.Error(err)
		}
	}
	if n := txID(s) - before; n != 1 {
		t.Errorf("three functions took %d transactions", n)
	}
}

func txID(s *Store) (id int) {
	s.View(context.Background(), func(tx *Tx) error { id = tx.bolt.ID(); return nil })
	return id
}

// A batch ends when it has written enough; the rest follows in the next.
func TestBatchIsBounded(t *testing.T) {
	s := newStore(t, quick())
	before := txID(s)
	big := func(tx *Tx) error { return tx.PutDocument(gov.Digest{byte(tx.Next("big"))}, make([]byte, maxWritten)) }
	for _, err := range together(t, s, put("a"), big, put("b"), put("c")) {
		if err != nil {
			t.Error(err)
		}
	}
	if n := txID(s) - before; n != 2 {
		t.Errorf("the batch took %d transactions, want 2", n)
	}
	if got := names(t, s); got != "a b c " {
		t.Errorf("stored are %q", got)
	}
}

func TestCancelledWhileQueued(t *testing.T) {
	s := newStore(t, quick())
	ctx, cancel := context.WithCancel(context.Background())
	release := hold(t, s)
	done := make(chan error)
	go func() { done <- s.Update(ctx, put("a")) }()
	waiting(s, 1)
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("a function cancelled while it waits returns %v", err)
	}
	release()
	update(t, s, put("b"))
	if got := names(t, s); got != "b " {
		t.Errorf("stored are %q, want b", got)
	}
}

func TestCancelledWhileRunning(t *testing.T) {
	s := newStore(t, quick())
	ctx, cancel := context.WithCancel(context.Background())
	err := s.Update(ctx, func(tx *Tx) error { cancel(); return put("a")(tx) })
	if err != nil || names(t, s) != "a " {
		t.Errorf("a function cancelled while it runs returns %v", err)
	}
	if err := s.Update(ctx, put("b")); err != context.Canceled {
		t.Errorf("a function that comes cancelled returns %v", err)
	}
}

// The writer waits for as many functions as it had last, and not longer than
// the linger.
func TestLinger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "govd.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := Create(path, Options{NoSync: true, Linger: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		defer checkAndClose(t, s)
		together(t, s, put("a"), put("b"))

		begin, before := time.Now(), txID(s)
		var wg sync.WaitGroup
		wg.Go(func() { update(t, s, put("c")) })
		synctest.Wait() // the writer waits for a second function
		wg.Go(func() { update(t, s, put("d")) })
		wg.Wait()
		if took := time.Since(begin); took != 0 || txID(s)-before != 1 {
			t.Errorf("the two callers of the last batch wait %v and take %d transactions", took, txID(s)-before)
		}

		update(t, s, put("e"))
		if took := time.Since(begin); took != time.Millisecond {
			t.Errorf("the first caller that stays alone waits %v", took)
		}
		update(t, s, put("f"))
		if took := time.Since(begin); took != time.Millisecond {
			t.Errorf("one that is alone for the second time waits %v", took-time.Millisecond)
		}
	})
}

// A commit that fails ends the store: its outcome is not known.
func TestCommitFails(t *testing.T) {
	s, file := breakable(t)
	file.Close() // writes fail from here on
	for _, err := range together(t, s, put("a"), func(*Tx) error { return errors.New("refused") }) {
		if !errors.Is(err, gov.Internal) || gov.ReasonOf(err) != "COMMIT_FAILED" {
			t.Errorf("a caller is told %v", err)
		}
	}
	<-s.Failed()
	if err := s.Update(context.Background(), put("b")); gov.ReasonOf(err) != "COMMIT_FAILED" {
		t.Errorf("a later Update returns %v", err)
	}
	if err := s.View(context.Background(), func(*Tx) error { return nil }); gov.ReasonOf(err) != "COMMIT_FAILED" {
		t.Errorf("a later View returns %v", err)
	}
	s.Close()
}

// breakable returns a store and the file that it writes to.
func breakable(t *testing.T) (*Store, *os.File) {
	path := filepath.Join(t.TempDir(), "govd.db")
	s, err := Create(path, quick())
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	var file *os.File
	s, err = open(path, quick(), func(name string, flag int, mode os.FileMode) (f *os.File, err error) {
		file, err = os.OpenFile(name, flag, mode)
		return file, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, file
}

// An entry without a seal cannot be committed, nor one whose seal fails.
func TestSealFails(t *testing.T) {
	for name, seal := range map[string]Seal{
		"none":  nil,
		"fails": func(uint64, [][]byte) ([]Tile, []byte, error) { return nil, nil, errors.New("no") },
	} {
		s, _ := breakable(t)
		if seal != nil {
			s.UseSeal(seal)
		}
		err := s.Update(context.Background(), func(tx *Tx) error { tx.Append([]byte("e")); return nil })
		if gov.ReasonOf(err) != "COMMIT_FAILED" {
			t.Errorf("%s: Append returns %v", name, err)
		}
		<-s.Failed()
		s.Close()
	}
}

// A test that ends its goroutine in a function must not leave others waiting.
func TestFunctionEndsTheWriter(t *testing.T) {
	s, _ := breakable(t)
	errs := together(t, s, func(*Tx) error { runtime.Goexit(); return nil }, put("a"))
	for _, err := range errs {
		if gov.ReasonOf(err) != "COMMIT_FAILED" {
			t.Errorf("a caller is told %v", err)
		}
	}
	s.Close()
}

func TestCloseDrains(t *testing.T) {
	s, err := Create(filepath.Join(t.TempDir(), "govd.db"), quick())
	if err != nil {
		t.Fatal(err)
	}
	release := hold(t, s)
	done := make(chan error)
	go func() { done <- s.Update(context.Background(), put("a")) }()
	waiting(s, 1)
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	for !isClosed(s) {
		runtime.Gosched()
	}
	if err := s.Update(context.Background(), put("b")); err != errClosed {
		t.Errorf("an Update during Close returns %v", err)
	}
	release()
	if err := errors.Join(<-done, <-closed); err != nil {
		t.Error(err)
	}
	if err := s.View(context.Background(), nil); gov.ReasonOf(err) != "CLOSED" {
		t.Errorf("a View of a closed store returns %v", err)
	}
}

func isClosed(s *Store) bool {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return s.queue.closed != nil
}

// Time never goes back, not when the clock does and not over a restart.
func TestTimeIsMonotone(t *testing.T) {
	path, c := filepath.Join(t.TempDir(), "govd.db"), &clock{noon}
	o := quick()
	o.Now = c.read
	s, err := Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	s.UseSeal(noSeal)
	appendAt := func(want time.Time) {
		t.Helper()
		update(t, s, func(tx *Tx) error {
			if !tx.Now.Equal(want) || tx.Now.Location() != time.UTC {
				t.Errorf("the clock says %v, the transaction %v, want %v", c.now, tx.Now, want)
			}
			tx.Append([]byte("e"))
			return nil
		})
	}
	appendAt(noon)
	c.now = noon.Add(time.Second)
	appendAt(c.now)
	c.now = noon.Add(-time.Hour)
	appendAt(noon.Add(time.Second))
	s.Close()
	if s, err = Open(path, o); err != nil {
		t.Fatal(err)
	}
	defer checkAndClose(t, s)
	s.UseSeal(noSeal)
	appendAt(noon.Add(time.Second))
}
