package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"

	bolt "go.etcd.io/bbolt"

	"govd/internal/gov"
)

// A batch ends with as many functions, or with the function that brings what
// they have written to as many bytes.
const (
	maxFunctions = 4096
	maxWritten   = 8 << 20
)

// Update runs fn in a transaction and returns when what it wrote is durable.
// Functions of several callers share the transaction, one after the other; each
// sees what those before it wrote. If fn returns an error, or panics, it has
// written nothing, and the others are not touched.
//
// There is one writer: fn must not wait for anything. It may be called again
// only by a new Update. If ctx ends before fn has begun, fn is not run; later
// than that, Update waits for the outcome. A gov.Internal error with the reason
// COMMIT_FAILED means that the outcome is not known, see Failed.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{fn: fn, done: make(chan error, 1)}
	if err := s.queue.push(j); err != nil {
		return err
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		if j.start(cancelled) {
			return ctx.Err()
		}
		return <-j.done
	}
}

// write is the writer: it runs batches until the queue is closed and empty.
func (s *Store) write() {
	defer close(s.written)
	var jobs []*job
	defer func() { s.abandon(jobs) }()
	over := new(overlay)
	for last := 0; ; {
		if jobs = s.queue.take(last, s.options.Linger, maxFunctions); len(jobs) == 0 {
			return
		}
		last = s.runBatch(over, jobs)
		over.reset()
	}
}

// abandon answers whoever still waits when the writer ends: nobody, unless a
// function ended its goroutine, as a test's FailNow does.
func (s *Store) abandon(jobs []*job) {
	if len(jobs) == 0 {
		return
	}
	err := s.fail(errors.New("a function ended the writer"))
	s.queue.close(err)
	s.answer(jobs, err)
	s.answer(s.queue.take(0, 0, math.MaxInt), err)
}

// runBatch runs the jobs in one transaction, puts those that do not fit back
// into the queue and answers the others. It returns how many those were.
func (s *Store) runBatch(over *overlay, jobs []*job) int {
	if err := s.broken(); err != nil {
		s.answer(jobs, err)
		return len(jobs)
	}
	bt, err := s.db.Begin(true)
	if err != nil {
		s.answer(jobs, s.fail(err))
		return len(jobs)
	}
	defer bt.Rollback() // does nothing after a commit
	tx := &Tx{Now: s.now(), bolt: bt, over: over}
	n := 0
	for n < len(jobs) && over.size < maxWritten {
		if j := jobs[n]; j.start(running) {
			j.err = call(tx, j.fn)
		}
		n++
	}
	s.queue.back(jobs[n:])
	s.answer(jobs[:n], s.commit(tx))
	return n
}

// call runs fn on the batch, and takes back what it wrote if it fails.
func call(tx *Tx, fn func(*Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = gov.Because(fmt.Errorf("panic: %v\n%s", p, debug.Stack()), gov.Internal, "PANIC", "an operation panicked")
		}
		if err != nil {
			tx.over.undo()
		} else {
			tx.over.keep()
		}
	}()
	return fn(tx)
}

// answer tells the callers what became of their functions: what the function
// returned, unless the commit failed. They wait for the commit even if the
// function failed, for it may have failed because of what is not yet durable.
func (s *Store) answer(jobs []*job, commit error) {
	for _, j := range jobs {
		if commit != nil {
			j.err = commit
		}
		j.done <- j.err
	}
}

// commit makes the batch durable. Whatever goes wrong here is final.
func (s *Store) commit(tx *Tx) error {
	if tx.over.empty() {
		return nil
	}
	err := s.sealBatch(tx)
	if err == nil {
		err = tx.apply()
	}
	if err == nil {
		err = tx.bolt.Commit()
	}
	if err != nil {
		err = s.fail(err)
		s.queue.close(err)
	}
	return err
}

// apply puts the overlay into bbolt, bucket by bucket, in the order of the keys.
func (tx *Tx) apply() error {
	for b := range tx.over.items {
		chunks := tx.over.items[b].chunks
		if len(chunks) == 0 {
			continue
		}
		to := tx.bucket(bucket(b))
		to.FillPercent = buckets[b].fill
		for _, items := range chunks {
			if err := applyItems(to, items); err != nil {
				return fmt.Errorf("%s: %w", buckets[b].name, err)
			}
		}
	}
	return nil
}

func applyItems(to *bolt.Bucket, items []*item) error {
	for _, it := range items {
		var err error
		if it.value == nil {
			err = to.Delete(it.key)
		} else {
			err = to.Put(it.key, it.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sealBatch adds what makes the batch's entries provable.
func (s *Store) sealBatch(tx *Tx) error {
	items := slices.Concat(tx.over.items[logEntries].chunks...)
	if len(items) == 0 {
		return nil
	}
	seal := s.seal.Load()
	if seal == nil {
		return errors.New("entries were appended, but there is no seal")
	}
	entries := make([][]byte, len(items))
	for i, it := range items {
		entries[i] = it.value
	}
	tiles, checkpoint, err := (*seal)(binary.BigEndian.Uint64(items[0].key), entries)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	for _, t := range tiles {
		tx.put(logTiles, tileKey(t.Level, t.Index), t.Hashes)
	}
	tx.put(metaBucket, checkpointKey, checkpoint)
	tx.put(metaBucket, timeKey, binary.BigEndian.AppendUint64(nil, uint64(tx.Now.UnixNano())))
	return nil
}
