package stat

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"govd/internal/gov"
	"pgregory.net/rapid"
)

func TestMicroText(t *testing.T) {
	for in, want := range map[string]Micro{
		"0.5%": 5000, "0.005": 5000, "95%": 950_000, "1": One, "100%": One, "-0.000001": -1, "0.0001%": 1, "12.500000": 12_500_000,
	} {
		if got, err := ParseMicro(in); err != nil || got != want {
			t.Errorf("ParseMicro(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "%", ".5", "5.", "1e3", "+1", "0.0000001", "0.00001%", "1 ", "--1", "99999999999999999999", "0x1", "1.-5"} {
		if got, err := ParseMicro(in); !errors.Is(err, gov.Invalid) {
			t.Errorf("ParseMicro(%q) = %d, %v; want it refused", in, got, err)
		}
	}
}

func TestMicroRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Micro(rapid.Int64Range(-math.MaxInt64, math.MaxInt64).Draw(t, "m"))
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var back Micro
		if err := json.Unmarshal(b, &back); err != nil || back != m {
			t.Fatalf("%s came back as %d, %v", b, back, err)
		}
	})
}

func TestRendering(t *testing.T) {
	for _, c := range []struct {
		x              float64
		near, up, down Micro
	}{
		{0.0049972, 4997, 4998, 4997},
		{0.1 + 0.2, 300_000, 300_000, 300_000}, // an ulp above 0.3 is 0.3
		{-0.0000015, -2, -1, -2},
		{math.Inf(1), math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{math.Inf(-1), -math.MaxInt64, -math.MaxInt64, -math.MaxInt64},
		{math.NaN(), 0, 0, 0},
	} {
		if near, up, down := Near(c.x), Up(c.x), Down(c.x); near != c.near || up != c.up || down != c.down {
			t.Errorf("%v: near %d, up %d, down %d; want %d, %d, %d", c.x, near, up, down, c.near, c.up, c.down)
		}
	}
}

func FuzzParseMicro(f *testing.F) {
	for _, s := range []string{"0.5%", "0.005", "-1", "95%", "1e9", "", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMicro(s)
		if err != nil {
			return
		}
		if back, err := ParseMicro(m.String()); err != nil || back != m {
			t.Errorf("%q is %d, whose text comes back as %d, %v", s, m, back, err)
		}
	})
}
