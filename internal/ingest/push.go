package ingest

import (
	"iter"

	"govd/internal/gov"
)

// The frame of a push holds what the version is made of, as far as it takes to
// say later what changed:
//
//	version (32) | fingerprint (32, 0 if it vouches for nothing) |
//	for each record, ascending by key: key | sum (16)

const pushMagic = "govd push 1\n"

// A Target is where records are pushed to.
type Target struct {
	Origin  string // the name of the server's log, which no other server has
	Dataset gov.DatasetName
}

func (t Target) path(cache string) string {
	return framePath(cache, "push", t.Origin+"\x00"+string(t.Dataset))
}

// A Push is what is remembered of the last push to a target.
type Push struct {
	Version gov.Digest // that the push made

	fingerprint gov.Digest
	records     []byte
}

// Remember keeps in the cache that the manifest is the version of the target.
// Without a cache it does nothing.
func (m *Manifest) Remember(t Target, version gov.Digest) error {
	cache := m.listing.options.Cache
	if cache == "" {
		return nil
	}
	return writeFrame(t.path(cache), pushMagic, m.appendPush(nil, version))
}

func (m *Manifest) appendPush(b []byte, version gov.Digest) []byte {
	var fingerprint gov.Digest
	if m.settled {
		fingerprint = m.listing.Fingerprint()
	}
	b = append(b, version[:]...)
	b = append(b, fingerprint[:]...)
	before := ""
	for i, f := range m.listing.files {
		if m.items[i].problem == nil {
			b = appendKey(b, before, f.key)
			b = append(b, m.sums[i][:]...)
			before = f.key
		}
	}
	return b
}

// LastPush returns what the cache remembers of the last push to a target.
func LastPush(cache string, t Target) (*Push, bool) {
	body, ok := readFrame(t.path(cache), pushMagic)
	if cache == "" || !ok || len(body) < 64 {
		return nil, false
	}
	return &Push{Version: gov.Digest(body[:32]), fingerprint: gov.Digest(body[32:64]), records: body[64:]}, true
}

// Same reports whether the listing would give the records of the push. If it
// does not, Delta may still find that nothing changed.
func (p *Push) Same(l *Listing) bool {
	return !p.fingerprint.IsZero() && p.fingerprint == l.Fingerprint()
}

// A Change is one difference between a manifest and the version pushed before.
type Change struct {
	Key    string
	Record *gov.Record // as it is now; nil if the key is gone
	New    bool        // the key was not there before
}

// Delta yields what changed since the push, ascending by key.
func (p *Push) Delta(m *Manifest) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		old := &pushed{cursor: cursor{b: p.records}}
		old.next()
		for i, f := range m.listing.files {
			if m.items[i].problem != nil {
				continue
			}
			if !old.dropTo(f.key, yield) {
				return
			}
			known := old.ok && string(old.key) == f.key
			if (!known || old.sum != m.sums[i]) && !yield(Change{f.key, m.record(i), !known}) {
				return
			}
			if known {
				old.next()
			}
		}
		for old.ok && yield(Change{Key: string(old.key)}) {
			old.next()
		}
	}
}

// Pushed walks over the records of a push.
type pushed struct {
	cursor
	ok  bool // there is one: key and sum
	sum sum
}

func (p *pushed) next() {
	if p.ok = len(p.b) > 0; !p.ok {
		return
	}
	p.nextKey()
	copy(p.sum[:], p.take(16))
	p.ok = !p.bad
}

// dropTo yields the keys before the given one as gone.
func (p *pushed) dropTo(key string, yield func(Change) bool) bool {
	for ; p.ok && string(p.key) < key; p.next() {
		if !yield(Change{Key: string(p.key)}) {
			return false
		}
	}
	return true
}
