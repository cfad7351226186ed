package gov

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

var (
	aBox   = &Geometry{Box, [][]int64{{1, 2, 3, 4}}}
	aShift = &Geometry{Box, [][]int64{{1, 2, 3, 5}}}
)

func goodEdits() []LabelEdit {
	return []LabelEdit{
		{Key: "a/1.png", Label: "1", Op: AddLabel, To: "fist", ToGeometry: aBox},
		{Key: "a/1.png", Label: "1", Op: RenameLabel, From: "palm", To: "fist"},
		{Key: "a/1.png", Label: "1", Op: RemoveLabel, From: "palm", FromGeometry: aBox},
		{Key: "a/1.png", Label: "1", Op: ReshapeLabel, From: "palm", To: "palm", FromGeometry: aBox, ToGeometry: aShift},
		{Key: "a/1.png", Label: "\x00", Op: ReshapeLabel, From: "palm", To: "fist", FromGeometry: aBox},
	}
}

func TestLabelEditBytesAreFrozen(t *testing.T) {
	want := []string{
		"a4010103646669737405a2010102818401020304085085d2601016b0a7301a9c048b53b46b07",
		"a40102026470616c6d03646669737408500ba9fe15cc7dc4c12f64e0319409568b",
		"a40103026470616c6d04a20101028184010203040850a89bb1b139dd3ebb03ed1d76807f9be1",
		"a60104026470616c6d036470616c6d04a201010281840102030405a201010281840102030508501508de7ace45f6bcac78dd3955a51adf",
		"a50104026470616c6d03646669737404a20101028184010203040850004752cc0a7d439dfa4c4780995de5dc",
	}
	s := NewSealer([16]byte{9})
	for i, e := range goodEdits() {
		v, err := s.SealEdit(&e)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(v); i >= len(want) || got != want[i] {
			t.Errorf("edit %d: %s", i, got)
		}
		back, err := DecodeEdit(e.TreeKey(), v)
		if err != nil || !reflect.DeepEqual(*back, e) {
			t.Errorf("edit %d came back as %+v, %v", i, back, err)
		}
	}
}

func TestLabelEditCheck(t *testing.T) {
	for i, e := range goodEdits() {
		if err := e.Check(); err != nil {
			t.Errorf("edit %d: %v", i, err)
		}
	}
	bad := map[string]LabelEdit{
		"no key":                 {Label: "1", Op: AddLabel, To: "x"},
		"key with the separator": {Key: "a\x00", Label: "1", Op: AddLabel, To: "x"},
		"no label":               {Key: "a", Op: AddLabel, To: "x"},
		"no operation":           {Key: "a", Label: "1", To: "x"},
		"unknown operation":      {Key: "a", Label: "1", Op: 5, To: "x"},
		"add of nothing":         {Key: "a", Label: "1", Op: AddLabel},
		"add from something":     {Key: "a", Label: "1", Op: AddLabel, From: "y", To: "x"},
		"add with an old shape":  {Key: "a", Label: "1", Op: AddLabel, To: "x", FromGeometry: aBox},
		"rename to itself":       {Key: "a", Label: "1", Op: RenameLabel, From: "x", To: "x"},
		"rename with a shape":    {Key: "a", Label: "1", Op: RenameLabel, From: "x", To: "y", ToGeometry: aBox},
		"remove with a new name": {Key: "a", Label: "1", Op: RemoveLabel, From: "x", To: "y"},
		"reshape to itself":      {Key: "a", Label: "1", Op: ReshapeLabel, From: "x", To: "x", FromGeometry: aBox, ToGeometry: aBox},
		"reshape without a name": {Key: "a", Label: "1", Op: ReshapeLabel, From: "x", FromGeometry: aBox},
		"bad shape":              {Key: "a", Label: "1", Op: AddLabel, To: "x", ToGeometry: &Geometry{Kind: Box}},
		"not UTF-8":              {Key: "a", Label: "1", Op: AddLabel, To: "\xff"},
		"too long together":      {Key: strings.Repeat("k", MaxKey-3), Label: "123", Op: AddLabel, To: "x"},
	}
	for name, e := range bad {
		if err := e.Check(); !errors.Is(err, Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The salt binds an edit to its place and its dataset.
func TestLabelEditSalt(t *testing.T) {
	salts := map[[16]byte]bool{}
	for _, key := range []string{"a", "b"} {
		for _, label := range []string{"1", "2"} {
			for _, secret := range []byte{1, 2} {
				e := LabelEdit{Key: key, Label: label, Op: RenameLabel, From: "x", To: "y"}
				if _, err := NewSealer([16]byte{secret}).SealEdit(&e); err != nil {
					t.Fatal(err)
				}
				salts[e.Salt] = true
			}
		}
	}
	if len(salts) != 8 {
		t.Errorf("8 edits have %d salts", len(salts))
	}
}

func FuzzDecodeEdit(f *testing.F) {
	s := NewSealer([16]byte{9})
	for _, e := range goodEdits() {
		v, err := s.SealEdit(&e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.TreeKey(), v)
	}
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		e, err := DecodeEdit(key, value)
		if err != nil {
			return
		}
		if e.TreeKey() != key {
			t.Fatalf("key %q became %q", key, e.TreeKey())
		}
		salt := e.Salt
		again, err := NewSealer([16]byte{}).SealEdit(e)
		if err != nil {
			t.Fatal(err)
		}
		again = append(again[:len(again)-len(salt):len(again)-len(salt)], salt[:]...)
		if !bytes.Equal(again, value) {
			t.Fatalf("%x became %x", value, again)
		}
	})
}
