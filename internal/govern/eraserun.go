package govern

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate"
)

// ErasureBegun: from here on the values are gone as far as anyone is told, and
// nothing brings them back. Hashes is of the document that says which they are,
// by their entry hashes; List is of what a record each of them was, where.
type ErasureBegun struct {
	Erasure  gov.ErasureID     `json:"erasure"`
	List     gov.Digest        `json:"list"`
	Hashes   gov.Digest        `json:"hashes"`
	Found    gov.ErasureCount  `json:"found"`
	Datasets []gov.DatasetName `json:"datasets"`
}

func (*ErasureBegun) name() string { return "erasure.begun" }

func (e *ErasureBegun) apply(tx *store.Tx, o origin) error {
	row, err := tx.Erasure(e.Erasure)
	if err != nil {
		return err
	}
	row.State, row.List, row.Hashes, row.Found, row.Begun = gov.ErasureBegun, e.List, e.Hashes, e.Found, o.index
	doc, err := tx.Document(e.Hashes)
	if err != nil {
		return err
	}
	hashes, stay, err := parseHashes(doc)
	if err != nil {
		return err
	}
	for _, d := range append(hashes, stay...) {
		if err := tx.PutErased(d, e.Erasure); err != nil {
			return err
		}
	}
	for _, name := range e.Datasets {
		d, err := tx.Dataset(name)
		if err != nil {
			return err
		}
		d.Erased = o.index
		if err := tx.PutDataset(d); err != nil {
			return err
		}
	}
	return tx.PutErasure(row)
}

// ErasureDone: no node of the store holds any of the values any more. Nodes is how
// many were written anew for it.
type ErasureDone struct {
	Erasure gov.ErasureID `json:"erasure"`
	Nodes   uint64        `json:"nodes"`
}

func (*ErasureDone) name() string { return "erasure.done" }

func (e *ErasureDone) apply(tx *store.Tx, o origin) error {
	row, err := tx.Erasure(e.Erasure)
	if err != nil {
		return err
	}
	row.State, row.Done, row.Ended = gov.ErasureDone, o.index, o.time
	return tx.PutErasure(row)
}

// ServerCompacted: the file was written anew without its free pages, in which
// what was erased before may have stood. Size is of the log then.
type ServerCompacted struct {
	Size uint64 `json:"size"`
}

func (*ServerCompacted) name() string { return "server.compacted" }

func (e *ServerCompacted) apply(tx *store.Tx, o origin) error {
	waiting, err := uncompacted(tx, e.Size)
	for i := 0; err == nil && i < len(waiting); i++ {
		waiting[i].Compacted = o.index
		err = tx.PutErasure(waiting[i])
	}
	return err
}

// uncompacted returns the erasures that were done within a log of a size, and
// after which the file has not been compacted.
func uncompacted(tx *store.Tx, size uint64) (all []gov.Erasure, err error) {
	for e, err := range tx.Erasures(0) {
		if err != nil {
			return nil, err
		}
		if e.State == gov.ErasureDone && e.Compacted == 0 && e.Done < size {
			all = append(all, e)
		}
	}
	return all, nil
}

// Compacted records that the file has just been compacted, if an erasure waits
// for that. Nobody may have changed the file in between.
func (s *Service) Compacted(ctx context.Context) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		waiting, err := uncompacted(tx, tx.LogSize())
		if err != nil || len(waiting) == 0 {
			return err
		}
		return record(tx, own("server.compact"), &ServerCompacted{tx.LogSize()}, nil)
	})
}

// A document of hashes is this line, then the number of entry hashes in decimal
// and a newline, then those, then the tags of the records that stay out; each
// ascending.
const hashesHead = "govd/erased/1\n"

func hashesDocument(list *gov.ErasureList) []byte {
	var hashes, stay []gov.Digest
	for i := range list.Values {
		hashes, stay = append(hashes, list.Values[i].Hash), append(stay, list.Values[i].Stay)
	}
	for i := range list.Edits {
		hashes = append(hashes, list.Edits[i].Hash)
	}
	hashes, stay = ascendingDigests(hashes), ascendingDigests(stay)
	b := fmt.Appendf([]byte(hashesHead), "%d\n", len(hashes))
	for _, d := range append(hashes, stay...) {
		b = append(b, d[:]...)
	}
	return b
}

