package imagefacts

// A box shrinks or enlarges an image by averaging: each cell of w x h is the
// mean of the part of the image that it covers, pixels it covers partly
// counted by that part. All in integers: a pixel is w units wide and a cell as
// many as the image has columns, and so with the rows.
type box[T byte | uint16] struct {
	w, h       int // cells
	srcW, srcH int // pixels
	row        []uint64
	sums       []uint64 // of pixel x covered area; srcW*srcH units of area a cell
}

func newBox[T byte | uint16](w, h, srcW, srcH int) *box[T] {
	return &box[T]{w: w, h: h, srcW: srcW, srcH: srcH, row: make([]uint64, w), sums: make([]uint64, w*h)}
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
	for cell := range b.row {
		from, to := cell*b.srcW, (cell+1)*b.srcW
		first, last := from/b.w, to/b.w
		var whole uint64
		for _, v := range row[first:last] {
			whole += uint64(v)
		}
		sum := whole*uint64(b.w) - uint64(from-first*b.w)*uint64(row[first])
		if rest := to - last*b.w; rest > 0 {
			sum += uint64(rest) * uint64(row[last])
		}
		b.row[cell] = sum
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
