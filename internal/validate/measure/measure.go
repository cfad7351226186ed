package measure

import "govd/internal/gov"

// A Measure is what to compute from records: one of Volume, Tally, Spread,
// Faults, Agreement, Sequences, Sample and Distinct. Each has a method In that
// returns its state in a Profile.
type Measure interface {
	// Key is the measure's id, version and parameters, and nothing else: kept
	// states are found by it. Measures with the same Key compute the same.
	Key() string

	state() State
	folder(l *lexicon) folder
}

// A State is what a measure found in some records.
type State interface {
	// Err returns gov.Exhausted if there was too much to keep: the measure then
	// says nothing.
	Err() error

	// merge adds what was found in other records. The other state must not be
	// used any more. The records of an ordered measure's must come after.
	merge(after State)

	// sub takes away what was found in some of the records. It reports whether
	// that could be done; if not, the state is of no use any more.
	sub(some State) bool

	// append encodes the state: canonical for records that were folded. With
	// spare, it holds more than is reported, so that sub can be done more often.
	append(dst []byte, spare bool) []byte

	read(d *decoder)
}

// A folder adds records to a state. It may hold back what it counts until
// flush, and begins anew after that.
type folder interface {
	add(r *Row)
	flush(to State)
}

// ordered is a measure whose records must come in order of key: what its state
// says of some of them, taken out of their order, means nothing.
type ordered interface{ ordered() }

func isOrdered(m Measure) bool {
	_, is := m.(ordered)
	return is
}

// key writes the Key of a measure or rule: its id with its version, then its
// parameters.
func key[S ~string](id string, parameters ...S) string {
	b := []byte(id)
	for _, p := range parameters {
		b = appendString(b, p)
	}
	return string(b)
}

// Volume counts records. Every Set has it.
type Volume struct{}

// A VolumeState says how many records there are.
type VolumeState struct {
	Records uint64 // those whose values are there
	Erased  uint64 // those whose values are gone: no measure saw more of them than that
	Bytes   Sum    // of the contents
}

// Key implements Measure.
func (Volume) Key() string { return "volume/1" }

// In returns the measure's state.
func (m Volume) In(p *Profile) *VolumeState { return stateIn[*VolumeState](p, m) }

func (Volume) state() State             { return new(VolumeState) }
func (Volume) folder(l *lexicon) folder { return new(volumeFolder) }

type volumeFolder struct{ VolumeState }

func (f *volumeFolder) add(r *Row) {
	f.Records++
	f.Bytes.add(Sum{Lo: r.Size})
}

func (f *volumeFolder) flush(to State) {
	to.merge(&f.VolumeState)
	f.VolumeState = VolumeState{}
}

// Err returns nil.
func (s *VolumeState) Err() error { return nil }

func (s *VolumeState) merge(after State) {
	o := after.(*VolumeState)
	s.Records, s.Erased = s.Records+o.Records, s.Erased+o.Erased
	s.Bytes.add(o.Bytes)
}

func (s *VolumeState) sub(some State) bool {
	o := some.(*VolumeState)
	if o.Records > s.Records || o.Erased > s.Erased {
		return false
	}
	s.Records, s.Erased = s.Records-o.Records, s.Erased-o.Erased
	s.Bytes.sub(o.Bytes)
	return true
}

func (s *VolumeState) append(dst []byte, _ bool) []byte {
	return appendNumbers(dst, s.Records, s.Erased, s.Bytes.Hi, s.Bytes.Lo)
}

func (s *VolumeState) read(d *decoder) {
	*s = VolumeState{d.uvarint(), d.uvarint(), Sum{d.uvarint(), d.uvarint()}}
}

// decodeState decodes what a state of m was encoded to.
func decodeState(m Measure, b []byte) (State, error) {
	s, d := m.state(), decoder{b: b}
	s.read(&d)
	if err := d.end(); err != nil {
		return nil, gov.Because(err, gov.Internal, "BAD_STATE", "a kept state of %s cannot be read", name(m))
	}
	return s, nil
}
