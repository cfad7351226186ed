package fsck

import (
	"errors"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
	"govd/internal/tree"
)

// changes checks every revision of every change, and that a change that was
// applied led to the version it names.
func (c *checker) changes() error {
	return c.view(func(tx *store.Tx) error {
		for ch, err := range tx.Changes(0) {
			if err != nil {
				return err
			}
			c.sum.Changes++
			if err := c.change(tx, ch); err != nil {
				c.report("change %s: %v", ch.ID, err)
			}
		}
		return nil
	})
}

func (c *checker) change(tx *store.Tx, ch gov.Change) error {
	d, err := tx.Dataset(ch.Dataset)
	if err != nil {
		return err
	}
	salt, err := tx.Salt(d.Salt)
	if err != nil {
		return err
	}
	params, newest := tree.NewParams(salt), gov.Revision{}
	for r, err := range tx.ChangeRevisions(ch.ID) {
		if err != nil {
			return err
		}
		if r.Number != newest.Number+1 {
			c.report("change %s: revision %d follows revision %d", ch.ID, r.Number, newest.Number)
		}
		if err := c.revision(tx, params, &r); err != nil {
			c.report("change %s: revision %d: %v", ch.ID, r.Number, err)
		}
		newest = r
	}
	if newest.Number != ch.Revision {
		c.report("change %s: it has %d revisions, and says %d", ch.ID, newest.Number, ch.Revision)
	}
	return c.result(tx, ch, &newest)
}

// revision checks the digest, the base, the rules and the edits of a revision.
func (c *checker) revision(tx *store.Tx, p *tree.Params, r *gov.Revision) error {
	if d := r.ComputeDigest(); d != r.Digest {
		c.report("change %s: the digest of revision %d is %v, and should be %v", r.Change, r.Number, r.Digest, d)
	}
	base, err := tx.Version(r.Dataset, r.Base.Number)
	if err != nil {
		return err
	}
	if base.Digest != r.Base.Digest || base.Tree.Records != r.Base.Records {
		c.report("change %s: the base of revision %d is not version %s", r.Change, r.Number, base.Ref())
	}
	doc, err := tx.Document(r.Rules)
	if err != nil {
		return err
	}
	if _, err := review.ParseRules(doc); err != nil {
		return err
	}
	return errors.Join(tree.Check(p, tx, r.Edits), c.readable(tx, r))
}

// readable checks that every stored edit can be read, and counts the records that
// they touch.
func (c *checker) readable(tx *store.Tx, r *gov.Revision) error {
	var size gov.ChangeSize
	erased := false
	for entry, err := range tree.Range(tx, r.Edits, nil, nil) {
		if err != nil {
			return err
		}
		if erased = erased || entry.Erased; entry.Erased {
			continue
		}
		e, err := gov.DecodeEdit(string(entry.Key), entry.Value)
		if err != nil {
			return err
		}
		size.Add(e)
	}
	again := *r
	size.Fill(&again, func(string) uint64 { return 1 })
	if !erased && again.Touched != r.Touched {
		c.report("change %s: revision %d touches %d records, and says %d", r.Change, r.Number, again.Touched, r.Touched)
	}
	return nil
}

// result checks that the change and the version that it became name each other.
func (c *checker) result(tx *store.Tx, ch gov.Change, newest *gov.Revision) error {
	if (ch.State == gov.ChangeApplied) != (ch.Result != 0) {
		c.report("change %s: it is %s, and its result is %d", ch.ID, ch.State, ch.Result)
	}
	if ch.Result == 0 {
		return nil
	}
	v, err := tx.Version(ch.Dataset, ch.Result)
	if err != nil {
		return err
	}
	if v.Change != ch.ID || len(v.Parents) == 0 || v.Parents[0] != newest.Base.Digest || v.Counts.Changed != newest.Touched {
		c.report("change %s: version %s is not what it leads to", ch.ID, v.Ref())
	}
	return nil
}
