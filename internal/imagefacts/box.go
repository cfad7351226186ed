package imagefacts

// A box shrinks or enlarges an image by averaging: each cell of w x h is the
// mean of the part of the image that it covers, pixels it covers partly
// counted by that part. All in integers: a pixel is w units wide and a cell as
// many as the image has columns, and so with the rows.
type box[T byte | uint16] struct {
	w, h       int // cells
	srcW, srcH int // pixels
	cells      []span
	row        []uint64
	sums       []uint64 // of pixel x covered area; srcW*srcH units of area a cell
}

// A span is the columns that a cell covers: from first up to last, less the
// part of the first that is before the cell, and the part of last that is in it.
type span struct {
	first, last  int
	before, part uint64
}

func newBox[T byte | uint16](w, h, srcW, srcH int) *box[T] {
	b := &box[T]{w: w, h: h, srcW: srcW, srcH: srcH, cells: make([]span, w), row: make([]uint64, w), sums: make([]uint64, w*h)}
	for cell := range b.cells {
		from, to := cell*srcW, (cell+1)*srcW
		b.cells[cell] = span{from / w, to / w, uint64(from % w), uint64(to % w)}
	}
	return b
}

// add takes in row y of the image.
func (b *box[T]) add(y int, row []T) {
	b.across(row)
	from, to := y*b.h, (y+1)*b.h
	for cell := from / b.srcH; cell*b.srcH < to; cell++ {
		covered := uint64(min(to, (cell+1)*b.srcH) - max(from, cell*b.srcH))
		sums := b.sums[cell*b.w:][:b.w]
		for i, v := range b.row {
			sums[i] += covered * v
		}
	}
}

// across writes the sums of one row's cells.
func (b *box[T]) across(row []T) {
	width := uint64(b.w)
	for i := range b.cells {
		c := &b.cells[i]
		var whole uint64
		for _, v := range row[c.first:c.last] {
			whole += uint64(v)
		}
		sum := whole*width - c.before*uint64(row[c.first])
		if c.part > 0 {
			sum += c.part * uint64(row[c.last])
		}
		b.row[i] = sum
	}
}

// means returns the cells in 256ths, rounded.
func (b *box[T]) means() []uint16 {
	area := uint64(b.srcW) * uint64(b.srcH)
	means := make([]uint16, len(b.sums))
	for i, s := range b.sums {
		means[i] = uint16((s*256 + area/2) / area)
	}
	return means
}
