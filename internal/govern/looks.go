package govern

import (
	"hash/maphash"
	"sync"
	"time"

	"govd/internal/gov"
)

// A lookBook remembers what reviewers have fetched of revisions, so that a vote
// can say what its voter had seen. It is forgotten when the daemon ends: then a
// reviewer looks again.
type lookBook struct {
	mu    sync.Mutex
	looks map[lookKey]*look
	edits int // of all looks
	seed  maphash.Seed
}

type lookKey struct {
	person   gov.PersonID
	revision gov.Digest
}

type look struct {
	began time.Time
	stat  bool
	edits map[uint64]struct{} // hashes of the edits' keys
}

// How much a lookBook keeps before it begins anew: looks, and edits of all.
const (
	maxLooks     = 1 << 14
	maxLookEdits = 1 << 21
)

// of returns what is kept of a person and a revision. The caller holds mu.
func (b *lookBook) of(who gov.PersonID, revision gov.Digest, now time.Time) *look {
	k := lookKey{who, revision}
	if b.looks == nil || b.edits >= maxLookEdits || len(b.looks) >= maxLooks && b.looks[k] == nil {
		b.looks, b.edits, b.seed = map[lookKey]*look{}, 0, maphash.MakeSeed()
	}
	if b.looks[k] == nil {
		b.looks[k] = &look{began: now, edits: map[uint64]struct{}{}}
	}
	return b.looks[k]
}

// sawStat notes that the summary was fetched.
func (b *lookBook) sawStat(who gov.PersonID, revision gov.Digest, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(who, revision, now).stat = true
}

// sawEdit notes that an edit was fetched.
func (b *lookBook) sawEdit(who gov.PersonID, revision gov.Digest, now time.Time, treeKey string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.of(who, revision, now)
	before := len(l.edits)
	l.edits[maphash.String(b.seed, treeKey)] = struct{}{}
	b.edits += len(l.edits) - before
}

// looked returns what was fetched so far.
func (b *lookBook) looked(who gov.PersonID, revision gov.Digest, now time.Time) gov.Looked {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.looks[lookKey{who, revision}]
	if l == nil {
		return gov.Looked{}
	}
	return gov.Looked{Stat: l.stat, Edits: uint64(len(l.edits)), Seconds: uint32(max(now.Sub(l.began).Seconds(), 0))}
}
