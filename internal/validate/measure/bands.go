package measure

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"sort"

	"govd/internal/gov"
	"govd/internal/tree"
)

// A bandPages keeps 64-bit hashes, all different, once for each band, so that
// the hashes with a given value in a band are found together. A page holds a
// range of a band: the hashes rotated so that the band comes first, ascending,
// 8 bytes each.
type bandPages struct {
	pages
	bits uint // 2^bits pages to a band
}

// bandsOfPile returns the bands beside a pile, with as many pages as that has,
// over all bands.
func bandsOfPile(p *pile, root gov.Tree) *bandPages {
	return &bandPages{pages{p.params, p.nodes, root}, max(p.bits, 2) - 2}
}

// rotated puts a band first.
func rotated(h uint64, band int) uint64 {
	return bits.RotateLeft64(h, 64-(band+1)*bandBits)
}

func restored(r uint64, band int) uint64 {
	return bits.RotateLeft64(r, (band+1)*bandBits-64)
}

func (b *bandPages) page(band int, r uint64) uint32 {
	return uint32(band)<<b.bits | uint32(r>>(64-b.bits))
}

// bucket calls yield for every hash that has h's value in a band, ascending by
// the bits after it.
func (b *bandPages) bucket(band int, h uint64, yield func(g uint64)) error {
	r := rotated(h, band)
	page, err := b.load(b.page(band, r))
	if err == nil {
		bucketOf(page, r, func(g uint64) { yield(restored(g, band)) })
	}
	return err
}

// bucketOf finds the hashes of a page that begin as r.
func bucketOf(page []byte, r uint64, yield func(g uint64)) {
	lo := r &^ (1<<(64-bandBits) - 1)
	at := sort.Search(len(page)/8, func(i int) bool { return binary.BigEndian.Uint64(page[8*i:]) >= lo })
	for ; 8*at < len(page); at++ {
		g := binary.BigEndian.Uint64(page[8*at:])
		if (g^r)>>(64-bandBits) != 0 {
			return
		}
		yield(g)
	}
}

// neighbours returns for each of the hashes those within the radius, if there
// are any. It reads a page once.
func (b *bandPages) neighbours(from tree.Source, hashes []uint64, radius int) (map[uint64][]uint64, error) {
	near := map[uint64][]uint64{}
	r, err := b.reader(from)
	if err != nil {
		return nil, err
	}
	for band := range bands {
		for _, t := range turn(hashes, band) {
			page, err := r.load(b.page(band, t))
			if err != nil {
				return nil, err
			}
			h := restored(t, band)
			bucketOf(page, t, func(g uint64) {
				if g = restored(g, band); isNear(g, h, radius, band) {
					near[h] = append(near[h], g)
				}
			})
		}
	}
	return near, nil
}

// isNear reports whether two hashes are within the radius and not the same, and
// are met in this band first.
func isNear(g, h uint64, radius, band int) bool {
	d := bits.OnesCount64(g ^ h)
	return d > 0 && d <= radius && firstEqual(g^h) == band
}

// edit adds hashes that are not there and removes others that are.
func (b *bandPages) edit(come, gone []uint64) error {
	had, err := b.reader(b.nodes)
	if err != nil {
		return err
	}
	root, err := tree.Mutate(b.params, b.nodes, b.nodes, b.root, func(yield func(tree.Edit, error) bool) {
		for band := range bands {
			if !b.editBand(band, had, turn(come, band), turn(gone, band), yield) {
				return
			}
		}
	})
	if err == nil {
		b.root = root
	}
	return err
}

// turn returns some hashes rotated, in order.
func turn(hashes []uint64, band int) []uint64 {
	out := make([]uint64, len(hashes))
	for i, h := range hashes {
		out[i] = rotated(h, band)
	}
	slices.Sort(out)
	return out
}

