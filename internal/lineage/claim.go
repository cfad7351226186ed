package lineage

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"govd/internal/gov"
)

// A claim is what one event says about one field of a cell. Of all claims about
// a field the greatest holds: by rank, then when, then value. As that is a total
// order, no order of events and no repetition makes a difference.
type claim struct {
	field string
	rank  uint8
	when  int64 // Unix nanoseconds; negated where the earliest is to hold
	value string
}

func (c *claim) compare(d *claim) int {
	return cmp.Or(cmp.Compare(c.rank, d.rank), cmp.Compare(c.when, d.when), strings.Compare(c.value, d.value))
}

// maxFields bounds the fields of a cell: it holds those of the smallest names,
// and that too is the same in any order.
const maxFields = 300

// join returns the greatest claims of two lists that ascend by field.
func join(a, b []claim) (all []claim) {
	all = make([]claim, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].field < b[0].field:
			all, a = append(all, a[0]), a[1:]
		case len(a) == 0 || b[0].field < a[0].field:
			all, b = append(all, b[0]), b[1:]
		case a[0].compare(&b[0]) >= 0:
			all, a, b = append(all, a[0]), a[1:], b[1:]
		default:
			all, a, b = append(all, b[0]), a[1:], b[1:]
		}
	}
	return all[:min(len(all), maxFields)]
}

// settle sorts the claims of one event by field and joins those about the same.
func settle(claims []claim) []claim {
	slices.SortStableFunc(claims, func(c, d claim) int { return cmp.Or(strings.Compare(c.field, d.field), d.compare(&c)) })
	return slices.CompactFunc(claims, func(c, d claim) bool { return c.field == d.field })
}

// find returns the claim about a field, or nil.
func find(claims []claim, field string) *claim {
	i, ok := slices.BinarySearchFunc(claims, field, func(c claim, field string) int { return strings.Compare(c.field, field) })
	if !ok {
		return nil
	}
	return &claims[i]
}

// encodeCell returns the value of a cell. For each claim, ascending by field:
//
//	uvarint length | field | u8 rank | varint when | uvarint length | value
//
// It changes with the format of the store alone.
func encodeCell(claims []claim) []byte {
	var b []byte
	for i := range claims {
		c := &claims[i]
		b = append(appendString(b, c.field), c.rank)
		b = appendString(binary.AppendVarint(b, c.when), c.value)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decodeCell parses what encodeCell writes.
func decodeCell(b []byte) (claims []claim, err error) {
	for f := (fields{b: b}); len(f.b) > 0; {
		c := claim{field: f.string(), rank: f.byte(), when: f.varint(), value: f.string()}
		if f.bad || len(claims) > 0 && claims[len(claims)-1].field >= c.field {
			return nil, gov.Errorf(gov.Internal, "BAD_CELL", "bytes %.64x are no cell", b)
		}
		claims = append(claims, c)
	}
	return claims, nil
}

func (f *fields) string() string {
	n := f.uvarint()
	if f.bad = f.bad || n > uint64(len(f.b)); f.bad {
		return ""
	}
	s := string(f.b[:n])
	f.b = f.b[n:]
	return s
}

// appendEdge appends an edge as cells hold it, without its times. An end that is
// the node the cell is about is left empty.
//
//	u8 kind | u8 1 if inferred | str via | str from | str to
func appendEdge(b []byte, e *Edge, about gov.Node) []byte {
	b = append(b, byte(e.Kind), 0)
	if e.Inferred {
		b[len(b)-1] = 1
	}
	b = appendString(b, e.Via)
	for _, n := range [2]gov.Node{e.From, e.To} {
		if n == about {
			n = gov.Node{}
		}
		b = appendString(b, n.String())
	}
	return b
}

// decodeEdges parses what appendEdge writes, any number of times.
func decodeEdges(b string, when int64, about gov.Node) (edges []Edge, err error) {
	for f := (fields{b: []byte(b)}); len(f.b) > 0; {
		e := Edge{Kind: EdgeKind(f.byte()), Inferred: f.byte() == 1, Via: f.string(), Time: timeOf(when)}
		e.From, e.To = f.node(about), f.node(about)
		if f.bad {
			return nil, gov.Errorf(gov.Internal, "BAD_CELL", "bytes %.64x are no edges", b)
		}
		edges = append(edges, e)
	}
	return edges, nil
}

// node reads a node that was parsed before it was written.
func (f *fields) node(about gov.Node) gov.Node {
	kind, name, ok := strings.Cut(f.string(), ":")
	if !ok {
		f.bad = f.bad || kind != "" || about.Kind == ""
		return about
	}
	return gov.Node{Kind: gov.NodeKind(kind), Name: name}
}

// timeOf returns when a claim was made, whichever way it is ordered.
func timeOf(when int64) time.Time {
	if when < 0 {
		when = -when
	}
	return time.Unix(0, when).UTC()
}
