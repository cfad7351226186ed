package measure

// A lexicon gives the words of some columns numbers, so that measures of the
// same records count by number and look each word up once.
type lexicon struct {
	columns []*wordList
	row     int
}

// A wordList is a column's words so far and those of the current record.
type wordList struct {
	column Column
	source source
	words  []string
	ids    map[string]uint32
	seen   []int    // the last record with each word
	now    []uint32 // the words of the current record, each once
	recent [64]recentWord
	row    int
	accept func([]byte)
}

func (l *lexicon) column(c Column) *wordList {
	for _, w := range l.columns {
		if w.column == c {
			return w
		}
	}
	w := &wordList{column: c, source: c.source()}
	w.accept = w.word
	w.reset()
	l.columns = append(l.columns, w)
	return w
}

func (w *wordList) reset() {
	w.words, w.seen, w.ids, w.recent = nil, nil, map[string]uint32{}, [64]recentWord{}
}

// begin makes ready for another subtree: what it has too many words of must not
// depend on what was before.
func (l *lexicon) begin() {
	for _, w := range l.columns {
		if len(w.words) > DefaultCells {
			w.reset()
		}
	}
}

func (l *lexicon) read(r *Row) {
	l.row++
	for _, w := range l.columns {
		w.now, w.row = w.now[:0], l.row
		w.source.each(r, w.accept)
		if len(w.now) == 0 {
			w.word(nil)
		}
	}
}

// A recentWord is a word of 8 bytes at most that was looked up before.
type recentWord struct {
	bytes uint64
	size  uint8 // one more than the word's
	id    uint32
}

func (w *wordList) word(word []byte) {
	id := w.number(word)
	if w.seen[id] != w.row {
		w.seen[id] = w.row
		w.now = append(w.now, id)
	}
}

// number returns a word's number, and gives it one.
func (w *wordList) number(word []byte) uint32 {
	if len(word) > 8 {
		return w.lookUp(word)
	}
	var bytes uint64
	for i, b := range word {
		bytes |= uint64(b) << (8 * i)
	}
	r := &w.recent[(bytes*0x9e3779b97f4a7c15)>>58]
	if size := uint8(len(word) + 1); r.bytes != bytes || r.size != size {
		*r = recentWord{bytes, size, w.lookUp(word)}
	}
	return r.id
}

func (w *wordList) lookUp(word []byte) uint32 {
	if id, known := w.ids[string(word)]; known {
		return id
	}
	return w.grow(string(word))
}

// grow adds a word. Past the most cells of any count the last word stands for
// all others: whoever counts by this column says so.
func (w *wordList) grow(word string) uint32 {
	if len(w.words) > MaxCells {
		return MaxCells
	}
	id := uint32(len(w.words))
	w.words, w.seen = append(w.words, word), append(w.seen, 0)
	w.ids[word] = id
	return id
}
