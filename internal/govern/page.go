package govern

import "iter"

// take returns the first n of seq, or all for 0.
func take[V any](seq iter.Seq2[V, error], n int) (page []V, err error) {
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		if page = append(page, v); len(page) == n {
			break
		}
	}
	return page, nil
}

// keep returns what of seq ok accepts.
func keep[V any](seq iter.Seq2[V, error], ok func(V) (bool, error)) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for v, err := range seq {
			keeps := false
			if err == nil {
				keeps, err = ok(v)
			}
			if (err != nil || keeps) && !yield(v, err) {
				return
			}
		}
	}
}

// lookThrough makes a page of up to n of the rows that wanted lets through, in
// their order, each described. It looks at maxChangesLooked at most; next is the
// number to go on from, 0 when there are no more.
func lookThrough[R, I any, ID ~uint64](rows iter.Seq2[R, error], n int, id func(R) ID, wanted func(R) (bool, error), describe func(R) (I, error)) (page []I, next ID, err error) {
	looked := 0
	for row, err := range rows {
		if err != nil || len(page) == n || looked == maxChangesLooked {
			return page, next, err
		}
		next = id(row)
		looked++
		yes, err := wanted(row)
		if err != nil {
			return page, next, err
		}
		if !yes {
			continue
		}
		info, err := describe(row)
		if err != nil {
			return page, next, err
		}
		page = append(page, info)
	}
	return page, 0, nil
}
