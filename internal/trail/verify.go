package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
)

// Options are what the reader of a file knows from elsewhere.
type Options struct {
	VerifierKey string // whose log it must be
	Since       []byte // a signed checkpoint that the reader kept; none: nil
}

// Verify checks a file of any format of this package: a trail, a record, entry
// or consistency proof, an exported log, or a checkpoint. It returns what the file
// shows, each claim resting on those before it.
//
// The error is nil only if every claim holds. It has the reason NOT_PROVEN if
// the last claim does not hold, and another one if the file or the key cannot
// be read; both are of kind Invalid. An error of kind Internal is the reader's.
func Verify(r io.ReaderAt, size int64, o Options) ([]Claim, error) {
	read, err := Examine(r, size, o)
	return read.Claims(), err
}

// A verifier checks one file.
type verifier struct {
	findings
	key    string
	origin string            // of the key's log
	since  *audit.Checkpoint // what the reader knows; nil if nothing
}

func newVerifier(o Options) (*verifier, error) {
	origin, err := audit.CheckVerifierKey(o.VerifierKey)
	if err != nil {
		return nil, err
	}
	v := &verifier{key: o.VerifierKey, origin: origin}
	v.on(OfLog, "")
	if o.Since != nil {
		c, err := audit.ParseCheckpoint(o.Since, v.key)
		if err != nil {
			return nil, fmt.Errorf("the checkpoint to begin from: %w", err)
		}
		v.since = &c
	}
	return v, nil
}

// small checks a proof or a checkpoint.
func (v *verifier) small(r *io.SectionReader) error {
	if r.Size() > maxProof {
		return badFile("the file has %d bytes and is no exported log", r.Size())
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if len(b) == 0 || b[0] != '{' {
		if !bytes.Contains(b, []byte("\n\n\u2014 ")) { // where the signatures of a checkpoint begin
			return badFile("the file is none of a trail, a proof, an exported log or a checkpoint")
		}
		v.read.Kind = "a checkpoint"
		c, err := v.checkpoint(b)
		if err != nil {
			return err
		}
		return v.grown(c, nil)
	}
	var is struct {
		Format string `json:"format"`
	}
	if json.Unmarshal(b, &is) != nil {
		return badFile("the file is cut off or is not JSON")
	}
	switch is.Format {
	case RecordFormat:
		v.read.Kind = "a proof about a record"
		return v.record(b)
	case EntryFormat:
		v.read.Kind = "a proof of a log entry"
		return v.entry(b)
	case ConsistencyFormat:
		v.read.Kind = "a proof that the log only grew"
		return v.consistency(b)
	}
	return badFile("no format %s is known here; a newer govctl may know it", quote(is.Format))
}

func (v *verifier) entry(b []byte) error {
	var p EntryProof
	if err := decode(b, &p); err != nil {
		return err
	}
	e, err := v.inclusion(p.Log)
	if err != nil {
		return err
	}
	l := line{e, p.Log.Index}
	v.read.Subject = fmt.Sprintf("log entry %d", l.index)
	v.holds(fmt.Sprintf("log entry %d says: %s, at %s", l.index, l.words(), l.Time.Format(time.RFC3339)), "%s", p.Log.Entry)
	return nil
}

func (v *verifier) consistency(b []byte) error {
	var p ConsistencyProof
	if err := decode(b, &p); err != nil {
		return err
	}
	if v.since == nil {
		return gov.Errorf(gov.Invalid, "NO_CHECKPOINT", "a consistency proof says something only about a checkpoint that you have kept: give it, too")
	}
	c, err := v.checkpoint([]byte(p.Checkpoint))
	if err != nil {
		return err
	}
	return v.grown(c, &p.Since)
}

// inclusion checks that an entry is in the log, and returns it.
func (v *verifier) inclusion(in Inclusion) (*audit.Entry, error) {
	c, err := v.checkpoint([]byte(in.Checkpoint))
	if err != nil {
		return nil, err
	}
	if err := v.grown(c, in.Since); err != nil {
		return nil, err
	}
	claim := fmt.Sprintf("log entry %d is in the log of %s at size %d", in.Index, c.Origin, c.Size)
	if err := audit.CheckEntry(in.Hashes, c.Size, c.Root, in.Index, audit.LeafHash([]byte(in.Entry))); err != nil {
		return nil, v.fails(claim, err)
	}
	e, err := audit.DecodeEntry([]byte(in.Entry))
	if err != nil {
		return nil, v.fails(claim, err)
	}
	v.holds(claim, "its hash and %s give the root %s", count(len(in.Hashes), "other"), c.Root)
	v.read.Newest = e.Time
	return e, nil
}

// checkpoint checks the signature under a checkpoint.
func (v *verifier) checkpoint(signed []byte) (audit.Checkpoint, error) {
	claim := fmt.Sprintf("the checkpoint is signed by %s", v.key)
	c, err := audit.ParseCheckpoint(signed, v.key)
	if of := originOf(signed); err != nil && of != v.origin {
		err = fmt.Errorf("the file says that it is of the log of %s, and the key is that of %s: is it another server's?", quote(of), v.origin)
	}
	if err != nil {
		return c, v.fails(claim, err)
	}
	v.holds(claim, "log %s, size %d, root %s", c.Origin, c.Size, c.Root)
	v.read.Head = c
	return c, nil
}

// grown checks that the log of c begins with the one that the reader knows, if
// there is one, and with the one that the file names, if it does.
func (v *verifier) grown(c audit.Checkpoint, g *Growth) error {
	if g != nil && (v.since == nil || g.Size != v.since.Size) {
		if err := v.leads(fmt.Sprintf("the log of %s at size %d continues one of size %d", c.Origin, c.Size, g.Size), c, g); err != nil {
			return err
		}
		g = nil
	}
	if v.since == nil {
		return nil
	}
	claim := continues(c, *v.since)
	switch {
	case g == nil && c.Size == v.since.Size:
		g = &Growth{Size: c.Size, Root: v.since.Root}
	case c.Size < v.since.Size:
		return v.fails(claim, fmt.Errorf("the file is older than what you know: its log ends at size %d", c.Size))
	case g == nil:
		return v.fails(claim, fmt.Errorf("the file does not say how the log grew from size %d", v.since.Size))
	case g.Root != v.since.Root:
		return v.fails(claim, fmt.Errorf("the file says that its root was %s, and you know %s", g.Root, v.since.Root))
	}
	return v.leads(claim, c, g)
}

// leads checks that the log of c begins with the one of g.
func (v *verifier) leads(claim string, c audit.Checkpoint, g *Growth) error {
	if err := audit.CheckConsistency(g.Hashes, g.Size, g.Root, c.Size, c.Root); err != nil {
		return v.fails(claim, err)
	}
	v.holds(claim, "%d hashes lead from the root %s to the root %s", len(g.Hashes), g.Root, c.Root)
	return nil
}

func continues(c, old audit.Checkpoint) string {
	return fmt.Sprintf("the log of %s at size %d continues the one you know at size %d", c.Origin, c.Size, old.Size)
}
