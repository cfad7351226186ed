package tree

import "govd/internal/gov"

// Erase returns the frame of the same leaf in which the values of the records
// that match picks, by their key and entry hash, are replaced by the hash, and
// how many those are. The node's id stays what it is. Values that are gone
// already stay so and are not offered. The frame given is not changed.
func Erase(frame []byte, match func(key []byte, hash gov.Digest) bool) (erased []byte, values int, err error) {
	var s scan
	if err := s.open(frame, 0); err != nil {
		return nil, 0, err
	}
	var h hasher
	var body, last []byte
	for s.ok {
		e := s.entry
		if !e.erased {
			if hash := h.entry(0, &e); match(e.key, hash) {
				e.value, e.erased = hash[:], true
				values++
			}
		}
		body = appendEntry(body, 0, last, &e)
		last = append(last[:0], e.key...)
		if err := s.next(); err != nil {
			return nil, 0, err
		}
	}
	return appendFrame(0, s.n, body), values, nil
}

// A Looker sees each node of many trees once. Trees of one dataset share most of
// their nodes, so the second costs what it does not share with the first.
type Looker struct {
	from Source
	leaf func(Entry) (found int, err error)
	seen map[gov.Digest][]int
	hits map[gov.Digest]bool // leaves in which something was found
}

// NewLooker returns a Looker that shows leaf every record of a leaf that it has not
// shown before. What leaf finds is a number; -1 is nothing.
func NewLooker(from Source, leaf func(Entry) (found int, err error)) *Looker {
	return &Looker{from: from, leaf: leaf, seen: map[gov.Digest][]int{}, hits: map[gov.Digest]bool{}}
}

// Look returns what was found in a tree, in order of key.
func (l *Looker) Look(root gov.Tree) ([]int, error) {
	if root.Records == 0 {
		return nil, nil
	}
	return l.node(root.Root, root.Level)
}

// Saw reports whether a node was looked at.
func (l *Looker) Saw(id gov.Digest) bool {
	_, saw := l.seen[id]
	return saw
}

// Hit reports whether something was found in a leaf.
func (l *Looker) Hit(id gov.Digest) bool { return l.hits[id] }

func (l *Looker) node(id gov.Digest, level uint8) (all []int, err error) {
	if all, saw := l.seen[id]; saw {
		return all, nil
	}
	var s scan
	if err := s.load(l.from, id, level); err != nil {
		return nil, err
	}
	var h hasher
	for s.ok {
		if level > 0 {
			below, err := l.node(s.child(), level-1)
			if err != nil {
				return nil, err
			}
			all = append(all, below...)
		} else if found, err := l.leaf(h.record(&s.entry)); err != nil {
			return nil, err
		} else if found >= 0 {
			all = append(all, found)
		}
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	l.seen[id] = all
	if level == 0 && len(all) > 0 {
		l.hits[id] = true
	}
	return all, nil
}
