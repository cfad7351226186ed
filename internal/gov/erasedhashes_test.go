package gov

import (
	"bytes"
	"testing"
)

func erasedList() *ErasureList {
	return &ErasureList{
		Values: []ErasedValue{
			{Dataset: "lab/faces", Key: "b", Hash: Digest{9}, Stay: Digest{4}, Versions: [][2]uint64{{1, 1}}},
			{Dataset: "lab/faces", Key: "b", Hash: Digest{2}, Stay: Digest{4}, Versions: [][2]uint64{{2, 4}, {7, 7}}},
			{Dataset: "lab/faces", Key: "d", Hash: Digest{5}, Stay: Digest{3}, Versions: [][2]uint64{{3, 5}}},
			{Dataset: "lab/poses", Key: "b", Hash: Digest{5}, Stay: Digest{8}, Versions: [][2]uint64{{1, 2}}},
		},
		Edits: []ErasedEdit{{Change: 3, Revision: 1, Key: "b", Label: "1", Hash: Digest{1}}},
	}
}

// The document of hashes is each hash and each tag once, ascending.
func TestErasedHashes(t *testing.T) {
	doc := erasedList().Hashes()
	want := "govd/erased/1\n4\n"
	for _, first := range []byte{1, 2, 5, 9, 3, 4, 8} {
		d := Digest{first}
		want += string(d[:])
	}
	if string(doc) != want {
		t.Fatalf("%q, want %q", doc, want)
	}
	hashes, stay, err := ParseErased(doc)
	if err != nil || len(hashes) != 4 || len(stay) != 3 || hashes[3] != (Digest{9}) || stay[0] != (Digest{3}) {
		t.Errorf("%v, %v, %v", hashes, stay, err)
	}
	for name, bad := range map[string][]byte{
		"no head": doc[1:], "cut off": doc[:len(doc)-1], "too many": bytes.Replace(doc, []byte("\n4\n"), []byte("\n8\n"), 1), "no number": []byte(erasedHead + "x\n"), "nothing": nil,
	} {
		if _, _, err := ParseErased(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// A count is of different records, and of versions that hold at least one, and
// costs no more than there are runs.
func TestErasureCount(t *testing.T) {
	l := erasedList()
	if got, want := l.Count(), (ErasureCount{Records: 3, Values: 4, Edits: 1, Versions: 6 + 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	l.Values[0].Versions = [][2]uint64{{1, 1 << 63}, {9, 3}}
	if got := l.Count().Versions; got != 1<<63+2 {
		t.Errorf("%d versions", got)
	}
}
