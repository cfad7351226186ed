package gov

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of what a stranger may send.
const (
	MaxKey        = 1024     // bytes in a record's key
	MaxValue      = 64 << 10 // bytes in a record's canonical value
	MaxLabels     = 1024     // labels of one record
	MaxAttributes = 256      // attributes of one record
	MaxText       = 255      // bytes in a media type, label name, label id, attribute name or split
	MaxAttribute  = 4096     // bytes in an attribute's value
)

// A Record is one item of a dataset. Its content stays where it is; the record
// holds the content's digest and what is known about it.
type Record struct {
	Key        string            // pseudonymous, 1 to 1024 bytes of UTF-8, unique in a version
	Content    Digest            // SHA-256 of the content
	Size       uint64            // bytes of the content
	MediaType  string            // such as "image/jpeg"
	Labels     []Label           // ascending by id
	Attributes map[string]string // such as subject, camera, sequence
	Split      string            // train, val, test, …; "" is none
	Facts      *ImageFacts       // nil unless the content is an image that was decoded
	Salt       [16]byte          // set by the server; see Seal
}

// A Label says what a record shows. IDs are unique within a record.
type Label struct {
	ID       string
	Name     string
	Geometry *Geometry // nil: the label is about the whole record
}

// A GeometryKind says how to read a geometry's numbers.
type GeometryKind uint8

// The kinds. Lengths are in thousandths of a pixel, from the top left.
const (
	Box       GeometryKind = 1 // one part: x, y, width, height
	Polygon   GeometryKind = 2 // a part for each ring: x0, y0, x1, y1, …
	Mask      GeometryKind = 3 // two parts: height, width in pixels; then run lengths, column by column, beginning with zeros (COCO)
	Keypoints GeometryKind = 4 // one part: x, y, visibility (0 absent, 1 hidden, 2 visible) for each point
	Interval  GeometryKind = 5 // one part: begin, end in microseconds
)

// A Geometry is where in the content a label holds.
type Geometry struct {
	Kind  GeometryKind
	Parts [][]int64
}

// ImageFacts are measured from an image's pixels by package imagefacts; all
// are integers, so that they encode alike everywhere. Shares and scores are in
// ten-thousandths.
type ImageFacts struct {
	Width, Height uint32 // pixels
	PHash         uint64 // DCT perceptual hash, 8x8
	Sharpness     uint64 // variance of the Laplacian of the grey image x 16
	Blur          uint32 // score 0..10000, low is blurred
	Dark          uint32 // 99th percentile of brightness, low is dark
	Light         uint32 // 5th percentile of brightness, high is washed out
	Entropy       uint32 // entropy of the RGB histogram in bits x 1000
	Gray          bool   // no colour
}

// CheckKey checks a record's key.
func CheckKey(key string) error {
	switch {
	case key == "":
		return Errorf(Invalid, "BAD_KEY", "a record has no key")
	case len(key) > MaxKey:
		return Errorf(Invalid, "BAD_KEY", "key %q… has %d bytes, %d at most", clip(key), len(key), MaxKey)
	case !utf8.ValidString(key):
		return Errorf(Invalid, "BAD_KEY", "key %q is not UTF-8", clip(key))
	case strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return Errorf(Invalid, "BAD_KEY", "key %q holds a control character", clip(key))
	}
	return nil
}

// Check reports the first thing that is wrong with the record.
func (r *Record) Check() error {
	if err := CheckKey(r.Key); err != nil {
		return err
	}
	if r.Content.IsZero() {
		return r.bad("has no content digest: want a SHA-256, 32 bytes")
	}
	if !validText(r.MediaType, MaxText) || !validText(r.Split, MaxText) {
		return r.bad("has a media type or split that is too long or not UTF-8")
	}
	if err := r.checkLabels(); err != nil {
		return err
	}
	return r.checkAttributes()
}

func (r *Record) checkLabels() error {
	if len(r.Labels) > MaxLabels {
		return r.bad("has %d labels, %d at most", len(r.Labels), MaxLabels)
	}
	for i, l := range r.Labels {
		switch {
		case l.ID == "" || l.Name == "" || !validText(l.ID, MaxText) || !validText(l.Name, MaxText):
			return r.bad("has a label whose id or name is empty, too long or not UTF-8")
		case i > 0 && r.Labels[i-1].ID >= l.ID:
			return r.bad("has labels out of order or with the same id %q", l.ID)
		}
		if err := l.Geometry.check(); err != "" {
			return r.bad("label %q: %s", l.ID, err)
		}
	}
	return nil
}

func (r *Record) checkAttributes() error {
	if len(r.Attributes) > MaxAttributes {
		return r.bad("has %d attributes, %d at most", len(r.Attributes), MaxAttributes)
	}
	for k, v := range r.Attributes {
		if k == "" || !validText(k, MaxText) || !validText(v, MaxAttribute) {
			return r.bad("has an attribute %q that is nameless, too long or not UTF-8", clip(k))
		}
	}
	return nil
}

func (r *Record) bad(format string, args ...any) error {
	return Errorf(Invalid, "BAD_RECORD", "record %q "+format, append([]any{clip(r.Key)}, args...)...)
}

// SortLabels puts the labels into the order that Check asks for.
func (r *Record) SortLabels() {
	slices.SortFunc(r.Labels, func(a, b Label) int { return strings.Compare(a.ID, b.ID) })
}

func validText(s string, most int) bool { return len(s) <= most && utf8.ValidString(s) }

// check returns what is wrong with the shape of g, or "".
func (g *Geometry) check() string {
	if g == nil {
		return ""
	}
	parts := len(g.Parts)
	n := 0
	if parts > 0 {
		n = len(g.Parts[0])
	}
	switch g.Kind {
	case Box:
		if parts != 1 || n != 4 {
			return "a box is x, y, width, height"
		}
	case Polygon:
		for _, ring := range g.Parts {
			if len(ring) < 6 || len(ring)%2 != 0 {
				return "a ring of a polygon is three points or more"
			}
		}
		if parts == 0 {
			return "a polygon has no ring"
		}
	case Mask:
		if parts != 2 || n != 2 || len(g.Parts[1]) == 0 {
			return "a mask is height and width, then run lengths"
		}
	case Keypoints:
		if parts != 1 || n == 0 || n%3 != 0 {
			return "keypoints are x, y, visibility for each point"
		}
	case Interval:
		if parts != 1 || n != 2 || g.Parts[0][0] > g.Parts[0][1] {
			return "an interval is begin and end, in order"
		}
	default:
		return "unknown kind of geometry"
	}
	return ""
}
