package trail

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
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

// count says "1 node" or "2 nodes".
func count[N int | uint64](n N, thing string) string {
	switch {
	case n == 1:
		return "1 " + thing
	case strings.HasSuffix(thing, "sh"):
		thing += "e"
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// people lists persons: "user:1, user:2 and user:3".
func people(all []gov.PersonID) string {
	var b strings.Builder
	for i, id := range all {
		switch {
		case i > 0 && i == len(all)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(id))
	}
	return b.String()
}

// listed is people, in the order of their numbers.
func listed(set map[gov.PersonID]bool) string {
	all := slices.SortedFunc(maps.Keys(set), func(a, b gov.PersonID) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(string(a), string(b)))
	})
	return people(all)
}

func keysOf[V any](m map[gov.PersonID]V) map[gov.PersonID]bool {
	set := map[gov.PersonID]bool{}
	for id := range m {
		set[id] = true
	}
	return set
}

// quoteAll lists what comes from strangers.
func quoteAll(all []string) string {
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = quote(s)
	}
	return strings.Join(quoted, ", ")
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
