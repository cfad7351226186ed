package ctl

import (
	"strconv"
	"strings"
	"time"
)

// parseSpan parses a length of time such as 90d, 12h or 1d12h30m.
func parseSpan(s string) (time.Duration, bool) {
	days, rest, hasDays := strings.Cut(s, "d")
	if !hasDays {
		days, rest = "0", s
	}
	n, err := strconv.ParseUint(days, 10, 32)
	if err != nil || n > 36500 {
		return 0, false
	}
	d := time.Duration(n) * 24 * time.Hour
	if rest == "" {
		return d, hasDays
	}
	more, err := time.ParseDuration(rest)
	return d + more, err == nil && more >= 0
}

// parseMoment parses a time: RFC 3339, a date, or a span before (sign -1) or
// after (sign 1) now.
func parseMoment(s string, sign time.Duration, now time.Time) (time.Time, error) {
	if d, ok := parseSpan(s); ok {
		return now.Add(sign * d), nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("%q is not a time: want a span such as 90d or 12h, a date, or RFC 3339", s)
}
