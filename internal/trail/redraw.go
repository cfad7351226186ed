package trail

import (
	"fmt"
	"io"

	"govd/internal/gov"
	"govd/internal/inspect"
)

// A Redraw draws the sample of an inspection again, from a list of all records
// of the version. A trail proves that the sample lies as the secret gives it and
// that its records are in the version; that no other record would have come
// first is seen from all keys alone.
type Redraw struct {
	in      *inspected
	draw    *inspect.Draw
	records uint64 // that the version has
	whole   bool   // nothing was erased before the draw
	last    string
	seen    uint64
	erased  uint64 // of those that were passed over
}

// OpenRedraw verifies a trail and begins to draw the sample of an inspection
// that is over and in it. The claims are those of [Verify]. Returns
// gov.NotFound with the reason NO_SHEET if the trail does not hold what it takes.
func OpenRedraw(r io.ReaderAt, size int64, o Options, id gov.InspectionID) (*Redraw, []Claim, error) {
	v, err := newVerifier(o)
	if err != nil {
		return nil, nil, err
	}
	p, err := v.bundle(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, v.read.Claims(), err
	}
	redraw, err := p.redraw(id)
	return redraw, v.read.Claims(), err
}

func (p *proven) redraw(id gov.InspectionID) (*Redraw, error) {
	in := p.inspections[id]
	if in == nil || in.sheet == nil || p.registered[in.version].Number == 0 {
		return nil, gov.Errorf(gov.NotFound, "NO_SHEET", "the trail does not hold what inspection %s looked at: it is of another version, is not over, or used gold items that stay secret", id)
	}
	pool := map[string]bool{}
	for _, g := range in.pool {
		pool[g.Key] = true
	}
	d, err := inspect.NewDraw(in.design, in.seed, func(key string) bool { return pool[key] })
	records := p.registered[in.version].Tree.Records
	return &Redraw{in: in, draw: d, records: records, whole: records == in.sheet.Total()}, err
}

// Version returns the version whose records are to be shown.
func (r *Redraw) Version() string { return r.in.version.Name }

// Add shows the next record, in ascending order of keys. Of what was erased,
// only the key is known.
func (r *Redraw) Add(key string, attributes map[string]string, erased bool) error {
	if r.seen > 0 && key <= r.last {
		return gov.Errorf(gov.Invalid, "BAD_LIST", "record %s does not come after %s: the records must be listed once, in ascending order of their keys", quote(key), quote(r.last))
	}
	r.last = key
	r.seen++
	switch by := r.in.design.By; {
	case erased && r.whole && by != "":
		return gov.Errorf(gov.Invalid, "ERASED", "record %s was erased since the sample was drawn, and its %s with it: the sample cannot be drawn again", quote(key), quote(by))
	case erased && !r.whole:
		r.erased++
		return nil
	default:
		return r.draw.Add(key, attributes[by])
	}
}

// Close compares what was drawn with what was looked at.
func (r *Redraw) Close() (Claim, error) {
	var f findings
	claim := fmt.Sprintf("of %s, the secret of inspection %s draws the sample that was looked at", count(r.seen, "record"), r.in.Inspection)
	if r.seen != r.records {
		err := f.fails(claim, fmt.Errorf("version %s has %s, and these are %d", quote(r.in.version.Name), count(r.records, "record"), r.seen))
		return f.read.Findings[0].Claim, err
	}
	again, err := r.draw.Close(r.in.pool)
	if err == nil && !again.Same(r.in.sheet) {
		err = fmt.Errorf("it draws another one")
	}
	if err != nil {
		err = f.fails(claim, err)
		return f.read.Findings[0].Claim, err
	}
	f.holds(claim, "the same %s, in the same places; left out were %s that were planted as errors, as was committed to before, and %d that had been erased; that these are the records of version %s rests on whoever listed them: their number is right, and those that were looked at are proven to be among them",
		count(len(again.Items), "item"), count(again.Except, "record"), r.erased, quote(r.in.version.Name))
	return f.read.Findings[0].Claim, nil
}
