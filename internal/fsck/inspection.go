package fsck

import (
	"encoding/hex"
	"errors"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/store"
)

// inspections checks that every inspection is of a version that there is, that
// what it commits to is there, and that its end reveals its secret.
func (c *checker) inspections() error {
	return c.view(func(tx *store.Tx) error {
		for row, err := range tx.Inspections(0) {
			if err != nil {
				return err
			}
			if err := c.inspection(tx, row); err != nil {
				c.report("inspection %s: %v", row.ID, err)
			}
		}
		return nil
	})
}

// hearsay checks that what annotators and predictions said of versions is there.
func (c *checker) hearsay() error {
	return c.view(func(tx *store.Tx) error {
		for d, err := range tx.Datasets("", "") {
			if err != nil {
				return err
			}
			for row, err := range tx.LabelVotes(d.Name, 0) {
				if err != nil {
					return err
				}
				c.said(tx, "votes", row.Dataset, row.Number, row.Version, row.Votes)
			}
			for row, err := range tx.Doubts(d.Name, 0) {
				if err != nil {
					return err
				}
				c.said(tx, "doubts", row.Dataset, row.Number, row.Version, row.Suspects)
			}
		}
		return nil
	})
}

// said checks that a row is of a version that there is, and that its text is.
func (c *checker) said(tx *store.Tx, what string, d gov.DatasetName, number uint64, version, text gov.Digest) {
	v, err := tx.Version(d, number)
	if err == nil && v.Digest != version {
		c.report("%s on %s: they are of another version", what, v.Ref())
	}
	if _, lost := tx.Text(text); err != nil || lost != nil {
		c.report("%s on %s@v%d: %v", what, d, number, errors.Join(err, lost))
	}
}

func (c *checker) inspection(tx *store.Tx, row gov.Inspection) error {
	root, of, err := rootOf(tx, row)
	if err != nil {
		return err
	}
	if root != row.Root {
		c.report("inspection %s: its root is not that of %s", row.ID, of)
	}
	doc, err := tx.Document(row.Design)
	if err != nil {
		return err
	}
	_, err = inspect.ParseDesign(doc)
	_, sheet := tx.Text(row.Sheet)
	_, gold := tx.Text(row.Gold)
	return errors.Join(err, sheet, gold, c.answers(tx, row), c.end(tx, row))
}

// rootOf returns the root of what an inspection is of, and what to call that.
func rootOf(tx *store.Tx, row gov.Inspection) (gov.Digest, string, error) {
	if row.Lot != "" {
		lot, err := tx.Lot(row.Dataset, row.Lot)
		return lot.Tree.Root, "lot " + row.Lot, err
	}
	v, err := tx.Version(row.Dataset, row.Number)
	return v.Tree.Root, v.Ref().String(), err
}

// answers checks that each is there, and that they are as many as the row says.
func (c *checker) answers(tx *store.Tx, row gov.Inspection) error {
	n := uint64(0)
	for a, err := range tx.InspectionAnswers(row.ID) {
		if err == nil {
			_, err = tx.Text(a.Answer)
		}
		if err != nil {
			return err
		}
		n++
	}
	if n != row.Answers {
		c.report("inspection %s: it has %d answers, and says %d", row.ID, n, row.Answers)
	}
	return nil
}

func (c *checker) end(tx *store.Tx, row gov.Inspection) error {
	if (row.State == gov.InspectionOpen) != (row.End == nil) {
		c.report("inspection %s: it is %s, and that is not how it ended", row.ID, row.State)
	}
	if row.End == nil {
		_, err := tx.Secret(row.Commitment)
		return err
	}
	secret, err := hex.DecodeString(row.End.Secret)
	if err != nil || len(secret) != len(inspect.Secret{}) || inspect.Secret(secret).Commitment() != row.Commitment {
		c.report("inspection %s: what it reveals is not the secret", row.ID)
	}
	if row.End.Result.IsZero() {
		return nil
	}
	_, err = tx.Document(row.End.Result)
	return err
}
