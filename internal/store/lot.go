package store

import (
	"iter"

	"govd/internal/gov"
)

// Lot returns a lot of a dataset. Returns gov.NotFound if there is none.
func (tx *Tx) Lot(dataset gov.DatasetName, name string) (gov.Lot, error) {
	return lots.get(tx, tagKey{dataset, name})
}

// PutLot inserts or replaces a lot.
func (tx *Tx) PutLot(l gov.Lot) error { return lots.put(tx, lots.keyOf(l), l) }

// Lots yields the lots of a dataset by name, after one.
func (tx *Tx) Lots(dataset gov.DatasetName, after string) iter.Seq2[gov.Lot, error] {
	s := under(key(nil).dataset(dataset))
	if after != "" {
		s = s.after(lots.key(tagKey{dataset, after}))
	}
	return lots.list(tx, s)
}

var lots = &table[tagKey, gov.Lot]{
	bucket: lotTable, noun: "lot", missing: "NO_LOT",
	key:   func(k tagKey) key { return key(nil).dataset(k.dataset).str(k.name) },
	keyOf: func(l gov.Lot) tagKey { return tagKey{l.Dataset, l.Name} },
	codec: jsonValue[gov.Lot](),
}
