package measure

import (
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
)

// A Rule finds what is wrong with a record by itself. Besides those of this
// package there may be others; they must depend on the record alone.
type Rule interface {
	// Key is the rule's id, version and parameters.
	Key() string
	// Find calls fault with the code of everything that is wrong with the record,
	// any number of times, and reports whether the rule applies to it at all.
	Find(r *Row, fault func(code string)) (examined bool)
}

// A binder is a rule that has a form of its own for one goroutine, which
// remembers what helps with the next record.
type binder interface{ bind() Rule }

// Faults counts the records that break a rule, in all or in each group, and
// keeps some as witnesses.
type Faults struct {
	Rule Rule
	By   Column // None: one group of all, ""
	Max  int    // groups x codes; 0: DefaultCells
}

// MaxWitnesses is the most witnesses of one code.
const MaxWitnesses = 20

// A Witness is a record, or another thing with a name, that shows a fault.
type Witness struct {
	Key  string
	Note string // more about it, maybe
}

// Key implements Measure.
func (m Faults) Key() string {
	return key("faults/1", m.Rule.Key(), string(m.By), strconv.Itoa(newCountMap(m.Max).max))
}

// In returns what was found.
func (m Faults) In(p *Profile) *Found { return stateIn[*Found](p, m) }

func (m Faults) state() State { return newFound(m.Max) }

func (m Faults) folder(l *lexicon) folder {
	f := &faultFolder{rule: m.Rule, groups: l.column(m.By)}
	if b, is := m.Rule.(binder); is {
		f.rule = b.bind()
	}
	f.fault = f.note
	return f
}

// Found counts what is wrong by code: the state of Faults, and what an Index
// finds. The counts are exact; of the witnesses there are at most MaxWitnesses
// for each code, those whose SHA-256 of the key is smallest.
type Found struct {
	counts    *CountMap // by group and code
	witnesses map[string]*Bottom
}

// Codes that are none of a rule's, which have no such letters.
const (
	codeExamined = "\x00"
	codeFailed   = "\x01"
)

func newFound(max int) *Found {
	return &Found{newCountMap(max), map[string]*Bottom{}}
}

// Err implements State.
func (f *Found) Err() error { return f.counts.Err() }

// Examined returns how many records the rule applies to.
func (f *Found) Examined() uint64 { return f.sum(codeExamined) }

// Failed returns how many records have a fault at least.
func (f *Found) Failed() uint64 { return f.sum(codeFailed) }

// Count returns how many records have the fault.
func (f *Found) Count(code string) uint64 { return f.sum(code) }

func (f *Found) sum(code string) (n uint64) {
	for w, count := range f.counts.Cells() {
		if w[1] == code {
			n += count
		}
	}
	return n
}

// Codes returns the codes of the faults that were found, sorted.
func (f *Found) Codes() []string { return f.distinct(1, codeFailed) }

// Groups returns the groups with records that the rule applies to, sorted.
func (f *Found) Groups() []string { return f.distinct(0, "") }

