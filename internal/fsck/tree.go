package fsck

import (
	"iter"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/inspect"
	"govd/internal/store"
	"govd/internal/tree"
)

// nodes hashes every stored node again. A value may be gone only where the log
// says that it was erased, and must be where it says so.
func (c *checker) nodes() error {
	gone, err := c.gone()
	if err != nil {
		return err
	}
	return c.store.Nodes(func(id gov.Digest, frame []byte) error {
		c.sum.Nodes++
		err := tree.VisitFrame(id, frame, func(key []byte, hash gov.Digest, erased bool) {
			done, known := gone[hash]
			switch {
			case erased && !known:
				c.report("node %v: the value of record %q is gone, and the log says of no erasure of it", id, key)
			case !erased && done:
				c.report("node %v: the value of record %q was erased, and is still there", id, key)
			}
		})
		if err != nil {
			c.report("node %v: %v", id, err)
		}
		return c.ctx.Err()
	})
}

// gone returns the entry hashes of values that the log says are erased, and
// whether that was done to the end.
func (c *checker) gone() (map[gov.Digest]bool, error) {
	all := map[gov.Digest]bool{}
	return all, c.view(func(tx *store.Tx) error {
		for e, err := range tx.Erasures(0) {
			if err != nil {
				return err
			}
			if e.Begun == 0 {
				continue
			}
			hashes, err := govern.ErasedHashes(tx, e)
			if err != nil {
				c.report("erasure %s: %v", e.ID, err)
			}
			for _, d := range hashes {
				all[d] = all[d] || e.State == gov.ErasureDone
			}
		}
		return nil
	})
}

// versions checks every version of every dataset.
func (c *checker) versions() error {
	return c.view(func(tx *store.Tx) error {
		for d, err := range tx.Datasets("", "") {
			if err != nil {
				return err
			}
			if err := c.dataset(tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// dataset checks the versions of a dataset, oldest first.
func (c *checker) dataset(tx *store.Tx, d gov.Dataset) error {
	salt, err := tx.Salt(d.Salt)
	if err != nil {
		c.report("dataset %s: its salt: %v", d.Name, err)
		return nil
	}
	if !d.Taxonomy.IsZero() { // only texts may be erased
		if _, err := tx.Document(d.Taxonomy); err != nil {
			c.report("dataset %s: its taxonomy: %v", d.Name, err)
		}
	}
	params := tree.NewParams(salt)
	if err := c.lots(tx, params, d); err != nil {
		return err
	}
	var last gov.Version
	for n := uint64(1); n <= d.Versions; n++ {
		v, err := tx.Version(d.Name, n)
		if err != nil {
			c.report("dataset %s: version %d of %d: %v", d.Name, n, d.Versions, err)
			return nil
		}
		if err := c.version(tx, params, last, v); err != nil {
			c.report("version %s: %v", v.Ref(), err)
		}
		last = v
	}
	return nil
}

// lots checks that the records of every lot that waits are there, and that every
// lot that came in has the version that took it up.
func (c *checker) lots(tx *store.Tx, p *tree.Params, d gov.Dataset) error {
	for lot, err := range tx.Lots(d.Name, "") {
		if err != nil {
			return err
		}
		switch lot.State {
		case gov.LotWaiting:
			if err := tree.Check(p, tx, lot.Tree); err != nil {
				c.report("lot %s of %s: %v", lot.Name, d.Name, err)
			}
		case gov.LotAccepted:
			if v, err := tx.Version(d.Name, lot.Number); err != nil || v.Lot != lot.Name || v.Counts.Added != lot.Tree.Records {
				c.report("lot %s of %s: version %d is not what took it up (%v)", lot.Name, d.Name, lot.Number, err)
			}
		}
	}
	return nil
}

// version checks one version. The first is read whole. Each other must be what
// the edits that lead to it from the one before make of that: so the cost is
// that of the changes, and a tree that no builder makes is still found.
func (c *checker) version(tx *store.Tx, p *tree.Params, before, v gov.Version) error {
	c.sum.Versions++
	if d := v.ComputeDigest(); d != v.Digest {
		c.report("version %s: its digest is %v, and should be %v", v.Ref(), v.Digest, d)
	}
	if before.Number > 0 && (len(v.Parents) == 0 || v.Parents[0] != before.Digest) {
		c.report("version %s: its parent is not the version before it", v.Ref())
	}
	if v.Tree.Params != p.Hash() {
		c.report("version %s: its tree was built with other parameters", v.Ref())
		return nil
	}
	if before.Number == 0 {
		if want := (gov.Counts{Added: v.Tree.Records}); v.Counts != want {
			c.report("version %s: it counts %+v, and should count %+v", v.Ref(), v.Counts, want)
		}
		c.sum.Records += v.Tree.Records
		return tree.Check(p, tx, v.Tree)
	}
	var n gov.Counts
	erased := false
	again, err := tree.Mutate(p, tx, nowhere{}, before.Tree, c.edits(tx, before, v, &n, &erased))
	if erased { // what differs is gone, so that it cannot be made again
		again, err = v.Tree, tree.Check(p, tx, v.Tree)
	}
	if err == nil && again != v.Tree {
		c.report("version %s: its records should have the root %v", v.Ref(), again.Root)
	}
	if n.Unchanged = v.Tree.Records - n.Added - n.Changed; err == nil && n != v.Counts {
		c.report("version %s: it counts %+v, and should count %+v", v.Ref(), v.Counts, n)
	}
	return err
}

// edits yields what leads from one version to the next, and counts it. It notes
// whether something of it was erased.
func (c *checker) edits(tx *store.Tx, a, b gov.Version, n *gov.Counts, erased *bool) iter.Seq2[tree.Edit, error] {
	return func(yield func(tree.Edit, error) bool) {
		for ch, err := range tree.Diff(tx, a.Tree, b.Tree) {
			c.sum.Records++
			*erased = *erased || ch.ToErased
			switch {
			case ch.From == nil:
				n.Added++
			case ch.To == nil:
				n.Removed++
			default:
				n.Changed++
			}
			if !yield(tree.Edit{Key: ch.Key, Value: ch.To, Delete: ch.To == nil}, err) {
				return
			}
		}
	}
}

// nowhere is a sink for nodes that are stored already.
type nowhere struct{}

// PutNode forgets the node.
func (nowhere) PutNode(gov.Digest, []byte) error { return nil }

// beside checks that what lies beside the log is what its digests say.
func (c *checker) beside() error {
	return c.view(func(tx *store.Tx) error {
		return tx.Dump(func(table string, k, _ []byte) error {
			if len(k) != len(gov.Digest{}) || !store.Beside(table) {
				return nil
			}
			d := gov.Digest(k)
			if got, err := besideDigest(tx, table, d); err != nil || got != d {
				c.report("table %s: %v is not what its digest says (%v)", table, d, err)
			}
			return nil
		})
	})
}

func besideDigest(tx *store.Tx, table string, d gov.Digest) (gov.Digest, error) {
	switch table {
	case "text":
		t, err := tx.Text(d)
		return t.Digest(), err
	case "document":
		b, err := tx.Document(d)
		return gov.DocumentDigest(b), err
	case "secret":
		s, err := tx.Secret(d)
		return inspect.Secret(s).Commitment(), err
	}
	salt, err := tx.Salt(d)
	return tree.SaltCommitment(salt), err
}
