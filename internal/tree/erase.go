package tree

// Erase returns the frame of the same leaf in which the values of the records
// that match picks are replaced by their entry hashes, and how many those are.
// The node's id stays what it is. Values that are gone already stay so and are
// not offered. The frame given is not changed.
func Erase(frame []byte, match func(key []byte) bool) (erased []byte, values int, err error) {
	var s scan
	if err := s.open(frame, 0); err != nil {
		return nil, 0, err
	}
	var h hasher
	var body, last []byte
	for s.ok {
		e := s.entry
		if !e.erased && match(e.key) {
			hash := h.entry(0, &e)
			e.value, e.erased = hash[:], true
			values++
		}
		body = appendEntry(body, 0, last, &e)
		last = append(last[:0], e.key...)
		if err := s.next(); err != nil {
			return nil, 0, err
		}
	}
	return appendFrame(0, s.n, body), values, nil
}
