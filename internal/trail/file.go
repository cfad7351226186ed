package trail

import (
	"bytes"
	"encoding/json"

	"govd/internal/audit"
	"govd/internal/gov"
)

// The formats of the proof files. Each is a JSON object with this word in its
// field "format", indented by two spaces and ended by a newline.
const (
	RecordFormat      = "govd/record-proof/1"
	EntryFormat       = "govd/entry-proof/1"
	ConsistencyFormat = "govd/consistency-proof/1"
)

// maxProof bounds a proof file: the 16 nodes that a path can have, whole and in
// base64, are below it.
const maxProof = 4 << 20

// A Growth shows that the log of the checkpoint begins with an older log.
type Growth struct {
	Size   uint64       `json:"size"`             // entries of the older log
	Root   gov.Digest   `json:"root"`             // and its root, so that who does not know it checks every byte, too
	Hashes []gov.Digest `json:"hashes,omitempty"` // consistency proof, RFC 6962 section 2.1.2; none from size 0 or to the same size
}

// An Inclusion shows that an entry is in the log of a checkpoint.
type Inclusion struct {
	Index      uint64       `json:"index"`            // place of the entry in the log, from 0
	Entry      string       `json:"entry"`            // the entry's bytes, exactly as hashed
	Hashes     []gov.Digest `json:"hashes,omitempty"` // inclusion proof, RFC 6962 section 2.1.1; none in a log of one entry
	Since      *Growth      `json:"since,omitempty"`  // how the log continues one that the reader knows
	Checkpoint string       `json:"checkpoint"`       // the log's signed head, a C2SP signed note
}

// An EntryProof is the file that proves that an entry is in the log.
type EntryProof struct {
	Format string    `json:"format"` // EntryFormat
	Log    Inclusion `json:"log"`
}

// A ConsistencyProof is the file that proves that the log only grew.
type ConsistencyProof struct {
	Format     string `json:"format"` // ConsistencyFormat
	Since      Growth `json:"since"`
	Checkpoint string `json:"checkpoint"` // the newer log's signed head, a C2SP signed note
}

// A Head is the signed head of a log, and the log.
type Head struct {
	log        audit.Source
	checkpoint audit.Checkpoint
	signed     []byte
	since      uint64
}

// NewHead returns the head of a stored log. The checkpoint must be signed by
// the key, and the log must have the entries that it names; it may have more.
// since, if not 0, is the size of a log that the reader knows: every proof then
// shows that this one continues it.
func NewHead(log audit.Source, signed []byte, verifierKey string, since uint64) (Head, error) {
	c, err := audit.ParseCheckpoint(signed, verifierKey)
	return Head{log, c, signed, since}, err
}

// NewInclusion proves that entry index is in the head's log.
func NewInclusion(h Head, index uint64) (Inclusion, error) {
	hashes, err := audit.ProveEntry(h.log, h.checkpoint.Size, index)
	if err != nil {
		return Inclusion{}, err
	}
	entry, err := h.log.Entry(index)
	if err != nil {
		return Inclusion{}, err
	}
	in := Inclusion{Index: index, Entry: string(entry), Hashes: hashes, Checkpoint: string(h.signed)}
	if h.since > 0 {
		g, err := newGrowth(h)
		if err != nil {
			return Inclusion{}, err
		}
		in.Since = &g
	}
	return in, nil
}

// NewEntryProof returns the file that proves that entry index is in the log.
func NewEntryProof(h Head, index uint64) ([]byte, error) {
	in, err := NewInclusion(h, index)
	if err != nil {
		return nil, err
	}
	return encode(EntryProof{EntryFormat, in})
}

// NewConsistencyProof returns the file that proves that the head's log begins
// with the one that the reader knows.
func NewConsistencyProof(h Head) ([]byte, error) {
	g, err := newGrowth(h)
	if err != nil {
		return nil, err
	}
	return encode(ConsistencyProof{ConsistencyFormat, g, string(h.signed)})
}

func newGrowth(h Head) (Growth, error) {
	hashes, err := audit.ProveConsistency(h.log, h.since, h.checkpoint.Size)
	if err != nil {
		return Growth{}, err
	}
	root, err := audit.Root(h.log, h.since)
	return Growth{h.since, root, hashes}, err
}

// encode writes a proof file in its one form.
func encode(proof any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(proof); err != nil {
		return nil, err
	}
	if b.Len() > maxProof {
		return nil, gov.Errorf(gov.Exhausted, "PROOF_TOO_LARGE", "the proof has %d bytes, %d at most", b.Len(), maxProof)
	}
	return b.Bytes(), nil
}

// decode reads a proof file into proof and refuses any other form of it than
// the one that encode writes.
func decode(b []byte, proof any) error {
	if err := json.Unmarshal(b, proof); err != nil {
		return badFile("%s", "not a proof of that format: a field is missing or of another type")
	}
	if again, err := encode(proof); err != nil || !bytes.Equal(again, b) {
		return badFile("%s", "not a proof in its one form: fields, their order or spaces differ")
	}
	return nil
}

func badFile(format string, args ...any) error {
	return gov.Errorf(gov.Invalid, "BAD_PROOF_FILE", format, args...)
}
