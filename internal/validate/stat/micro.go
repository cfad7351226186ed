package stat

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"govd/internal/gov"
)

// A Micro is a number in millionths. Rates, limits and confidences are given as
// Micro, and results are rendered as Micro, so that they are the same bytes on
// every machine.
type Micro int64

// One is the number 1.
const One Micro = 1_000_000

// Near returns the nearest Micro to x, halves away from zero. What is beyond the
// largest, and infinity, gives the largest; what is no number gives 0.
func Near(x float64) Micro { return render(math.Round(x * float64(One))) }

// Up and Down return the Micro at or above x, and at or below it. They are for
// bounds, which must not become better by being written down. A millionth of a
// millionth is taken for an error of computation.
func Up(x float64) Micro   { return render(math.Ceil(x*float64(One) - noise)) }
func Down(x float64) Micro { return render(math.Floor(x*float64(One) + noise)) }

const noise = 1e-6 // in millionths

func render(x float64) Micro {
	switch {
	case math.IsNaN(x):
		return 0
	case x >= math.MaxInt64:
		return math.MaxInt64
	case x <= -math.MaxInt64:
		return -math.MaxInt64
	}
	return Micro(x)
}

// Float returns m as a float.
func (m Micro) Float() float64 { return float64(m) / float64(One) }

// String returns m as a decimal number with six decimals, such as 0.004997.
func (m Micro) String() string {
	sign, abs := "", uint64(m)
	if m < 0 {
		sign, abs = "-", uint64(-m)
	}
	return fmt.Sprintf("%s%d.%06d", sign, abs/uint64(One), abs%uint64(One))
}

// MarshalJSON writes m as a JSON number with six decimals.
func (m Micro) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalJSON reads a JSON number of at most six decimals.
func (m *Micro) UnmarshalJSON(b []byte) (err error) {
	*m, err = ParseMicro(string(b))
	return err
}

// ParseMicro parses a decimal number of at most six decimals, such as 0.005, or
// a percentage of at most four, such as 0.5%. Returns gov.Invalid otherwise.
func ParseMicro(s string) (Micro, error) {
	number, percent := strings.CutSuffix(s, "%")
	places := 6
	if percent {
		places = 4
	}
	abs, negative := strings.CutPrefix(number, "-")
	whole, part, dotted := strings.Cut(abs, ".")
	digits := whole + part + strings.Repeat("0", max(0, places-len(part)))
	if len(part) > places || whole == "" || dotted && part == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, bad(s)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, bad(s)
	}
	if negative {
		n = -n
	}
	return Micro(n), nil
}

func bad(s string) error {
	return gov.Errorf(gov.Invalid, "BAD_NUMBER", "%.40q is not a number of at most six decimals, or four and a %%", s)
}
