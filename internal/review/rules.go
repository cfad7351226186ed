package review

import (
	"encoding/json"
	"slices"
	"strings"

	"govd/internal/gov"
)

// Rules say what a change needs before it is applied. A document of rules
// belongs to a place: the server, a project or a dataset; the rules in force at
// a dataset are the Strictest of the three. Whatever a document leaves out, it
// says nothing about. Every field is a row of options.go.
type Rules struct {
	Stages                map[gov.Stage]StageRules `json:"stages,omitempty"`
	Classes               []Class                  `json:"classes,omitempty"`
	SignedFrom            gov.Stage                `json:"signed_from,omitempty"`
	VoteLife              Life                     `json:"vote_life,omitempty"`
	ChangeLife            Life                     `json:"change_life,omitempty"`
	MinAge                Life                     `json:"min_age,omitempty"`
	LookEdits             uint32                   `json:"look_edits,omitempty"`
	LookTime              Life                     `json:"look_time,omitempty"`
	LiftMore              uint8                    `json:"lift_more,omitempty"`
	ApplierNotContributor Flag                     `json:"applier_not_contributor,omitempty"`
	ApplierNotApprover    Flag                     `json:"applier_not_approver,omitempty"`
	Exclusive             []RolePair               `json:"exclusive,omitempty"`
	BreakGlass            BreakGlass               `json:"break_glass,omitzero"`
	RuleNeed              uint8                    `json:"rule_need,omitempty"`
	RuleDelay             Life                     `json:"rule_delay,omitempty"`
	Alarm                 Alarm                    `json:"alarm,omitzero"`

	digest gov.Digest // of rules that do not change any more; see Fixed
}

// StageRules are what a change needs whose result is meant for a stage.
type StageRules struct {
	Factors []Factor `json:"factors,omitempty"` // each is needed
	Extra   []Extra  `json:"extra,omitempty"`   // needed on top of them by large changes
}

// A Factor is a number of distinct persons who hold a role and approve. One
// person fills one place of one factor.
type Factor struct {
	Role   gov.Role       `json:"role"`
	People []gov.PersonID `json:"people,omitempty"` // if set, only these
	Need   uint8          `json:"need"`
}

// A Measure is a size of a change.
type Measure string

const (
	ByRecords Measure = "records" // records touched, of all records of the base
	ByLabel   Measure = "label"   // the largest share by which any label moved
)

// An Extra is a factor that a change needs which is larger than a share. Of all
// extras of a role that a change meets, the one with the largest need holds.
type Extra struct {
	Of   Measure  `json:"of"`
	Over uint32   `json:"over_ppm"` // parts per million; exactly as much is not over
	Role gov.Role `json:"role"`
	Need uint8    `json:"need"`
}

// A Class is a set of labels that need factors of their own.
type Class struct {
	Name    string   `json:"name"`
	Labels  []string `json:"labels"` // names, or beginnings of names followed by *
	Factors []Factor `json:"factors"`
}

// Holds reports whether the label is of the class.
func (c *Class) Holds(label string) bool {
	return slices.ContainsFunc(c.Labels, func(l string) bool {
		start, isStart := strings.CutSuffix(l, "*")
		return l == label || isStart && strings.HasPrefix(label, start)
	})
}

// A RolePair is two roles that nobody may hold at once, the first before the
// second.
type RolePair [2]gov.Role

// BreakGlass says how a change is applied without its quorum in an emergency.
// Without factors it is not; Never forbids it in narrower places too.
type BreakGlass struct {
	Factors []Factor `json:"factors,omitempty"` // who must ask for it
	Never   Flag     `json:"never,omitempty"`
	Life    Life     `json:"life,omitempty"`   // of what they ask
	Ratify  Life     `json:"ratify,omitempty"` // in which the quorum must follow
	Reason  uint16   `json:"reason,omitempty"` // least bytes of the reason they give
}

// Alarm says when two persons approve each other suspiciously often and fast.
type Alarm struct {
	Times  uint16 `json:"times,omitempty"`  // more than this, each way
	Within Life   `json:"within,omitempty"` // in less time than this
}

// A Flag is an option that is on or left out. It has no off, which would look
// as if it could loosen the rules of a wider place.
type Flag bool

// UnmarshalJSON accepts true alone.
func (f *Flag) UnmarshalJSON(b []byte) error {
	if string(b) != "true" {
		return gov.Errorf(gov.Invalid, "BAD_RULES", "an option that is not true is left out")
	}
	*f = true
	return nil
}

// Default returns the rules that a server begins with. Stage 1 needs no
// approval.
func Default() *Rules {
	stewards := func(n uint8) StageRules {
		return StageRules{
			Factors: []Factor{{Role: gov.Steward, Need: n}},
			Extra: []Extra{
				{Of: ByLabel, Over: 50_000, Role: gov.Steward, Need: 1},
				{Of: ByRecords, Over: 10_000, Role: gov.Steward, Need: 1},
			},
		}
	}
	return &Rules{
		Stages:   map[gov.Stage]StageRules{1: {}, 2: stewards(1), 3: stewards(1), 4: stewards(2), 5: stewards(2)},
		VoteLife: 14 * Day, ChangeLife: 30 * Day, MinAge: 7 * Day, LiftMore: 1,
		Exclusive: []RolePair{{gov.Admin, gov.Auditor}, {gov.Admin, gov.Steward}, {gov.Annotator, gov.Auditor}, {gov.Auditor, gov.Steward}},
		BreakGlass: BreakGlass{
			Factors: []Factor{{Role: gov.Admin, Need: 1}}, Life: Hour, Ratify: 72 * Hour, Reason: 20,
		},
		RuleNeed: 1, RuleDelay: Hour,
		Alarm: Alarm{Times: 5, Within: Minute},
	}
}

// Document returns the canonical bytes: JSON with every list sorted. They are
// frozen: revisions are bound to rules by their digest.
func (r *Rules) Document() []byte {
	b, err := json.Marshal(Strictest(r)) // which sorts
	if err != nil {
		panic(err) // maps, slices, strings and numbers always marshal
	}
	return b
}

// Digest returns the digest of the document.
func (r *Rules) Digest() gov.Digest {
	if !r.digest.IsZero() {
		return r.digest
	}
	return gov.DocumentDigest(r.Document())
}

// Fixed returns the rules, which nobody may change any more, with their digest
// known: every judgement asks for it.
func (r *Rules) Fixed() *Rules {
	fixed := Strictest(r)
	fixed.digest = fixed.Digest()
	return fixed
}