func ascendingDigests(all []gov.Digest) []gov.Digest {
	slices.SortFunc(all, func(a, b gov.Digest) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(all)
}

// ErasedHashes returns the entry hashes of the values that an erasure, which has
// begun, is of.
func ErasedHashes(tx *store.Tx, e gov.Erasure) ([]gov.Digest, error) {
	doc, err := tx.Document(e.Hashes)
	if err != nil {
		return nil, err
	}
	hashes, _, err := parseHashes(doc)
	return hashes, err
}

func parseHashes(doc []byte) (hashes, stay []gov.Digest, err error) {
	bad := gov.Errorf(gov.Internal, "CORRUPT", "a list of erased values cannot be read")
	rest, ok := bytes.CutPrefix(doc, []byte(hashesHead))
	line, rest, found := bytes.Cut(rest, []byte("\n"))
	var n int
	if _, err := fmt.Sscanf(string(line), "%d", &n); err != nil || !ok || !found || n < 0 || len(rest)%len(gov.Digest{}) != 0 || n > len(rest)/len(gov.Digest{}) {
		return nil, nil, bad
	}
	for i := 0; len(rest) > 0; i++ {
		d := gov.Digest(rest[:len(gov.Digest{})])
		if rest = rest[len(d):]; i < n {
			hashes = append(hashes, d)
		} else {
			stay = append(stay, d)
		}
	}
	return hashes, stay, nil
}

// RunErasure erases what was approved. It may be called again after it was cut
// off, and goes on where it must. While it runs no version can be registered and
// no change be proposed or applied.
func (s *Service) RunErasure(ctx context.Context, c Call, id gov.ErasureID) (row gov.Erasure, err error) {
	if c.Request == (RequestID{}) {
		return row, gov.Errorf(gov.Invalid, "BAD_REQUEST_ID", "what changes something needs a request_id")
	}
	err = s.seeErasure(ctx, c, gov.EraseRun, id, func(_ *store.Tx, r gov.Erasure) error {
		row = r
		return nil
	})
	if err != nil || row.State == gov.ErasureDone {
		return row, err
	}
	eraser, err := s.store.NewEraser(ctx)
	if err != nil {
		return row, err
	}
	defer eraser.Close()
	if row.State != gov.ErasureBegun {
		if err := s.beginErasure(ctx, c, row); err != nil {
			return row, hideErasure(id, err)
		}
	}
	if err := s.erase(ctx, c, id, eraser); err != nil {
		return row, err
	}
	err = s.store.View(ctx, func(tx *store.Tx) error {
		row, err = tx.Erasure(id)
		return err
	})
	return row, err
}

// beginErasure looks again, and decides for good. Nothing that holds values can
// change meanwhile.
func (s *Service) beginErasure(ctx context.Context, c Call, row gov.Erasure) error {
	at := gov.Place(row.Project)
	list, found, err := s.foundNow(ctx, row)
	if err != nil {
		return err
	}
	doc := hashesDocument(&list)
	_, err = write(ctx, s, c, action{do: gov.EraseRun, at: at, args: row.ID}, func(tx *store.Tx) (*ErasureBegun, error) {
		row, err := tx.Erasure(row.ID)
		if err != nil {
			return nil, err
		}
		if err := s.mayErase(tx, row, &list); err != nil {
			return nil, err
		}
		ev := &ErasureBegun{Erasure: row.ID, Hashes: gov.DocumentDigest(doc), Found: found}
		for i := range list.Values {
			ev.Datasets = append(ev.Datasets, list.Values[i].Dataset)
		}
		ev.Datasets = slices.Compact(ev.Datasets)
		if ev.List, err = sealed(tx, list); err != nil {
			return nil, err
		}
		return ev, errors.Join(tx.RemoveText(row.List), tx.PutDocument(ev.Hashes, doc))
	})
	return err
}

// foundNow returns what the expression of an erasure picks now; nothing if it may
// not be run, which mayErase says.
func (s *Service) foundNow(ctx context.Context, row gov.Erasure) (list gov.ErasureList, found gov.ErasureCount, err error) {
	if row.State != gov.ErasureApproved {
		return list, found, nil
	}
	where := ""
	err = s.store.View(ctx, func(tx *store.Tx) error {
		where, err = textOf(tx, row.Where)
		return err
	})
	if err != nil {
		return list, found, err
	}
	pick, err := validate.CompileWhere(where)
	if err != nil {
		return list, found, err
	}
	return s.searchRecords(ctx, row.Project, pick)
}

// mayErase holds the rules: it was approved by people who still may, for at least
// what is found now, and nothing of it is on hold.
func (s *Service) mayErase(tx *store.Tx, row gov.Erasure, now *gov.ErasureList) error {
	if row.State != gov.ErasureApproved {
		return gov.Errorf(gov.Denied, "NOT_APPROVED", "erasure %s is %s: another person must approve it first", row.ID, row.State)
	}
	at := gov.Place(row.Project)
	asks, err := s.still(tx, row.By, gov.EraseRequest, at)
	if err != nil {
		return err
	}
	approves, err := s.still(tx, row.Approver, gov.EraseApprove, at)
	if err != nil {
		return err
	}
	if !asks || !approves {
		return gov.Errorf(gov.Denied, "NOT_APPROVED", "who asked for erasure %s, or who approved it, may no longer: ask for it anew", row.ID)
	}
	approved, err := readText[gov.ErasureList](tx, row.List)
	if err != nil {
		return err
	}
	if err := covers(row.ID, &approved, now); err != nil {
		return err
	}
	if err := refuseHeld(tx, row, now); err != nil {
		return err
	}
	return noLotWaits(tx, row)
}

// noLotWaits refuses to erase while records wait outside of all versions, where
// nothing is looked for.
func noLotWaits(tx *store.Tx, row gov.Erasure) error {
	for d, err := range tx.Datasets(row.Project, "") {
		if err != nil {
			return err
		}
		for lot, err := range tx.Lots(d.Name, "") {
			if err != nil {
				return err
			}
			if lot.State == gov.LotWaiting {
				return gov.Errorf(gov.Conflict, "LOT_WAITS", "lot %s of %s waits, and may hold what erasure %s is about: accept or reject it first", lot.Name, d.Name, row.ID)
			}
		}
	}
	return nil
}

// covers refuses an erasure of more than what was approved.
func covers(id gov.ErasureID, approved, now *gov.ErasureList) error {
	known := map[gov.Digest]bool{}
	for i := range approved.Values {
		known[approved.Values[i].Hash] = true
	}
	for i := range approved.Edits {
		known[approved.Edits[i].Hash] = true
	}
	more := 0
	for i := range now.Values {
		if !known[now.Values[i].Hash] {
			more++
		}
	}
	for i := range now.Edits {
		if !known[now.Edits[i].Hash] {
			more++
		}
	}
	if more > 0 {
		return gov.Errorf(gov.Denied, "STATE_MOVED", "the expression of erasure %s picks %d values that nobody has approved: they came since. Ask for it anew", id, more)
	}
	return nil
}

// refuseHeld refuses to erase what is on hold: holds win.
func refuseHeld(tx *store.Tx, row gov.Erasure, list *gov.ErasureList) error {
	held, err := holdsOn(tx, row.Project, list)
	if err != nil || len(held) == 0 {
		return err
	}
	return gov.Errorf(gov.Denied, lackHold, "%d values of erasure %s are on hold %s (%s): holds win", held[0].Values, row.ID, held[0].Hold.ID, held[0].Hold.What())
}

// A HoldInTheWay is a hold, and how many values it keeps from being erased.
type HoldInTheWay struct {
	Hold   gov.Hold
	Values uint64
}

// heldBy reports whether a hold is on a version that holds the value.
func heldBy(h *gov.Hold, v *gov.ErasedValue) bool {
	return h.Place.Holds(gov.Place(v.Dataset)) && (h.Version == 0 || v.Holds(h.Version))
}

// holdsOn returns the holds on what is in a list, the newest first.
func holdsOn(tx *store.Tx, project gov.Project, list *gov.ErasureList) (all []HoldInTheWay, err error) {
	for h, err := range tx.HoldsIn(project, 0) {
		if err != nil {
			return nil, err
		}
		if !h.Live() {
			continue
		}
		keys, err := keysOf(tx, h.Keys)
		if err != nil {
			return nil, err
		}
		in := HoldInTheWay{Hold: h}
		for i := range list.Values {
			if v := &list.Values[i]; heldBy(&h, v) && (h.Keys.IsZero() || slices.Contains(keys, v.Key)) {
				in.Values++
			}
		}
		if in.Values > 0 {
			all = append(all, in)
		}
	}
	return all, nil
}

// erase takes the values of an erasure that has begun out of the store: out of
// every node that holds them, and out of what was derived from them.
func (s *Service) erase(ctx context.Context, c Call, id gov.ErasureID, eraser *store.Eraser) error {
	row, gone, err := s.erasedBy(ctx, id)
	if err != nil {
		return err
	}
	look, err := s.lookFor(ctx, row.Project, gone)
	if err != nil {
		return err
	}
	if err := s.forgetIndexes(ctx, row.Project); err != nil {
		return err
	}
	fix := func(id gov.Digest, frame []byte) ([]byte, error) {
		if !look.Hit(id) {
			return nil, nil
		}
		fixed, n, err := tree.Erase(frame, func(_ []byte, hash gov.Digest) bool { return gone[hash] })
		if n == 0 {
			fixed = nil
		}
		return fixed, err
	}
	stats, err := eraser.Rewrite(ctx, func(tx *store.Tx, visit func(gov.Digest) bool) error { return markAll(ctx, tx, visit) }, fix)
	if err != nil {
		return err
	}
	s.cache.clear()
	s.memos.Add(1) // what was measured until now is not kept any more
	if err := dropMemos(ctx, s.store, func(node gov.Digest) bool { return !look.Saw(node) }); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		e := entry(Call{Actor: c.Actor}, action{do: gov.EraseRun, at: gov.Place(row.Project)}, verdict{revision: revisions(tx, gov.Place(row.Project))}, gov.Digest{})
		return record(tx, e, &ErasureDone{id, uint64(stats.Fixed)}, nil)
	})
}

