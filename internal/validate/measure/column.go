package measure

import (
	"bytes"
	"math/bits"
	"slices"
	"strings"
)

// A Column is what of a record is a word to count by. Most have one word for
// each record, "" if the record says nothing.
type Column string

// The columns, besides those that the functions below return.
const (
	None  Column = ""      // "" for every record
	Label Column = "label" // each label name once; "" if there is none
	Split Column = "split"
	Media Column = "media" // the media type
)

const (
	attrPrefix   = "attr:"
	numberPrefix = "number:"
)

// Attr is the value of an attribute.
func Attr(name string) Column { return Column(attrPrefix + name) }

// Attribute returns the attribute's name if the column is that of Attr.
func (c Column) Attribute() (string, bool) { return strings.CutPrefix(string(c), attrPrefix) }

// A source is a column made ready to be read record after record.
type source struct {
	kind, arg string
	at        int // where the attribute was in the last record
}

func (c Column) source() source {
	kind, arg, _ := strings.Cut(string(c), ":")
	return source{kind: kind, arg: arg}
}

// each calls yield for every word that the record has in the column, some
// maybe twice.
func (s *source) each(r *Row, yield func(word []byte)) {
	switch s.kind {
	case "attr":
		yield(r.attrAt(s.arg, &s.at))
	case "label":
		for i := range r.Labels {
			yield(r.Labels[i].Name)
		}
	case "split":
		yield(r.Split)
	case "media":
		yield(r.MediaType)
	default:
		yield(nil)
	}
}

// Votes calls yield for every attribute whose name begins so.
func (r *Row) Votes(prefix string, yield func(who, what []byte)) {
	for i := range r.attributes {
		if a := &r.attributes[i]; len(a.name) > len(prefix) && string(a.name[:len(prefix)]) == prefix {
			yield(a.name[len(prefix):], a.value)
		}
	}
}

// Words returns the different words of the record in the column, in order.
func (r *Row) Words(c Column) (all []string) {
	s := c.source()
	s.each(r, func(word []byte) { all = append(all, string(word)) })
	if all == nil {
		return []string{""}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A Field is what of a record is a number: not negative, MaxNumber at most.
type Field string

// The fields, besides those that Number returns. All but the first and the last
// are image facts, in the units of gov.ImageFacts.
const (
	Size      Field = "size" // bytes of the content
	Width     Field = "width"
	Height    Field = "height"
	Side      Field = "side"   // the shorter of width and height
	Pixels    Field = "pixels" // width x height
	Aspect    Field = "aspect" // the shorter side to the longer, in ten-thousandths
	Sharpness Field = "sharpness"
	Blur      Field = "blur"
	Dark      Field = "dark"
	Light     Field = "light"
	Entropy   Field = "entropy"
	Gray      Field = "gray"   // 1 if the image has no colour
	Labels    Field = "labels" // how many the record has
)

// Number is the value of an attribute that is a decimal number, in thousandths.
// A record whose attribute is none, or negative, has no such number.
func Number(attribute string) Field { return Field(numberPrefix + attribute) }

// factFields are the fields that come from image facts.
var factFields = []Field{Width, Height, Side, Pixels, Aspect, Sharpness, Blur, Dark, Light, Entropy, Gray}

// Known reports whether there is such a field.
func (f Field) Known() bool {
	return f == Size || f == Labels || slices.Contains(factFields, f) || strings.HasPrefix(string(f), numberPrefix)
}

// Number returns the record's number in the field, and whether it has one.
func (r *Row) Number(f Field) (uint64, bool) {
	switch f {
	case Size:
		return min(r.Size, MaxNumber), true
	case Labels:
		return uint64(len(r.Labels)), true
	}
	if name, ok := strings.CutPrefix(string(f), numberPrefix); ok {
		return r.decimal(name)
	}
	if r.Facts == nil {
		return 0, false
	}
	return r.fact(f)
}

func (r *Row) decimal(name string) (uint64, bool) {
	text, ok := r.Attr(name)
	if !ok {
		return 0, false
	}
	v, ok := parseDecimal(text, 3)
	return uint64(min(v, MaxNumber)), ok && v >= 0
}

func (r *Row) fact(f Field) (uint64, bool) {
	x := r.Facts
	short, long := uint64(min(x.Width, x.Height)), uint64(max(x.Width, x.Height))
	switch f {
	case Width:
		return uint64(x.Width), true
	case Height:
		return uint64(x.Height), true
	case Side:
		return short, true
	case Pixels:
		return min(short*long, MaxNumber), true
	case Aspect:
		return short * 10000 / max(long, 1), true
	case Sharpness:
		return min(x.Sharpness, MaxNumber), true
	case Blur:
		return uint64(x.Blur), true
	case Dark:
		return uint64(x.Dark), true
	case Light:
		return uint64(x.Light), true
	case Entropy:
		return uint64(x.Entropy), true
	case Gray:
		if x.Gray {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// parseDecimal parses -12.345 as an integer with that many decimals, further
// ones cut off. It takes no exponent, and no number of 2^62 or more.
func parseDecimal(text []byte, decimals int) (v int64, ok bool) {
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	whole, fraction, point := bytes.Cut(digits, []byte("."))
	if len(whole) == 0 || point && len(fraction) == 0 {
		return 0, false
	}
	var n uint64
	for i := range len(whole) + max(len(fraction), decimals) {
		digit := byte('0')
		switch at := i - len(whole); {
		case at < 0:
			digit = whole[i]
		case at < len(fraction):
			digit = fraction[at]
		}
		if digit < '0' || digit > '9' {
			return 0, false
		}
		if i >= len(whole)+decimals {
			continue
		}
		hi, lo := bits.Mul64(n, 10)
		if n = lo + uint64(digit-'0'); hi > 0 || n >= 1<<62 {
			return 0, false
		}
	}
	if negative {
		return -int64(n), true
	}
	return int64(n), true
}
