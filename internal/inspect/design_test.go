package inspect

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"govd/internal/gov"
	"govd/internal/validate/stat"
)

const goldenDesign = `{"limit":0.005000,"confidence":0.950000,"accept":2,"by":"tone","strata":["dark","light"],"reviewers":2,"gold":0.100000,"sensitivity":0.900000,"min_gold":30,"min_accuracy":0.900000}`

func TestDesignGolden(t *testing.T) {
	d := &Design{
		Limit: 5000, Confidence: 950_000, Accept: 2, By: "tone", Strata: []string{"dark", "light"}, Reviewers: 2,
		Gold: 100_000, Sensitivity: 900_000, MinGold: 30, MinAccuracy: 900_000,
	}
	doc, err := d.Document()
	if err != nil || string(doc) != goldenDesign {
		t.Errorf("document %s, %v", doc, err)
	}
	back, err := ParseDesign(doc)
	if diff := cmp.Diff(d, back); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	digest, err := d.Digest()
	if err != nil || digest != gov.DocumentDigest([]byte(goldenDesign)) {
		t.Errorf("digest %v, %v", digest, err)
	}
}

func TestDesignRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Design){
		"no limit":                func(d *Design) { d.Limit = 0 },
		"limit of all":            func(d *Design) { d.Limit = stat.One },
		"certainty":               func(d *Design) { d.Confidence = stat.One },
		"as good as certainty":    func(d *Design) { d.Confidence = stat.One - 4 },
		"fixed with a risk":       func(d *Design) { d.Risk = 50_000 },
		"both":                    func(d *Design) { d.Good, d.Risk = 10_000, 50_000 },
		"good as the limit":       func(d *Design) { d.Accept, d.Good, d.Risk = 0, d.Limit, 50_000 },
		"nobody":                  func(d *Design) { d.Reviewers = 0 },
		"a crowd":                 func(d *Design) { d.Reviewers = MaxReviewers + 1 },
		"no gold":                 func(d *Design) { d.Gold = 0 },
		"mostly gold":             func(d *Design) { d.Gold = stat.One/2 + 1 },
		"perfect inspectors":      func(d *Design) { d.Sensitivity = stat.One },
		"nothing to see":          func(d *Design) { d.Sensitivity = 1 },
		"no measure":              func(d *Design) { d.MinGold = 0 },
		"any accuracy":            func(d *Design) { d.MinAccuracy = 0 },
		"strata of nothing":       func(d *Design) { d.Strata = []string{"a"} },
		"no strata":               func(d *Design) { d.By = "tone" },
		"strata out of order":     func(d *Design) { d.By, d.Strata = "tone", []string{"b", "a"} },
		"strata twice":            func(d *Design) { d.By, d.Strata = "tone", []string{"a", "a"} },
		"strata that are no text": func(d *Design) { d.By, d.Strata = "tone", []string{"\xff"} },
		"too many strata":         func(d *Design) { d.By, d.Strata = "tone", strings.Split(strings.Repeat("x", MaxStrata+1), "") },
		"too many errors":         func(d *Design) { d.Accept = stat.MaxAccept + 1 },
	} {
		d := fixedDesign()
		spoil(d)
		if doc, err := d.Document(); !errors.Is(err, gov.Invalid) {
			t.Errorf("%s: %s, %v; want it refused", name, doc, err)
		}
	}
}

func TestParseDesignRefuses(t *testing.T) {
	for _, doc := range []string{
		"", "{}", "[]", goldenDesign + " ", goldenDesign + "{}", strings.Replace(goldenDesign, "0.100000", "0.1", 1), strings.Replace(goldenDesign, `"by"`, `"BY"`, 1),
		strings.Replace(goldenDesign, "}", `,"extra":1}`, 1), goldenDesign + strings.Repeat(" ", maxDesign),
	} {
		if d, err := ParseDesign([]byte(doc)); !errors.Is(err, gov.Invalid) {
			t.Errorf("%.80s: %+v, %v; want it refused", doc, d, err)
		}
	}
}

func FuzzParseDesign(f *testing.F) {
	for _, s := range []string{
		goldenDesign, goldenDesign + " ", "{}", strings.Replace(goldenDesign, "0.100000", "0.1", 1),
		strings.Replace(goldenDesign, `"by"`, `"BY"`, 1), strings.Replace(goldenDesign, `"accept":2`, `"good":0.001000,"risk":0.050000`, 1),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := ParseDesign(doc)
		if err != nil {
			return
		}
		if again, err := d.Document(); err != nil || !bytes.Equal(again, doc) {
			t.Errorf("%s came back as %s, %v", doc, again, err)
		}
	})
}

// TestPlanSizes holds that a plan pays for what inspectors overlook, for the
// gold items' share of the confidence, and for each stratum.
func TestPlanSizes(t *testing.T) {
	d := &Design{Limit: 5000, Confidence: 950_000, Reviewers: 1, Gold: 100_000, Sensitivity: 900_000, MinGold: 30, MinAccuracy: 900_000}
	plans, err := d.Plans([]uint64{1_000_000_000})
	if err != nil || plans[0].Items() != 714 { // ln 0.04 / ln (1 - 0.0045)
		t.Errorf("%+v, %v", plans, err)
	}
	d.By, d.Strata = "tone", []string{"a", "b", "c", "d"}
	plans, err = d.Plans([]uint64{1_000_000_000, 1_000_000, 1000, 1})
	if err != nil || plans[0].Items() != 1022 || plans[1].Items() != 1021 || plans[2].Items() >= 1000 || plans[3].Items() != 1 {
		t.Errorf("%+v, %v", plans, err)
	}
	for _, totals := range [][]uint64{{1, 2, 3}, {0, 1, 1, 1}} {
		if plans, err := d.Plans(totals); !errors.Is(err, gov.Invalid) {
			t.Errorf("strata of %v: %v, %v", totals, plans, err)
		}
	}
	if p, err := sequentialDesign().Plans([]uint64{20}); gov.ReasonOf(err) != "TOO_FEW_RECORDS" {
		t.Errorf("a sequential plan of 20 records: %v, %v", p, err)
	}
	d.Limit = 10
	if p, err := d.Plans([]uint64{1 << 40, 1 << 40, 1 << 40, 1 << 40}); !errors.Is(err, gov.Exhausted) {
		t.Errorf("a plan beyond all bounds: %v, %v", p, err)
	}
}

func TestCurve(t *testing.T) {
	for _, d := range []*Design{fixedDesign(), sequentialDesign()} {
		plans, err := d.Plans([]uint64{100_000})
		if err != nil {
			t.Fatal(err)
		}
		rates := d.Rates()
		points := d.Curve(&plans[0], rates)
		for n, p := range points {
			if p.Rate != rates[n] || n > 0 && p.Accept > points[n-1].Accept {
				t.Errorf("%v at %v", p, rates[n])
			}
		}
		if got := points[4]; got.Rate != d.Limit || got.Accept > 80_000 { // four fifths of what the confidence leaves
			t.Errorf("at the limit: %+v", got)
		}
	}
}
