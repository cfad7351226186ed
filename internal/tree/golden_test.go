package tree

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dchest/siphash"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

// plain computes a root straight from the text of the format, with none of the
// package's code: the definition of what a tree is.
type plain struct {
	salt               [16]byte
	target, min, max   int64
	minFan             int
	records, rootBytes uint64
	level              byte
}

type plainEntry struct {
	key, value     []byte
	records, bytes uint64
}

func sum(parts ...any) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		switch p := p.(type) {
		case []byte:
			b.Write(p)
		case string:
			b.WriteString(p)
		default:
			binary.Write(&b, binary.BigEndian, p)
		}
	}
	h := sha256.Sum256(b.Bytes())
	return h[:]
}

func (p *plain) params() []byte {
	return sum(byte(0x15), uint16(1), uint32(p.target), uint32(p.min), uint32(p.max), uint16(p.minFan), sum(byte(0x16), p.salt[:]))
}

func (p *plain) root(m model) []byte {
	var es []plainEntry
	for _, k := range m.keys() {
		es = append(es, plainEntry{[]byte(k), []byte(m[k]), 1, uint64(len(k) + len(m[k]))})
	}
	if len(es) == 0 {
		return sum(byte(0x13), byte(0), uint32(0), make([]byte, 32))
	}
	for p.level = 0; ; p.level++ {
		var up []plainEntry
		size, begin := int64(0), 0
		for i, e := range es {
			size += int64(len(e.key) + len(e.value))
			if i == len(es)-1 || p.ends(e, size, i-begin+1) {
				up = append(up, p.node(es[begin:i+1]))
				size, begin = 0, i+1
			}
		}
		if es = up; len(es) == 1 {
			p.records, p.rootBytes = es[0].records, es[0].bytes
			return es[0].value[:32]
		}
	}
}

func (p *plain) ends(e plainEntry, size int64, n int) bool {
	if p.level > 0 && n < p.minFan || size < p.min {
		return false
	}
	if size > p.max {
		return true
	}
	k0, k1 := binary.LittleEndian.Uint64(p.salt[:8]), binary.LittleEndian.Uint64(p.salt[8:])
	h := new(big.Int).SetUint64(siphash.Hash(k0, k1^uint64(p.level), e.key) & 0xffffffff)
	scale := big.NewInt((112*p.target + 50) / 100)
	left := h.Mul(h, scale.Exp(scale, big.NewInt(3), nil))
	right := big.NewInt(3 * int64(len(e.key)+len(e.value)))
	right.Mul(right, big.NewInt(size*size))
	return left.Cmp(right.Lsh(right, 32)) < 0
}

func (p *plain) node(es []plainEntry) plainEntry {
	tag := byte(0x10)
	if p.level > 0 {
		tag = 0x11
	}
	var hashes [][]byte
	up := plainEntry{key: es[len(es)-1].key}
	for _, e := range es {
		hashes = append(hashes, sum(tag, binary.AppendUvarint(nil, uint64(len(e.key))), e.key, e.value))
		up.records, up.bytes = up.records+e.records, up.bytes+e.bytes
	}
	id := sum(byte(0x13), p.level, uint32(len(es)), plainTop(hashes))
	up.value = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(id, up.records), up.bytes)
	return up
}

// plainTop is RFC 6962's definition with other leaves and another tag.
func plainTop(h [][]byte) []byte {
	if len(h) == 1 {
		return h[0]
	}
	k := 1
	for 2*k < len(h) {
		k *= 2
	}
	return sum(byte(0x12), plainTop(h[:k]), plainTop(h[k:]))
}

func TestRootIsWhatTheFormatSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		salt := [16]byte{rapid.Byte().Draw(t, "salt"), 15: rapid.Byte().Draw(t, "salt's end")}
		m := drawModel.Draw(t, "records")
		small := &plain{salt: salt, target: 64, min: 16, max: 256, minFan: 2}
		checkPlain(t, small, newParams(salt, 64, 16, 256, 2), m)
	})
	m := model{}
	r := rand.New(rand.NewPCG(1, 9))
	for i := range 8000 {
		m[fmt.Sprintf("%0*d", 10+r.IntN(40), i)] = strings.Repeat("v", r.IntN(300))
	}
	whole := &plain{salt: [16]byte{3}, target: 4096, min: 512, max: 16384, minFan: 8}
	checkPlain(t, whole, NewParams([16]byte{3}), m)
}

