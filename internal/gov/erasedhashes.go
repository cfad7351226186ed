package gov

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// A document of hashes is this line, then the number of entry hashes in decimal
// and a newline, then those, then the tags of the records that stay out; each
// ascending.
const erasedHead = "govd/erased/1\n"

// Hashes returns the document of the entry hashes of what a list is of, and of
// the tags by which its records are kept out.
func (l *ErasureList) Hashes() []byte {
	var hashes, stay []Digest
	for i := range l.Values {
		hashes, stay = append(hashes, l.Values[i].Hash), append(stay, l.Values[i].Stay)
	}
	for i := range l.Edits {
		hashes = append(hashes, l.Edits[i].Hash)
	}
	hashes, stay = ascending(hashes), ascending(stay)
	b := fmt.Appendf([]byte(erasedHead), "%d\n", len(hashes))
	for _, d := range append(hashes, stay...) {
		b = append(b, d[:]...)
	}
	return b
}

func ascending(all []Digest) []Digest {
	slices.SortFunc(all, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(all)
}

// ParseErased returns the entry hashes and the tags of a document of hashes.
func ParseErased(doc []byte) (hashes, stay []Digest, err error) {
	bad := Errorf(Internal, "CORRUPT", "a list of erased values cannot be read")
	rest, ok := bytes.CutPrefix(doc, []byte(erasedHead))
	line, rest, found := bytes.Cut(rest, []byte("\n"))
	var n int
	if _, err := fmt.Sscanf(string(line), "%d", &n); err != nil || !ok || !found || n < 0 || len(rest)%len(Digest{}) != 0 || n > len(rest)/len(Digest{}) {
		return nil, nil, bad
	}
	for i := 0; len(rest) > 0; i++ {
		d := Digest(rest[:len(Digest{})])
		if rest = rest[len(d):]; i < n {
			hashes = append(hashes, d)
		} else {
			stay = append(stay, d)
		}
	}
	return hashes, stay, nil
}

// Count returns how much a list is of: records, values, edits, and the versions
// that hold one or more. Lists of strangers may hold any runs of versions.
func (l *ErasureList) Count() ErasureCount {
	n := ErasureCount{Values: uint64(len(l.Values)), Edits: uint64(len(l.Edits))}
	keys, runs := map[DatasetName]map[string]bool{}, map[DatasetName][][2]uint64{}
	for i := range l.Values {
		v := &l.Values[i]
		if keys[v.Dataset] == nil {
			keys[v.Dataset] = map[string]bool{}
		}
		keys[v.Dataset][v.Key] = true
		runs[v.Dataset] = append(runs[v.Dataset], v.Versions...)
	}
	for d := range keys {
		n.Records += uint64(len(keys[d]))
		n.Versions += inRuns(runs[d])
	}
	return n
}

// inRuns counts the numbers that are in one or more of the runs.
func inRuns(runs [][2]uint64) (n uint64) {
	slices.SortFunc(runs, func(a, b [2]uint64) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	next := uint64(0) // the first number that is not counted yet
	for _, r := range runs {
		if first := max(next, r[0]); r[1] >= first {
			n += r[1] - first + 1
			next = r[1] + 1
		}
	}
	return n
}
