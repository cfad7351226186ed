package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"

	"govd/internal/gov"
)

// Tree nodes are stored in segments that are only ever appended, for a node's
// id is random and putting nodes under it would rewrite a page for each. The
// index says where a node lies. A segment may hold nodes that the index knows
// nothing of, or knows elsewhere: those are waste, left to Sweep.

// maxSegment is the size that a segment has at most, unless its one node is larger.
const maxSegment = 256 << 10

// A node in a segment follows its id and u32be length, so that a segment can
// be swept and the index be checked without other help.
const nodeHead = len(gov.Digest{}) + 4

// A place is where a node's frame lies.
type place struct {
	segment        uint64
	offset, length uint32
}

func (p place) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 16), p.segment)
	b = binary.BigEndian.AppendUint32(b, p.offset)
	return binary.BigEndian.AppendUint32(b, p.length)
}

func segmentKey(n uint64) key { return key(nil).uint64(n) }

// locate returns where the node lies, and whether it is stored.
func (tx *Tx) locate(id gov.Digest) (p place, found bool) {
	b := tx.get(nodeIndex, id[:])
	if len(b) != 16 {
		return place{}, false
	}
	return place{binary.BigEndian.Uint64(b), binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])}, true
}

// Node returns the frame of the node. It is valid until the transaction ends,
// and must not be changed. Returns gov.NotFound if the node is not stored.
func (tx *Tx) Node(id gov.Digest) ([]byte, error) {
	p, found := tx.locate(id)
	if !found {
		return nil, gov.Errorf(gov.NotFound, "NO_NODE", "no node %v", id)
	}
	return tx.frame(p)
}

// frame returns what lies at the place.
func (tx *Tx) frame(p place) ([]byte, error) {
	b := tx.get(nodeSegments, segmentKey(p.segment))
	end := uint64(p.offset) + uint64(p.length)
	if end > uint64(len(b)) {
		return nil, gov.Errorf(gov.Internal, "CORRUPT", "a node lies outside its segment")
	}
	return b[p.offset:end:end], nil
}

// A stored is a node as it lies in a segment.
type stored struct {
	id gov.Digest
	place
	frame []byte
}

// nodesOf yields the nodes of a segment.
func nodesOf(segment uint64, b []byte) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		for at := 0; at < len(b); {
			rest := b[at:]
			if len(rest) < nodeHead {
				yield(stored{}, errSegment)
				return
			}
			n := binary.BigEndian.Uint32(rest[nodeHead-4:])
			if uint64(n) > uint64(len(rest)-nodeHead) {
				yield(stored{}, errSegment)
				return
			}
			p := place{segment, uint32(at + nodeHead), n}
			if !yield(stored{gov.Digest(rest[:32]), p, rest[nodeHead:][:n:n]}, nil) {
				return
			}
			at += nodeHead + int(n)
		}
	}
}

var errSegment = errors.New("a segment ends within a node")

// Nodes calls fn with every node, one short transaction for each segment. The
// frame is valid during the call.
func (s *Store) Nodes(fn func(id gov.Digest, frame []byte) error) error {
	for next, more := segmentKey(0), true; more; {
		err := s.View(context.Background(), func(tx *Tx) error {
			more = false
			for k, b := range tx.scan(nodeSegments, span{from: next}) {
				next, more = append(bytes.Clone(k), 0), true
				return eachNode(k, b, fn)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func eachNode(k, segment []byte, fn func(id gov.Digest, frame []byte) error) error {
	for n, err := range nodesOf(binary.BigEndian.Uint64(k), segment) {
		if err != nil {
			return err
		}
		if err := fn(n.id, n.frame); err != nil {
			return err
		}
	}
	return nil
}

// A packer puts nodes into new segments of a transaction.
type packer struct {
	tx      *Tx
	segment uint64 // the number of the one that is being filled
	buf     []byte
	index   []indexed
}

type indexed struct {
	id gov.Digest
	at place
}

// newPacker returns a packer that begins a segment after all there are. A
// number is never used twice: Sweep leaves the last segment alone.
func newPacker(tx *Tx) *packer {
	p := &packer{tx: tx, segment: 1}
	if k := tx.last(nodeSegments); k != nil {
		p.segment = binary.BigEndian.Uint64(k) + 1
	}
	return p
}

func (p *packer) add(id gov.Digest, frame []byte) {
	if len(p.buf) > 0 && len(p.buf)+nodeHead+len(frame) > maxSegment {
		p.flush()
	}
	if p.buf == nil && len(p.index) > 0 { // the first may stay small
		p.buf = make([]byte, 0, maxSegment)
	}
	p.buf = append(p.buf, id[:]...)
	p.buf = binary.BigEndian.AppendUint32(p.buf, uint32(len(frame)))
	p.index = append(p.index, indexed{id, place{p.segment, uint32(len(p.buf)), uint32(len(frame))}})
	p.buf = append(p.buf, frame...)
}

func (p *packer) flush() {
	if len(p.buf) > 0 {
		p.tx.put(nodeSegments, segmentKey(p.segment), p.buf)
		p.buf = nil
		p.segment++
	}
}

// finish stores what is left and returns where the nodes lie.
func (p *packer) finish() []indexed {
	p.flush()
	return p.index
}

func (n indexed) put(tx *Tx) { tx.put(nodeIndex, n.id[:], n.at.encode()) }

// byID sorts for the index.
func byID(nodes []indexed) {
	slices.SortFunc(nodes, func(a, b indexed) int { return bytes.Compare(a.id[:], b.id[:]) })
}