// fill writes all bands of hashes, which it puts in another order. It calls also
// for each band with the hashes as turnAll orders them.
func (b *bandPages) fill(hashes []uint64, also func(band int, sorted []uint64) error) error {
	root, err := tree.Mutate(b.params, b.nodes, b.nodes, b.params.Empty(), func(yield func(tree.Edit, error) bool) {
		err := turnAll(hashes, func(band int, sorted []uint64) error {
			if !b.fillBand(band, sorted, yield) {
				return errStopped
			}
			return also(band, sorted)
		})
		if err != nil && err != errStopped {
			yield(tree.Edit{}, err)
		}
	})
	if err == nil {
		b.root = root
	}
	return err
}

// errStopped says that nobody wants any more edits.
var errStopped = errors.New("stopped")

func (b *bandPages) fillBand(band int, sorted []uint64, yield func(tree.Edit, error) bool) bool {
	var value []byte
	for len(sorted) > 0 {
		page := b.page(band, rotated(sorted[0], band))
		value = append(value[:0], make([]byte, partsLen)...)
		for len(sorted) > 0 && b.page(band, rotated(sorted[0], band)) == page {
			value, sorted = binary.BigEndian.AppendUint64(value, rotated(sorted[0], band)), sorted[1:]
		}
		if !writePage(page, value, 0, yield) {
			return false
		}
	}
	return true
}

// turnAll calls do for every band with the hashes in the order that they have
// when they are rotated to it. The order for a band is that for the band before,
// sorted by this band's 16 bits, so that takes one counting pass.
func turnAll(hashes []uint64, do func(band int, sorted []uint64) error) error {
	from, to := hashes, make([]uint64, len(hashes))
	for band := 1; band < bands; band++ {
		from, to = byBand(from, to, band), from
	}
	for band := range bands {
		from, to = byBand(from, to, band), from
		if err := do(band, from); err != nil {
			return err
		}
	}
	return nil
}

// byBand puts hashes into to, by one band; what is equal there stays in order.
func byBand(hashes, to []uint64, band int) []uint64 {
	next := make([]uint32, 1<<bandBits+1)
	for _, h := range hashes {
		next[int(uint16(h>>(band*bandBits)))+1]++
	}
	for i := 1; i < len(next); i++ {
		next[i] += next[i-1]
	}
	for _, h := range hashes {
		at := &next[uint16(h>>(band*bandBits))]
		to[*at] = h
		*at++
	}
	return to
}

func (b *bandPages) editBand(band int, pages *pageReader, come, gone []uint64, yield func(tree.Edit, error) bool) bool {
	var value []byte
	for len(come) > 0 || len(gone) > 0 {
		page := b.page(band, least(come, gone))
		had, err := pages.load(page)
		if err != nil {
			return yield(tree.Edit{}, err)
		}
		var in, out []uint64
		in, come = b.cut(band, page, come)
		out, gone = b.cut(band, page, gone)
		value = mergeBand(value[:0], had, in, out)
		if !writePage(page, value, len(had), yield) {
			return false
		}
	}
	return true
}

func least(a, b []uint64) uint64 {
	switch {
	case len(a) == 0:
		return b[0]
	case len(b) == 0:
		return a[0]
	}
	return min(a[0], b[0])
}

// cut returns the hashes of a page and the rest.
func (b *bandPages) cut(band int, page uint32, all []uint64) (of, rest []uint64) {
	n := 0
	for n < len(all) && b.page(band, all[n]) == page {
		n++
	}
	return all[:n], all[n:]
}

// mergeBand appends the page after room for its number of parts.
func mergeBand(dst, had []byte, in, out []uint64) []byte {
	dst = append(dst, make([]byte, partsLen)...)
	for len(had) > 0 || len(in) > 0 {
		if len(had) == 0 || len(in) > 0 && in[0] < binary.BigEndian.Uint64(had) {
			dst, in = binary.BigEndian.AppendUint64(dst, in[0]), in[1:]
			continue
		}
		if h := binary.BigEndian.Uint64(had); len(out) > 0 && out[0] == h {
			out = out[1:]
		} else {
			dst = append(dst, had[:8]...)
		}
		had = had[8:]
	}
	return dst
}
