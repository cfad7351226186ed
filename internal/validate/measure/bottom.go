package measure

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"
)

// A Bottom keeps the k different keys whose hashes are smallest, and how often
// each came: a uniform sample without replacement that any order of merging
// gives alike, and an estimate of how many keys there are (KMV, Bar-Yossef et
// al. 2002).
//
// It holds up to 2k of them, so that some can be taken away before it must be
// folded again: of all keys up to bound it knows each one and its count.
type Bottom struct {
	k       int
	items   []bottomItem // ascending once settled
	bound   bottomItem   // its count is 0; of no meaning unless bounded
	bounded bool
	loose   bool // items came since they were settled
}

// A bottomItem is a key with a note. A key has one note at a time, but while an
// index changes the next may come before the last is taken away.
type bottomItem struct {
	hash  uint64
	key   string
	note  string
	count uint64
}

func (a *bottomItem) compare(b *bottomItem) int {
	if a.hash != b.hash {
		return cmp.Compare(a.hash, b.hash)
	}
	return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.note, b.note))
}

// MaxBottom is the largest k of a Bottom.
const MaxBottom = 1 << 14

func newBottom(k int) *Bottom { return &Bottom{k: min(max(k, 1), MaxBottom)} }

func (b *Bottom) room() int { return 2 * b.k }

// wants reports whether a key with that hash may be among the smallest.
func (b *Bottom) wants(hash uint64) bool { return !b.bounded || hash <= b.bound.hash }

func (b *Bottom) add(hash uint64, key, note string) {
	b.put(bottomItem{hash, key, note, 1})
}

func (b *Bottom) put(it bottomItem) {
	if b.bounded && it.compare(&b.bound) > 0 {
		return
	}
	b.items, b.loose = append(b.items, it), true
	if len(b.items) >= 4*b.k {
		b.settle()
	}
}

// settle sorts, adds up what came more than once and drops what is too much.
func (b *Bottom) settle() {
	if !b.loose {
		return
	}
	b.loose = false
	slices.SortFunc(b.items, func(x, y bottomItem) int { return x.compare(&y) })
	kept := b.items[:0]
	for _, it := range b.items {
		if n := len(kept); n > 0 && kept[n-1].compare(&it) == 0 {
			kept[n-1].count += it.count
		} else {
			kept = append(kept, it)
		}
	}
	clear(b.items[len(kept):])
	b.items = kept
	b.limit()
}

// limit keeps as many as there is room for.
func (b *Bottom) limit() {
	if len(b.items) < b.room() {
		return
	}
	clear(b.items[b.room():])
	b.items = b.items[:b.room()]
	last := b.items[len(b.items)-1]
	last.count = 0
	b.bounded, b.bound = true, last
}

// smallest returns the items up to k.
func (b *Bottom) smallest() []bottomItem {
	b.settle()
	return b.items[:min(b.k, len(b.items))]
}

// Keys returns the k keys with the smallest hashes, by hash.
func (b *Bottom) Keys() (keys []string) {
	for _, it := range b.smallest() {
		keys = append(keys, it.key)
	}
	return keys
}

// Estimate returns how many different keys there are: exact below k, else with
// a relative standard error of 1/√(k−2).
func (b *Bottom) Estimate() uint64 {
	least := b.smallest()
	if len(least) < b.k {
		return uint64(len(least))
	}
	share := float64(least[b.k-1].hash) / math.MaxUint64
	return uint64(float64(b.k-1) / share)
}

func (b *Bottom) merge(o *Bottom) {
	o.settle()
	if o.bounded && (!b.bounded || o.bound.compare(&b.bound) < 0) {
		b.settle()
		b.bounded, b.bound = true, o.bound
		past, _ := slices.BinarySearchFunc(b.items, b.bound, func(it, bound bottomItem) int {
			if it.compare(&bound) <= 0 {
				return -1
			}
			return 1
		})
		clear(b.items[past:])
		b.items = b.items[:past]
	}
	for _, it := range o.items {
		b.put(it)
	}
}

// sub takes o away, which must have been merged before. It reports whether the
// k smallest are still known.
func (b *Bottom) sub(o *Bottom) bool {
	b.settle()
	o.settle()
	for _, it := range o.items {
		if b.bounded && it.compare(&b.bound) > 0 {
			break
		}
		if !b.take(it) {
			return false
		}
	}
	return b.known()
}

func (b *Bottom) known() bool { return !b.bounded || len(b.items) >= b.k }

// take takes an item away and reports whether it was there.
func (b *Bottom) take(it bottomItem) bool {
	b.settle()
	if b.bounded && it.compare(&b.bound) > 0 {
		return true
	}
	at, found := slices.BinarySearchFunc(b.items, it, func(x, y bottomItem) int { return x.compare(&y) })
	if !found || b.items[at].count < it.count {
		return false
	}
	if b.items[at].count -= it.count; b.items[at].count == 0 {
		b.items = slices.Delete(b.items, at, at+1)
	}
	return true
}

// append encodes u8 bounded, the bound, then the items by hash; without spare
// only the k smallest.
func (b *Bottom) append(dst []byte, spare bool) []byte {
	items := b.smallest()
	if spare {
		items = b.items
	}
	if spare && b.bounded {
		dst = binary.AppendUvarint(append(dst, 1), b.bound.hash)
		dst = appendString(appendString(dst, b.bound.key), b.bound.note)
	} else {
		dst = append(dst, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(items)))
	for _, it := range items {
		dst = binary.AppendUvarint(dst, it.hash)
		dst = appendString(appendString(dst, it.key), it.note)
		dst = binary.AppendUvarint(dst, it.count)
	}
	return dst
}

func (b *Bottom) read(d *decoder) {
	*b = Bottom{k: b.k, bounded: d.flag()}
	if b.bounded {
		b.bound = bottomItem{d.uvarint(), string(d.bytes()), string(d.bytes()), 0}
	}
	for n := d.most(uint64(b.room())); n > 0 && !d.bad; n-- {
		it := bottomItem{d.uvarint(), string(d.bytes()), string(d.bytes()), d.uvarint()}
		last := len(b.items) - 1
		if it.count == 0 || last >= 0 && b.items[last].compare(&it) >= 0 || b.bounded && it.compare(&b.bound) > 0 {
			d.fail()
			return
		}
		b.items = append(b.items, it)
	}
	full := len(b.items) == b.room()
	if full && (!b.bounded || b.items[len(b.items)-1].compare(&b.bound) != 0) {
		d.fail() // a full one ends at its bound
	}
}
