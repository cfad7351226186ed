package measure

import (
	"slices"

	"govd/internal/gov"
	"govd/internal/tree"
)

// An Index finds what takes records that are far apart: one of Duplicates,
// Unique, Leak, Dangling, Near and Apart. Each has a method In that returns what it
// found in an Indexed.
type Index interface {
	// Key is the index's id, version and parameters.
	Key() string

	// hash returns the hash of a key, which is spread over 32 bits.
	hash(key []byte) uint32
	// put puts what it needs of a record into its pile.
	put(r *Row, into func(key, load []byte))
	// judge reports what is wrong with the items of a key, as far as they say.
	judge(group []item, found report)
	// settle makes what was found right after the pile has changed.
	settle(s *settling) error
}

// A report takes something that is wrong: its code, a witness, and what to note
// about that, which is asked for only if the witness is kept.
type report func(code string, key []byte, note func() string)

// Indexes is some indexes that are kept together.
type Indexes struct {
	params  *tree.Params
	indexes []Index
	spill   Spill
}

// NewIndexes returns these indexes. Their trees are built with p.
func NewIndexes(p *tree.Params, indexes ...Index) *Indexes {
	return &Indexes{params: p, indexes: slices.Clone(indexes)}
}

// Spilling returns the same indexes, made with a bounded part of the records in
// memory and the rest in the spill.
func (x *Indexes) Spilling(to Spill) *Indexes { return &Indexes{x.params, x.indexes, to} }

// Indexed is the indexes of one version and what they found in it.
type Indexed struct {
	indexes *Indexes
	sized   uint64 // records it was built for
	parts   []indexed
}

type indexed struct {
	pile, side     gov.Tree // side is of Near: its bands
	late, lateSide gov.Tree // what came late
	changes        uint64   // that late takes
	found          *Found
	stale          bool // found is not right yet
}

// trees returns the trees of an index.
func (p *indexed) trees() []*gov.Tree {
	return []*gov.Tree{&p.pile, &p.side, &p.late, &p.lateSide}
}

// Trees returns the trees that the indexes are kept in, which must not be
// swept away as long as the Indexed is.
func (d *Indexed) Trees() (all []gov.Tree) {
	for i := range d.parts {
		for _, t := range d.parts[i].trees() {
			all = append(all, *t)
		}
	}
	return all
}

// foundIn returns what x found; nil if it is not among the indexes.
func foundIn(d *Indexed, x Index) *Found {
	i := slices.IndexFunc(d.indexes.indexes, func(y Index) bool { return x.Key() == y.Key() })
	if i < 0 {
		return nil
	}
	return d.parts[i].found
}

// empty returns the indexes of no records, with pages for so many.
func (x *Indexes) empty(records uint64) *Indexed {
	d := &Indexed{indexes: x, sized: records}
	for range x.indexes {
		part := indexed{found: newFound(0)}
		for _, t := range part.trees() {
			*t = x.params.Empty()
		}
		d.parts = append(d.parts, part)
	}
	return d
}

// Build indexes a version.
func (x *Indexes) Build(from tree.Source, t gov.Tree, to Nodes) (*Indexed, error) {
	return x.Advance(from, x.empty(t.Records), gov.Tree{}, t, to)
}

// Gathered indexes a version of which all records were gathered.
func (x *Indexes) Gathered(t gov.Tree, to Nodes, all ...*Gathering) (*Indexed, error) {
	return newMaintenance(x, x.empty(t.Records), to).finish(all...)
}

// Advance returns the indexes of b, where old are those of a, by what differs
// between them. What was found is what Build would find. It uses old up.
func (x *Indexes) Advance(from tree.Source, old *Indexed, a, b gov.Tree, to Nodes) (*Indexed, error) {
	p, err := x.Prepare(from, old, a, b)
	if err != nil {
		return nil, err
	}
	return p.Finish(to)
}

