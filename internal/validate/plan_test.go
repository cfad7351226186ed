package validate

import (
	"testing"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// The sample that is read again follows from the guarantee, not from the size.
func TestSampleSize(t *testing.T) {
	c := Content{Verify: Sampled, Limit: 5000, Confidence: 950_000}
	for _, test := range []struct{ of, want uint64 }{{0, 0}, {100, 96}, {1000, 393}, {10_000, 570}, {1_000_000, 598}, {1 << 40, 598}} {
		if got, err := c.SampleSize(test.of); err != nil || got != test.want {
			t.Errorf("of %d: %d %v, want %d", test.of, got, err, test.want)
		}
	}
	if n, _ := (Content{Verify: All}).SampleSize(77); n != 77 {
		t.Errorf("all of 77 are %d", n)
	}
	if n, _ := (Content{Verify: Declared}).SampleSize(77); n != 0 {
		t.Errorf("declared, %d are read", n)
	}
}

func TestPlan(t *testing.T) {
	for stage := gov.Stage(1); stage <= lastStage; stage++ {
		p := shipped(t, stage)
		first, err := p.Plan(Size{Records: 1_000_000, Changed: 1_000_000, Contents: 900_000, Unread: 900_000, Bytes: 1 << 40})
		if err != nil {
			t.Fatal(err)
		}
		if len(first.Rows) != len(p.Checks) {
			t.Errorf("stage %d: %d rows for %d checks", stage, len(first.Rows), len(p.Checks))
		}
		again, err := p.Plan(Size{Records: 1_000_000, Changed: 1, Contents: 900_000, Unread: 1, Bytes: 1 << 40})
		if err != nil {
			t.Fatal(err)
		}
		if again.Cost*100 > first.Cost && again.Sample == 0 {
			t.Errorf("stage %d: after one change it costs %d, at first %d", stage, again.Cost, first.Cost)
		}
		for _, r := range first.Rows {
			if r.Why == "" || r.What == "" || r.Sees > r.Of {
				t.Errorf("stage %d: %+v", stage, r)
			}
		}
	}
}

func TestPlanTellsOfTheBudget(t *testing.T) {
	p := shipped(t, 3)
	plan, err := p.Plan(Size{Records: 1 << 40, Changed: 1 << 40, Contents: 1 << 40, Unread: 1 << 40, Pixels: 1 << 30, Bytes: 1 << 60})
	if err != nil || plan.Over == "" {
		t.Errorf("more than any budget is planned: %v %+v", err, plan.Over)
	}
}

func TestFigures(t *testing.T) {
	f, err := shipped(t, 4).Figure(1_000_000, 1_500_000_000_000, 2_000_000)
	if err != nil {
		t.Fatal(err)
	}
	// 1.5 TB at 80 % of 10 Gbit/s: 1 GB/s.
	if f.Epochs[0].Seconds != 1500 || f.Epochs[3].Seconds != 38 {
		t.Errorf("an epoch takes %+v", f.Epochs)
	}
	if f.Bulk != 2_250_000_000_000 || f.Growth != f.Bulk {
		t.Errorf("bulk %d, growth %d", f.Bulk, f.Growth)
	}
	if len(f.Next) == 0 || len(f.Governance) == 0 {
		t.Error("nothing of governance or of the next stage")
	}
	if last, _ := shipped(t, 5).Figure(1, 1, 1); last.Next != nil {
		t.Error("something comes after stage 5")
	}
}

// What an inspection certified fades as records change.
func TestCarry(t *testing.T) {
	bound := stat.Micro(5000)
	last := bound
	for changed := uint64(0); changed <= 1000; changed += 100 {
		got := Carry(1000, bound, changed, stat.One, 1000)
		if got < last {
			t.Errorf("%d changed: %s, less than %s", changed, got, last)
		}
		last = got
	}
	if last != stat.One {
		t.Errorf("all changed: %s", last)
	}
	if got := Carry(1000, bound, 100, 10_000, 1100); got != stat.Up((1000*.005+100*.01)/1100) {
		t.Errorf("a tenth more, inspected: %s", got)
	}
}
