package govtest

import (
	"bytes"
	"context"
	"os"

	"govd/internal/govern"
	"govd/internal/store"
)

// Damage puts other bytes in the place of some, wherever they are in the store's
// file, as a bad disk or somebody with an editor would, and goes on with the
// file. What it held is remembered by nobody; nor is it checked when the test
// ends.
func (k *Kit) Damage(was, now []byte) {
	k.t.Helper()
	if len(was) != len(now) {
		k.t.Fatalf("damage: %d bytes for %d", len(now), len(was))
	}
	if err := k.Store.Close(); err != nil {
		k.t.Fatalf("close: %v", err)
	}
	file, err := os.ReadFile(k.Path)
	if err != nil || !bytes.Contains(file, was) {
		k.t.Fatalf("damage: the file does not hold what to damage (%v)", err)
	}
	if err := os.WriteFile(k.Path, bytes.ReplaceAll(file, was, now), 0o600); err != nil {
		k.t.Fatalf("damage: %v", err)
	}
	if k.Store, err = store.Open(k.Path, store.Options{Now: k.Clock.Now, NoSync: true, Linger: -1}); err != nil {
		k.t.Fatalf("damage: %v", err)
	}
	if !k.closed {
		k.t.Cleanup(func() { k.Store.Close() })
	}
	k.closed = true
	if k.Service, err = govern.New(context.Background(), k.Store, newSigner(k.t)); err != nil {
		k.t.Fatalf("damage: %v", err)
	}
}
