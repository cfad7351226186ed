package inspect

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"govd/internal/gov"
	"pgregory.net/rapid"
)

// A small inspection that is over soon: about a hundred items, a third gold.
func fixedDesign() *Design {
	return &Design{
		Limit: 50_000, Confidence: 900_000, Accept: 1, Reviewers: 1,
		Gold: 340_000, Sensitivity: 900_000, MinGold: 20, MinAccuracy: 700_000,
	}
}

func sequentialDesign() *Design {
	return &Design{
		Limit: 100_000, Confidence: 900_000, Good: 10_000, Risk: 100_000, Reviewers: 1,
		Gold: 450_000, Sensitivity: 750_000, MinGold: 5, MinAccuracy: 500_000,
	}
}

func secret(n uint64) (s Secret) {
	s[0], s[1], s[2], s[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
	return s
}

func isGold(key string) bool { return len(key) > 4 && key[:4] == "gold" }

// pool returns gold items; every one is an error but each kth.
func pool(n, k int) (all []Gold) {
	for i := range n {
		truth := Wrong
		if k > 0 && i%k == 0 {
			truth = OK
		}
		all = append(all, Gold{fmt.Sprintf("gold/%03d", i), truth})
	}
	return all
}

func record(i int) string { return fmt.Sprintf("record/%05d", i) }

func draw(t rapid.TB, d *Design, seed gov.Digest) *Draw {
	t.Helper()
	w, err := NewDraw(d, seed, isGold)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func add(t rapid.TB, w *Draw, key, value string) {
	t.Helper()
	if err := w.Add(key, value); err != nil {
		t.Fatal(err)
	}
}

func closed(t rapid.TB, w *Draw, gold []Gold) *Sheet {
	t.Helper()
	s, err := w.Close(gold)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// begin opens an inspection of n records.
func begin(t rapid.TB, d *Design, n int, seed gov.Digest, people People) *Inspection {
	t.Helper()
	w := draw(t, d, seed)
	for i := range n {
		add(t, w, record(i), "")
	}
	return Begin(d, seed, closed(t, w, pool(400, 0)), people)
}

// work lets a person answer whatever is next until there is nothing for them,
// and returns how many answers that took.
func work(t rapid.TB, i *Inspection, who gov.PersonID, verdict func(Task) Verdict) (n int) {
	t.Helper()
	for {
		task, some, err := i.Next(who)
		if err != nil {
			return n
		}
		if !some {
			return n
		}
		if err := i.Answer(Answer{Item: task.Item, Inspector: who, Verdict: verdict(task)}); err != nil {
			t.Fatalf("%s was given %v and may not answer it: %v", who, task, err)
		}
		n++
	}
}

// truthful answers as it is: gold is wrong, and of the records those in bad.
func truthful(bad map[string]bool) func(Task) Verdict {
	return func(task Task) Verdict {
		if isGold(task.Key) || bad[task.Key] {
			return Wrong
		}
		return OK
	}
}

func always(v Verdict) func(Task) Verdict { return func(Task) Verdict { return v } }

func random(t *testing.T) *rand.Rand { t.Helper(); return rand.New(rand.NewPCG(7, 11)) }
