package draw

// rounds is how often the ranks are placed, to the right and to the left in
// turn.
const rounds = 8

// place moves each vertex as near to the middle of its neighbours as the order
// of its rank allows, then the whole to the edge.
func (l *layout) place() {
	l.y = make([]int, len(l.rank))
	for i := range rounds {
		for j := range l.ranks {
			if i%2 == 1 {
				j = len(l.ranks) - 1 - j
			}
			l.placeRank(l.ranks[j], i)
		}
	}
	top := 0
	for v, y := range l.y {
		if edge := y - l.height(v)/2; v == 0 || edge < top {
			top = edge
		}
	}
	for v := range l.y {
		l.y[v] += margin - top
	}
}

// A block is neighbours in a rank that touch, and move together.
type block struct {
	sum, weight int // of where its vertices want its first one to be
	n           int
}

func (b block) at() int { return b.sum / b.weight }

// placeRank finds the places of least squares: vertices that would overlap form
// a block at their weighted mean (pooling of adjacent violators).
func (l *layout) placeRank(rank []int, round int) {
	var blocks []block
	offset := 0
	for i, v := range rank {
		if i > 0 {
			offset += l.apart(rank[i-1], v)
		}
		w := l.weight(v)
		b := block{w * (l.wish(v, round) - offset), w, 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].at() >= b.at() {
			last := blocks[len(blocks)-1]
			b = block{b.sum + last.sum, b.weight + last.weight, b.n + last.n}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	l.settle(rank, blocks)
}

// settle writes down where the vertices of the blocks are.
func (l *layout) settle(rank []int, blocks []block) {
	offset, i := 0, 0
	for _, b := range blocks {
		for range b.n {
			if i > 0 {
				offset += l.apart(rank[i-1], rank[i])
			}
			l.y[rank[i]] = b.at() + offset
			i++
		}
	}
}

// wish returns where a vertex wants to be: in the middle of its neighbours on
// the side that was placed last, or in the last rounds on both sides.
func (l *layout) wish(v, round int) int {
	sum, n := 0, 0
	both := round >= rounds-2
	if round%2 == 0 || both {
		sum, n = l.sum(l.prev[v], sum, n)
	}
	if round%2 == 1 || both {
		sum, n = l.sum(l.next[v], sum, n)
	}
	if n == 0 {
		return l.y[v]
	}
	return sum / n
}

func (l *layout) sum(vs []int, sum, n int) (int, int) {
	for _, v := range vs {
		sum, n = sum+l.y[v], n+1
	}
	return sum, n
}

// weight makes bends stay straight and nodes with many edges stay put.
func (l *layout) weight(v int) int {
	if !l.isNode(v) {
		return 8
	}
	return 1 + len(l.next[v]) + len(l.prev[v])
}

// box returns how long a box is along the ranks' direction, and across it.
func (l *layout) box() (along, across int) {
	if l.down {
		return boxHeight, boxWidth
	}
	return boxWidth, boxHeight
}

// height returns how much room a vertex takes across.
func (l *layout) height(v int) int {
	if !l.isNode(v) {
		return 0
	}
	_, across := l.box()
	return across
}

// apart returns how far the middles of two neighbours must be from each other.
func (l *layout) apart(u, v int) int {
	gap := lineGap
	if l.isNode(u) || l.isNode(v) {
		gap = nodeGap
	}
	return l.height(u)/2 + l.height(v)/2 + gap
}

// begin and end return where a rank begins and ends.
func (l *layout) begin(rank int) int {
	along, _ := l.box()
	return margin + rank*(along+rankGap)
}

func (l *layout) end(rank int) int {
	along, _ := l.box()
	return l.begin(rank) + along
}

// at returns the place on the picture that is so far along and across.
func (l *layout) at(along, across int) (x, y int) {
	if l.down {
		return across, along
	}
	return along, across
}

// size returns how large the picture is.
func (l *layout) size() (width, height int) {
	along, across := 0, 0
	for v, y := range l.y {
		across = max(across, y+l.height(v)/2)
	}
	if len(l.ranks) > 0 {
		along = l.end(len(l.ranks) - 1)
	}
	return l.at(along+margin, across+margin)
}

// turn lets a graph run from top to bottom if it is wider than a page, and
// narrower so.
func (l *layout) turn() {
	wide, _ := l.size()
	if wide <= pageWidth {
		return
	}
	l.down = true
	l.place()
	if width, _ := l.size(); width >= wide {
		l.down = false
		l.place()
	}
}
