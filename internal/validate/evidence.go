package validate

import (
	"govd/internal/gov"
	"govd/internal/validate/measure"
	"govd/internal/validate/stat"
)

// Evidence is all that checks judge: what was measured of a version and of the
// one before it, and what people and other systems have said. Whatever is nil
// was not looked at, and a check that needs it says so.
type Evidence struct {
	Dataset gov.DatasetName
	Version gov.Digest
	Number  uint64
	Records uint64
	Bytes   uint64 // of the contents

	Now     *measure.Profile // of Suite.Measures
	Further *measure.Profile // of Suite.Further
	Index   *measure.Indexed // of Suite.Indexes

	Before        gov.Digest // the version to compare with; zero: none
	BeforeRecords uint64
	BeforeBytes   uint64
	Then          *measure.Profile // of Before
	Delta         *measure.Delta   // from Before to the version
	Relabelled    *Relabelled      // over the same

	Content     *Contents
	Inspections []Inspected
	Votes       []Vote
	Approvals   *Approvals
	Lots        []Intake
	Runs        map[string]bool // that are known; nil: nobody was asked
	Suspects    *Suspects

	Partial []string // why this is not all of the version
}

// Contents is what reading contents found.
type Contents struct {
	Of        uint64 // distinct contents of the version
	Read      uint64
	Wrong     []string // keys of records whose content is another, in order
	Broken    []string // whose content does not decode
	Failed    uint64   // contents that could not be read
	WrongAll  uint64   // how many, as Wrong may be cut short
	BrokenAll uint64
	Server    bool   // the server read them itself
	By        string // who asked it to, or else whose client read them
}

// reader says who read them.
func (c *Contents) reader() string {
	if c.Server {
		return "the server itself"
	}
	return "the client of " + c.By
}

// Inspected is the result of an inspection that was closed, or that was carried
// forward from one.
type Inspected struct {
	ID         string
	Asks       string // label, relevance or intake
	Group      string // of a stratified one: which group
	Groups     uint64 // how many groups shared its risk; 0 or 1: it was of one
	N          uint64 // answered
	Errors     uint64
	Bound      stat.Micro
	Confidence stat.Micro
	Carried    bool     // from an earlier version, over what changed
	Wrong      []string // keys found wrong, in order
}

// A Vote is one answer about what a record shows. Right is the known answer of
// a gold item, and "" of any other.
type Vote struct{ Key, By, Name, Right string }

// Approvals is how label changes since the version before were approved.
type Approvals struct {
	Changes    uint64
	Self       []string // changes that their own author approved
	Unapproved []string // changes that nobody approved who may
}

// An Intake is imagery that was taken in together, as a lot. One that is there
// twice is accepted if it is so once.
type Intake struct {
	Lot      string
	Accepted bool
}

// Relabelled counts how labels changed between two versions.
type Relabelled struct {
	Records uint64               // that are in both and have other label names
	Both    uint64               // that are in both
	Moves   map[[2]string]uint64 // old name, new name → labels; "" for none
	By      map[string]uint64    // author → records
	keys    keyset
}

// Add counts one record that changed; by may be "".
func (r *Relabelled) Add(was, is *gov.Record, by string) {
	moved := false
	names := map[string]string{}
	for _, l := range was.Labels {
		names[l.ID] = l.Name
	}
	if r.Moves == nil {
		r.Moves, r.By = map[[2]string]uint64{}, map[string]uint64{}
	}
	move := func(from, to string) {
		if from != to {
			r.Moves[[2]string{from, to}]++
			moved = true
		}
	}
	for _, l := range is.Labels {
		move(names[l.ID], l.Name)
		delete(names, l.ID)
	}
	for _, from := range names { // the sum does not depend on the order
		move(from, "")
	}
	if moved {
		r.Records++
		r.By[by]++
		r.keys.add(is.Key)
	}
}
