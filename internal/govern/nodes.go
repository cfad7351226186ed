package govern

import (
	"bytes"
	"context"
	"sync"

	"govd/internal/gov"
	"govd/internal/store"
)

// nodes reads tree nodes in a transaction each, so that a long listing never
// holds one open while a client is slow: bbolt cannot reuse pages meanwhile.
// The nodes of a version are never removed.
type nodes struct {
	ctx context.Context
	*Service
}

// Node returns the node's frame, which stays valid.
func (n nodes) Node(id gov.Digest) ([]byte, error) {
	return n.cache.get(id, func() (frame []byte, err error) {
		err = n.store.View(n.ctx, func(tx *store.Tx) error {
			b, err := tx.Node(id)
			frame = bytes.Clone(b)
			return err
		})
		return frame, err
	})
}

// imported reads nodes that an import may have made itself.
type imported struct {
	*store.Import
	cache *nodeCache
}

// Node returns the node's frame, which stays valid.
func (n imported) Node(id gov.Digest) ([]byte, error) {
	return n.cache.get(id, func() ([]byte, error) { return n.Import.Node(id) })
}

// A nodeCache keeps the frames that were read of late. A node is what its id
// says, for ever, so nothing here goes stale but by an erasure, which clears it.
// It has two generations: what the younger one holds and what was asked for since
// it was the younger one lives on when it is full.
type nodeCache struct {
	mu         sync.Mutex
	young, old map[gov.Digest][]byte
	size       int    // bytes in young
	cleared    uint64 // how often it was: what was read before that is not kept
}

// maxCache is how many bytes of frames a nodeCache keeps at most.
const maxCache = 32 << 20

func newNodeCache() *nodeCache { return &nodeCache{young: map[gov.Digest][]byte{}} }

// get returns a frame from the cache, or from read.
func (c *nodeCache) get(id gov.Digest, read func() ([]byte, error)) ([]byte, error) {
	c.mu.Lock()
	frame, young := c.young[id]
	if !young {
		frame = c.old[id]
	}
	cleared := c.cleared
	c.mu.Unlock()
	var err error
	if frame == nil {
		frame, err = read()
	}
	if err == nil && !young {
		c.put(id, frame, cleared)
	}
	return frame, err
}

// clear forgets everything, and what is being read now.
func (c *nodeCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.young, c.old, c.size, c.cleared = map[gov.Digest][]byte{}, nil, 0, c.cleared+1
}

func (c *nodeCache) put(id gov.Digest, frame []byte, cleared uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cleared != cleared {
		return
	}
	if c.size += len(frame); c.size > maxCache/2 {
		c.young, c.old, c.size = map[gov.Digest][]byte{}, c.young, len(frame)
	}
	c.young[id] = frame
}
