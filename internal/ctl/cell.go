package ctl

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/types/known/timestamppb"

	"govd/internal/gov"
)

// What a column may show, besides strings, numbers, times and lists of strings.
type (
	digest string // shortened on a terminal
	size   uint64 // bytes
)

// plain is how a pipe gets a value: whole and exact.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return clean(v)
	case digest:
		return clean(string(v))
	case []string:
		return clean(strings.Join(v, ","))
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(time.RFC3339)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(v)
}

// cell is how a terminal shows a value: short, for people.
func (a *app) cell(v any) string {
	switch v := v.(type) {
	case digest:
		return short(string(v))
	case size:
		return bytesWords(uint64(v))
	case uint64:
		return thousands(v)
	case time.Time:
		return ago(v, a.now())
	case bool:
		return map[bool]string{true: "yes"}[v]
	case []string:
		return clean(strings.Join(v, ", "))
	}
	return plain(v)
}

// short shortens a digest for people; a reference may use what is left of it.
func short(s string) string {
	if d, err := gov.ParseDigest(s); err == nil {
		return d.Short()
	}
	return clean(s)
}

// ago says how long before or after now t is, in its largest unit.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := now.Sub(t)
	if d < 0 {
		return "in " + span(-d)
	}
	if d < time.Second {
		return "just now"
	}
	return span(d) + " ago"
}

// span writes a length of time in its largest unit, rounded.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	unit, name := 365*day, "y"
	switch {
	case d < time.Minute:
		unit, name = time.Second, "s"
	case d < time.Hour:
		unit, name = time.Minute, "m"
	case d < 2*day:
		unit, name = time.Hour, "h"
	case d < 730*day:
		unit, name = day, "d"
	}
	return fmt.Sprintf("%d%s", (d+unit/2)/unit, name)
}

func bytesWords(n uint64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/1000, 0
	for ; f >= 999.5 && unit < 5; unit++ {
		f /= 1000
	}
	digits := 1
	if f >= 99.95 {
		digits = 0
	}
	return fmt.Sprintf("%.*f %cB", digits, f, "kMGTPE"[unit])
}

func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count says "1 record" or "2 records".
func count(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(n) + " " + thing + "s"
}

// clean makes what came from elsewhere safe to print on one line: control
// characters could move the cursor, and bidirectional marks could reorder it.
func clean(s string) string {
	unsafe := func(r rune) bool {
		return unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
	}
	if !strings.ContainsFunc(s, unsafe) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unsafe(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// when returns the time in a message; the zero time where there is none.
func when(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
