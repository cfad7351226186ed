package lineage

// A Difference says how what one node came of differs from what another did.
type Difference struct {
	OnlyA, OnlyB []Step // in the order of the walks
	Both         uint64 // nodes that both have
	A, B         Answer // whether each side is complete; if not, what seems to be only the other's may not be
}

// Diff compares two walks, such as the traces of two models.
func Diff(g Graph, a, b Query) (d Difference, err error) {
	var inA, inB visited
	if d.A, err = inA.walk(g, a); err != nil {
		return Difference{}, err
	}
	if d.B, err = inB.walk(g, b); err != nil {
		return Difference{}, err
	}
	d.OnlyA, d.OnlyB = inA.without(&inB), inB.without(&inA)
	d.Both = uint64(len(inA.steps) - len(d.OnlyA))
	return d, nil
}

// A visited is a whole answer.
type visited struct {
	steps   []Step
	numbers []Number
	index   map[Number]struct{}
}

func (v *visited) walk(g Graph, q Query) (Answer, error) {
	v.index = map[Number]struct{}{}
	return walkNumbers(g, q, func(_, n Number, s Step) error {
		v.steps, v.numbers = append(v.steps, s), append(v.numbers, n)
		v.index[n] = struct{}{}
		return nil
	})
}

func (v *visited) without(w *visited) (only []Step) {
	for i, n := range v.numbers {
		if _, ok := w.index[n]; !ok {
			only = append(only, v.steps[i])
		}
	}
	return only
}
