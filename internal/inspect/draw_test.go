package inspect

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"govd/internal/gov"
	"govd/internal/validate/stat"
	"pgregory.net/rapid"
)

// TestDrawIsBottomRank compares a draw of many with the definition, and holds
// that it does not depend on order, nor on how the records were split.
func TestDrawIsBottomRank(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, seed := fixedDesign(), secret(rapid.Uint64().Draw(t, "secret")).Seed(gov.Digest{}, gov.Digest{})
		d.By, d.Strata = "tone", []string{"", "dark", "light"}
		n := rapid.IntRange(3, 900).Draw(t, "n")
		order := rapid.Permutation(slices.Collect(func(yield func(int) bool) {
			for i := range n {
				yield(i)
			}
		})).Draw(t, "order")
		parts := []*Draw{draw(t, d, seed), draw(t, d, seed), draw(t, d, seed)}
		ranks := make([][]string, 3)
		for at, i := range order {
			add(t, parts[at*3/n], record(i), d.Strata[i%3])
			r := rank(seed, record(i))
			ranks[i%3] = append(ranks[i%3], string(r[:])+record(i))
		}
		parts[1].Merge(parts[2])
		if err := parts[0].Merge(parts[1]); err != nil {
			t.Fatal(err)
		}
		sheet := closed(t, parts[0], pool(600, 0))
		for s := range d.Strata {
			slices.Sort(ranks[s])
			got := keys(sheet, s)
			want := ranks[s][:sheet.Plans[s].Items()]
			for i := range want {
				want[i] = want[i][len(gov.Digest{}):]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("stratum %d: %s", s, diff)
			}
			if sheet.Plans[s].Total != uint64(len(ranks[s])) {
				t.Fatalf("stratum %d has %d records, the plan says %d", s, len(ranks[s]), sheet.Plans[s].Total)
			}
		}
	})
}

// keys returns the sampled keys of a stratum in the order of the sheet.
func keys(s *Sheet, stratum int) (all []string) {
	for _, it := range s.Items {
		if !it.gold() && it.Stratum == stratum {
			all = append(all, it.Key)
		}
	}
	return all
}

// uniform fails if counts, each the number of hits of expected, vary more than
// chance lets them in one of a million tries.
func uniform(t *testing.T, what string, counts []uint64, tries, of uint64) {
	t.Helper()
	expected := float64(tries*of) / float64(len(counts))
	variance := expected * (1 - float64(of)/float64(len(counts))) // without replacement
	sum := 0.0
	for _, c := range counts {
		sum += (float64(c) - expected) * (float64(c) - expected) / variance
	}
	df := len(counts) - 1
	sum *= float64(df) / float64(len(counts))
	if p := stat.ChiTail(sum, df); p < 1e-6 || p > 1-1e-6 {
		t.Errorf("%s: chi-square %v with %d degrees has p %v: %v", what, sum, df, p, counts)
	}
}

// TestDrawIsUniform counts, over many secrets, how often each record is drawn,
// each pair of the first eight, and how often gold lies at each place.
func TestDrawIsUniform(t *testing.T) {
	const tries, records = 1500, 150
	d := fixedDesign()
	var single, place []uint64
	pairs := make([]uint64, 8*8)
	drawn, golds := uint64(0), uint64(0)
	for n := range uint64(tries) {
		w := draw(t, d, secret(n).Seed(gov.Digest{1}, gov.Digest{2}))
		for i := range records {
			add(t, w, record(i), "")
		}
		sheet := closed(t, w, pool(400, 2))
		if n == 0 {
			drawn, golds = sheet.Plans[0].Items(), uint64(len(sheet.Items))-sheet.Plans[0].Items()
			single, place = make([]uint64, records), make([]uint64, len(sheet.Items))
		}
		in := map[string]bool{}
		for at, it := range sheet.Items {
			if it.gold() {
				place[at]++
			} else {
				in[it.Key] = true
			}
		}
		for i := range records {
			if in[record(i)] {
				single[i]++
			}
		}
		for i := range 8 {
			for j := range 8 {
				if in[record(i)] && in[record(j)] {
					pairs[8*i+j]++
				}
			}
		}
	}
	uniform(t, "records", single, tries, drawn)
	uniform(t, "places of gold", place, tries, golds)
	both := float64(tries) * float64(drawn) / records * float64(drawn-1) / (records - 1)
	for at, c := range pairs {
		if i, j := at/8, at%8; i != j && (float64(c) < both*0.85 || float64(c) > both*1.15) {
			t.Errorf("records %d and %d were drawn together %d times, want about %v", i, j, c, both)
		}
	}
}

