package trail

import (
	"encoding/json"
	"fmt"

	"govd/internal/gov"
	"govd/internal/inspect"
)

// laidOut checks that the sheet is as the secret gives it, and that what was
// judged stands on it.
func (p *proven) laidOut(in *inspected, secret inspect.Secret, state gov.InspectionState) error {
	sheet, pool, err := p.sheetOf(in)
	claim := fmt.Sprintf("the sample of inspection %s lies as its secret and its design give it", in.Inspection)
	if err != nil {
		return p.fails(claim, err)
	}
	doc, there := p.documents[in.Design]
	if sheet == nil || !there {
		p.lacks(fmt.Sprintf("which records inspection %s looked at is not shown", in.Inspection), "this file does not hold its sheet or its design")
		return nil
	}
	d, err := inspect.ParseDesign(doc)
	if err != nil {
		return p.fails(claim, err)
	}
	in.design, in.seed, in.sheet, in.pool = d, secret.Seed(in.Root, in.Design), sheet, pool
	if err := sheet.Follows(d, in.seed, pool); err != nil {
		return p.fails(claim, err)
	}
	p.holds(claim, "the seed %s, of the root, the design and the secret, gives the ranks and places of %s; that no other record has a lower rank takes all keys: 'govctl inspect redraw %s --from' this file", in.seed, count(len(sheet.Items), "item"), in.Inspection)
	if err := p.judged(in, state); err != nil {
		return err
	}
	return p.strangers(in)
}

// sheetOf returns the sheet of an inspection and the pool of its gold items; nil
// if they are not here. They were fixed when the sample was drawn.
func (p *proven) sheetOf(in *inspected) (*inspect.Sheet, []inspect.Gold, error) {
	text, here := p.texts[in.Sheet]
	pooled, there := p.texts[in.Gold]
	if !here || !there {
		return nil, nil, nil
	}
	var sheet inspect.Sheet
	var pool struct {
		Items []inspect.Gold `json:"items"`
	}
	if json.Unmarshal([]byte(text), &sheet) != nil || json.Unmarshal([]byte(pooled), &pool) != nil {
		return nil, nil, fmt.Errorf("the sheet or its gold items cannot be read")
	}
	return &sheet, pool.Items, nil
}

// judged checks that every answer is of an item on the sheet, one of each person.
// A fixed plan looks at every item.
func (p *proven) judged(in *inspected, state gov.InspectionState) error {
	if len(in.answers) == 0 {
		p.lacks(fmt.Sprintf("who judged the items of inspection %s is not shown", in.Inspection), "this file does not hold the answers")
		return nil
	}
	claim := fmt.Sprintf("all that was judged in inspection %s stands on its sheet", in.Inspection)
	on, by, who := map[inspect.ItemID]uint32{}, map[answer]bool{}, map[gov.PersonID]bool{}
	for _, it := range in.sheet.Items {
		on[it.ID] = 0
	}
	for _, a := range in.answers {
		once := answer{item: a.item, who: a.who}
		if _, known := on[a.item]; !known || by[once] {
			return p.fails(claim, fmt.Errorf("log entry %d judges an item that is not on the sheet, or a second time", a.entry))
		}
		on[a.item]++
		by[once], who[a.who] = true, true
	}
	items := 0
	for _, n := range on {
		if n > 0 {
			items++
		}
		if n < in.design.Reviewers && !in.design.Sequential() && state != gov.InspectionStopped {
			return p.fails(claim, fmt.Errorf("an item was judged %d times, and the design asks for %d", n, in.design.Reviewers))
		}
	}
	p.holds(claim, "%s by %s for %d of %s, in log entries %d to %d; what they said is known here by its digest alone", count(len(in.answers), "answer"), listed(who), items,
		count(len(on), "item"), in.answers[0].entry, in.answers[len(in.answers)-1].entry)
	return nil
}

// strangers checks that nobody judged what they had made.
func (p *proven) strangers(in *inspected) error {
	claim := fmt.Sprintf("nobody who judged an item of inspection %s had a hand in %s", in.Inspection, in.of())
	if len(in.answers) == 0 {
		return nil
	}
	made := p.makersOf(in.Dataset, 1, in.Number)
	if in.Number == 0 {
		made.miss("who brought in the lot")
	}
	for n := uint64(1); n <= in.Number; n++ {
		if by, known := p.registrars[gov.VersionOf(in.Dataset, n)]; known {
			made.of[p.human(by)] = 0
		}
	}
	for _, a := range in.answers {
		if _, worked := made.of[p.human(a.who)]; worked {
			return p.fails(claim, fmt.Errorf("%s had, and judged an item in log entry %d", a.who, a.entry))
		}
	}
	if !made.whole {
		p.lacks(fmt.Sprintf("whether somebody who judged an item of inspection %s had a hand in %s is not shown", in.Inspection, in.of()), "this file does not hold %s", made.lacks)
		return nil
	}
	p.holds(claim, "%s registered its versions or made the label changes in them", listed(keysOf(made.of)))
	return nil
}
