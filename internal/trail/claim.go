package trail

import (
	"fmt"
	"strconv"
	"strings"

	"govd/internal/gov"
)

// A Claim is one thing that a file says and that was checked.
type Claim struct {
	Claim    string `json:"claim"`    // in plain words
	Holds    bool   `json:"holds"`    // whether it was proven
	Evidence string `json:"evidence"` // what proves it, or why it is not proven
}

// Findings collect claims, each resting on those before it.
type findings struct{ claims []Claim }

// holds records a claim that was proven.
func (r *findings) holds(claim, format string, evidence ...any) {
	r.claims = append(r.claims, Claim{claim, true, fmt.Sprintf(format, evidence...)})
}

// fails records a claim that was not proven, and returns the error to end with.
func (r *findings) fails(claim string, why error) error {
	r.claims = append(r.claims, Claim{claim, false, why.Error()})
	return gov.Because(why, gov.Invalid, "NOT_PROVEN", "not proven: %s", claim)
}

// count says "1 node" or "2 nodes".
func count[N int | uint64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// quote returns s as it is if it cannot deceive a reader, and else as a Go
// string: keys and labels come from strangers. It shortens what is long.
func quote(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "…"
	}
	if q := strconv.Quote(s); strings.Contains(s, " ") || q[1:len(q)-1] != s || s == "" {
		return q
	}
	return s
}