// TestDrawResistsGrinding lets a submitter who knows all but the secret choose
// keys such that, by a secret they guessed, no bad record is drawn. With any
// other secret that gains nothing.
func TestDrawResistsGrinding(t *testing.T) {
	const records, bad, tries = 300, 30, 400
	d, guessed := fixedDesign(), secret(1<<20).Seed(gov.Digest{1}, gov.Digest{2})
	ground := make([]string, 0, records)
	for n := 0; len(ground) < bad; n++ {
		key := fmt.Sprintf("bad/%d", n)
		if r := rank(guessed, key); r[0] > 0xd0 {
			ground = append(ground, key)
		}
	}
	hits, items := 0, 0
	for n := range uint64(tries) + 1 {
		seed := guessed
		if n > 0 {
			seed = secret(n).Seed(gov.Digest{1}, gov.Digest{2})
		}
		w := draw(t, d, seed)
		for _, key := range ground {
			add(t, w, key, "")
		}
		for i := range records - bad {
			add(t, w, record(i), "")
		}
		in := 0
		sheet := closed(t, w, pool(400, 0))
		for _, key := range keys(sheet, 0) {
			if strings.HasPrefix(key, "bad/") {
				in++
			}
		}
		if n == 0 {
			if in != 0 {
				t.Fatalf("the grinding itself went wrong: %d bad records are drawn", in)
			}
			continue
		}
		hits, items = hits+in, items+int(sheet.Plans[0].Items())
	}
	if share := float64(hits) / float64(items); share < 0.09 || share > 0.11 {
		t.Errorf("a tenth of the records is bad, and %v of the samples", share)
	}
}

// TestDrawHoldsEnough holds that whatever the number of records, the draw, which
// does not know it beforehand, has kept as many as the plan then asks for.
func TestDrawHoldsEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := fixedDesign()
		d.Limit = stat.Micro(rapid.Int64Range(1000, 400_000).Draw(t, "limit"))
		d.Accept = rapid.Uint64Range(0, 8).Draw(t, "accept")
		unknown, err := d.plan("", 0)
		if err != nil {
			t.Fatal(err)
		}
		total := rapid.Uint64Range(1, 20_000).Draw(t, "total")
		known, err := d.plan("", total)
		if err != nil || known.Items() > min(unknown.Items(), total) {
			t.Fatalf("%d records: %d items, and %d for any number: %v", total, known.Items(), unknown.Items(), err)
		}
	})
}

func TestDrawLeavesOut(t *testing.T) {
	d := fixedDesign()
	w := draw(t, d, gov.Digest{1})
	for i := range 500 {
		add(t, w, record(i), "")
	}
	for _, g := range pool(300, 3) {
		add(t, w, g.Key, "")
	}
	sheet := closed(t, w, pool(300, 3))
	if sheet.Except != 300 || sheet.Plans[0].Total != 500 || slices.ContainsFunc(keys(sheet, 0), isGold) {
		t.Errorf("left out %d of %d", sheet.Except, sheet.Plans[0].Total)
	}
}

// TestShows holds what gold can show at best: no more than there are errors in it,
// and of a sequential plan no more than come in time.
func TestShows(t *testing.T) {
	for _, c := range []struct {
		design   *Design
		k        int
		low, top stat.Micro
	}{
		{fixedDesign(), 0, stat.Lower(47, 47, 980_000), stat.Lower(47, 47, 980_000)},
		{fixedDesign(), 1, 0, 0},
		{fixedDesign(), 2, 750_000, 880_000},
		{sequentialDesign(), 0, 750_000, 900_000},
	} {
		w := draw(t, c.design, secret(6).Seed(gov.Digest{}, gov.Digest{}))
		for i := range 5000 {
			add(t, w, record(i), "")
		}
		sheet := closed(t, w, pool(300, c.k))
		if got := c.design.Shows(sheet); got < c.low || got > c.top {
			t.Errorf("one in %d is right: it shows %v, want %v to %v", c.k, got, c.low, c.top)
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	d := fixedDesign()
	w := draw(t, d, gov.Digest{1})
	for i := range 500 {
		add(t, w, record(i), "dark")
	}
	twice := append(pool(300, 0), pool(1, 0)...)
	unclear := append(pool(300, 0), Gold{"gold/x", Unclear})
	drawable := append(pool(300, 0), Gold{record(7), Wrong})
	for reason, gold := range map[gov.Reason][][]Gold{
		"TOO_LITTLE_GOLD": {nil, pool(10, 0)},
		"BAD_GOLD":        {twice, unclear, drawable},
	} {
		for _, g := range gold {
			if _, err := w.Close(g); gov.ReasonOf(err) != reason {
				t.Errorf("%d gold items: %v, want %s", len(g), err, reason)
			}
		}
	}
	if err := w.Merge(draw(t, d, gov.Digest{2})); !errors.Is(err, gov.Invalid) {
		t.Errorf("a draw with another seed merges: %v", err)
	}
	if _, err := draw(t, d, gov.Digest{1}).Close(pool(300, 0)); gov.ReasonOf(err) != "EMPTY_STRATUM" {
		t.Errorf("a draw of nothing: %v", err)
	}
	d.By, d.Strata = "tone", []string{"dark", "light"}
	if err := draw(t, d, gov.Digest{1}).Add("k", "green"); gov.ReasonOf(err) != "NO_STRATUM" {
		t.Errorf("a record that is in no stratum: %v", err)
	}
	d.Limit = 0
	if _, err := NewDraw(d, gov.Digest{1}, isGold); !errors.Is(err, gov.Invalid) {
		t.Errorf("a draw by a bad design: %v", err)
	}
}
