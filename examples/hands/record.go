package hands

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"image/png"
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"govd/internal/gov"
	"govd/internal/imagefacts"
)

// Records returns the records, ascending by key, without painting anything:
// digests, sizes and facts are made up, and such as pictures of these would
// have, faults included. The caller may change them.
func (s *Set) Records() []*gov.Record {
	records := make([]*gov.Record, len(s.shots))
	for i, sh := range s.shots {
		records[i] = sh.copyRecord()
		sh.makeUp(records[i])
	}
	return records
}

// Paint writes the pictures below dir, unless dir is "", and returns the records
// as they are measured: digests, sizes and facts are the pictures', but where a
// fault made them untrue. A picture that does not decode has no facts. Files
// that are there already are replaced.
func (s *Set) Paint(dir string) ([]*gov.Record, error) {
	records := make([]*gov.Record, len(s.shots))
	err := s.each(func(i int) error {
		b, err := s.shots[i].file()
		if err != nil {
			return err
		}
		records[i] = s.shots[i].measure(b)
		if dir == "" {
			return nil
		}
		return create(dir, records[i].Key, b)
	})
	return records, err
}

// write writes the pictures below dir.
func (s *Set) write(dir string) error {
	return s.each(func(i int) error {
		b, err := s.shots[i].file()
		if err != nil {
			return err
		}
		return create(dir, s.shots[i].record.Key, b)
	})
}

// each calls do for each shot, with all processors.
func (s *Set) each(do func(i int) error) error {
	errs := make([]error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for i := w; i < len(s.shots) && errs[w] == nil; i += len(errs) {
				errs[w] = do(i)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// File returns the content of a picture; nil if there is no such key.
func (s *Set) File(key string) ([]byte, error) {
	for _, sh := range s.shots {
		if sh.record.Key == key {
			return sh.file()
		}
	}
	return nil, nil
}

// measure returns the record of the shot's picture.
func (s *shot) measure(b []byte) *gov.Record {
	r := s.copyRecord()
	r.Content, r.Size = sha256.Sum256(b), uint64(len(b))
	r.Facts, _ = imagefacts.Decode(b, imagefacts.MaxPixels)
	s.flaw.lie(r)
	return r
}

// file paints the shot and encodes it.
func (s *shot) file() ([]byte, error) {
	if s.flaw.twin != nil && !s.flaw.near {
		return s.flaw.twin.file()
	}
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := e.Encode(&b, s.flaw.spoil(s.source().scene(), s.size)); err != nil {
		return nil, err
	}
	if s.flaw.cut {
		b.Truncate(b.Len() / 2)
	}
	return b.Bytes(), nil
}

// source returns the shot whose scene is seen.
func (s *shot) source() *shot {
	if s.flaw.twin != nil {
		return s.flaw.twin.source()
	}
	return s
}

// copyRecord returns the record; its geometries are shared, and never changed.
func (s *shot) copyRecord() *gov.Record {
	r := *s.record
	r.Labels = slices.Clone(r.Labels)
	r.Attributes = maps.Clone(r.Attributes)
	return &r
}

// makeUp gives a record a digest, a size and facts. They spread evenly, so that
// none stands out, and frames of a stream look alike.
func (s *shot) makeUp(r *gov.Record) {
	src := s.source()
	name := src.record.Attributes["asset"]
	if src.stage >= 3 {
		name += "@" + strconv.Itoa(src.stage) // painted anew
	}
	lots := func(what string) []byte {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(what+"\x00"+name+"\x00"), s.seed))
		return sum[:]
	}
	r.Content, r.Size = gov.Digest(lots("content")), 0
	from := lots("facts")
	between := func(i int, low, high uint64) uint64 {
		return low + (high-low)*uint64(binary.BigEndian.Uint16(from[2*i:]))>>16
	}
	pixels := uint64(s.size) * uint64(s.size)
	r.Size = pixels * between(0, 130, 170) / 100
	r.Facts = &gov.ImageFacts{
		Width: uint32(s.size), Height: uint32(s.size), PHash: src.pHash(lots),
		Sharpness: between(1, 6000, 9000), Blur: uint32(between(2, 5500, 8000)), Dark: uint32(between(3, 7000, 9000)),
		Light: uint32(between(4, 1500, 4000)), Entropy: uint32(between(5, 6500, 8500)),
	}
	s.flaw.makeUp(r, name)
	s.flaw.lie(r)
}

// pHash makes up a hash: of a frame, its stream's with up to three bits flipped.
func (s *shot) pHash(lots func(string) []byte) uint64 {
	own := lots("phash")
	if s.seq == nil {
		return binary.BigEndian.Uint64(own)
	}
	base := sha256.Sum256([]byte(s.seq.id() + streams[s.stream] + strconv.FormatUint(s.seed, 10)))
	h := binary.BigEndian.Uint64(base[:])
	for _, b := range own[:3] {
		h ^= 1 << (b % 64)
	}
	return h
}

// WriteLabels writes the labels, attributes and splits as JSON lines: what
// govctl takes as --labels jsonl:FILE.
func (s *Set) WriteLabels(w io.Writer) error {
	e := json.NewEncoder(w)
	for _, sh := range s.shots {
		r := sh.record
		line := jsonRecord{Key: r.Key, Attributes: r.Attributes, Split: r.Split, Labels: make([]map[string]any, len(r.Labels))}
		for i, l := range r.Labels {
			line.Labels[i] = jsonLabel(l)
		}
		if err := e.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

type jsonRecord struct {
	Key        string            `json:"key"`
	Labels     []map[string]any  `json:"labels"`
	Attributes map[string]string `json:"attributes"`
	Split      string            `json:"split,omitempty"`
}

func jsonLabel(l gov.Label) map[string]any {
	m := map[string]any{"id": l.ID, "name": l.Name}
	if l.Geometry == nil {
		return m
	}
	parts := l.Geometry.Parts
	switch l.Geometry.Kind {
	case gov.Box:
		m["box"] = pixels(parts[0], 1)
	case gov.Polygon:
		rings := make([][]json.Number, len(parts))
		for i, ring := range parts {
			rings[i] = pixels(ring, 1)
		}
		m["polygon"] = rings
	case gov.Keypoints:
		m["keypoints"] = pixels(parts[0], 3)
	case gov.Mask:
		m["mask"] = map[string]any{"size": parts[0], "counts": parts[1]}
	}
	return m
}

// pixels writes thousandths as pixels; of every three values of keypoints the
// last is a visibility, which is written as it is.
func pixels(millis []int64, every int) []json.Number {
	out := make([]json.Number, len(millis))
	for i, v := range millis {
		if every == 3 && i%3 == 2 {
			out[i] = json.Number(strconv.FormatInt(v, 10))
		} else {
			out[i] = json.Number(strconv.FormatFloat(float64(v)/1000, 'f', -1, 64))
		}
	}
	return out
}