func checkPlain(t tb, plain *plain, p *Params, m model) {
	t.Helper()
	want := gov.Tree{Params: gov.Digest(plain.params()), Root: gov.Digest(plain.root(m)), Level: plain.level, Records: plain.records, Bytes: plain.rootBytes}
	if got := m.build(t, p, nowhere{}); got != want {
		t.Errorf("tree %+v, want %+v", got, want)
	}
}

// Property 11: these never change, on any machine.
func TestGoldenRoots(t *testing.T) {
	salt := [16]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	p := NewParams(salt)
	if got, want := SaltCommitment(salt).String(), "sha256:47319c1150496aca7a90c1759a860c70228d1325c2213aee8579a5abc0f5af09"; got != want {
		t.Errorf("salt commitment %s, want %s", got, want)
	}
	if got, want := p.Hash().String(), "sha256:56b7e5dc7281018e255a6170c201b310c5c6699550a97fabab935bdd8ee3d1c5"; got != want {
		t.Errorf("params %s, want %s", got, want)
	}
	for _, c := range []struct {
		records int
		want    string
	}{
		{0, "sha256:9f5d34cb05bafd97737203b9d7422cfdb7bc0d730973a44d293080908404de87 level 0 records 0 bytes 0"},
		{1, "sha256:87ff2687d59e560f575d82d059d91ba12a9ad9774b00a1c9dd4b774143dfbf77 level 0 records 1 bytes 12"},
		{2, "sha256:872c014c288d6570aae0fcd46bd44b610b6b5ad7d98e17c248ae152f74880395 level 0 records 2 bytes 24"},
		{100, "sha256:a3b788100a8b18d9da04637aea09d8e7dff4fe8caee10c53c1c616a9ae12252b level 0 records 100 bytes 1383"},
		{1000, "sha256:001adeb87f28fcf27b89277c864ade5fa95c9f45a7fe84827222fd54c3f836af level 1 records 1000 bytes 14840"},
		{100_000, "sha256:7d233006411804dbb03dc8c3901f53ca41011748d33cd98e47792832f3204566 level 2 records 100000 bytes 1774125"},
	} {
		root := numbered(c.records).build(t, p, nowhere{})
		if got := fmt.Sprintf("%s level %d records %d bytes %d", root.Root, root.Level, root.Records, root.Bytes); got != c.want {
			t.Errorf("%d records: %s, want %s", c.records, got, c.want)
		}
	}
}

// The frame may change, with another version number; a file holds what was
// written before.
func TestGoldenFrames(t *testing.T) {
	s := newShelf(t)
	root := model{"a": "1", "ab": "", "b": "22"}.build(t, newParams([16]byte{}, 4, 1, 8, 2), s)
	s.erase(t, root, model{"b": "22"})
	var leaves []string
	must(t, Mark(s, root, func(id gov.Digest, inner bool) bool {
		leaves = append(leaves, hex.EncodeToString(s.nodes[id]))
		return true
	}))
	if got, want := strings.Join(leaves, "\n"), strings.Join([]string{
		"4701010002000261621327e744f6c3d7c03a865d3f0858c81fbe5075b5bf8150970a1c37bd7eef452b00000000000000020000000000000004000162aecf835c4792ced1bb5647323c211b8805838b27b722d0d42323ccdfb0af6c72000000000000000100000000000000032200bcc6",
		"47010000020001026131010100621aa3d698",
		"470100000100010562efc43cc2d00ba41d131bd306d7a897b1541e6eba885ce9b3f666aa7e6ab429290fded055",
	}, "\n"); got != want {
		t.Errorf("frames\n%s\nwant\n%s", got, want)
	}
}