// distinct returns the different words at a place of the cells, above a least
// one.
func (f *Found) distinct(at int, above string) (all []string) {
	for w := range f.counts.Cells() {
		if w[at] > above || above == "" {
			all = append(all, w[at])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Group returns how many of a group's records the rule applies to and how many
// of them have a fault.
func (f *Found) Group(group string) (examined, failed uint64) {
	return f.counts.Get(group, codeExamined), f.counts.Get(group, codeFailed)
}

// GroupCount returns how many of a group's records have the fault.
func (f *Found) GroupCount(group, code string) uint64 { return f.counts.Get(group, code) }

// Witnesses returns some of the records with the fault.
func (f *Found) Witnesses(code string) (all []Witness) {
	if b := f.witnesses[code]; b != nil {
		for _, it := range b.smallest() {
			all = append(all, Witness{it.key, it.note})
		}
	}
	return all
}

// witness returns the bottom list of a code.
func (f *Found) witness(code string) *Bottom {
	b := f.witnesses[code]
	if b == nil {
		b = newBottom(MaxWitnesses)
		f.witnesses[code] = b
	}
	return b
}

// put counts a fault and its witness.
func (f *Found) put(code string, key []byte, note func() string) {
	f.counts.add(tuple("", code), 1)
	if b, h := f.witness(code), hashKey(key); b.wants(h) {
		b.add(h, string(key), note())
	}
}

// take takes back what put did with the same note. It reports whether the
// witnesses are still known.
func (f *Found) take(code string, key []byte, note func() string) (known bool) {
	cell, b, h := tuple("", code), f.witness(code), hashKey(key)
	if f.counts.cells[cell]--; f.counts.cells[cell] == 0 {
		delete(f.counts.cells, cell)
	}
	known = !b.wants(h) || b.take(bottomItem{h, string(key), note(), 1})
	known = known && b.known()
	f.tidy()
	return known
}

func (f *Found) merge(after State) {
	o := after.(*Found)
	f.counts.merge(o.counts)
	for code, b := range o.witnesses {
		f.witness(code).merge(b)
	}
	f.tidy()
}

func (f *Found) sub(some State) bool {
	o := some.(*Found)
	if !f.counts.sub(o.counts) {
		return false
	}
	for code, b := range o.witnesses {
		if !f.witness(code).sub(b) {
			return false
		}
	}
	f.tidy()
	return true
}

// tidy drops what a state that was never more than this would not have.
func (f *Found) tidy() {
	maps.DeleteFunc(f.witnesses, func(_ string, b *Bottom) bool { return f.counts.over || len(b.items) == 0 })
}

func (f *Found) append(dst []byte, spare bool) []byte {
	dst = f.counts.append(dst)
	dst = binary.AppendUvarint(dst, uint64(len(f.witnesses)))
	for _, code := range slices.Sorted(maps.Keys(f.witnesses)) {
		dst = f.witnesses[code].append(appendString(dst, code), spare)
	}
	return dst
}

func (f *Found) read(d *decoder) {
	f.counts.read(d, 2)
	last := ""
	for n := d.most(uint64(f.counts.max)); n > 0 && !d.bad; n-- {
		code := string(d.bytes())
		if len(f.witnesses) > 0 && code <= last || f.counts.over {
			d.fail()
			return
		}
		f.witness(code).read(d)
		last = code
	}
}

// A faultFolder counts by the numbers of groups and codes.
type faultFolder struct {
	rule      Rule
	groups    *wordList
	fault     func(string)
	examined  []uint64 // by group
	failed    []uint64
	names     []string   // of the codes, which are few: they are the rule's, never the data's
	table     [][]uint64 // by code and group
	witnesses []*Bottom  // by code
	hit       []int      // codes of the current record
}

func (f *faultFolder) note(code string) {
	if at := f.number(code); !slices.Contains(f.hit, at) {
		f.hit = append(f.hit, at)
	}
}

// number returns a code's number, and gives it one.
func (f *faultFolder) number(code string) int {
	for at, name := range f.names {
		if name == code {
			return at
		}
	}
	f.names, f.table, f.witnesses = append(f.names, code), append(f.table, nil), append(f.witnesses, newBottom(MaxWitnesses))
	return len(f.names) - 1
}

func (f *faultFolder) add(r *Row) {
	f.hit = f.hit[:0]
	if !f.rule.Find(r, f.fault) {
		return
	}
	for _, g := range f.groups.now {
		for int(g) >= len(f.examined) {
			f.examined, f.failed = append(f.examined, 0), append(f.failed, 0)
		}
		f.examined[g]++
		if len(f.hit) > 0 {
			f.failed[g]++
			f.tally(int(g))
		}
	}
	for _, at := range f.hit {
		f.testify(r, f.witnesses[at])
	}
}

func (f *faultFolder) tally(group int) {
	for _, at := range f.hit {
		if need := group + 1 - len(f.table[at]); need > 0 {
			f.table[at] = append(f.table[at], make([]uint64, need)...)
		}
		f.table[at][group]++
	}
}

// testify keeps the record as a witness if it is among the smallest.
func (f *faultFolder) testify(r *Row, b *Bottom) {
	if h := r.keyHash(); b.wants(h) {
		b.add(h, string(r.Key), "")
	}
}

func (f *faultFolder) flush(to State) {
	s := to.(*Found)
	for g := range f.examined {
		group := f.groups.words[g]
		s.counts.add(tuple(group, codeExamined), f.examined[g])
		s.counts.add(tuple(group, codeFailed), f.failed[g])
	}
	for at, counts := range f.table {
		for g, n := range counts {
			s.counts.add(tuple(f.groups.words[g], f.names[at]), n)
		}
	}
	for at, b := range f.witnesses {
		s.witness(f.names[at]).merge(b)
		f.table[at], f.witnesses[at] = f.table[at][:0], newBottom(MaxWitnesses)
	}
	s.tidy()
	f.examined, f.failed = f.examined[:0], f.failed[:0]
}