// differing gathers what differs between two versions, for indexes of that size.
func (x *Indexes) differing(from tree.Source, sized uint64, a, b gov.Tree) (*Gathering, error) {
	expected := uint64(0)
	if a.Records == 0 {
		expected = b.Records
	}
	g := x.gather(pageBits(sized), expected)
	var row Row
	for c, err := range tree.Diff(from, a, b) {
		if err == nil && c.From != nil && !c.FromErased {
			err = g.read(&row, c.Key, c.From, -1)
		}
		if err == nil && c.To != nil && !c.ToErased {
			err = g.read(&row, c.Key, c.To, +1)
		}
		if err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (g *Gathering) read(row *Row, key, value []byte, sign int32) error {
	if err := row.Read(key, value); err != nil {
		return err
	}
	return g.add(row, sign)
}

// A maintenance applies what was gathered to all piles, to which nothing came
// late.
type maintenance struct {
	*Indexes
	sized uint64
	parts []settling
}

// A settling is one index on its way to another version.
type settling struct {
	to         Nodes
	base, late *pile // nil: the pile itself was changed
	after      *pile // the one that was changed
	side       gov.Tree
	lateSide   gov.Tree
	near       map[uint64][]uint64 // of Near: neighbours of the changed hashes in base
	found      *Found
	less, more report  // take and found.put
	moved      []moved // what was changed of late
	stale      bool    // found must be made anew
	looks      *looks  // of Near, if the index is made anew: what is in its pile
}

// maxChanged is how many changes are looked at one by one; from there on it takes
// less time to look at all of them together.
const maxChanged = 4096

func newMaintenance(x *Indexes, old *Indexed, to Nodes) *maintenance {
	m := &maintenance{Indexes: x, sized: old.sized, parts: make([]settling, len(x.indexes))}
	for i, ix := range x.indexes {
		part, s := old.parts[i], &m.parts[i]
		s.to, s.after = to, &pile{pages: pages{x.params, to, part.pile}, bits: pageBits(old.sized), hash: ix.hash}
		s.side, s.found = part.side, part.found
		s.less, s.more = s.take, s.found.put
		if _, is := ix.(Near); is && part.pile.Records == 0 {
			s.looks = &looks{hashes: make([]uint64, 0, old.sized)}
		}
	}
	return m
}

// touch takes what was wrong with a key's items and puts what is.
func (s *settling) touch(ix Index, old, now []item) {
	if s.looks != nil {
		s.looks.add(old, now)
	}
	ix.judge(old, s.less)
	ix.judge(now, s.more)
}

func (s *settling) take(code string, key []byte, note func() string) {
	if !s.found.take(code, key, note) {
		s.stale = true
	}
}

// anew judges every key again if what was found can no longer be told from what
// changed.
func (s *settling) anew(ix Index) error {
	if !s.stale || s.late != nil {
		return nil // or that is for when what came late was merged
	}
	s.found = newFound(0)
	for group, err := range s.after.groups() {
		if err != nil {
			return err
		}
		ix.judge(group, s.found.put)
	}
	return nil
}

// finish applies what was gathered, and settles what was found.
func (m *maintenance) finish(all ...*Gathering) (*Indexed, error) {
	d := &Indexed{indexes: m.Indexes, sized: m.sized}
	for i, ix := range m.indexes {
		var heaps []*heap
		for _, g := range all {
			heaps = append(heaps, g.heaps[i])
		}
		s := &m.parts[i]
		var err error
		if s.after, err = s.after.apply(heaps, func(old, now []item) { s.touch(ix, old, now) }); err != nil {
			return nil, err
		}
		if err := ix.settle(s); err != nil {
			return nil, err
		}
		none := m.params.Empty()
		d.parts = append(d.parts, indexed{s.after.root, s.side, none, none, 0, s.found, false})
	}
	return d, nil
}

// indexedFormat is the format of what Bytes returns.
const indexedFormat = 2

// Bytes encodes the Indexed, to be kept with the version.
func (d *Indexed) Bytes() []byte {
	b := appendNumbers(nil, indexedFormat, d.sized)
	for i := range d.parts {
		p := &d.parts[i]
		b = appendString(b, d.indexes.indexes[i].Key())
		for _, t := range p.trees() {
			b = append(append(b, t.Params[:]...), t.Root[:]...)
			b = appendNumbers(b, uint64(t.Level), t.Records, t.Bytes)
		}
		b = appendString(appendNumbers(b, p.changes), p.found.append(nil, true))
	}
	return b
}

// Decode decodes what Bytes returned. Returns gov.Internal with reason
// BAD_STATE also if that was of other indexes: then Build.
func (x *Indexes) Decode(b []byte) (*Indexed, error) {
	dec := decoder{b: b}
	if dec.uvarint() != indexedFormat {
		dec.fail()
	}
	d := &Indexed{indexes: x, sized: dec.uvarint()}
	for _, ix := range x.indexes {
		if string(dec.bytes()) != ix.Key() {
			dec.fail()
		}
		part := indexed{found: newFound(0)}
		for _, t := range part.trees() {
			*t = dec.tree()
		}
		part.changes = dec.uvarint()
		found := decoder{b: dec.bytes()}
		part.found.read(&found)
		dec.bad = dec.bad || found.end() != nil
		d.parts = append(d.parts, part)
	}
	return d, dec.end()
}

func (d *decoder) tree() gov.Tree {
	t := gov.Tree{Params: d.digest(), Root: d.digest()}
	t.Level, t.Records, t.Bytes = uint8(d.most(255)), d.uvarint(), d.uvarint()
	return t
}

// Findings returns a canonical encoding of what the indexes found: the same
// however the Indexed came about.
func (d *Indexed) Findings() (b []byte) {
	for i, p := range d.parts {
		b = appendString(b, d.indexes.indexes[i].Key())
		b = appendString(b, p.found.append(nil, false))
	}
	return b
}
