package govern

import (
	"encoding/json"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/store"
	"govd/internal/validate/stat"
)

// A Certificate is what a passed inspection shows of a version's records, such as
// how accurate their labels are: of the one that was inspected, or of a later one, to which what is
// left of the guarantee was carried.
type Certificate struct {
	Inspection gov.InspectionID
	Asks       string                  // what inspectors were asked
	Number     uint64                  // of the version that was inspected
	Limit      stat.Micro              // that the inspection was to keep, in each stratum
	Guarantee  inspect.Guarantee       // of this version's records, but for those left out
	By         string                  // the attribute that makes the strata; "" if there is one stratum
	Strata     []inspect.StratumResult // of the version that was inspected
	Except     uint64                  // records that were left out, of which nothing is certified
	Discarded  uint64                  // inspections of the same records before, which failed or were given up
	Ahead      bool                    // the commitment to the secret is older than the inspected version
}

// maxCarried is over how many versions a guarantee is carried at most.
const maxCarried = 256

// inspectionsFor returns what passed inspections certify of a version, the
// newest inspection first.
func inspectionsFor(tx *store.Tx, v gov.Version) (all []Certificate, err error) {
	for row, err := range tx.InspectionsOf(v.Dataset, 0) {
		if err != nil {
			return nil, err
		}
		if row.Lot != "" || row.State != gov.InspectionPassed || row.Number > v.Number || v.Number-row.Number > maxCarried {
			continue
		}
		c, held, err := certificate(tx, row, v)
		if err != nil {
			return nil, err
		}
		if held {
			all = append(all, c)
		}
	}
	return all, nil
}

// certificate returns what a passed inspection certifies of a version, and false
// if that is nothing.
func certificate(tx *store.Tx, row gov.Inspection, v gov.Version) (c Certificate, held bool, err error) {
	d, err := designOf(tx, row)
	if err != nil {
		return c, false, err
	}
	r, err := resultOf(tx, row)
	if err != nil {
		return c, false, err
	}
	before, err := inspectedBefore(tx, row)
	if err != nil {
		return c, false, err
	}
	inspected, err := tx.Version(row.Dataset, row.Number)
	if err != nil {
		return c, false, err
	}
	c = Certificate{
		Inspection: row.ID, Asks: d.Question(), Number: row.Number, Limit: r.Limit, Guarantee: r.Guarantee(), By: d.By, Strata: r.Strata,
		Except: r.Except, Discarded: discarded(before), Ahead: row.Committed < inspected.Entry,
	}
	for n := row.Number + 1; n <= v.Number; n++ {
		if held, err = c.carry(tx, v.Dataset, n); err != nil || !held {
			return c, false, err
		}
	}
	return c, true, nil
}

// carry carries the guarantee one version on, of whose changes nothing is known.
func (c *Certificate) carry(tx *store.Tx, dataset gov.DatasetName, number uint64) (held bool, err error) {
	v, err := tx.Version(dataset, number)
	if err != nil || v.Tree.Records <= c.Except {
		return false, err
	}
	total := v.Tree.Records - c.Except
	changed := min(v.Counts.Added+v.Counts.Changed, total)
	c.Guarantee, err = c.Guarantee.Carry(inspect.Nothing(changed), total)
	return err == nil, err
}

// inspectedBefore returns the inspections that asked the same of the same records
// before one, the newest first.
func inspectedBefore(tx *store.Tx, row gov.Inspection) (all []gov.Inspection, err error) {
	is, err := designOf(tx, row)
	if err != nil {
		return nil, err
	}
	for other, err := range tx.InspectionsOf(row.Dataset, row.ID) {
		if err != nil {
			return nil, err
		}
		if other.Root != row.Root {
			continue
		}
		was, err := designOf(tx, other)
		if err != nil {
			return nil, err
		}
		if was.Question() == is.Question() {
			all = append(all, other)
		}
	}
	return all, nil
}

// discarded counts the inspections that ended and certify nothing: each was a
// chance to pass by luck.
func discarded(all []gov.Inspection) (n uint64) {
	for _, row := range all {
		if row.State == gov.InspectionFailed || row.State == gov.InspectionStopped {
			n++
		}
	}
	return n
}

func designOf(tx *store.Tx, row gov.Inspection) (*inspect.Design, error) {
	doc, err := tx.Document(row.Design)
	if err != nil {
		return nil, err
	}
	return inspect.ParseDesign(doc)
}

// resultOf returns the result of an inspection that has passed or failed.
func resultOf(tx *store.Tx, row gov.Inspection) (r inspect.Result, err error) {
	doc, err := tx.Document(row.End.Result)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(doc, &r)
}
