package govern

import (
	"sync"

	"govd/internal/gov"
)

// A book keeps what was worked out of late, by a digest of what it follows from:
// so nothing in it can go stale. What it holds is not changed. It has two
// generations, and begins a new one when the younger is full.
type book[V any] struct {
	mu         sync.Mutex
	young, old map[gov.Digest]V
}

// maxBook is how many a book keeps of each generation.
const maxBook = 64

func (b *book[V]) get(d gov.Digest) (v V, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if v, ok = b.young[d]; !ok {
		v, ok = b.old[d]
	}
	return v, ok
}

func (b *book[V]) put(d gov.Digest, v V) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.young) >= maxBook || b.young == nil {
		b.young, b.old = map[gov.Digest]V{}, b.young
	}
	b.young[d] = v
}
