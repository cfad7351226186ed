package stat

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"govd/internal/gov"
)

// TestWaldTable holds what others simulated, within what a simulation may err:
// the shortest acceptance, and mean sizes at a tenth of the good rate, the good
// rate, the limit and twice that.
func TestWaldTable(t *testing.T) {
	for _, c := range []struct {
		good, limit Micro
		first       uint64
		mean        [4]float64
	}{
		{1000, 5000, 734, [4]float64{765, 1142, 808, 300}},
		{2000, 10_000, 366, [4]float64{381, 564, 391, 150}},
		{5000, 20_000, 194, [4]float64{202, 332, 241, 85}},
	} {
		s, err := Wald(c.good, c.limit, 50_000, 50_000)
		if err != nil {
			t.Fatal(err)
		}
		if s.Accepting(0) != c.first || s.Cap != 3*c.first {
			t.Errorf("%+v accepts first at %d, want %d", s, s.Accepting(0), c.first)
		}
		s.Cap = MaxCap
		for i, rate := range []Micro{c.good / 10, c.good, c.limit, 2 * c.limit} {
			if _, mean := s.At(rate); math.Abs(mean/c.mean[i]-1) > 0.02 {
				t.Errorf("%+v at %v takes %v items in the mean, want about %v", s, rate, mean, c.mean[i])
			}
		}
		good, _ := s.At(c.good)
		limit, _ := s.At(c.limit)
		if math.Abs(good-0.972) > 0.005 || math.Abs(limit-0.052) > 0.002 {
			t.Errorf("%+v accepts the good rate with %v and the limit with %v", s, good, limit)
		}
	}
}

// TestDecideIsWald compares the boundary with the likelihood ratio itself.
func TestDecideIsWald(t *testing.T) {
	s, err := Wald(20_000, 100_000, 100_000, 50_000)
	if err != nil {
		t.Fatal(err)
	}
	accept, reject := math.Log(0.05/0.9), math.Log(0.95/0.1)
	for n := uint64(1); n <= s.Cap; n++ {
		for k := range n + 1 {
			ratio := float64(k)*math.Log(5) + float64(n-k)*math.Log(0.9/0.98)
			want := Continue
			switch {
			case ratio <= accept:
				want = Accept
			case ratio >= reject || n == s.Cap:
				want = Reject
			}
			if got := s.Decide(k, n); got != want {
				t.Fatalf("after %d with %d errors: %d, want %d", n, k, got, want)
			}
		}
	}
	if s.Decide(0, s.Cap+1) != Reject {
		t.Error("a plan past its cap accepts")
	}
}

// TestAtIsWhatHappens runs the plan on random items and compares with At.
func TestAtIsWhatHappens(t *testing.T) {
	const runs = 4000
	s, err := Wald(20_000, 100_000, 50_000, 50_000)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, rate := range []Micro{5000, 20_000, 50_000, 100_000, 300_000} {
		accepted, items := 0.0, 0.0
		for range runs {
			k, n := uint64(0), uint64(0)
			for s.Decide(k, n) == Continue {
				if n++; r.Float64() < rate.Float() {
					k++
				}
			}
			items += float64(n)
			if s.Decide(k, n) == Accept {
				accepted++
			}
		}
		accept, mean := s.At(rate)
		if math.Abs(accepted/runs-accept) > 0.025 || math.Abs(items/runs/mean-1) > 0.05 {
			t.Errorf("at %v: accepted %v, %v items; At says %v, %v", rate, accepted/runs, items/runs, accept, mean)
		}
	}
}

// TestStrict holds that the guarantee is exact, where Wald's is not, and that a
// good rate has its chance in spite of the cap.
func TestStrict(t *testing.T) {
	for _, c := range []struct{ good, limit, risk, confidence Micro }{
		{1000, 5000, 50_000, 950_000}, {2500, 5000, 50_000, 950_000}, {5000, 20_000, 100_000, 900_000}, {100, 1000, 50_000, 990_000},
	} {
		s, err := Strict(c.good, c.limit, c.risk, c.confidence)
		if err != nil {
			t.Fatal(err)
		}
		good, _ := s.At(c.good)
		limit, _ := s.At(c.limit)
		if limit > (One-c.confidence).Float() || good < (One-c.risk).Float() {
			t.Errorf("%+v accepts the good rate with %v and the limit with %v", s, good, limit)
		}
	}
	s, err := Wald(1000, 5000, 50_000, 50_000)
	if err != nil {
		t.Fatal(err)
	}
	s.Cap *= 3
	if limit, _ := s.At(5000); limit <= 0.05 {
		t.Errorf("the textbook test keeps its word (%v), and Strict has nothing to do", limit)
	}
}

func TestSequentialCurve(t *testing.T) {
	s, err := Strict(1000, 5000, 50_000, 950_000)
	if err != nil {
		t.Fatal(err)
	}
	points := s.Curve([]Micro{0, 1000, 5000, One})
	if points[0].Accept != One || points[0].MeanN != Micro(s.Accepting(0))*One || points[3].Accept != 0 {
		t.Errorf("without errors, and with nothing else: %+v", points)
	}
	if points[1].Accept <= points[2].Accept {
		t.Errorf("more errors, more chances: %+v", points)
	}
}

func TestSequentialRefuses(t *testing.T) {
	for _, c := range [][4]Micro{
		{0, 5000, 50_000, 950_000},
		{5000, 5000, 50_000, 950_000},
		{4001, 5000, 50_000, 950_000},
		{1000, One, 50_000, 950_000},
		{1000, 5000, 0, 950_000},
		{1000, 5000, 50_000, One},
		{1000, 5000, 50_000, 400_000},
		{1, 2, 50_000, 950_000},
	} {
		if s, err := Strict(c[0], c[1], c[2], c[3]); !errors.Is(err, gov.Invalid) {
			t.Errorf("%v: %+v, %v; want it refused", c, s, err)
		}
	}
}

// TestSequentialOfFew holds that the guarantee is kept too where items are drawn
// without replacement from a lot no larger than the plan may need, by following
// the urn exactly.
func TestSequentialOfFew(t *testing.T) {
	for _, c := range [][2]Micro{{1000, 5000}, {5000, 20_000}, {10_000, 100_000}} {
		s, err := Strict(c[0], c[1], 50_000, 950_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, total := range []uint64{s.Cap, s.Cap * 2, s.Cap * 10} {
			bad, accept := scaled(total, uint64(s.Limit), uint64(One))+1, 0.0
			alive := make([]float64, bad+2) // probability of k errors and no decision
			alive[0] = 1
			for n := uint64(1); n <= s.Cap; n++ {
				for k := bad; ; k-- {
					wrong := float64(bad-k) / float64(total-n+1)
					alive[k+1], alive[k] = alive[k+1]+alive[k]*wrong, alive[k]*(1-wrong)
					if k == 0 {
						break
					}
				}
				for k := range bad + 1 {
					switch s.Decide(k, n) {
					case Accept:
						accept += alive[k]
						alive[k] = 0
					case Reject:
						alive[k] = 0
					}
				}
			}
			if accept > 0.05 || accept < 0.005 {
				t.Errorf("%+v accepts %d bad of %d with %v", s, bad, total, accept)
			}
		}
	}
}
