package validate

import (
	"fmt"
	"maps"
	"slices"

	"govd/internal/validate/stat"
)

// A Size is how much a version is.
type Size struct {
	Records  uint64
	Changed  uint64 // since a version whose measures are remembered; Records if there is none
	Contents uint64 // distinct ones
	Unread   uint64 // of them, whose facts are not known yet
	Pixels   uint64 // of an average content; 0: unknown
	Bytes    uint64 // of all contents
}

// A PlanRow says what one check will see, and why.
type PlanRow struct {
	Check    string   `json:"check"`
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	Sees     uint64   `json:"sees"`
	Of       uint64   `json:"of"`
	What     string   `json:"what"` // records, contents, answers …
	Why      string   `json:"why"`
	Cost     uint64   `json:"cost_us"` // CPU microseconds; what it shares with other checks is counted once, at the first
}

// A Plan is what a run will do.
type Plan struct {
	Rows   []PlanRow `json:"rows"`
	Cost   uint64    `json:"cost_us"`
	Sample uint64    `json:"sample"` // contents that are read again
	Over   string    `json:"over,omitempty"`
}

// What a unit of work costs, in nanoseconds of CPU on one core of the machine
// that the design was measured on. A plan is an estimate.
const (
	foldCost    = 70  // a record through all manifest measures
	memoCost    = 360 // and remembered for the next version
	indexCost   = 900 // a record into one index
	changedCost = 80_000
	pixelCost   = 33
	byteCost    = 2 // of a content that is only hashed
	usualPixels = 500_000
)

// SampleSize returns how many of total contents must be read so that a share of
// bad ones above limit is noticed with the confidence. It does not grow with
// total.
func (c Content) SampleSize(total uint64) (uint64, error) {
	switch {
	case c.Verify == All || total == 0:
		return total, nil
	case c.Verify == Declared:
		return 0, nil
	}
	plan, err := stat.Fixed(c.Limit, c.Confidence, 0, total)
	return min(plan.N, total), err
}

// Plan says which checks a run has, what each sees and why, and what it costs.
func (p *Policy) Plan(size Size) (*Plan, error) {
	sample, err := p.Content.SampleSize(size.Contents)
	if err != nil {
		return nil, err
	}
	plan := &Plan{Sample: sample}
	all := newCatalogue()
	paid := map[Kind]bool{}
	for _, id := range slices.Sorted(maps.Keys(p.Checks)) {
		check := all[id]
		row := p.planRow(&check, size, sample)
		row.Severity = p.Checks[id].Severity
		if kind := check.Kind; kind != Indexed && paid[kind] {
			row.Cost = 0
		} else {
			paid[kind] = true
		}
		plan.Rows = append(plan.Rows, row)
		plan.Cost += row.Cost
	}
	for _, r := range p.Rules {
		plan.Rows = append(plan.Rows, PlanRow{Check: rulePrefix + r.ID, Kind: PerRecord, Severity: r.Severity, Sees: size.Records, Of: size.Records, What: "records", Why: "a rule of this dataset's own"})
	}
	if wall := p.Budget.Wall * 1_000_000; plan.Cost > wall {
		plan.Over = fmt.Sprintf("it takes about %d s and the budget is %d s: the run would be cut short", plan.Cost/1_000_000, p.Budget.Wall)
	}
	return plan, nil
}

func (p *Policy) planRow(check *Check, size Size, sample uint64) PlanRow {
	row := PlanRow{Check: check.ID, Kind: check.Kind, Sees: size.Records, Of: size.Records, What: "records"}
	first := size.Changed >= size.Records
	switch check.Kind {
	case PerRecord, Ordered:
		row.Why, row.Cost = "every record: what was counted is remembered for each part of the version", micros(size.Changed, changedCost)
		if first {
			row.Cost = micros(size.Records, foldCost+memoCost)
		}
	case Indexed:
		row.Why, row.Cost = "every record: the index is kept up by what changed", micros(size.Changed, indexCost)
	case Across:
		row.Sees, row.Why = size.Changed, "what was added and removed since the version before"
	case ByPeople:
		row.Sees, row.Of, row.What, row.Why = 0, 0, "answers", "what people answered: nothing is computed"
	case PerContent:
		row = p.planContent(row, check, size, sample)
	}
	return row
}

// planContent plans a check of contents: facts are measured once for each, and
// only what S1.hash and S1.decode compare is read again.
func (p *Policy) planContent(row PlanRow, check *Check, size Size, sample uint64) PlanRow {
	pixels := size.Pixels
	if pixels == 0 {
		pixels = usualPixels
	}
	row.Of, row.What = size.Contents, "contents"
	if check.ID != "S1.hash" && check.ID != "S1.decode" {
		row.Sees, row.Cost = size.Contents, micros(size.Unread, pixels*pixelCost)
		row.Why = fmt.Sprintf("facts of every content: %d are to be measured, once for ever", size.Unread)
		return row
	}
	row.Sees = sample
	average := size.Bytes / max(size.Contents, 1)
	row.Cost = micros(sample, average*byteCost+pixels*pixelCost)
	switch p.Content.Verify {
	case All:
		row.Why = "all contents are read again"
	case Declared:
		row.Why = "none is read again: whoever registered the version had read each"
	default:
		row.Why = fmt.Sprintf("a random sample: none wrong among %d means at most %s are, with confidence %s", sample, plain(p.Content.Limit), plain(p.Content.Confidence))
	}
	return row
}

// micros returns n times nanoseconds in microseconds.
func micros(n, nanos uint64) uint64 {
	const most = 1 << 62
	if nanos > 0 && n > most/nanos {
		return most / 1000
	}
	return n * nanos / 1000
}
