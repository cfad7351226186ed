package measure

import (
	"slices"
	"strconv"
)

// A Tally counts records by the words of up to four columns: classes, splits,
// groups, cross-tabs, coverage of conditions. A record with several words in a
// column counts once for each.
type Tally struct {
	Columns [4]Column // None ends them
	Max     int       // cells; 0: DefaultCells
}

// Key implements Measure.
func (m Tally) Key() string {
	return key("tally/1", append(m.columns(), Column(strconv.Itoa(newCountMap(m.Max).max)))...)
}

// In returns the counts, by a word for each column.
func (m Tally) In(p *Profile) *Counts { return stateIn[*Counts](p, m) }

func (m Tally) columns() []Column {
	all := m.Columns[:]
	if end := slices.Index(all, None); end >= 0 {
		all = all[:end]
	}
	return slices.Clone(all)
}

func (m Tally) state() State { return &Counts{*newCountMap(m.Max), len(m.columns())} }

func (m Tally) folder(l *lexicon) folder {
	f := &tallyFolder{cells: map[cell]uint64{}}
	for _, c := range m.columns() {
		f.lists = append(f.lists, l.column(c))
	}
	return f
}

// Counts are the state of a Tally.
type Counts struct {
	CountMap
	arity int
}

func (c *Counts) merge(after State) { c.CountMap.merge(&after.(*Counts).CountMap) }

func (c *Counts) sub(some State) bool                  { return c.CountMap.sub(&some.(*Counts).CountMap) }
func (c *Counts) append(dst []byte, spare bool) []byte { return c.CountMap.append(dst) }
func (c *Counts) read(d *decoder)                      { c.CountMap.read(d, c.arity) }

// A cell is the numbers of its words.
type cell [4]uint32

// A tallyFolder counts cells of two words at most, none of them numbered above
// tableSide, in a table whose rows are as long as they have to be, and the
// others in a map.
type tallyFolder struct {
	lists []*wordList
	table [][]uint64
	cells map[cell]uint64
}

const tableSide = 256

func (f *tallyFolder) add(*Row) {
	switch len(f.lists) {
	case 1:
		for _, a := range f.lists[0].now {
			f.count(a, 0)
		}
	case 2:
		for _, a := range f.lists[0].now {
			for _, b := range f.lists[1].now {
				f.count(a, b)
			}
		}
	default:
		f.cross(cell{}, 0)
	}
}

func (f *tallyFolder) count(a, b uint32) {
	if a >= tableSide || b >= tableSide {
		f.cells[cell{a, b}]++
		return
	}
	if need := int(a) + 1 - len(f.table); need > 0 {
		f.table = append(f.table, make([][]uint64, need)...)
	}
	row := f.table[a]
	if int(b) >= len(row) {
		row = append(row, make([]uint64, int(b)+1-len(row))...)
		f.table[a] = row
	}
	row[b]++
}

// cross counts every combination of the words from column i on.
func (f *tallyFolder) cross(c cell, i int) {
	if i == len(f.lists) {
		f.cells[c]++
		return
	}
	for _, id := range f.lists[i].now {
		c[i] = id
		f.cross(c, i+1)
	}
}

func (f *tallyFolder) flush(to State) {
	counts := &to.(*Counts).CountMap
	for a, row := range f.table {
		for b, n := range row {
			counts.add(f.key(cell{uint32(a), uint32(b)}), n)
		}
		clear(row)
	}
	for c, n := range f.cells {
		counts.add(f.key(c), n)
	}
	clear(f.cells)
}

func (f *tallyFolder) key(c cell) string {
	var b []byte
	for i, l := range f.lists {
		b = appendString(b, l.words[c[i]])
	}
	return string(b)
}
