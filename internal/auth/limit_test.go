package auth

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLimiter(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l := NewLimiter(0.5, 3, 10)
	for i, c := range []struct {
		after time.Duration
		want  bool
	}{
		{0, true}, {0, true}, {0, true}, {0, false}, // the burst
		{time.Second, false}, {2 * time.Second, true}, {2 * time.Second, false}, // one each two seconds
		{-time.Hour, false}, {3 * time.Second, false}, {4 * time.Second, true}, // a clock that goes back gives nothing
		{time.Hour, true}, {time.Hour, true}, {time.Hour, true}, {time.Hour, false}, // no more than the burst
	} {
		if got := l.Allow("a", start.Add(c.after)); got != c.want {
			t.Errorf("step %d, after %v: %v", i, c.after, got)
		}
	}
	if !l.Allow("b", start) {
		t.Error("one key takes from another")
	}
	if !l.Allow("b", start.Add(-time.Hour)) {
		t.Error("a clock that goes back takes")
	}
}

// TestLimiterRate: over any time, a key acts burst + rate x time at most.
func TestLimiterRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		burst := rapid.IntRange(1, 10).Draw(t, "burst")
		rate := rapid.Float64Range(0.1, 20).Draw(t, "rate")
		l := NewLimiter(rate, burst, 2)
		start := time.Unix(1e9, 0)
		now, allowed := start, 0
		for range 200 {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
			if l.Allow("a", now) {
				allowed++
			}
			if most := float64(burst) + rate*now.Sub(start).Seconds() + 1e-6; float64(allowed) > most {
				t.Fatalf("%d allowed after %v, %.1f are the most", allowed, now.Sub(start), most)
			}
		}
		if !l.Allow("a", now.Add(time.Duration(float64(2*time.Second)/rate))) {
			t.Fatal("nothing flows back")
		}
	})
}

// TestLimiterKeys: the keys are bounded, and the one used longest ago goes.
func TestLimiterKeys(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := NewLimiter(1, 1, 2)
	for i := range 100 {
		l.Allow(fmt.Sprint(i), now)
		if len(l.buckets) > 2 || l.order.Len() != len(l.buckets) {
			t.Fatalf("%d keys, %d in order", len(l.buckets), l.order.Len())
		}
	}
	l.Allow("98", now)
	l.Allow("new", now)
	if l.Allow("98", now) {
		t.Error("98 was forgotten, though it was used last but one")
	}
	if !l.Allow("99", now) {
		t.Error("99 was not forgotten")
	}
}

func TestLimiterConcurrent(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := NewLimiter(1, 50, 3)
	var mu sync.Mutex
	allowed := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if l.Allow("a", now) {
					mu.Lock()
					allowed++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if allowed != 50 {
		t.Errorf("%d of a burst of 50", allowed)
	}
}
