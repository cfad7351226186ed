package inspect

import (
	"bytes"
	"slices"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// A State is where an inspection stands.
type State string

// The states. Only Passed certifies anything.
const (
	Open    State = "open"
	Passed  State = "passed"
	Failed  State = "failed"
	Stopped State = "stopped" // given up before it was decided
)

// People says who may inspect.
type People struct {
	Barred       map[gov.PersonID]bool // whoever made, edited or supplied a label in question, by any credential
	Adjudicators map[gov.PersonID]bool // who may settle what reviewers disagree on; nil: any inspector
}

// An Inspection is a fold of answers over a sheet. The same answers in the same
// order give the same inspection.
type Inspection struct {
	design *Design
	seed   gov.Digest
	sheet  *Sheet
	people People

	places  map[ItemID]int // of items on the sheet
	answers []answers      // by place
	lines   []line         // by stratum
	scores  map[gov.PersonID]*score
	state   State
}

// Begin opens an inspection of what a draw with the seed has laid out.
func Begin(d *Design, seed gov.Digest, sheet *Sheet, people People) *Inspection {
	i := &Inspection{
		design: d, seed: seed, sheet: sheet, people: people, state: Open,
		places: map[ItemID]int{}, answers: make([]answers, len(sheet.Items)), lines: make([]line, len(sheet.Plans)), scores: map[gov.PersonID]*score{},
	}
	for at, it := range sheet.Items {
		i.places[it.ID] = at
		if !it.gold() {
			i.lines[it.Stratum].places = append(i.lines[it.Stratum].places, at)
		}
	}
	return i
}

// State returns where the inspection stands.
func (i *Inspection) State() State { return i.state }

// May reports why a person may not inspect, or nil. Returns gov.Denied.
func (i *Inspection) May(who gov.PersonID) error {
	switch {
	case who.Machine():
		return gov.Errorf(gov.Denied, "NOT_HUMAN", "%s is a machine, and only people inspect", who)
	case i.people.Barred[who]:
		return gov.Errorf(gov.Denied, "CONTRIBUTED", "%s has contributed to the labels in question", who)
	case i.scores[who] != nil && i.scores[who].excluded:
		return gov.Errorf(gov.Denied, "EXCLUDED", "%s has been wrong on too many gold items", who)
	}
	return nil
}

// window is among how many places, from the first that wants an answer of theirs
// on, an inspector's next item is chosen: two who ask at once rarely get the
// same, and none is left behind that a sequential plan waits for.
const window = 16

// A Task is all that an inspector learns of an item: its id, and the key of the
// record to look at.
type Task struct {
	Item ItemID `json:"item"`
	Key  string `json:"key"`
}

// Next returns the task that a person is to look at, or false if there is none
// for them now. Asking again gives the same until somebody answers. Returns
// gov.Denied as May does.
func (i *Inspection) Next(who gov.PersonID) (Task, bool, error) {
	if err := i.May(who); err != nil || i.state != Open {
		return Task{}, false, err
	}
	var offered []Task
	for at, end := 0, len(i.answers); at < end; at++ {
		if !i.wants(at, who) {
			continue
		}
		if len(offered) == 0 {
			end = min(end, at+window)
		}
		it := &i.sheet.Items[at]
		offered = append(offered, Task{it.ID, it.Key})
	}
	if len(offered) == 0 {
		return Task{}, false, nil
	}
	return slices.MinFunc(offered, func(a, b Task) int {
		x, y := turn(i.seed, a.Item, who), turn(i.seed, b.Item, who)
		return bytes.Compare(x[:], y[:])
	}), true, nil
}

// wants reports whether the item at a place needs an answer that the person can
// give.
func (i *Inspection) wants(at int, who gov.PersonID) bool {
	reviewers := int(i.design.Reviewers)
	if i.settled(at) || i.answers[at].by(who) || !i.needed(at) {
		return false
	}
	return len(i.answers[at]) < reviewers || i.people.Adjudicators == nil || i.people.Adjudicators[who]
}

func (i *Inspection) settled(at int) bool {
	_, settled := i.answers[at].outcome(int(i.design.Reviewers))
	return settled
}

// Answer adds an answer. Returns gov.Denied as May does, gov.NotFound for an
// item that is not on the sheet, gov.Invalid for an answer that is none, and
// gov.Conflict if the inspection is over or the item needs no answer of theirs.
func (i *Inspection) Answer(a Answer) error {
	if err := a.check(); err != nil {
		return err
	}
	if err := i.May(a.Inspector); err != nil {
		return err
	}
	at, known := i.places[a.Item]
	switch {
	case i.state != Open:
		return gov.Errorf(gov.Conflict, "NOT_OPEN", "the inspection is %s", i.state)
	case !known:
		return gov.Errorf(gov.NotFound, "NO_ITEM", "no item %.40q", string(a.Item))
	case !i.wants(at, a.Inspector):
		return gov.Errorf(gov.Conflict, "NOT_WANTED", "item %s needs no answer of %s: ask for the next", a.Item, a.Inspector)
	}
	i.answers[at] = append(i.answers[at], a)
	i.score(a, &i.sheet.Items[at])
	i.advance()
	return nil
}

// Stop gives the inspection up. It then certifies nothing: who could stop when
// the numbers look good, or begin again when they look bad, could certify
// anything. Returns gov.Conflict if it is not open.
func (i *Inspection) Stop() error {
	if i.state != Open {
		return gov.Errorf(gov.Conflict, "NOT_OPEN", "the inspection is %s", i.state)
	}
	i.state = Stopped
	return nil
}

// advance draws the conclusions from a new answer. There is one moment at which
// results are looked at: when every stratum is decided and every gold item up to
// there is settled. Reviewers who then prove too inaccurate lose their answers,
// and the inspection goes on without them.
func (i *Inspection) advance() {
	for at := range i.lines {
		i.follow(at)
	}
	if !i.complete() {
		return
	}
	if i.exclude() {
		i.advance()
		return
	}
	i.state = Failed
	if r := i.measure(); r.passed() {
		i.state = Passed
	}
}

// complete reports whether nothing is left to ask.
func (i *Inspection) complete() bool {
	for at := range i.lines {
		if i.lines[at].decision == stat.Continue {
			return false
		}
	}
	for at := range i.answers {
		if i.needed(at) && !i.settled(at) {
			return false
		}
	}
	return true
}
