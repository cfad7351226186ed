package auth

import (
	"container/list"
	"sync"
	"time"
)

// A Limiter lets each key act so often: a token bucket for each, of the keys
// that were used last. A key that was pushed out begins anew with a full
// bucket. It is safe for concurrent use.
type Limiter struct {
	rate  float64 // tokens that flow back in a second
	burst float64
	keys  int

	mu      sync.Mutex
	buckets map[string]*list.Element // of *bucket
	order   *list.List               // the last used first
}

type bucket struct {
	key  string
	left float64
	at   time.Time
}

// NewLimiter returns a Limiter that allows burst actions at once and rate a
// second after that, and remembers so many keys. All three must be positive.
func NewLimiter(rate float64, burst, keys int) *Limiter {
	return &Limiter{rate: rate, burst: float64(burst), keys: keys, buckets: map[string]*list.Element{}, order: list.New()}
}

// Allow takes a token from the key's bucket and reports whether there was one.
func (l *Limiter) Allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(key, now)
	// A clock that goes back refills nothing.
	if passed := now.Sub(b.at); passed > 0 {
		b.left = min(l.burst, b.left+passed.Seconds()*l.rate)
		b.at = now
	}
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

func (l *Limiter) bucket(key string, now time.Time) *bucket {
	if at := l.buckets[key]; at != nil {
		l.order.MoveToFront(at)
		return at.Value.(*bucket)
	}
	b := &bucket{key: key, left: l.burst, at: now}
	l.buckets[key] = l.order.PushFront(b)
	if l.order.Len() > l.keys {
		delete(l.buckets, l.order.Remove(l.order.Back()).(*bucket).key)
	}
	return b
}
