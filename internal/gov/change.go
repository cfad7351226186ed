package gov

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"time"
)

// A ChangeID is the number of a change: 1 for the first of a server.
type ChangeID uint64

// ParseChangeID parses what String writes, and no other.
func ParseChangeID(s string) (ChangeID, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != s {
		return 0, Errorf(Invalid, "BAD_CHANGE", "%q is not a change: want its number", clip(s))
	}
	return ChangeID(n), nil
}

// String returns the plain number.
func (id ChangeID) String() string { return strconv.FormatUint(uint64(id), 10) }

// A ChangeState says where in its life a change is. Whether it is ready or has
// expired is not a state: that depends on votes, rules and time.
type ChangeState string

const (
	ChangeOpen      ChangeState = "open"
	ChangeWithdrawn ChangeState = "withdrawn"
	ChangeApplied   ChangeState = "applied"
)

// A Change is a proposed set of label edits against a version of a dataset.
type Change struct {
	ID       ChangeID    `json:"id"`
	Dataset  DatasetName `json:"dataset"`
	Author   PersonID    `json:"author"`
	State    ChangeState `json:"state"`
	Entry    uint64      `json:"entry"`              // the log entry that opened it
	Opened   time.Time   `json:"opened"`             // by that entry; reopening does not renew it
	Expires  time.Time   `json:"expires"`            // from here on it can only be withdrawn
	Reopened uint64      `json:"reopened,omitempty"` // the log entry that reopened it last: older approvals are void
	Revision uint64      `json:"revision"`           // the number of the newest
	Result   uint64      `json:"result,omitempty"`   // the number of the version it became
	Glass    *Glass      `json:"glass,omitempty"`    // who asked for it to be applied without its quorum
}

// A Glass is the breaking of it: an emergency in which a change is applied
// before its quorum is there.
type Glass struct {
	Revision Digest     `json:"revision"` // what it is about
	Asked    []GlassAsk `json:"asked"`    // in the order of the log
	Applied  time.Time  `json:"applied,omitzero"`
	Due      time.Time  `json:"due,omitzero"`       // by then it must be ratified
	Ratified uint64     `json:"ratified,omitempty"` // the log entry that found that the quorum had followed
}

// A GlassAsk is one person's asking for it.
type GlassAsk struct {
	Person PersonID  `json:"person"`
	Time   time.Time `json:"time"`
	Entry  uint64    `json:"entry"`
	Reason Digest    `json:"reason"` // of a text
	Ticket Digest    `json:"ticket"` // of a text
}

// A Base is the version that a revision edits.
type Base struct {
	Number  uint64 `json:"number"`
	Digest  Digest `json:"digest"`
	Records uint64 `json:"records"`
}

// A Revision is one state of a change. It never changes; votes are about its
// Digest. Touched, Moved and Labels follow from the base and the edits, and the
// digest covers them too, as they decide which rules hold.
type Revision struct {
	Change   ChangeID    `json:"change"`
	Number   uint64      `json:"number"` // 1 for the first
	Digest   Digest      `json:"digest"`
	Dataset  DatasetName `json:"dataset"`
	Base     Base        `json:"base"`
	Edits    Tree        `json:"edits"`              // of label edits; its Records are their count
	Touched  uint64      `json:"touched"`            // records with at least one edit
	Moved    uint32      `json:"moved"`              // largest share of a label's uses that came or went, parts per million
	Labels   []string    `json:"labels,omitempty"`   // names that come or go, ascending
	Stage    Stage       `json:"stage"`              // that the result is meant for
	Why      Digest      `json:"why,omitzero"`       // of a text
	Evidence []Digest    `json:"evidence,omitempty"` // ascending
	Rules    Digest      `json:"rules"`              // of the rules in force when it was made
	By       PersonID    `json:"by"`
	For      PersonID    `json:"for,omitempty"` // on whose behalf
	Created  time.Time   `json:"created"`
}

