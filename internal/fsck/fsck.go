package fsck

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/store"
)

// A Summary says what was looked at.
type Summary struct {
	Entries, Versions, Records, Changes, Nodes, Outputs uint64
}

// A Report is called with every fault that is found.
type Report func(format string, args ...any)

// Check checks the store in a file that no daemon has open. It calls report for
// each fault and say for each thing it turns to. An error means that it could
// not look.
func Check(ctx context.Context, path string, report Report, say func(what string)) (Summary, error) {
	st, err := store.Open(path, store.Options{ReadOnly: true})
	if err != nil {
		return Summary{}, err
	}
	sum, err := CheckStore(ctx, st, report, say)
	return sum, errors.Join(err, st.Close())
}

// CheckStore is Check for an open store.
func CheckStore(ctx context.Context, st *store.Store, report Report, say func(what string)) (sum Summary, err error) {
	c := checker{ctx: ctx, store: st, report: report, sum: &sum}
	for _, step := range []struct {
		what string
		run  func() error
	}{
		{"pages, tables and indexes", func() error { return st.Check(report) }},
		{"log", c.log},
		{"tables against the log", c.replay},
		{"nodes", c.nodes},
		{"versions", c.versions},
		{"changes", c.changes},
		{"inspections", c.inspections},
		{"outputs", c.outputs},
		{"votes and doubts", c.hearsay},
		{"texts, documents and salts", c.beside},
	} {
		say(step.what)
		if err := step.run(); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

type checker struct {
	ctx    context.Context
	store  *store.Store
	report Report
	sum    *Summary
}

func (c *checker) view(fn func(*store.Tx) error) error { return c.store.View(c.ctx, fn) }

// log hashes every entry again and compares the root with the checkpoint's,
// which must be signed by the newest key that the log names.
func (c *checker) log() error {
	return c.view(func(tx *store.Tx) error {
		c.sum.Entries = tx.LogSize()
		if tx.LogSize() == 0 {
			return nil
		}
		root, err := audit.Check(tx)
		if err != nil {
			c.report("log: %v", err)
			return nil
		}
		cp, err := audit.ParseCheckpoint(tx.Checkpoint(), c.key(tx))
		switch {
		case err != nil:
			c.report("log: checkpoint: %v", err)
		case cp.Size != tx.LogSize() || cp.Root != root:
			c.report("log: the checkpoint signs %d entries with root %v; the store has %d with root %v", cp.Size, cp.Root, tx.LogSize(), root)
		}
		return nil
	})
}

// key returns the newest key that an entry of the log names. On the way it reads
// every entry.
func (c *checker) key(tx *store.Tx) (key string) {
	var last time.Time
	for i, line := range tx.Entries(0) {
		e, err := audit.DecodeEntry(line)
		if err != nil {
			c.report("log: entry %d: %v", i, err)
			continue
		}
		if e.Time.Before(last) {
			c.report("log: entry %d is older than the one before it", i)
		}
		last = e.Time
		if e.Event != "server.created" && e.Event != "server.restored" {
			continue
		}
		var named struct {
			Key  string     `json:"key"`
			Salt gov.Digest `json:"salt"`
		}
		if json.Unmarshal(e.Data, &named) == nil {
			key = named.Key
		}
		if _, err := tx.Salt(named.Salt); e.Event == "server.created" && err != nil {
			c.report("log: the salt of requests' digests: %v", err)
		}
	}
	return key
}

// replayStep is how many entries are replayed in one transaction.
const replayStep = 1000

// replay folds the log again in a scratch store and compares the tables.
func (c *checker) replay() error {
	dir, err := os.MkdirTemp("", "govd-fsck-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	scratch, err := store.Create(filepath.Join(dir, "replay.db"), store.Options{NoSync: true, Linger: -1})
	if err != nil {
		return err
	}
	scratch.UseSeal(func(uint64, [][]byte) ([]store.Tile, []byte, error) { return nil, []byte{}, nil })
	return errors.Join(c.fold(scratch), scratch.Close())
}

func (c *checker) fold(scratch *store.Store) error {
	err := c.view(func(from *store.Tx) error {
		if err := c.copyBeside(from, scratch); err != nil {
			return err
		}
		for at := uint64(0); at < from.LogSize(); at += replayStep {
			if err := c.replayRun(from, scratch, at); err != nil {
				c.report("replay: %v", err)
				return nil
			}
		}
		return scratch.View(c.ctx, func(again *store.Tx) error { return c.compare(from, again) })
	})
	return err
}

func (c *checker) replayRun(from *store.Tx, scratch *store.Store, at uint64) error {
	return scratch.Update(c.ctx, func(to *store.Tx) error {
		for i := at; i < min(at+replayStep, from.LogSize()); i++ {
			line, err := from.Entry(i)
			if err != nil {
				return err
			}
			if err := govern.Replay(to, line); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyBeside gives the scratch store what events commit to by digest.
func (c *checker) copyBeside(from *store.Tx, scratch *store.Store) error {
	return scratch.Update(c.ctx, func(to *store.Tx) error {
		return from.Dump(func(table string, k, v []byte) error {
			if !store.Beside(table) {
				return nil
			}
			return to.Load(table, k, v)
		})
	})
}

// compare reports every row that one store has and the other has not, or has
// otherwise.
func (c *checker) compare(have, want *store.Tx) error {
	rows := map[[2]string]gov.Digest{}
	err := want.Dump(func(table string, k, v []byte) error {
		rows[[2]string{table, string(k)}] = gov.DocumentDigest(v)
		return nil
	})
	if err != nil {
		return err
	}
	err = have.Dump(func(table string, k, v []byte) error {
		at := [2]string{table, string(k)}
		d, known := rows[at]
		switch {
		case !known:
			c.report("table %s: row %q is not what the log says: it says nothing of it", table, k)
		case d != gov.DocumentDigest(v):
			c.report("table %s: row %q is not what the log says", table, k)
		}
		delete(rows, at)
		return nil
	})
	for at := range rows {
		c.report("table %s: row %q is missing", at[0], at[1])
	}
	return err
}
