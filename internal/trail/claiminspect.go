package trail

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/lineage"
)

// An inspected is what the entries have shown of an inspection.
type inspected struct {
	drawn
	entry   uint64
	version gov.Node
	design  *inspect.Design // nil until it is over and all is here
	seed    gov.Digest
	sheet   *inspect.Sheet // nil as long as it is not known
	pool    []inspect.Gold
	looked  map[string]bool // keys on the sheet
	answers []answer
}

// Drawn is the event "inspection.drawn".
type drawn struct {
	Inspection gov.InspectionID `json:"inspection"`
	Dataset    gov.DatasetName  `json:"dataset"`
	Number     uint64           `json:"number"`
	Root       gov.Digest       `json:"root"`
	Design     gov.Digest       `json:"design"`
	Sheet      gov.Digest       `json:"sheet"`
	Gold       gov.Digest       `json:"gold"`
	Commitment gov.Digest       `json:"commitment"`
	Ahead      gov.Digest       `json:"ahead"`
}

// An answer is that somebody judged an item. What they said lies beside the log.
type answer struct {
	item  inspect.ItemID
	who   gov.PersonID
	entry uint64
}

// projectCreated tells of a project, and remembers the commitment to the secret
// of its first inspection.
func (p *proven) projectCreated(l line) error {
	var e struct {
		Name  gov.Project `json:"name"`
		Ahead gov.Digest  `json:"ahead"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	if e.Ahead.IsZero() {
		p.holds(fmt.Sprintf("project %s was created %s", quote(string(e.Name)), l.said()), "the entry says so")
		return nil
	}
	p.commitments[e.Ahead] = l.index
	p.holds(fmt.Sprintf("project %s was created %s", quote(string(e.Name)), l.said()), "the entry commits to the secret of its first inspection: %s", e.Ahead)
	return nil
}

// inspectionDrawn tells of a human audit, and whether its sample was fixed
// before anyone could choose it.
func (p *proven) inspectionDrawn(l line) error {
	in := &inspected{entry: l.index}
	if err := decodeEvent(l, &in.drawn); err != nil {
		return err
	}
	in.version = gov.VersionOf(in.Dataset, in.Number)
	if l.At != in.version.Place() {
		return badFile("the log entry speaks of a version of another dataset")
	}
	if r, known := p.registered[in.version]; known && r.Tree.Root != in.Root {
		return badFile("the sample is of the root %s, and version %s has %s", in.Root, quote(in.version.Name), r.Tree.Root)
	}
	n := gov.NumberedNode(gov.InspectionNode, uint64(in.Inspection))
	p.node(n, l, gov.Digest{})
	p.edge(in.version, lineage.CheckedBy, n)
	p.holds(fmt.Sprintf("inspection %s of version %s was drawn %s", in.Inspection, quote(in.version.Name), l.said()),
		"of the records with the root %s, by the secret that %s commits to", in.Root, in.Commitment)
	p.committed(in)
	p.commitments[in.Ahead] = l.index
	p.inspections[in.Inspection] = in
	return nil
}

// committed tells which is older, the commitment to the secret or the version:
// who knew both the secret and the version could have chosen one to suit the
// other.
func (p *proven) committed(in *inspected) {
	at, here := p.commitments[in.Commitment]
	version, known := p.nodes[in.version]
	switch {
	case !here || !known:
		p.holds(fmt.Sprintf("whether the secret of inspection %s is older than version %s is not shown", in.Inspection, quote(in.version.Name)), "this file does not hold the entry that committed to it, or that registered the version")
	case at < version.entry:
		p.holds(fmt.Sprintf("the secret of inspection %s was committed to before version %s was registered", in.Inspection, quote(in.version.Name)),
			"log entry %d committed to it, and log entry %d registered the version", at, version.entry)
	default:
		p.holds(fmt.Sprintf("the secret of inspection %s was committed to before the sample was drawn, and after version %s was registered", in.Inspection, quote(in.version.Name)),
			"log entry %d committed to it, and log entry %d registered the version: whoever chose the secret could know the version", at, version.entry)
	}
}

// inspectionEnded tells how a human audit ended, if it ended here, and else
// remembers who judged an item.
func (p *proven) inspectionEnded(l line) error {
	var e struct {
		Inspection gov.InspectionID   `json:"inspection"`
		Item       inspect.ItemID     `json:"item"`
		End        *gov.InspectionEnd `json:"end"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	in := p.inspections[e.Inspection]
	if in != nil && e.Item != "" {
		in.answers = append(in.answers, answer{e.Item, l.Who, l.index})
	}
	switch {
	case e.End == nil && in == nil:
		p.holds(fmt.Sprintf("an item of inspection %s was judged %s", e.Inspection, l.said()), "what was said of it lies beside the log")
	case e.End != nil:
		return p.ended(l, e.Inspection, in, e.End)
	}
	return nil
}

// ended tells what an inspection came to. With its secret, what it looked at can
// be checked.
func (p *proven) ended(l line, id gov.InspectionID, in *inspected, end *gov.InspectionEnd) error {
	claim := fmt.Sprintf("inspection %s ended, %s, %s", id, quote(string(end.State)), l.said())
	doc, there := p.documents[end.Result]
	switch {
	case there:
		says, err := resultSays(doc, end.State)
		if err != nil {
			return p.fails(claim, err)
		}
		p.holds(claim, "its result %s is in this file: %s", end.Result, says)
	default:
		p.holds(claim, "what it came to is not in this file")
	}
	if in == nil {
		return nil
	}
	secret, err := revealed(end.Secret, in.Commitment)
	if err != nil {
		return p.fails(fmt.Sprintf("the secret of inspection %s is the one that was committed to", id), err)
	}
	p.holds(fmt.Sprintf("the secret of inspection %s is the one that was committed to", id), "log entry %d reveals %s, and %s is its hash", l.index, end.Secret, in.Commitment)
	return p.laidOut(in, secret, end.State)
}

func revealed(text string, commitment gov.Digest) (s inspect.Secret, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(s) {
		return s, fmt.Errorf("the log entry reveals no secret")
	}
	s = inspect.Secret(b)
	return s, s.Reveal(commitment)
}

// resultSays tells a result in a few words.
func resultSays(doc []byte, state gov.InspectionState) (string, error) {
	var r inspect.Result
	if json.Unmarshal(doc, &r) != nil || string(r.State) != string(state) {
		return "", fmt.Errorf("its result says something else")
	}
	return fmt.Sprintf("of %s %d were wrong; of all, %s at most, at a confidence of %s", count(r.N, "record"), r.Errors, r.Bound, r.Confidence), nil
}

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
		p.holds(fmt.Sprintf("which records inspection %s looked at is not shown", in.Inspection), "this file does not hold its sheet or its design")
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
		p.holds(fmt.Sprintf("who judged the items of inspection %s is not shown", in.Inspection), "this file does not hold the answers")
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
	claim := fmt.Sprintf("nobody who judged an item of inspection %s had a hand in version %s", in.Inspection, quote(in.version.Name))
	if len(in.answers) == 0 {
		return nil
	}
	made := p.makersOf(in.Dataset, 1, in.Number)
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
		p.holds(fmt.Sprintf("whether somebody who judged an item of inspection %s had a hand in version %s is not shown", in.Inspection, quote(in.version.Name)), "this file does not hold %s", made.lacks)
		return nil
	}
	p.holds(claim, "%s registered its versions or made the label changes in them", listed(keysOf(made.of)))
	return nil
}

