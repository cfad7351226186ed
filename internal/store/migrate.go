package store

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"

	bolt "go.etcd.io/bbolt"

	"govd/internal/gov"
)

// format is the number of the file's layout. It grows by one with each
// migration.
const format = 2

// migrations[i] makes a file of format i+2 from one of format i+1.
var migrations = []func(*bolt.Tx) error{newBuckets(addedBy2...)}

// addedBy2 are the buckets that format 2 has and format 1 has not.
var addedBy2 = []string{
	"change", "change.by_dataset", "change.revision", "change.vote", "change.evidence", "rules", "key", "key.by_person",
	"report", "report.by_digest", "reading", "promotion", "label.vote", "doubt", "lot", "memo", "index",
	"inspection", "inspection.by_dataset", "inspection.answer", "secret",
	"lineage.node", "lineage.number", "lineage.edge", "lineage.cell", "lineage.event", "lineage.drop", "run", "run.by_project",
	"model", "model.by_digest", "model.tag", "deployment", "deployment.by_model", "batch", "batch.by_model", "output.index", "output.run", "output.segment",
	"hold", "hold.by_project", "erasure", "erasure.by_project", "erased",
}

// newBuckets is a migration to a format that has more of them.
func newBuckets(names ...string) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		for _, name := range names {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	}
}

var formatKey, timeKey, checkpointKey = []byte("format"), []byte("time"), []byte("checkpoint")

func setFormat(tx *bolt.Tx, n uint64) error {
	return tx.Bucket([]byte(buckets[metaBucket].name)).Put(formatKey, binary.BigEndian.AppendUint64(nil, n))
}

func formatOf(db *bolt.DB) (n uint64, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(buckets[metaBucket].name))
		if b == nil || len(b.Get(formatKey)) != 8 {
			return gov.Errorf(gov.Invalid, "BAD_STORE", "%s is not a file of govd", db.Path())
		}
		n = binary.BigEndian.Uint64(b.Get(formatKey))
		return nil
	})
	return n, err
}

// migrate brings the file to the format that the steps end in, in one
// transaction. It is copied to path.vN first, N being its old format.
func migrate(db *bolt.DB, path string, readOnly bool, steps []func(*bolt.Tx) error) error {
	want := uint64(len(steps) + 1)
	have, err := formatOf(db)
	switch {
	case err != nil || have == want:
		return err
	case have > want:
		return gov.Errorf(gov.Invalid, "NEWER_STORE", "%s has format %d; this govd reads up to %d", path, have, want)
	case readOnly:
		return gov.Errorf(gov.Invalid, "OLDER_STORE", "%s has format %d; open it with govd serve once to bring it to %d", path, have, want)
	}
	if err := copyAside(db, fmt.Sprintf("%s.v%d", path, have)); err != nil {
		return err
	}
	return db.Update(func(tx *bolt.Tx) error {
		for _, step := range steps[have-1:] {
			if err := step(tx); err != nil {
				return fmt.Errorf("migration of %s: %w", path, err)
			}
		}
		return setFormat(tx, want)
	})
}

func copyAside(db *bolt.DB, to string) error {
	return replace(to, func(temp string) error {
		return writeFile(temp, func(w io.Writer) error {
			return db.View(func(tx *bolt.Tx) error {
				_, err := tx.WriteTo(w)
				return err
			})
		})
	})
}

// writeFile makes a new file, 0600, of what write writes.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	return write(f)
}
