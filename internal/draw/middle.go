package draw

import "slices"

// middle puts what something leads to between its neighbours that nothing leads
// to, where all of them lead to the same one place: no edges cross for that, and
// a long graph does not drift to one side.
func (l *layout) middle() {
	for _, rank := range l.ranks {
		for i := 0; i < len(rank); {
			n := 1
			for i+n < len(rank) && l.together(rank[i], rank[i+n]) {
				n++
			}
			l.enclose(rank[i : i+n])
			i += n
		}
	}
}

// together reports whether both lead to the same one place.
func (l *layout) together(u, v int) bool {
	return len(l.next[u]) == 1 && slices.Equal(l.next[u], l.next[v])
}

// enclose moves vertices that something leads to into the middle of the others.
func (l *layout) enclose(run []int) {
	var led, free []int
	for _, v := range run {
		if len(l.prev[v]) > 0 {
			led = append(led, v)
		} else {
			free = append(free, v)
		}
	}
	half := len(free) / 2
	copy(run, slices.Concat(free[:half], led, free[half:]))
}