// onSheet reports whether an inspection of the version looked at a record: of
// those one claim is made for all.
func (p *proven) onSheet(r gov.Registration, key string) bool {
	for _, in := range p.inspections {
		if in.sheet != nil && in.version == gov.VersionOf(r.Dataset, r.Number) && in.keys()[key] {
			return true
		}
	}
	return false
}

// keys returns the keys on the sheet.
func (in *inspected) keys() map[string]bool {
	if in.looked == nil {
		in.looked = map[string]bool{}
		for _, it := range in.sheet.Items {
			in.looked[it.Key] = true
		}
	}
	return in.looked
}

// holdsRecord checks that a record is in its version, and makes no claim unless
// it is not.
func (p *proven) holdsRecord(proof *RecordProof) error {
	_, present, err := proof.Tree.Verify(proof.Version.Tree, []byte(proof.Key))
	if err == nil && !present {
		err = fmt.Errorf("it is not")
	}
	if err != nil {
		return p.fails(fmt.Sprintf("record %s, which an inspection looked at, is in version %s", quote(proof.Key), proof.Version.Ref()), err)
	}
	return nil
}

// sampled tells how far the records that inspections looked at are proven to be
// in their versions. held says of which the file holds a proof.
func (p *proven) sampled(held map[uint64]map[string]bool) error {
	ids := make([]gov.InspectionID, 0, len(p.inspections))
	for id := range p.inspections {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		in := p.inspections[id]
		if in.sheet == nil {
			continue
		}
		n, at := 0, p.nodes[in.version].entry
		for _, it := range in.sheet.Items {
			if held[at][it.Key] {
				n++
			}
		}
		claim := fmt.Sprintf("the records that inspection %s looked at are records of version %s", id, quote(in.version.Name))
		if n < len(in.sheet.Items) {
			claim = fmt.Sprintf("%d of the %d records that inspection %s looked at are records of version %s, as far as this file shows", n, len(in.sheet.Items), id, quote(in.version.Name))
		}
		p.holds(claim, "%s that lead to the root %s", count(n, "proof"), in.Root)
	}
	return nil
}