// erasedBy returns an erasure and the entry hashes of what it erases.
func (s *Service) erasedBy(ctx context.Context, id gov.ErasureID) (row gov.Erasure, gone map[gov.Digest]bool, err error) {
	gone = map[gov.Digest]bool{}
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if row, err = tx.Erasure(id); err != nil {
			return err
		}
		hashes, err := ErasedHashes(tx, row)
		for _, d := range hashes {
			gone[d] = true
		}
		return err
	})
	return row, gone, err
}

// lookFor looks through all nodes of a project for values that are still there.
func (s *Service) lookFor(ctx context.Context, project gov.Project, gone map[gov.Digest]bool) (*tree.Looker, error) {
	look := tree.NewLooker(nodes{ctx, s}, func(e tree.Entry) (int, error) {
		if !e.Erased && gone[e.Hash] {
			return 0, nil
		}
		return -1, nil
	})
	all, err := s.holdings(ctx, project)
	if err != nil {
		return nil, err
	}
	for i := range all {
		for j := range all[i].versions {
			if _, err := look.Look(all[i].versions[j].Tree); err != nil {
				return nil, err
			}
		}
		for j := range all[i].revisions {
			if _, err := look.Look(all[i].revisions[j].Edits); err != nil {
				return nil, err
			}
		}
	}
	return look, nil
}

// forgetIndexes drops what was indexed of a project's datasets.
func (s *Service) forgetIndexes(ctx context.Context, project gov.Project) error {
	return s.store.Update(ctx, func(tx *store.Tx) error {
		for d, err := range tx.Datasets(project, "") {
			if err != nil {
				return err
			}
			var sets []gov.Digest
			err := tx.Indexes(d.Name, func(set gov.Digest, _ []byte) error {
				sets = append(sets, set)
				return nil
			})
			for i := 0; err == nil && i < len(sets); i++ {
				err = tx.RemoveIndex(d.Name, sets[i])
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
