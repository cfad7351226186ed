package store

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

// TestSeeker: whatever is asked for in whatever order, a seeker finds what a
// search from the root does, and goes on from there.
func TestSeeker(t *testing.T) {
	s := newStore(t, quick())
	var keys [][]byte
	update(t, s, func(tx *Tx) error {
		for i := range 3000 {
			k := key(nil).uint64(uint64(i * 3))
			keys = append(keys, k)
			tx.PutLineageRow(k, fmt.Append(nil, "row ", i))
		}
		return nil
	})
	near := rapid.Custom(func(t *rapid.T) int { return rapid.IntRange(-20, 60).Draw(t, "by") })
	rapid.Check(t, func(t *rapid.T) {
		view(t, s, func(tx *Tx) error {
			seek, at := tx.seeker(lineageEdges), 0
			for range rapid.IntRange(1, 40).Draw(t, "asks") {
				at += rapid.OneOf(near, rapid.IntRange(-9999, 9999), rapid.Just(0)).Draw(t, "move")
				at = min(max(at, 0), 9100)
				ask := key(nil).uint64(uint64(at))
				if rapid.Bool().Draw(t, "beyond") {
					ask = append(ask, 0)
				}
				i, _ := slices.BinarySearchFunc(keys, []byte(ask), bytes.Compare)
				k, v := seek.seek(ask)
				for range rapid.IntRange(0, 12).Draw(t, "steps") {
					expectRow(t, keys, i, k, v)
					if i == len(keys) {
						break
					}
					k, v = seek.next()
					i++
				}
				expectRow(t, keys, i, k, v)
			}
			return nil
		})
	})
}

func expectRow(t tb, keys [][]byte, i int, k, v []byte) {
	t.Helper()
	if i == len(keys) {
		if k != nil {
			t.Fatalf("%x is beyond the last", k)
		}
		return
	}
	if want := fmt.Append(nil, "row ", i); !bytes.Equal(k, keys[i]) || !bytes.Equal(rawValue(v), want) {
		t.Fatalf("found %x: %q, want %x: %q", k, rawValue(v), keys[i], want)
	}
}

// TestLineageRowsWithin: rows are the same in a View and in an Update, also when
// others are looked at between two of them.
func TestLineageRowsWithin(t *testing.T) {
	s := newStore(t, quick())
	put := func(tx *Tx) {
		for i := range 30 {
			tx.PutLineageRow([]byte{byte(i / 6), byte(i)}, []byte{byte(i)})
		}
	}
	look := func(tx *Tx) (seen string) {
		for a := range byte(6) {
			prefix := []byte{a}
			for k, v := range tx.LineageRows(prefix) {
				prefix[0] = 99 // as its caller may
				seen += fmt.Sprint(k, v, ":")
				for k := range tx.LineageRows([]byte{(a + 7) % 5}) {
					seen += fmt.Sprint(k[1], " ")
				}
			}
		}
		return seen
	}
	var want string
	update(t, s, func(tx *Tx) error {
		put(tx)
		want = look(tx)
		return nil
	})
	view(t, s, func(tx *Tx) error {
		expect(t, "rows", look(tx), want)
		return nil
	})
	if strings.Count(want, ":") != 30 {
		t.Errorf("saw %q", want)
	}
}

// TestNodesShareProjects: nodes of which the same projects spoke say so, in a
// View as in an Update, and who adds to one's list changes no other's.
func TestNodesShareProjects(t *testing.T) {
	s := newStore(t, quick())
	all := []gov.NodeInfo{
		{Node: gov.VersionOf("a/x", 1), Since: 3, Projects: []gov.Project{"a", "b"}},
		{Node: gov.VersionOf("a/x", 2), Projects: []gov.Project{"a", "b"}},
		{Node: gov.VersionOf("a/x", 3), Since: 300},
		{Node: gov.VersionOf("a/x", 4), Since: 300, Projects: []gov.Project{"b"}},
	}
	look := func(tx *Tx) (seen string) {
		var longer [][]gov.Project
		for i := range all {
			n, err := tx.NodeInfo(uint64(i + 1))
			longer = append(longer, append(n.Projects, gov.Project(fmt.Sprint(i))))
			seen += fmt.Sprint(n, len(n.Projects), err, "\n")
		}
		expect(t, "lists that were added to", fmt.Sprint(longer), "[[a b 0] [a b 1] [2] [b 3]]")
		_, err := tx.NodeInfo(9)
		return seen + fmt.Sprint(err)
	}
	var want string
	for i, n := range all {
		want += fmt.Sprint(n, len(n.Projects), nil, "\n")
		update(t, s, func(tx *Tx) error { return tx.PutNodeInfo(uint64(i+1), n) })
	}
	want += "no node 9"
	update(t, s, func(tx *Tx) error { expect(t, "nodes in an Update", look(tx), want); return nil })
	view(t, s, func(tx *Tx) error { expect(t, "nodes in a View", look(tx), want); return nil })
}
