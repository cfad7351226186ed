package inspect

import (
	"bytes"
	"encoding/json"

	"govd/internal/gov"
)

// Follows checks that a sheet is as a draw with the seed lays it out: that its
// plans are the design's, that the sample lies in the order of its ranks, that
// the gold items are those of the pool with the lowest ranks, and that they lie
// at the places that the seed gives. It does not show that no other record has a
// lower rank: that takes all keys, and a [Draw].
func (s *Sheet) Follows(d *Design, seed gov.Digest, pool []Gold) error {
	gold := map[string]bool{}
	for _, g := range pool {
		gold[g.Key] = true
	}
	w, err := NewDraw(d, seed, func(key string) bool { return gold[key] })
	if err != nil {
		return err
	}
	if len(s.Plans) != len(w.strata) || s.Except != uint64(len(pool)) {
		return badSheet("names other strata, or leaves out other records")
	}
	for _, it := range s.Items {
		if it.Stratum < 0 || it.Stratum >= len(w.strata) {
			return badSheet("has an item of no stratum")
		}
		if !it.gold() {
			w.strata[it.Stratum].picks = append(w.strata[it.Stratum].picks, pick{rank(seed, it.Key), it.Key})
		}
	}
	for i := range w.strata {
		w.strata[i].total = s.Plans[i].Total
	}
	w.left = s.Except
	again, err := w.Close(pool)
	if err == nil && !again.Same(s) {
		err = badSheet("is laid out in another way than the seed gives")
	}
	return err
}

// Same reports whether two sheets are the same, byte for byte.
func (s *Sheet) Same(other *Sheet) bool {
	a, err1 := json.Marshal(s)
	b, err2 := json.Marshal(other)
	return err1 == nil && err2 == nil && bytes.Equal(a, b)
}

// Total returns how many records the draw saw.
func (s *Sheet) Total() uint64 {
	n := s.Except
	for i := range s.Plans {
		n += s.Plans[i].Total
	}
	return n
}

func badSheet(format string, args ...any) error {
	return gov.Errorf(gov.Invalid, "BAD_SHEET", "the sheet "+format, args...)
}
