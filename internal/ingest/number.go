package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
)

// Coordinates are kept in thousandths, rounded half away from zero. They are
// computed from the digits, so that 1.0005 is 1001 thousandths: as a float it
// is less than that and would round to 1000.

// maxMilli is the largest coordinate in thousandths: programs that hold
// numbers as floats, as most do, must be able to read it.
const maxMilli = 1 << 53

var errNumber = errors.New("not a number, or too large")

// milli parses a decimal number, such as "-12.5" or "1e3", into thousandths.
func milli(s string) (int64, error) {
	s, negative := strings.CutPrefix(s, "-")
	exp := 0
	if e := strings.IndexAny(s, "eE"); e >= 0 {
		var err error
		if exp, err = strconv.Atoi(s[e+1:]); err != nil || exp < -400 || exp > 400 {
			return 0, errNumber
		}
		s = s[:e]
	}
	whole, frac, _ := strings.Cut(s, ".")
	digits := whole + frac
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, errNumber
	}
	v, err := scaled(digits, exp+3-len(frac))
	if negative {
		v = -v
	}
	return v, err
}

// scaled returns digits x 10^exp, rounded half up.
func scaled(digits string, exp int) (int64, error) {
	digits = strings.TrimLeft(digits, "0")
	point := len(digits) + exp // where the decimal point goes in digits
	if digits == "" || point < 0 {
		return 0, nil // less than a tenth
	}
	if point > 16 {
		return 0, errNumber
	}
	digits += strings.Repeat("0", max(point+1-len(digits), 0))
	v, err := strconv.ParseInt("0"+digits[:point], 10, 64)
	if digits[point] >= '5' {
		v++
	}
	if err != nil || v > maxMilli {
		return 0, errNumber
	}
	return v, nil
}

// Millis are the numbers of a JSON array in thousandths.
type millis []int64

// UnmarshalJSON parses an array of numbers. That b is JSON is given.
func (m *millis) UnmarshalJSON(b []byte) error {
	s := string(b)
	if s == "null" {
		return nil
	}
	if s[0] != '[' {
		return errors.New("want an array of numbers")
	}
	s = strings.TrimSpace(s[1 : len(s)-1])
	*m = make(millis, 0, strings.Count(s, ",")+1)
	for s != "" {
		number, rest, _ := strings.Cut(s, ",")
		v, err := milli(strings.TrimSpace(number))
		if err != nil {
			return err
		}
		*m = append(*m, v)
		s = rest
	}
	return nil
}

// Rings are the arrays of numbers in a JSON array. Large label files are made
// of little else, so they are not parsed twice.
type rings []millis

// UnmarshalJSON parses an array of arrays of numbers. That b is JSON is given.
func (r *rings) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if b[0] != '[' {
		return errors.New("want an array of arrays of numbers")
	}
	*r = rings{}
	for b = bytes.Trim(b[1:len(b)-1], jsonSpace); len(b) > 0; b = bytes.TrimLeft(b, ","+jsonSpace) {
		end := bytes.IndexByte(b, ']') + 1
		if b[0] != '[' || end == 0 {
			return errors.New("want an array of arrays of numbers")
		}
		var m millis
		if err := m.UnmarshalJSON(b[:end]); err != nil {
			return err
		}
		*r = append(*r, m)
		b = b[end:]
	}
	return nil
}

const jsonSpace = " \t\r\n"

// visibilities divides the third of each three numbers by a thousand: in
// keypoints it is no length but 0, 1 or 2.
func (m millis) visibilities() error {
	for i := 2; i < len(m); i += 3 {
		if m[i]%1000 != 0 || m[i] < 0 || m[i] > 2000 {
			return errors.New("a keypoint's visibility is 0, 1 or 2")
		}
		m[i] /= 1000
	}
	return nil
}

// A runs is a mask in the run lengths of COCO, plain or compressed.
type runs []int64

// UnmarshalJSON parses an array of counts or the string of compressed ones.
func (r *runs) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		var s string
		err := json.Unmarshal(b, &s)
		if err == nil {
			*r, err = unpackRuns(s)
		}
		return err
	}
	var m millis
	if err := m.UnmarshalJSON(b); err != nil {
		return err
	}
	*r = make(runs, len(m))
	for i, v := range m {
		if v < 0 || v%1000 != 0 {
			return errors.New("the mask's counts must be whole numbers")
		}
		(*r)[i] = v / 1000
	}
	return nil
}

// unpackRuns unpacks the compressed form: each count is written in signed
// groups of five bits, the lowest first, as the characters from '0' on, 32 set
// where more follow; from the fourth count on it is the difference to the count
// two before (as pycocotools' maskApi does).
func unpackRuns(s string) (runs, error) {
	counts := runs{}
	for i := 0; i < len(s); {
		var v int64
		for shift := uint(0); ; shift += 5 {
			if i == len(s) || s[i] < '0' || s[i] > '0'+63 || shift > 35 {
				return nil, errors.New("the mask's counts are not well formed")
			}
			group := int64(s[i] - '0')
			i++
			v |= (group & 31) << shift
			if group&32 == 0 {
				v -= group & 16 << 1 << shift // the sign
				break
			}
		}
		if n := len(counts); n > 2 {
			v += counts[n-2]
		}
		if v < 0 || v > math.MaxInt32 {
			return nil, errors.New("the mask's counts are not well formed")
		}
		counts = append(counts, v)
	}
	return counts, nil
}
