package govern

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate"
)

// A holding is what a search looks through of one dataset.
type holding struct {
	dataset   gov.Dataset
	salt      [16]byte
	versions  []gov.Version // the oldest first
	revisions []gov.Revision
}

// holdings returns everything of a project that holds values of records.
func (s *Service) holdings(ctx context.Context, project gov.Project) (all []holding, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		for d, err := range tx.Datasets(project, "") {
			if err != nil {
				return err
			}
			h := holding{dataset: d}
			if h.salt, err = tx.Salt(d.Salt); err != nil {
				return err
			}
			if h.versions, err = take(tx.Versions(d.Name, 0), 0); err != nil {
				return err
			}
			slices.Reverse(h.versions)
			for ch, err := range tx.ChangesOf(d.Name, 0) {
				if err != nil {
					return err
				}
				of, err := take(tx.ChangeRevisions(ch.ID), 0)
				if err != nil {
					return err
				}
				h.revisions = append(h.revisions, of...)
			}
			all = append(all, h)
		}
		return nil
	})
	return all, err
}

// stayOut returns the tag of a record that was erased: it tells, to who knows the
// dataset's salt, whether a record is that one, whatever its labels have become.
func stayOut(salt [16]byte, key string, content gov.Digest) (d gov.Digest) {
	mac := hmac.New(sha256.New, salt[:])
	mac.Write(binary.AppendUvarint([]byte("govd/erased/1\x00"), uint64(len(key))))
	mac.Write([]byte(key))
	mac.Write(content[:])
	mac.Sum(d[:0])
	return d
}

// staysOut returns what refuses records of a dataset that were erased: else the
// next push of who still has the file would undo the erasure.
func (s *Service) staysOut(ctx context.Context, d gov.Dataset, salt [16]byte) func(*gov.Record) error {
	if d.Erased == 0 {
		return func(*gov.Record) error { return nil }
	}
	return func(r *gov.Record) error {
		var by gov.ErasureID
		err := s.store.View(ctx, func(tx *store.Tx) (err error) {
			by, err = tx.Erased(stayOut(salt, r.Key, r.Content))
			return err
		})
		if err == nil && by != 0 {
			err = gov.Errorf(gov.Invalid, "RECORD_ERASED", "record %q was erased (erasure %s) and stays out: leave it out, and delete the file", r.Key, by)
		}
		return err
	}
}

// A search finds the values that an erasure is about.
type search struct {
	nodes
	where *validate.Where
	ages  *ages // nil if the expression does not ask for any
	list  gov.ErasureList
	count gov.ErasureCount
}

// searchRecords asks an expression of every value that a record has in any version
// of a project, once for each node that holds it, and finds the label edits about
// those that it picks. Values that are gone already are not found again.
func (s *Service) searchRecords(ctx context.Context, project gov.Project, where *validate.Where) (gov.ErasureList, gov.ErasureCount, error) {
	w := search{nodes: nodes{ctx, s}, where: where}
	all, err := s.holdings(ctx, project)
	for i := 0; err == nil && i < len(all); i++ {
		err = w.dataset(&all[i])
	}
	slices.SortFunc(w.list.Values, func(a, b gov.ErasedValue) int {
		return cmp.Or(cmp.Compare(a.Dataset, b.Dataset), strings.Compare(a.Key, b.Key), cmp.Compare(a.Versions[0][0], b.Versions[0][0]))
	})
	w.count.Values, w.count.Edits = uint64(len(w.list.Values)), uint64(len(w.list.Edits))
	return w.list, w.count, err
}

// dataset looks through the versions of a dataset, and then its changes.
func (w *search) dataset(h *holding) error {
	first := len(w.list.Values)
	byHash := map[gov.Digest]int{}
	if w.where.Ages {
		w.ages = newAges(h)
	}
	look := tree.NewLooker(w, func(e tree.Entry) (int, error) { return w.record(h, byHash, e) })
	for i := range h.versions {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if w.ages != nil {
			w.ages.at = i
		}
		found, err := look.Look(h.versions[i].Tree)
		if err != nil {
			return err
		}
		for _, at := range found {
			w.list.Values[at].Versions = addVersion(w.list.Values[at].Versions, h.versions[i].Number)
		}
		if len(found) > 0 {
			w.count.Versions++
		}
	}
	keys := map[string][]*gov.ErasedValue{}
	for i := first; i < len(w.list.Values); i++ {
		v := &w.list.Values[i]
		keys[v.Key] = append(keys[v.Key], v)
	}
	w.count.Records += uint64(len(keys))
	return w.edits(h, keys)
}

// record returns the number of the value in the list, -1 if it is not picked.
func (w *search) record(h *holding, byHash map[gov.Digest]int, e tree.Entry) (int, error) {
	if e.Erased {
		return -1, nil
	}
	if at, known := byHash[e.Hash]; known {
		return at, nil
	}
	w.count.Looked++
	r, err := gov.DecodeRecord(string(e.Key), e.Value)
	if err != nil {
		return -1, err
	}
	candidate := validate.Candidate{Record: r, Dataset: h.dataset.Name}
	if w.ages != nil {
		candidate.Registered, _ = w.ages.record(r)
	}
	picked, err := w.where.Picks(&candidate)
	if err != nil {
		w.count.Failed++
	}
	if err != nil || !picked {
		return -1, nil
	}
	if len(w.list.Values) == gov.MaxErased {
		return -1, gov.Errorf(gov.Exhausted, "TOO_MANY_RECORDS", "more than %d values are picked: narrow the expression, and erase in parts", gov.MaxErased)
	}
	byHash[e.Hash] = len(w.list.Values)
	w.list.Values = append(w.list.Values, gov.ErasedValue{
		Dataset: h.dataset.Name, Key: r.Key, Hash: e.Hash, Stay: stayOut(h.salt, r.Key, r.Content),
	})
	return byHash[e.Hash], nil
}

// addVersion adds a version, which is newer than all before it.
func addVersion(runs [][2]uint64, number uint64) [][2]uint64 {
	if n := len(runs); n > 0 && runs[n-1][1] >= number-1 {
		runs[n-1][1] = number
		return runs
	}
	return append(runs, [2]uint64{number, number})
}

// edits finds the label edits that were made on what was found: edits of a
// record whose value in their base is in the list.
func (w *search) edits(h *holding, keys map[string][]*gov.ErasedValue) error {
	if len(keys) == 0 {
		return nil
	}
	for i := range h.revisions {
		r := &h.revisions[i]
		for e, err := range tree.Range(w, r.Edits, nil, nil) {
			if err != nil {
				return err
			}
			key, label, _ := strings.Cut(string(e.Key), "\x00")
			held := func(v *gov.ErasedValue) bool { return v.Holds(r.Base.Number) }
			if e.Erased || !slices.ContainsFunc(keys[key], held) {
				continue
			}
			if len(w.list.Edits) == gov.MaxErased {
				return gov.Errorf(gov.Exhausted, "TOO_MANY_RECORDS", "more than %d label edits are about what is picked: narrow the expression, and erase in parts", gov.MaxErased)
			}
			w.list.Edits = append(w.list.Edits, gov.ErasedEdit{Change: r.Change, Revision: r.Number, Key: key, Label: label, Hash: e.Hash})
		}
	}
	return nil
}
