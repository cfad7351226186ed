package store

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
	"time"

	"govd/internal/gov"
)

// NodeNumber returns the number of a node of the lineage, 0 if it has none.
func (tx *Tx) NodeNumber(n gov.Node) uint64 {
	at := tx.get(lineageNumbers, key(nil).str(n.String()))
	if len(at) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(at)
}

// NodeInfo returns what is kept of the node with a number. Returns gov.NotFound
// if there is none. Nodes share their lists of projects, which must not be
// written to.
func (tx *Tx) NodeInfo(number uint64) (n gov.NodeInfo, err error) {
	if tx.over != nil {
		return lineageNodes.get(tx, number)
	}
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], number)
	s := tx.seeker(lineageNodeTable)
	k, v := s.seek(at[:])
	if !bytes.Equal(k, at[:]) {
		return n, lineageNodes.none(number)
	}
	if tx.projects == nil {
		tx.projects = map[string][]gov.Project{}
	}
	n, err = decodeNode(rawValue(v), tx.projects)
	if err != nil {
		err = unreadable(err, lineageNodes.noun)
	}
	return n, err
}

// PutNodeInfo inserts or replaces what is kept of a node.
func (tx *Tx) PutNodeInfo(number uint64, n gov.NodeInfo) error {
	return lineageNodes.put(tx, number, n)
}

// AddNode inserts a node that has no number yet, under a new one.
func (tx *Tx) AddNode(number uint64, n gov.NodeInfo) {
	at := lineageNodes.key(number)
	tx.put(lineageNodeTable, at, appendNode([]byte{formatBinary}, n))
	tx.put(lineageNumbers, key(nil).str(n.String()), at)
}

// LineageRow returns the value of a row of the lineage, nil if there is none. It
// is valid until the transaction ends.
func (tx *Tx) LineageRow(at []byte) []byte { return rawValue(tx.get(lineageEdges, at)) }

// LineageRows yields the rows whose keys begin with a prefix, ascending. They
// are valid until the transaction ends. The prefix is free to change once the
// first of them is there.
func (tx *Tx) LineageRows(prefix []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		if tx.over != nil {
			for k, v := range tx.scan(lineageEdges, under(prefix)) {
				if !yield(k, rawValue(v)) {
					return
				}
			}
			return
		}
		s := tx.seeker(lineageEdges)
		k, v := s.seek(prefix)
		if !bytes.HasPrefix(k, prefix) {
			return
		}
		for prefix := k[:len(prefix)]; bytes.HasPrefix(k, prefix); k, v = s.next() {
			moves := s.moves
			if !yield(k, rawValue(v)) {
				return
			}
			if s.moves != moves {
				s.seek(k) // who got the row looked at others
			}
		}
	}
}

// PutLineageRow writes a row, whose keys and values are made by package lineage.
// It keeps the key.
func (tx *Tx) PutLineageRow(at, value []byte) { tx.put(lineageEdges, at, binaryBytes(value)) }

func binaryBytes(b []byte) []byte { return append([]byte{formatBinary}, b...) }

// Cell returns what imported events amount to under a key, nil if nothing. It is
// valid until the transaction ends.
func (tx *Tx) Cell(at string) []byte { return rawValue(tx.get(lineageCellTable, key(at))) }

// Cells yields the cells whose keys begin with a prefix, ascending.
func (tx *Tx) Cells(prefix string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		at := key(prefix)
		if !tx.any(lineageCellTable, at) {
			return
		}
		for k, v := range tx.scan(lineageCellTable, under(at)) {
			if !yield(string(k), rawValue(v)) {
				return
			}
		}
	}
}

// PutCell writes a cell, or removes it if the value is nil.
func (tx *Tx) PutCell(at string, value []byte) {
	if value == nil {
		tx.remove(lineageCellTable, key(at))
		return
	}
	tx.put(lineageCellTable, key(at), binaryBytes(value))
}

// An EventPlace is where the bytes of an imported event lie: in the document of
// the entry that imported it.
type EventPlace struct {
	Entry          uint64
	Offset, Length uint32
}

// Event returns where an imported event lies, and whether it does.
func (tx *Tx) Event(d gov.Digest) (EventPlace, bool, error) { return lineageEvents.find(tx, d) }

// PutEvent says where an imported event lies.
func (tx *Tx) PutEvent(d gov.Digest, p EventPlace) error { return lineageEvents.put(tx, d, p) }

// A Drop says that a dataset elsewhere was dropped, as an entry told.
type Drop struct {
	Dataset gov.Node
	Entry   uint64
}

// PutDrop says when a dataset was dropped last, from an entry on.
func (tx *Tx) PutDrop(d Drop, t time.Time) error { return lineageDrops.put(tx, d, t.UnixNano()) }

