package trail

import (
	"fmt"
	"slices"

	"govd/internal/gov"
)

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
		p.on(OfInspections, id.String())
		tell, claim := p.holds, fmt.Sprintf("the records that inspection %s looked at are records of %s", id, in.of())
		if n < len(in.sheet.Items) {
			tell, claim = p.lacks, fmt.Sprintf("%d of the %d records that inspection %s looked at are records of %s, as far as this file shows", n, len(in.sheet.Items), id, in.of())
		}
		tell(claim, "%s that lead to the root %s", count(n, "proof"), in.Root)
	}
	return nil
}
