package govern

import (
	"encoding/json"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/store"
)

// A sitting is an inspection at work: the fold of its answers, and what
// inspectors are shown. It is kept by the digest of the newest answer.
type sitting struct {
	*inspect.Inspection
	design  *inspect.Design
	plans   []inspect.Plan
	shown   map[string]string // by key of a gold item: the name that its label is shown with
	planted bool
}

// tail names the state that an inspection is in. It is the digest of a text with
// a salt of its own, so no two states have the same.
func tail(row gov.Inspection) gov.Digest {
	if row.Last.IsZero() {
		return row.Sheet
	}
	return row.Last
}

// sittingOf returns an inspection at work. It must not be changed, but cloned.
func (s *Service) sittingOf(tx *store.Tx, row gov.Inspection) (*sitting, error) {
	if known, ok := s.sittings.get(tail(row)); ok {
		return known, nil
	}
	at, err := s.convene(tx, row)
	if err != nil {
		return nil, err
	}
	for a, err := range tx.InspectionAnswers(row.ID) {
		if err != nil {
			return nil, err
		}
		answer, err := readText[inspect.Answer](tx, a.Answer)
		if err != nil {
			return nil, err
		}
		if err := at.Answer(answer); err != nil {
			return nil, err
		}
	}
	s.sittings.put(tail(row), at)
	return at, nil
}

// convene returns an inspection as it was when it was drawn.
func (s *Service) convene(tx *store.Tx, row gov.Inspection) (*sitting, error) {
	d, err := designOf(tx, row)
	if err != nil {
		return nil, err
	}
	secret, err := tx.Secret(row.Commitment)
	if err != nil {
		return nil, err
	}
	sheet, err := readText[inspect.Sheet](tx, row.Sheet)
	if err != nil {
		return nil, err
	}
	gold, err := readText[goldPool](tx, row.Gold)
	if err != nil {
		return nil, err
	}
	barred, err := s.barredFrom(tx, row, gold.Planted)
	if err != nil {
		return nil, err
	}
	begun := inspect.Begin(d, inspect.Secret(secret).Seed(row.Root, row.Design), &sheet, inspect.People{Barred: barred})
	return &sitting{begun, d, sheet.Plans, gold.shown(), gold.Planted}, nil
}

// barredFrom returns everyone who must not inspect: who made the records and the
// labels, by any credential, and who knows which items are gold.
func (s *Service) barredFrom(tx *store.Tx, row gov.Inspection, planted bool) (map[gov.PersonID]bool, error) {
	var ids []gov.PersonID
	if row.Lot != "" {
		lot, err := tx.Lot(row.Dataset, row.Lot)
		if err != nil {
			return nil, err
		}
		ids = append(ids, lot.By)
	}
	for v, err := range tx.Versions(row.Dataset, row.Number+1) {
		if err != nil {
			return nil, err
		}
		makers, err := makersOf(tx, v)
		if err != nil {
			return nil, err
		}
		ids = append(ids, makers...)
	}
	if !planted {
		ids = append(ids, row.By)
	}
	return withOwners(tx, ids)
}

// makersOf returns who had a hand in a version: who registered it, brought the lot
// that it took up, or was in any
// revision of the change that it was made by.
func makersOf(tx *store.Tx, v gov.Version) (ids []gov.PersonID, err error) {
	switch {
	case v.Lot != "": // who accepted it made nothing
		lot, err := tx.Lot(v.Dataset, v.Lot)
		return []gov.PersonID{lot.By}, err
	case v.Change == 0:
		return []gov.PersonID{v.By}, nil
	}
	ch, err := tx.Change(v.Change)
	if err != nil {
		return nil, err
	}
	ids = append(ids, ch.Author)
	for r, err := range tx.ChangeRevisions(ch.ID) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, r.By, r.For)
	}
	for e, err := range tx.Evidence(ch.ID) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, e.By)
	}
	return ids, nil
}

// withOwners returns the persons and whoever answers for the machines among
// them: whatever a machine did, its owner did.
func withOwners(tx *store.Tx, ids []gov.PersonID) (map[gov.PersonID]bool, error) {
	all := map[gov.PersonID]bool{}
	for len(ids) > 0 {
		id := ids[0]
		if ids = ids[1:]; id == "" || all[id] {
			continue
		}
		p, err := tx.Person(id)
		if err != nil {
			return nil, err
		}
		all[id] = true
		ids = append(ids, p.Owner)
	}
	return all, nil
}

// sealed lays a value beside the log with a salt, and returns its digest: nobody
// can guess from the log what it says.
func sealed(tx *store.Tx, v any) (gov.Digest, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return gov.Digest{}, err
	}
	t := newText(string(b))
	return t.Digest(), tx.PutText(t.Digest(), t)
}

// readText returns what was sealed.
func readText[V any](tx *store.Tx, d gov.Digest) (v V, err error) {
	t, err := tx.Text(d)
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal([]byte(t.Text), &v)
}
