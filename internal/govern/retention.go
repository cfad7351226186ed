package govern

import (
	"time"

	"govd/internal/gov"
	"govd/internal/store"
)

// checkRetention returns the canonical document of a retention that may be
// proposed.
func checkRetention(in SetRules) ([]byte, error) {
	if in.Place.Dataset() == "" {
		return nil, gov.Errorf(gov.Invalid, "BAD_PLACE", "a retention is that of a dataset, not of %s", in.Place)
	}
	r, err := gov.ParseRetention(in.Document)
	return r.Document(), err
}

// retentionOf returns the retention of a dataset that is in force; one that says
// nothing if there is none.
func retentionOf(tx *store.Tx, name gov.DatasetName) (r gov.Retention, err error) {
	set, found, err := ruleSetInForce(tx, gov.Place(name), gov.RetentionRules, tx.Now)
	if err != nil || !found {
		return r, err
	}
	doc, err := tx.Document(set.Document)
	if err != nil {
		return r, err
	}
	return gov.ParseRetention(doc)
}

// A FloorInTheWay is a retention, and how many values it keeps from being erased.
type FloorInTheWay struct {
	Dataset gov.DatasetName
	gov.Retention
	Values uint64
	Until  time.Time // when the last of them may be erased
}

// refuseKept refuses to erase what must be kept for longer: floors win, as holds do.
func refuseKept(tx *store.Tx, row gov.Erasure, list *gov.ErasureList) error {
	floors, err := floorsOn(tx, list)
	if err != nil || len(floors) == 0 {
		return err
	}
	f := &floors[0]
	return gov.Errorf(gov.Denied, "RETAINED", "%d values of erasure %s are of %s, which keeps %q for %d days, these until %s: the retention wins",
		f.Values, row.ID, f.Dataset, f.Class, f.Keep, f.Until.UTC().Format(time.RFC3339))
}

// floorsOn returns the retentions that keep something of a list, by dataset.
func floorsOn(tx *store.Tx, list *gov.ErasureList) (all []FloorInTheWay, err error) {
	for from := 0; err == nil && from < len(list.Values); {
		to := from + 1
		for to < len(list.Values) && list.Values[to].Dataset == list.Values[from].Dataset {
			to++
		}
		var f FloorInTheWay
		if f, err = floorOn(tx, list.Values[from:to]); f.Values > 0 {
			all = append(all, f)
		}
		from = to
	}
	return all, err
}

// floorOn returns what the retention of one dataset keeps of some values of it.
func floorOn(tx *store.Tx, values []gov.ErasedValue) (f FloorInTheWay, err error) {
	f.Dataset = values[0].Dataset
	if f.Retention, err = retentionOf(tx, f.Dataset); err != nil || f.Keep == 0 {
		return f, err
	}
	// A record is as old as the first of its values that the list has: older than
	// that only if the expression left some out, and then it is kept for longer.
	first := map[gov.Digest]uint64{}
	for i := range values {
		v := &values[i]
		if n, known := first[v.Stay]; !known || v.Versions[0][0] < n {
			first[v.Stay] = v.Versions[0][0]
		}
	}
	until := map[uint64]time.Time{}
	for i := range values {
		n := first[values[i].Stay]
		if _, known := until[n]; !known {
			v, err := tx.Version(f.Dataset, n)
			if err != nil {
				return f, err
			}
			until[n] = f.Retention.Until(v.Created)
		}
		if until[n].After(tx.Now) {
			f.Values++
			if until[n].After(f.Until) {
				f.Until = until[n]
			}
		}
	}
	return f, nil
}
