package gov

import (
	"bytes"
	"reflect"
	"strings"
)

// An EditOp says what an edit does to a label.
type EditOp uint8

const (
	AddLabel     EditOp = 1
	RenameLabel  EditOp = 2 // the name; the geometry stays
	RemoveLabel  EditOp = 3
	ReshapeLabel EditOp = 4 // the geometry, and the name if From and To differ
)

var editOpNames = [...]string{"", "add", "rename", "remove", "reshape"}

// String returns the word for the operation, or "" if there is none.
func (op EditOp) String() string {
	if int(op) >= len(editOpNames) {
		return ""
	}
	return editOpNames[op]
}

// A LabelEdit changes one label of one record. From and FromGeometry are what
// the base must hold for the edit to apply; To and ToGeometry are what it will
// hold. A rename says nothing of the geometry.
type LabelEdit struct {
	Key          string // of the record
	Label        string // id of the label
	Op           EditOp
	From, To     string // names
	FromGeometry *Geometry
	ToGeometry   *Geometry
	Salt         [16]byte // set by the server; see SealEdit
}

// The canonical value of a label edit is deterministic CBOR like a record's,
// and frozen like it.
type editWire struct {
	Op           EditOp        `cbor:"1,keyasint"`
	From         string        `cbor:"2,keyasint,omitempty"`
	To           string        `cbor:"3,keyasint,omitempty"`
	FromGeometry *geometryWire `cbor:"4,keyasint,omitempty"`
	ToGeometry   *geometryWire `cbor:"5,keyasint,omitempty"`
}

// TreeKey returns the key of the edit in the tree of edits: the record's key,
// 0x00, the label's id. No key of a record holds 0x00, so edits sort by record,
// and none has the key of a record.
func (e *LabelEdit) TreeKey() string { return e.Key + "\x00" + e.Label }

// Check reports the first thing that is wrong with the edit.
func (e *LabelEdit) Check() error {
	if err := CheckKey(e.Key); err != nil {
		return err
	}
	switch {
	case e.Label == "" || !validText(e.Label, MaxText) || !validText(e.From, MaxText) || !validText(e.To, MaxText):
		return e.bad("has a label whose id or name is empty, too long or not UTF-8")
	case len(e.TreeKey()) > MaxKey:
		return e.bad("has a key and a label id of more than %d bytes together", MaxKey-1)
	}
	if wrong := e.wrongShape(); wrong != "" {
		return e.bad("label %q: %s", clip(e.Label), wrong)
	}
	for _, g := range []*Geometry{e.FromGeometry, e.ToGeometry} {
		if wrong := g.check(); wrong != "" {
			return e.bad("label %q: %s", clip(e.Label), wrong)
		}
	}
	return nil
}

// wrongShape returns what does not fit the operation, or "".
func (e *LabelEdit) wrongShape() string {
	from, to := e.From != "", e.To != ""
	switch {
	case e.Op == AddLabel && (from || !to || e.FromGeometry != nil):
		return "an added label has a new name and nothing old"
	case e.Op == RenameLabel && (!from || !to || e.From == e.To || e.FromGeometry != nil || e.ToGeometry != nil):
		return "a rename has two different names and no geometry"
	case e.Op == RemoveLabel && (!from || to || e.ToGeometry != nil):
		return "a removed label has an old name and nothing new"
	case e.Op == ReshapeLabel && (!from || !to || reflect.DeepEqual(e.FromGeometry, e.ToGeometry)):
		return "a reshape has both names and two different geometries"
	case e.Op.String() == "":
		return "no such operation"
	}
	return ""
}

func (e *LabelEdit) bad(format string, args ...any) error {
	return Errorf(Invalid, "BAD_EDIT", "edit of record %q "+format, append([]any{clip(e.Key)}, args...)...)
}

// SealEdit returns the canonical value of e and sets e.Salt, as Seal does for
// records and for the same reason: the digest of an erased edit must not be
// guessed from the few names that a label may have. The bytes are valid until
// the next call. The edit must have passed Check. Returns an error of kind
// Invalid if the value is over MaxValue.
func (s *Sealer) SealEdit(e *LabelEdit) ([]byte, error) {
	s.buf.Reset()
	w := editWire{e.Op, e.From, e.To, (*geometryWire)(e.FromGeometry), (*geometryWire)(e.ToGeometry)}
	if err := encMode.NewEncoder(&s.buf).Encode(w); err != nil {
		return nil, err
	}
	e.Salt = s.salt(e.TreeKey(), s.buf.Bytes())
	s.buf.Write(saltHead)
	s.buf.Write(e.Salt[:])
	value := s.buf.Bytes()
	if len(value) > MaxValue {
		return nil, e.bad("has a value of %d bytes, %d at most", len(value), MaxValue)
	}
	value[0]++ // one more entry in the map, which has five at most
	return value, nil
}

// DecodeEdit decodes a canonical value that was stored under a tree key. It
// accepts exactly what SealEdit can make.
func DecodeEdit(treeKey string, value []byte) (*LabelEdit, error) {
	key, label, ok := strings.Cut(treeKey, "\x00")
	e := &LabelEdit{Key: key, Label: label}
	bare, salt, salted := cutSalt(value)
	if !ok || !salted {
		return nil, e.bad("has no label in its key or no salt in its value")
	}
	var w editWire
	if err := decMode.Unmarshal(bare, &w); err != nil {
		return nil, Because(err, Invalid, "BAD_EDIT", "edit of record %q: the value is not an edit", clip(key))
	}
	if again, err := encMode.Marshal(&w); err != nil || !bytes.Equal(again, bare) {
		return nil, e.bad("has a value that is not canonical")
	}
	*e = LabelEdit{key, label, w.Op, w.From, w.To, (*Geometry)(w.FromGeometry), (*Geometry)(w.ToGeometry), salt}
	return e, e.Check()
}
