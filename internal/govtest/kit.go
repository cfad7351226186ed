// Package govtest is the kit of tests that need a whole govd: a real store in a
// temporary directory, the operations on it, people who act, and a server that
// they call in memory. When a test ends, every store it opened must pass fsck.
package govtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"govd/internal/audit"
	"govd/internal/fsck"
	"govd/internal/govern"
	"govd/internal/store"
)

// A TB is what the kit needs of a test. *testing.T and *rapid.T have it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
}

// Origin is the name of every kit's log.
const Origin = "govd.test/log"

// Noon is what every kit's clock shows at first.
var Noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A Clock stands still until a test turns it. It is safe for concurrent use.
type Clock struct{ nanos atomic.Int64 }

// NewClock returns a clock that shows Noon.
func NewClock() *Clock {
	c := &Clock{}
	c.nanos.Store(Noon.UnixNano())
	return c
}

// Now returns what the clock shows.
func (c *Clock) Now() time.Time { return time.Unix(0, c.nanos.Load()).UTC() }

// Turn moves the clock on.
func (c *Clock) Turn(d time.Duration) { c.nanos.Add(int64(d)) }

// A Kit is a store and the operations on it.
type Kit struct {
	Service *govern.Service
	Store   *store.Store
	Clock   *Clock
	Path    string // of the store's file
	Key     string // verifies the log's checkpoints

	t      TB
	admin  *Actor
	calls  atomic.Uint64 // request ids that were given out
	closed bool
}

// New makes a store with the first entry of its log. Its key, its clock and the
// ids of its requests are the same in every run.
func New(t TB) *Kit {
	t.Helper()
	k := &Kit{t: t, Clock: NewClock(), Path: filepath.Join(tempDir(t), "govd.db")}
	signer := newSigner(t)
	k.Key = signer.VerifierKey()
	k.Store = newStore(t, k.Path, k.Clock)
	t.Cleanup(k.Close)
	var err error
	if k.Service, err = govern.New(context.Background(), k.Store, signer); err != nil {
		t.Fatalf("govern: %v", err)
	}
	if err := k.Service.Create(context.Background()); err != nil {
		t.Fatalf("create: %v", err)
	}
	return k
}

func newSigner(t TB) audit.Signer {
	t.Helper()
	text, _, err := audit.GenerateKey(Origin, strings.NewReader(strings.Repeat("govd test", 4)))
	if err != nil {
		t.Fatalf("key: %v", err)
	}
	signer, err := audit.NewSigner(text)
	if err != nil {
		t.Fatalf("key: %v", err)
	}
	return signer
}

// newStore makes an empty store.
func newStore(t TB, path string, clock *Clock) *store.Store {
	t.Helper()
	st, err := store.Create(path, store.Options{Now: clock.Now, NoSync: true, Linger: -1})
	if err != nil {
		t.Fatalf("store: %v", err)
	}
	return st
}

// tempDir makes a directory that is removed when the test ends; a rapid.T has
// none to give.
func tempDir(t TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "govtest-")
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("%v", err)
		}
	})
	return dir
}

// Check reports everything that fsck finds in the store.
func (k *Kit) Check() {
	k.t.Helper()
	if _, err := fsck.CheckStore(context.Background(), k.Store, k.t.Errorf, func(string) {}); err != nil {
		k.t.Errorf("fsck: %v", err)
	}
}

// Close checks the store and closes it. A test that goes on with the file calls
// it; for others the kit does when the test ends.
func (k *Kit) Close() {
	k.t.Helper()
	if k.closed {
		return
	}
	k.closed = true
	select {
	case <-k.Store.Failed():
		k.t.Errorf("a commit failed")
	default:
		k.Check()
	}
	if err := k.Store.Close(); err != nil {
		k.t.Errorf("close: %v", err)
	}
}

// Restart goes on with a new Service, which knows nothing but the store.
func (k *Kit) Restart() {
	k.t.Helper()
	var err error
	if k.Service, err = govern.New(context.Background(), k.Store, newSigner(k.t)); err != nil {
		k.t.Fatalf("govern: %v", err)
	}
}

// View runs fn on the newest state.
func (k *Kit) View(fn func(*store.Tx) error) {
	k.t.Helper()
	if err := k.Store.View(context.Background(), fn); err != nil {
		k.t.Fatalf("view: %v", err)
	}
}

// LogSize returns how many entries the log has.
func (k *Kit) LogSize() (n uint64) {
	k.t.Helper()
	k.View(func(tx *store.Tx) error {
		n = tx.LogSize()
		return nil
	})
	return n
}

// Entry returns an entry of the log, decoded.
func (k *Kit) Entry(index uint64) (e *audit.Entry) {
	k.t.Helper()
	k.View(func(tx *store.Tx) error {
		line, err := tx.Entry(index)
		if err != nil {
			return err
		}
		e, err = audit.DecodeEntry(line)
		return err
	})
	return e
}

// Tables returns all that the tables hold, a line for each row: equal states
// have equal text.
func (k *Kit) Tables() string {
	k.t.Helper()
	return Tables(k.t, k.Store)
}

// Replay folds the log again in a new store, as a replica would, and returns it.
func (k *Kit) Replay() *store.Store {
	k.t.Helper()
	clock := NewClock()
	clock.Turn(1000 * time.Hour) // nothing may depend on when it is replayed
	st := newStore(k.t, filepath.Join(tempDir(k.t), "replay.db"), clock)
	k.t.Cleanup(func() { st.Close() })
	if _, err := govern.New(context.Background(), st, newSigner(k.t)); err != nil { // seals its log
		k.t.Fatalf("govern: %v", err)
	}
	k.View(func(from *store.Tx) error {
		return st.Update(context.Background(), func(to *store.Tx) error {
			return errors.Join(copyBeside(from, to), replay(from, to))
		})
	})
	return st
}

func copyBeside(from, to *store.Tx) error {
	return from.Dump(func(table string, key, value []byte) error {
		if !store.Beside(table) {
			return nil
		}
		return to.Load(table, key, value)
	})
}

func replay(from, to *store.Tx) error {
	for _, line := range from.Entries(0) {
		if err := govern.Replay(to, append([]byte(nil), line...)); err != nil {
			return err
		}
	}
	return nil
}

// Tables is Kit.Tables for any store.
func Tables(t TB, st *store.Store) string {
	t.Helper()
	var b strings.Builder
	err := st.View(context.Background(), func(tx *store.Tx) error {
		return tx.Dump(func(table string, key, value []byte) error {
			b.WriteString(quoteRow(table, key, value))
			return nil
		})
	})
	if err != nil {
		t.Fatalf("tables: %v", err)
	}
	return b.String()
}
