package daemon

import (
	"os"
	"testing"

	"govd/internal/audit"
)

// published is the checkpoint that the anchor of a stopped daemon holds.
func published(t *testing.T, d Dir) audit.Checkpoint {
	t.Helper()
	key, err := d.key()
	must(t, err)
	b, err := readAnchor(d)
	must(t, err)
	cp, err := audit.ParseCheckpoint(b, key.VerifierKey())
	must(t, err)
	return cp
}

// The anchor holds the last thing that was written before the daemon stopped.
func TestAnchorIsTheEnd(t *testing.T) {
	d := newDir(t)
	token := filled(t, d, 3)
	sum := sound(t, d)
	if at := published(t, d).Size; at != sum.Entries {
		t.Errorf("the anchor is at %d of %d entries", at, sum.Entries)
	}
	r := start(t, onSocket(d))
	r.as(token).project(t, "another")
	r.end()
	if at := published(t, d).Size; at != sum.Entries+1 {
		t.Errorf("the anchor is at %d of %d entries", at, sum.Entries+1)
	}
}

// An older copy of the store does not come back unnoticed.
func TestRollback(t *testing.T) {
	d := newDir(t)
	token := filled(t, d, 1)
	old := d.Store() + ".old"
	copyFile(t, d.Store(), old)
	r := start(t, onSocket(d))
	r.as(token).project(t, "later")
	r.end()
	newest := d.Store() + ".newest"
	copyFile(t, d.Store(), newest)

	copyFile(t, old, d.Store())
	refused(t, onSocket(d), "the store has 3 log entries, and 4 have been published", "old copy", `"rollback" in docs/operations.md`)
	if err := CheckAnchor(t.Context(), d.Store(), d); err == nil {
		t.Error("fsck does not see it")
	}
	copyFile(t, newest, d.Store())
	start(t, onSocket(d)).end()
	sound(t, d)
}

// Neither does another continuation of the same log.
func TestAnotherHistory(t *testing.T) {
	d := newDir(t)
	token := filled(t, d, 1)
	old := d.Store() + ".old"
	copyFile(t, d.Store(), old)
	grow := func(names ...string) {
		r := start(t, onSocket(d))
		for _, name := range names {
			r.as(token).project(t, name)
		}
		r.end()
	}
	grow("later")
	anchor, err := readAnchor(d)
	must(t, err)
	copyFile(t, old, d.Store())
	must(t, os.Remove(d.Anchor())) // who rewrites history would
	grow("never", "was")
	must(t, os.WriteFile(d.Anchor(), anchor, 0o600))
	refused(t, onSocket(d), "the store holds another history than the one published at 4 entries")
}

// The store of another log is not served under this one's key.
func TestAnotherKey(t *testing.T) {
	d, other := newDir(t), newDir(t)
	filled(t, d, 0)
	filled(t, other, 0)
	copyFile(t, other.Store(), d.Store())
	refused(t, onSocket(d), "do not belong together")
}
