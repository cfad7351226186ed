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