// ComputeDigest returns what Digest must be:
//
//	SHA-256(0x19 | "govd/revision/1" | u64 change | u64 number | str dataset |
//	        u64 base number | base digest | u64 base records |
//	        edits params | edits root | u8 edits level | u64 edits | u64 bytes of edits |
//	        u64 touched | u32 moved | uvarint labels | str label… | u8 stage |
//	        why | uvarint evidence | evidence… | rules)
//
// with big-endian integers and str as uvarint length and bytes. It is frozen.
// The number is in it so that a revision which repeats an older one does not
// inherit its votes. Who made it and when is left to the log.
func (r *Revision) ComputeDigest() Digest {
	h := hashInput(append([]byte{0x19}, "govd/revision/1"...))
	h.u64(uint64(r.Change))
	h.u64(r.Number)
	h.str(string(r.Dataset))
	h.u64(r.Base.Number)
	h.digest(r.Base.Digest)
	h.u64(r.Base.Records)
	h.tree(r.Edits)
	h.u64(r.Touched)
	h = binary.BigEndian.AppendUint32(h, r.Moved)
	h.count(len(r.Labels))
	for _, name := range r.Labels {
		h.str(name)
	}
	h = append(h, byte(r.Stage))
	h.digest(r.Why)
	h.count(len(r.Evidence))
	for _, e := range r.Evidence {
		h.digest(e)
	}
	h.digest(r.Rules)
	return sha256.Sum256(h)
}

// hashInput is bytes that will be hashed.
type hashInput []byte

func (h *hashInput) u64(n uint64)    { *h = binary.BigEndian.AppendUint64(*h, n) }
func (h *hashInput) count(n int)     { *h = binary.AppendUvarint(*h, uint64(n)) }
func (h *hashInput) digest(d Digest) { *h = append(*h, d[:]...) }

func (h *hashInput) str(s string) {
	h.count(len(s))
	*h = append(*h, s...)
}

func (h *hashInput) tree(t Tree) {
	h.digest(t.Params)
	h.digest(t.Root)
	*h = append(*h, t.Level)
	h.u64(t.Records)
	h.u64(t.Bytes)
}

// A ChangeSize sums up edits for a revision: feed it every edit in the order of
// their tree, then Fill.
type ChangeSize struct {
	touched uint64
	last    string // key of the record seen last
	moves   map[string]*labelMove
}

type labelMove struct{ in, out uint64 }

// Add counts an edit.
func (s *ChangeSize) Add(e *LabelEdit) {
	if s.touched == 0 || e.Key != s.last {
		s.touched, s.last = s.touched+1, e.Key
	}
	if e.From != "" {
		s.move(e.From).out++
	}
	if e.To != "" {
		s.move(e.To).in++
	}
}

func (s *ChangeSize) move(label string) *labelMove {
	if s.moves == nil {
		s.moves = map[string]*labelMove{}
	}
	if s.moves[label] == nil {
		s.moves[label] = &labelMove{}
	}
	return s.moves[label]
}

// Fill sets Touched, Moved and Labels of a revision, given how often the base
// uses each label. Labels that come as often as they go are counted as moved
// too, for each move may be wrong. A label new to the base has moved wholly.
func (s *ChangeSize) Fill(r *Revision, uses func(label string) uint64) {
	r.Touched, r.Moved, r.Labels = s.touched, 0, nil
	for label, m := range s.moves {
		r.Labels = append(r.Labels, label)
		r.Moved = max(r.Moved, PartsPerMillion(max(m.in, m.out), uses(label)))
	}
	slices.Sort(r.Labels)
}

// A Transition is a name that a label had, "" if it is new, and one that it gets,
// "" if it goes.
type Transition struct{ From, To string }

// PartsPerMillion returns the share of the whole, rounded up so that no move is
// nothing. Of nothing, any part is the whole.
func PartsPerMillion(part, whole uint64) uint32 {
	switch {
	case part == 0:
		return 0
	case whole == 0:
		return 1e6
	case part > math.MaxUint64/2_000_000 || whole > math.MaxUint64/2:
		return math.MaxUint32
	}
	return uint32(min((part*1e6+whole-1)/whole, math.MaxUint32))
}
