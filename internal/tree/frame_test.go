package tree

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// seal gives a frame's bytes the CRC that belongs to them.
func seal(b []byte) []byte {
	b = bytes.Clone(b)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// record encodes a record entry as a frame has it.
func record(shared, suffix int, size uint64, rest string) []byte {
	b := binary.AppendUvarint(nil, uint64(shared))
	b = binary.AppendUvarint(b, uint64(suffix))
	b = binary.AppendUvarint(b, size)
	return append(b, rest...)
}

// Property 12: only the one encoding of a node is accepted.
func TestFramesThatAreNotCanonicalAreRefused(t *testing.T) {
	head := []byte{'G', 1, 0, 0}
	leaf := func(n byte, entries ...[]byte) []byte {
		return seal(append(append(bytes.Clone(head), n), bytes.Join(entries, nil)...))
	}
	a, b := record(0, 2, 2, "aav"), record(1, 1, 2, "bv")
	for _, c := range []struct {
		name  string
		frame []byte
		bad   bool
	}{
		{"sound", leaf(2, a, b), false},
		{"erased", leaf(1, record(0, 1, 2<<1|1, "a"+strings.Repeat("h", 32))), false},
		{"longest value", seal(append(append(bytes.Clone(head), 1), record(0, 1, 2*maxValue, "a"+strings.Repeat("v", maxValue))...)), false},
		{"no bytes", nil, true},
		{"head alone", head, true},
		{"bad CRC", append(leaf(2, a, b)[:len(leaf(2, a, b))-1], 0), true},
		{"trailing byte", leaf(2, a, b, []byte{0}), true},
		{"fewer than it says", leaf(3, a, b), true},
		{"more than it says", leaf(1, a, b), true},
		{"no entries", leaf(0), true},
		{"same key twice", leaf(2, a, record(2, 0, 2, "v")), true},
		{"descending", leaf(2, record(0, 1, 2, "bv"), record(0, 1, 2, "av")), true},
		{"shares less than it can", leaf(2, a, record(0, 2, 2, "abv")), true},
		{"shares more than there is", leaf(2, a, record(3, 1, 2, "bv")), true},
		{"first shares", leaf(1, record(1, 1, 2, "av")), true},
		{"no key", leaf(1, record(0, 0, 2, "v")), true},
		{"long key", leaf(1, record(0, 1025, 0, strings.Repeat("k", 1025))), true},
		{"long value", leaf(1, record(0, 1, 2*(maxValue+1), "a"+strings.Repeat("v", maxValue+1))), true},
		{"erased, short hash", leaf(1, record(0, 1, 2<<1|1, "a"+strings.Repeat("h", 31))), true},
		{"long number", leaf(1, []byte{0x80, 0, 1, 2, 'a', 'v'}), true},
		{"endless number", leaf(1, []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80}), true},
		{"other magic", seal([]byte{'H', 1, 0, 0, 1, 0, 1, 2, 'a', 'v'}), true},
		{"other version", seal([]byte{'G', 2, 0, 0, 1, 0, 1, 2, 'a', 'v'}), true},
		{"flags", seal([]byte{'G', 1, 0, 1, 1, 0, 1, 2, 'a', 'v'}), true},
		{"record as reference", seal([]byte{'G', 1, 1, 0, 1, 0, 1, 2, 'a', 'v'}), true},
		{"level 16", seal(append([]byte{'G', 1, 16, 0, 1, 0, 1, 'a'}, make([]byte, refLen)...)), true},
		{"level 15", seal(append([]byte{'G', 1, 15, 0, 1, 0, 1, 'a'}, make([]byte, refLen)...)), false},
		{"beyond the greatest node", leaf(2, record(0, 1, 2*maxNode, "a"+strings.Repeat("v", maxNode)), record(0, 1, 0, "b")), true},
	} {
		_, _, err := decode(c.frame)
		if c.bad != (err != nil) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && gov.ReasonOf(err) != "BAD_NODE" {
			t.Errorf("%s: %v, want BAD_NODE", c.name, err)
		}
	}
}

// decode reads a frame and encodes it again.
func decode(frame []byte) (again []byte, keys []string, err error) {
	var s scan
	if err := s.openAny(frame); err != nil {
		return nil, nil, err
	}
	var body, last []byte
	for s.ok {
		body = appendEntry(body, s.level, last, &s.entry)
		last = append(last[:0], s.key...)
		keys = append(keys, string(s.key))
		if err := s.next(); err != nil {
			return nil, nil, err
		}
	}
	return appendFrame(s.level, s.n, body), keys, nil
}

// FuzzFrame: what is accepted encodes to the same bytes, has ascending keys, and
// took no more memory than the limits allow. The CRC is made right, so that the
// decoder behind it is reached.
func FuzzFrame(f *testing.F) {
	s := newShelf(f)
	numbered(60).build(f, tiny(1), s)
	for _, frame := range s.nodes {
		f.Add(frame[:len(frame)-frameFoot])
	}
	f.Add([]byte("G\x01\x00\x00\x01\x00\x01\x05a01234567890123456789012345678901"))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame := seal(b)
		again, keys, err := decode(frame)
		if err != nil {
			return
		}
		if !bytes.Equal(again, frame) {
			t.Errorf("%x encodes again to %x", frame, again)
		}
		for i := 1; i < len(keys); i++ {
			if keys[i-1] >= keys[i] {
				t.Errorf("key %q after %q", keys[i], keys[i-1])
			}
		}
	})
}

// VerifyFrame accepts a node's frame under its id and no other bytes.
func TestVerifyFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newShelf(t)
		m := drawModel.Draw(t, "records").edit([]Edit{put("k", "v")})
		root := m.build(t, tiny(1), s)
		for id, frame := range s.nodes {
			must(t, VerifyFrame(id, frame))
			body := frame[:len(frame)-frameFoot]
			bad := seal(flip(body, rapid.IntRange(0, 8*len(body)-1).Draw(t, "bit")))
			if err := VerifyFrame(id, bad); !errors.Is(err, gov.Invalid) || gov.ReasonOf(err) != "BAD_NODE" {
				t.Fatalf("a flipped bit: %v", err)
			}
		}
		if id := nodeID(0, nil); VerifyFrame(id, s.nodes[root.Root]) == nil {
			t.Error("accepted under another id")
		}
	})
}
