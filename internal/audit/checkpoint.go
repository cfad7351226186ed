package audit

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"govd/internal/gov"
)

// MaxCheckpoint is how many bytes a signed checkpoint may have: room for
// many witnesses.
const MaxCheckpoint = 16 << 10

// A Checkpoint is the head of a log. Signed, it is a C2SP signed note
// (tlog-checkpoint) without extension lines: whoever signs it says that the log
// of that origin has, in its first Size entries, that root, for ever.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   gov.Digest
}

// Body returns the text that is signed: origin, size in decimal and root in
// base64, a line each.
func (c Checkpoint) Body() string {
	return c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

var badCheckpoint = gov.Errorf(gov.Invalid, "BAD_CHECKPOINT", "not a checkpoint: want origin, size and root, and a signature")

// ParseCheckpoint returns the checkpoint in a signed note, if the key has
// signed it and has the origin for its name. Signatures by other keys are
// allowed and prove nothing.
func ParseCheckpoint(signed []byte, verifierKey string) (Checkpoint, error) {
	key, err := newVerifier(verifierKey)
	if err != nil {
		return Checkpoint{}, err
	}
	if len(signed) > MaxCheckpoint {
		return Checkpoint{}, gov.Errorf(gov.Invalid, "BAD_CHECKPOINT", "a checkpoint has %d bytes, %d at most", len(signed), MaxCheckpoint)
	}
	n, err := note.Open(signed, note.VerifierList(key))
	if err == nil {
		err = checkBase64(signed[len(n.Text):])
	}
	if err != nil {
		return Checkpoint{}, gov.Because(err, gov.Invalid, "BAD_CHECKPOINT", "the checkpoint is not signed by the key of %s", key.Name())
	}
	c, err := parseBody(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != key.Name() {
		return Checkpoint{}, gov.Errorf(gov.Invalid, "BAD_CHECKPOINT", "the checkpoint is of the log %s, and the key is that of %s", c.Origin, key.Name())
	}
	return c, nil
}

// parseBody parses what Body returns.
func parseBody(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return c, badCheckpoint
	}
	size, err1 := strconv.ParseUint(lines[1], 10, 64)
	root, err2 := base64.StdEncoding.DecodeString(lines[2])
	if err1 != nil || err2 != nil || len(root) != len(c.Root) || size > MaxSize || CheckOrigin(lines[0]) != nil {
		return c, badCheckpoint
	}
	c = Checkpoint{Origin: lines[0], Size: size, Root: gov.Digest(root)}
	if c.Body() != text {
		return Checkpoint{}, badCheckpoint
	}
	return c, nil
}

// checkBase64 checks that every signature is base64 in its one form, so that
// no byte of a note can change without being noticed.
func checkBase64(signatures []byte) error {
	for line := range bytes.Lines(signatures) {
		if len(line) == 1 {
			continue
		}
		_, sig, _ := bytes.Cut(bytes.TrimPrefix(line[:len(line)-1], []byte("— ")), []byte(" "))
		if _, err := base64.StdEncoding.Strict().DecodeString(string(sig)); err != nil {
			return badCheckpoint
		}
	}
	return nil
}