// Dropped returns when a dataset was dropped last, of all that entries up to one
// told; the zero time if none did.
func (tx *Tx) Dropped(dataset gov.Node, entry uint64) (time.Time, error) {
	of := key(nil).str(dataset.String())
	for nanos, err := range lineageDrops.list(tx, span{from: of, to: of.uint64(entry + 1), reverse: true}) {
		return time.Unix(0, nanos).UTC(), err
	}
	return time.Time{}, nil
}

// AnyDropped reports whether a dataset was ever dropped.
func (tx *Tx) AnyDropped() bool {
	for range lineageDrops.list(tx, span{}) {
		return true
	}
	return false
}

// rawValue takes the format off a value of bytesValue.
func rawValue(b []byte) []byte {
	if len(b) == 0 || b[0] != formatBinary {
		return nil
	}
	return b[1:]
}

var lineageNodes = &table[uint64, gov.NodeInfo]{
	bucket: lineageNodeTable, noun: "node", missing: "NO_NODE",
	key:   func(n uint64) key { return key(nil).uint64(n) },
	parse: func(p *parts) uint64 { return p.uint64() },
	codec: nodeValue,
	indexes: []index[gov.NodeInfo]{
		{bucket: lineageNumbers, taken: "NODE_TAKEN", keys: func(n gov.NodeInfo) []key { return []key{key(nil).str(n.String())} }},
	},
}

// A rawKey is a key that another package made.
func rawKey(k string) key         { return key(k) }
func parseRawKey(p *parts) string { return string(p.take(len(p.rest))) }

var lineageRows = &table[string, []byte]{
	bucket: lineageEdges, noun: "row", missing: "NO_ROW", key: rawKey, parse: parseRawKey, codec: bytesValue,
}

var lineageCells = &table[string, []byte]{
	bucket: lineageCellTable, noun: "cell", missing: "NO_CELL", key: rawKey, parse: parseRawKey, codec: bytesValue,
}

var lineageEvents = &table[gov.Digest, EventPlace]{
	bucket: lineageEventTable, noun: "event", missing: "NO_EVENT", key: key(nil).digest, parse: (*parts).digest,
	codec: binaryValue(
		func(b []byte, p EventPlace) []byte {
			b = binary.BigEndian.AppendUint64(b, p.Entry)
			return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, p.Offset), p.Length)
		},
		func(b []byte) (p EventPlace, err error) {
			if len(b) != 16 {
				return p, errLength
			}
			return EventPlace{binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])}, nil
		}),
}

var lineageDrops = &table[Drop, int64]{
	bucket: lineageDropTable, noun: "drop", missing: "NO_DROP",
	key: func(d Drop) key { return key(nil).str(d.Dataset.String()).uint64(d.Entry) },
	parse: func(p *parts) (d Drop) {
		d.Dataset, _ = trustedNode(p.str()) // one that is none gives another key, which the check of the table finds
		d.Entry = p.uint64()
		return d
	},
	codec: binaryValue(
		func(b []byte, nanos int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(nanos)) },
		func(b []byte) (int64, error) {
			if len(b) != 8 {
				return 0, errLength
			}
			return int64(binary.BigEndian.Uint64(b)), nil
		}),
}

// A node's value is its Since, its projects and its text.
var nodeValue = binaryValue(appendNode, func(b []byte) (gov.NodeInfo, error) { return decodeNode(b, nil) })

func appendNode(b []byte, n gov.NodeInfo) []byte {
	b = binary.AppendUvarint(b, n.Since)
	b = append(b, byte(len(n.Projects)))
	for _, p := range n.Projects {
		b = append(append(b, byte(len(p))), p...)
	}
	return append(b, n.String()...)
}

// decodeNode takes a node's value apart. Known are lists of projects by their
// bytes; nil: none are kept.
func decodeNode(b []byte, known map[string][]gov.Project) (n gov.NodeInfo, err error) {
	since, size := binary.Uvarint(b)
	if size <= 0 {
		return n, errLength
	}
	projects, text, ok := cutProjects(b[size:])
	if !ok {
		return n, errLength
	}
	n.Since = since
	if n.Projects, ok = known[string(projects)]; !ok {
		n.Projects = parseProjects(projects)
		if known != nil {
			known[string(projects)] = n.Projects
		}
	}
	n.Node, err = trustedNode(string(text))
	return n, err
}

// cutProjects parts the list of projects at the beginning from what follows it.
func cutProjects(b []byte) (projects, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	end := 1
	for range b[0] {
		if end >= len(b) {
			return nil, nil, false
		}
		end += 1 + int(b[end])
	}
	if end > len(b) {
		return nil, nil, false
	}
	return b[:end], b[end:], true
}

// parseProjects parses a list that cutProjects cut. Whoever appends to it gets a
// list of its own.
func parseProjects(b []byte) (all []gov.Project) {
	for b = b[1:]; len(b) > 0; b = b[1+int(b[0]):] {
		all = append(all, gov.Project(b[1:1+int(b[0])]))
	}
	return slices.Clip(all)
}
