package measure

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// Duplicates finds records with the same content. Its codes:
//
//	copy      a record beyond the first with that content
//	across    a record whose content another split has too
//	conflict  a record whose content has other label names elsewhere
type Duplicates struct{}

// Key implements Index.
func (Duplicates) Key() string { return "duplicates/1" }

// In returns what was found.
func (x Duplicates) In(d *Indexed) *Found { return foundIn(d, x) }

func (Duplicates) hash(key []byte) uint32 { return binary.BigEndian.Uint32(key) }

// contentKey is how much of a content's digest tells contents apart.
const contentKey = 16

func (Duplicates) put(r *Row, into func(key, load []byte)) {
	into(r.Content[:contentKey], r.place())
}

func (Duplicates) judge(group []item, found report) {
	if len(group) < 2 {
		return
	}
	all := places(group)
	first := slices.MinFunc(all, func(a, b place) int { return bytes.Compare(a.key, b.key) })
	split, labels := differing(inSplits(all), place.otherSplit), differing(all, place.otherLabels)
	for _, p := range all {
		if !bytes.Equal(p.key, first.key) {
			found("copy", p.key, func() string { return "the same content as " + string(first.key) })
		}
		if other, is := split.from(p); is {
			found("across", p.key, func() string { return "the same content as " + other.String() })
		}
		if other, is := labels.from(p); is {
			found("conflict", p.key, func() string { return "other labels than " + other.String() })
		}
	}
}

func (x Duplicates) settle(s *settling) error { return s.anew(x) }

// A place is a record as an index keeps it.
type place struct {
	labels     uint64 // digest of the label names
	split, key []byte
}

// String returns the key and the split.
func (p place) String() string {
	if len(p.split) == 0 {
		return string(p.key)
	}
	return string(p.key) + " in " + string(p.split)
}

// inSplits returns the places that are in a split.
func inSplits(all []place) (some []place) {
	for _, p := range all {
		if len(p.split) > 0 {
			some = append(some, p)
		}
	}
	return some
}

// otherSplit reports whether both are in a split and not in the same.
func (p place) otherSplit(q place) bool {
	return len(p.split) > 0 && len(q.split) > 0 && !bytes.Equal(p.split, q.split)
}

func (p place) otherLabels(q place) bool { return p.labels != q.labels }

// A difference is two places that differ, if there are such: whatever differs
// from any place differs from one of them.
type difference struct {
	differ func(p, q place) bool
	two    []place
}

// differing returns the first place that differs from any, and the first that
// differs from that.
func differing(all []place, differ func(p, q place) bool) difference {
	d := difference{differ: differ}
	for _, q := range all {
		if len(d.two) == 0 || len(d.two) == 1 && differ(d.two[0], q) {
			d.two = append(d.two, q)
		}
	}
	return d
}

// from returns one that differs from p.
func (d difference) from(p place) (place, bool) {
	for _, q := range d.two {
		if d.differ(p, q) {
			return q, true
		}
	}
	return place{}, false
}

// place encodes the record as a load: u64 labels | u8 length | split | key. It
// is valid until the next record is read.
func (r *Row) place() []byte {
	if r.placed {
		return r.load
	}
	b := binary.BigEndian.AppendUint64(r.load[:0], r.labelDigest())
	b = append(append(b, byte(len(r.Split))), r.Split...)
	r.load, r.placed = append(b, r.Key...), true
	return r.load
}

func places(group []item) []place {
	all := make([]place, 0, len(group))
	for i := range group {
		all = append(all, placeOf(group[i].load))
	}
	return all
}

func placeOf(load []byte) place {
	if len(load) < 9 || len(load) < 9+int(load[8]) {
		return place{}
	}
	at := 9 + int(load[8])
	return place{binary.BigEndian.Uint64(load), load[9:at], load[at:]}
}

// labelDigest returns a hash of the record's label names, in whatever order.
func (r *Row) labelDigest() (sum uint64) {
	for i := range r.Labels {
		h := uint64(14695981039346656037)
		for _, b := range r.Labels[i].Name {
			h = (h ^ uint64(b)) * 1099511628211
		}
		sum += h ^ h>>29
	}
	return sum
}

// Unique finds values of an attribute that more than one record has, such as an
// id in another system. Its code is "twice".
type Unique struct{ Attribute string }

// Key implements Index.
func (x Unique) Key() string { return key("unique/1", x.Attribute) }

// In returns what was found.
func (x Unique) In(d *Indexed) *Found { return foundIn(d, x) }

func (Unique) hash(key []byte) uint32 { return spread(key) }

func (x Unique) put(r *Row, into func(key, load []byte)) {
	if value, _ := r.Attr(x.Attribute); len(value) > 0 {
		into(value, r.Key)
	}
}

func (Unique) judge(group []item, found report) {
	if len(group) < 2 {
		return
	}
	for i := range group {
		other := group[0].load
		if i == 0 {
			other = group[1].load
		}
		found("twice", group[i].load, func() string { return "the same as " + string(other) })
	}
}

func (x Unique) settle(s *settling) error { return s.anew(x) }

// Leak finds groups, such as subjects, sequences or sessions, with records in
// more than one split. Its code is "leak", its witnesses are groups.
type Leak struct{ Attribute string }

// Key implements Index.
func (x Leak) Key() string { return key("leak/1", x.Attribute) }

// In returns what was found.
func (x Leak) In(d *Indexed) *Found { return foundIn(d, x) }

func (Leak) hash(key []byte) uint32 { return spread(key) }

func (x Leak) put(r *Row, into func(key, load []byte)) {
	if value, _ := r.Attr(x.Attribute); len(value) > 0 && len(r.Split) > 0 {
		into(value, r.Split)
	}
}

func (Leak) judge(group []item, found report) {
	if len(group) < 2 {
		return
	}
	found("leak", group[0].key, func() string {
		var splits []string
		for i := range group {
			splits = append(splits, string(group[i].load))
		}
		return "in " + strings.Join(splits, ", ")
	})
}

func (x Leak) settle(s *settling) error { return s.anew(x) }

// Dangling finds records that refer, by an attribute, to the key of a record
// that is not there. Its code is "dangling".
type Dangling struct{ Attribute string }

// Key implements Index.
func (x Dangling) Key() string { return key("dangling/1", x.Attribute) }

// In returns what was found.
func (x Dangling) In(d *Indexed) *Found { return foundIn(d, x) }

func (Dangling) hash(key []byte) uint32 { return spread(key) }

// put puts the record under its own key with an empty load, and under the key
// that it refers to with its own.
func (x Dangling) put(r *Row, into func(key, load []byte)) {
	into(r.Key, nil)
	if value, _ := r.Attr(x.Attribute); len(value) > 0 {
		into(value, r.Key)
	}
}

func (Dangling) judge(group []item, found report) {
	if len(group) == 0 || len(group[0].load) == 0 {
		return
	}
	for i := range group {
		found("dangling", group[i].load, func() string { return "refers to " + string(group[i].key) })
	}
}

func (x Dangling) settle(s *settling) error { return s.anew(x) }
