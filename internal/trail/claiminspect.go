package trail

import (
	"fmt"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/lineage"
)

// An inspected is what the entries have shown of an inspection.
type inspected struct {
	drawn
	entry   uint64
	version gov.Node        // none: of a lot
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
	Number     uint64           `json:"number"` // 0: of a lot
	Lot        string           `json:"lot"`
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

// inspectionDrawn tells of a human audit, and whether its sample was fixed
// before anyone could choose it.
func (p *proven) inspectionDrawn(l line) error {
	in := &inspected{entry: l.index}
	if err := decodeEvent(l, &in.drawn); err != nil {
		return err
	}
	if l.At != gov.Place(in.Dataset) || (in.Number == 0) == (in.Lot == "") {
		return badFile("the log entry speaks of a version of another dataset, or of none")
	}
	if in.Number > 0 {
		in.version = gov.VersionOf(in.Dataset, in.Number)
	}
	if r, known := p.registered[in.version]; known && r.Tree.Root != in.Root {
		return badFile("the sample is of the root %s, and version %s has %s", in.Root, quote(in.version.Name), r.Tree.Root)
	}
	n := gov.NumberedNode(gov.InspectionNode, uint64(in.Inspection))
	p.node(n, l, gov.Digest{})
	if in.Number > 0 {
		p.edge(in.version, lineage.CheckedBy, n)
	}
	p.on(OfInspections, in.Inspection.String())
	p.holds(fmt.Sprintf("inspection %s of %s was drawn %s", in.Inspection, in.of(), l.said()),
		"of the records with the root %s, by the secret that %s commits to", in.Root, in.Commitment)
	p.committed(in)
	p.commitments[in.Ahead] = l.index
	p.inspections[in.Inspection] = in
	return nil
}

// of says what was inspected.
func (d *drawn) of() string {
	if d.Number == 0 {
		return fmt.Sprintf("lot %s of %s", quote(d.Lot), quote(string(d.Dataset)))
	}
	return "version " + quote(gov.VersionOf(d.Dataset, d.Number).Name)
}

// committed tells which is older, the commitment to the secret or the version:
// who knew both the secret and the version could have chosen one to suit the
// other.
func (p *proven) committed(in *inspected) {
	at, here := p.commitments[in.Commitment]
	version, known := p.nodes[in.version]
	switch {
	case !here || !known:
		p.lacks(fmt.Sprintf("whether the secret of inspection %s is older than %s is not shown", in.Inspection, in.of()), "this file does not hold the entry that committed to it, or that says what was inspected")
	case at < version.entry:
		p.holds(fmt.Sprintf("the secret of inspection %s was committed to before %s was registered", in.Inspection, in.of()),
			"log entry %d committed to it, and log entry %d registered the version", at, version.entry)
	default:
		p.holds(fmt.Sprintf("the secret of inspection %s was committed to before the sample was drawn, and after %s was registered", in.Inspection, in.of()),
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
	p.on(OfInspections, e.Inspection.String())
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
