package stat

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"govd/internal/gov"
	"pgregory.net/rapid"
)

// TestFixedTable holds sizes computed elsewhere: the limit, the confidence, and
// the sizes for 0, 1, 2, 3 and 5 errors.
func TestFixedTable(t *testing.T) {
	for _, c := range []struct {
		limit, confidence string
		n                 [5]uint64
	}{
		{"0.1%", "95%", [5]uint64{2995, 4742, 6294, 7752, 10511}},
		{"0.25%", "95%", [5]uint64{1197, 1896, 2517, 3100, 4203}},
		{"0.5%", "90%", [5]uint64{460, 777, 1063, 1335, 1853}},
		{"0.5%", "95%", [5]uint64{598, 947, 1258, 1549, 2100}},
		{"0.5%", "99%", [5]uint64{919, 1325, 1678, 2006, 2618}},
		{"1%", "95%", [5]uint64{299, 473, 628, 773, 1049}},
		{"2%", "95%", [5]uint64{149, 236, 313, 386, 523}},
		{"5%", "95%", [5]uint64{59, 93, 124, 153, 208}},
	} {
		for i, errs := range []uint64{0, 1, 2, 3, 5} {
			if got := fixed(t, c.limit, c.confidence, errs, 0); got.N != c.n[i] {
				t.Errorf("%s at %s with %d errors: n = %d, want %d", c.limit, c.confidence, errs, got.N, c.n[i])
			}
		}
	}
}

func fixed(t *testing.T, limit, confidence string, c, total uint64) Plan {
	t.Helper()
	l, err := ParseMicro(limit)
	if err != nil {
		t.Fatal(err)
	}
	conf, err := ParseMicro(confidence)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Fixed(l, conf, c, total)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFixedShares holds sizes for inspectors who notice a share of the errors, and
// for several groups that share what the confidence leaves to chance.
func TestFixedShares(t *testing.T) {
	for _, c := range []struct {
		limit, confidence Micro
		n                 uint64
	}{
		{4750, 950_000, 630},
		{4500, 950_000, 665},
		{4000, 950_000, 748},
		{2500, 950_000, 1197},
		{5000, 987_500, 875},
		{5000, 995_000, 1058},
		{5000, 997_500, 1196},
		{10_000, 987_500, 437},
		{10_000, 995_000, 528},
		{10_000, 997_500, 597},
	} {
		if p, err := Fixed(c.limit, c.confidence, 0, 0); err != nil || p.N != c.n {
			t.Errorf("%v at %v: %+v, %v; want n = %d", c.limit, c.confidence, p, err, c.n)
		}
	}
}

func TestFiniteTable(t *testing.T) {
	for total, want := range map[uint64]uint64{
		100: 96, 200: 155, 500: 316, 1000: 393, 2000: 476, 5000: 543, 10_000: 570, 50_000: 592, 1_000_000: 598, 1_000_000_000: 598,
	} {
		if got := fixed(t, "0.5%", "95%", 0, total); got.N != want {
			t.Errorf("of %d: n = %d, want %d", total, got.N, want)
		}
	}
	if got := fixed(t, "0.5%", "95%", 3, 100); got.N != 96 || got.Accept != 0 {
		t.Errorf("one error in a hundred is more than 0.5%%, but the plan is %+v", got)
	}
}

// TestFixedIsLeast holds, with exact sums, that a plan keeps its guarantee and
// that one item less would not.
func TestFixedIsLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Uint64Range(1, 80).Draw(t, "total")
		limit := Micro(rapid.Int64Range(1, int64(One)-1).Draw(t, "limit"))
		p, err := Fixed(limit, 900_000, rapid.Uint64Range(0, 3).Draw(t, "c"), total)
		if err != nil {
			t.Fatal(err)
		}
		alpha, bad := big.NewRat(1, 10), p.wrong(limit)+1
		if slowHyper(p.Accept, p.N, bad, total).Cmp(alpha) > 0 {
			t.Fatalf("%+v accepts %d wrong items too often", p, bad)
		}
		if p.N > 0 && slowHyper(p.Accept, p.N-1, bad, total).Cmp(alpha) < 0 {
			t.Fatalf("%+v is larger than it need be", p)
		}
	})
}

// TestPlanAndBoundAgree holds that a fixed plan accepts exactly when the bound
// is within the limit.
func TestPlanAndBoundAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := Micro(rapid.Int64Range(1000, 300_000).Draw(t, "limit"))
		c := rapid.Uint64Range(0, 6).Draw(t, "c")
		p, err := Fixed(limit, 950_000, c, 0)
		if err != nil {
			t.Fatal(err)
		}
		if u := Upper(c, p.N, 950_000); u > limit {
			t.Fatalf("%+v accepts %d errors, whose bound is %v", p, c, u)
		}
		if u := Upper(c+1, p.N, 950_000); u <= limit {
			t.Fatalf("%+v rejects %d errors, whose bound is %v", p, c+1, u)
		}
	})
}

func TestOperatingCurve(t *testing.T) {
	rates := []Micro{100, 500, 1000, 2000, 5000}
	for c, want := range map[uint64][5]float64{
		0: {.942, .742, .550, .302, .050},
		2: {1.00, .974, .867, .540, .050},
		3: {1.00, .992, .928, .625, .050},
		5: {1.00, .999, .980, .753, .050},
	} {
		p := fixed(t, "0.5%", "95%", c, 0)
		for i, point := range p.Curve(rates) {
			if math.Abs(point.Accept.Float()-want[i]) > 0.0005 || point.MeanN != Micro(p.N)*One {
				t.Errorf("c=%d at %v: %+v, want %v", c, rates[i], point, want[i])
			}
		}
	}
	finite := fixed(t, "0.5%", "95%", 0, 200)
	if got := finite.Curve([]Micro{5000, 10_000}); got[0].Accept != Near(45./200) || got[1].Accept > 50_000 {
		t.Errorf("of 200, one wrong and two wrong: %+v", got)
	}
}

func TestFixedRefuses(t *testing.T) {
	for _, c := range []struct {
		limit, confidence Micro
		c                 uint64
	}{{0, 950_000, 0}, {One, 950_000, 0}, {5000, 0, 0}, {5000, One, 0}, {-1, 950_000, 0}, {5000, 950_000, MaxAccept + 1}} {
		if p, err := Fixed(c.limit, c.confidence, c.c, 0); !errors.Is(err, gov.Invalid) {
			t.Errorf("%+v: %+v, %v; want it refused", c, p, err)
		}
	}
}
