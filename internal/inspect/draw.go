package inspect

import (
	"bytes"
	"slices"
	"strings"

	"govd/internal/gov"
)

// A Draw keeps, of all records of a version, those whose keys have the lowest
// rank in their stratum: a simple random sample to all who do not know the seed,
// and the same one in any order, in parts, on any machine.
type Draw struct {
	design *Design
	seed   gov.Digest
	except func(key string) bool
	strata []stratum
	left   uint64 // records that except left out
}

type stratum struct {
	name  string
	total uint64
	picks []pick // the lowest ranks so far, and some more
	most  int    // how many can be needed
	over  gov.Digest
	full  bool // picks has been cut, and no rank from over on is needed
}

type pick struct {
	rank gov.Digest
	key  string
}

func (p pick) compare(q pick) int {
	if c := bytes.Compare(p.rank[:], q.rank[:]); c != 0 {
		return c
	}
	return strings.Compare(p.key, q.key)
}

// NewDraw begins a draw. Keys for which except holds are left out: gold items,
// and what the design's Except lists.
func NewDraw(d *Design, seed gov.Digest, except func(key string) bool) (*Draw, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	p, err := d.plan("", 0)
	if err != nil {
		return nil, err
	}
	w := &Draw{design: d, seed: seed, except: except}
	for _, name := range d.strata() {
		w.strata = append(w.strata, stratum{name: name, most: int(min(p.Items(), MaxItems))})
	}
	return w, nil
}

// Add shows the draw a record, each once. If the design has strata, value is the
// record's attribute; it must be one of theirs, else gov.Invalid: a record that
// is in no stratum would be certified by nobody.
func (w *Draw) Add(key, value string) error {
	if w.except(key) {
		w.left++
		return nil
	}
	if w.design.By == "" {
		value = ""
	}
	i, ok := slices.BinarySearchFunc(w.strata, value, func(s stratum, v string) int { return strings.Compare(s.name, v) })
	if !ok {
		return gov.Errorf(gov.Invalid, "NO_STRATUM", "record %q has %s %q, and no stratum is for that", key, w.design.By, value)
	}
	w.strata[i].add(pick{rank(w.seed, key), key})
	return nil
}

func (s *stratum) add(p pick) {
	s.total++
	if s.full && bytes.Compare(p.rank[:], s.over[:]) >= 0 {
		return
	}
	if s.picks = append(s.picks, p); len(s.picks) >= 2*s.most+64 {
		s.cut()
	}
}

// cut keeps the picks that may be needed, in order.
func (s *stratum) cut() {
	slices.SortFunc(s.picks, pick.compare)
	if len(s.picks) > s.most {
		s.picks, s.over, s.full = s.picks[:s.most], s.picks[s.most].rank, true
	}
}

// Merge adds what another draw by the same design and seed has seen of other
// records.
func (w *Draw) Merge(other *Draw) error {
	if w.seed != other.seed || len(w.strata) != len(other.strata) {
		return gov.Errorf(gov.Invalid, "OTHER_DRAW", "draws with different seeds do not merge")
	}
	w.left += other.left
	for i := range other.strata {
		o, s := &other.strata[i], &w.strata[i]
		s.picks = append(s.picks, o.picks...)
		s.total += o.total
		s.cut()
	}
	return nil
}

// lowest returns the n picks of lowest rank.
func (s *stratum) lowest(n uint64) ([]pick, error) {
	s.cut()
	if uint64(len(s.picks)) < n {
		return nil, gov.Errorf(gov.Internal, "SHORT_DRAW", "stratum %q holds %d picks of %d", s.name, len(s.picks), n)
	}
	return s.picks[:n], nil
}
