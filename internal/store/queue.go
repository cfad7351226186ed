package store

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A job is a function that waits for the writer or has been run by it.
type job struct {
	fn    func(*Tx) error
	state atomic.Uint32 // queued, then running or cancelled
	err   error         // what fn returned, until the commit decides
	done  chan error    // one buffered result
}

const (
	queued uint32 = iota
	running
	cancelled
)

// start claims the job for one of those who compete for it: its caller, to
// cancel it, and the writer, to run it.
func (j *job) start(as uint32) bool { return j.state.CompareAndSwap(queued, as) }

// A queue holds the jobs that wait. The writer sleeps until there are as many
// as it wants, so that callers do not wake it one by one.
type queue struct {
	mu     sync.Mutex
	jobs   []*job
	want   int
	closed error // what push returns, once closed
	wake   chan struct{}
}

func (q *queue) push(j *job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed != nil {
		return q.closed
	}
	q.jobs = append(q.jobs, j)
	if len(q.jobs) >= q.want {
		q.signal()
	}
	return nil
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default: // it is awake already
	}
}

// close makes push return err. Jobs that wait are still to be taken.
func (q *queue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed == nil {
		q.closed = err
	}
	q.signal()
}

// take waits for a job, then up to linger for as many as there were last time,
// and takes most of them at most. It returns none when the queue is closed and
// empty.
func (q *queue) take(last int, linger time.Duration, most int) []*job {
	q.await(1, nil)
	if last > 1 && linger > 0 {
		t := time.NewTimer(linger)
		q.await(min(last, most), t.C)
		t.Stop()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.jobs), most)
	taken := slices.Clone(q.jobs[:n])
	q.jobs = slices.Delete(q.jobs, 0, n)
	return taken
}

// await waits until n jobs wait, the queue is closed or the time has come.
func (q *queue) await(n int, timeout <-chan time.Time) {
	for q.fewer(n) {
		select {
		case <-q.wake:
		case <-timeout:
			return
		}
	}
}

// fewer reports whether fewer than n jobs wait, and asks to be woken if so.
func (q *queue) fewer(n int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) >= n || q.closed != nil {
		q.want = math.MaxInt // nobody need wake the writer while it works
		return false
	}
	q.want = n
	return true
}

// back returns jobs to the head of the queue.
func (q *queue) back(jobs []*job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = slices.Insert(q.jobs, 0, jobs...)
}
