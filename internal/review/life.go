package review

import (
	"strconv"
	"time"

	"govd/internal/gov"
)

// A Life is a span of time in whole seconds. Its text is a number and one of
// d, h, m and s: "14d". Zero means that nothing is said.
type Life uint32

// The units of a Life.
const (
	Second Life = 1
	Minute      = 60 * Second
	Hour        = 60 * Minute
	Day         = 24 * Hour

	maxLife = 3650 * Day
)

var lifeUnits = []struct {
	mark byte
	unit Life
}{{'d', Day}, {'h', Hour}, {'m', Minute}, {'s', Second}}

// ParseLife parses a number and a unit.
func ParseLife(s string) (Life, error) {
	for _, u := range lifeUnits {
		if n := len(s) - 1; n > 0 && s[n] == u.mark {
			count, err := strconv.ParseUint(s[:n], 10, 32)
			if err == nil && s[0] != '0' && s[0] != '+' && count <= uint64(maxLife/u.unit) {
				return Life(count) * u.unit, nil
			}
		}
	}
	return 0, gov.Errorf(gov.Invalid, "BAD_RULES", "%.40q is no span of time: want a number and d, h, m or s, such as 14d, of 3650d at most", s)
}

// String returns the text in the largest unit that fits.
func (l Life) String() string {
	for _, u := range lifeUnits {
		if l%u.unit == 0 && l > 0 {
			return strconv.FormatUint(uint64(l/u.unit), 10) + string(u.mark)
		}
	}
	return "0s"
}

// Duration returns the span as a time.Duration.
func (l Life) Duration() time.Duration { return time.Duration(l) * time.Second }

// Over reports whether a span that began at start has ended by now. A span that
// is not set never ends.
func (l Life) Over(start, now time.Time) bool {
	return l > 0 && !now.Before(start.Add(l.Duration()))
}

// MarshalText writes the text.
func (l Life) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText parses what ParseLife parses.
func (l *Life) UnmarshalText(b []byte) (err error) {
	*l, err = ParseLife(string(b))
	return err
}
