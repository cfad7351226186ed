package inspect

import (
	"fmt"
	"math/bits"

	"govd/internal/validate/stat"
)

// A Status is what anyone may see of an inspection. While it is open, gold items
// are among N and Answered, and there are neither errors nor a bound: a number
// that can be seen early is a number that can be waited for.
type Status struct {
	Inspection string      `json:"inspection"`
	N          uint64      `json:"n"`
	Answered   uint64      `json:"answered"`
	Errors     *uint64     `json:"errors"`
	Bound      *stat.Micro `json:"bound"`
	Confidence stat.Micro  `json:"confidence"`
	State      State       `json:"state"`
}

// Status returns the status under the inspection's name.
func (i *Inspection) Status(name string) Status {
	s := Status{Inspection: name, Confidence: i.design.Confidence, State: i.state}
	if r, over := i.Result(); over {
		s.N, s.Answered, s.Errors, s.Bound = r.N, r.N, &r.Errors, &r.Bound
		return s
	}
	s.N = uint64(len(i.answers))
	for at := range i.answers {
		if i.settled(at) {
			s.Answered++
		}
	}
	return s
}

// A Result is what an inspection certifies: that of the records in its strata, a
// share of at most Bound is wrong, and in each stratum a share of at most its
// own bound; all of it at once with the confidence, if the assumptions hold.
type Result struct {
	State       State           `json:"state"`
	Reason      string          `json:"reason,omitempty"` // why it failed
	Limit       stat.Micro      `json:"limit"`
	N           uint64          `json:"n"`
	Errors      uint64          `json:"errors"`
	Bound       stat.Micro      `json:"bound"` // 1 certifies nothing
	Confidence  stat.Micro      `json:"confidence"`
	Strata      []StratumResult `json:"strata"`
	GoldErrors  uint64          `json:"gold_errors"` // gold items that are errors
	Noticed     uint64          `json:"noticed"`     // of those, by the same reviews as all items
	Sensitivity stat.Micro      `json:"sensitivity"` // lower bound on the share of errors that is noticed
	Agreement   *stat.Micro     `json:"agreement"`   // Krippendorff's alpha of the reviews; null if nothing can be said
	Reviewers   []Reviewer      `json:"reviewers"`
	Except      uint64          `json:"except"` // records left out, of which nothing is certified
	Assumptions []string        `json:"assumptions"`
}

// A StratumResult is the result of one stratum.
type StratumResult struct {
	Stratum string     `json:"stratum"`
	Total   uint64     `json:"total"`
	N       uint64     `json:"n"`
	Errors  uint64     `json:"errors"`
	Bound   stat.Micro `json:"bound"`
	Passed  bool       `json:"passed"`
}

// Result returns the result, or false if there is none: the inspection is open,
// or was given up.
func (i *Inspection) Result() (Result, bool) {
	if i.state != Passed && i.state != Failed {
		return Result{}, false
	}
	return i.measure(), true
}

func (i *Inspection) measure() Result {
	r := Result{State: i.state, Limit: i.design.Limit, Confidence: i.design.Confidence, Except: i.sheet.Except, Reviewers: i.reviewers(), Agreement: i.agreement()}
	r.GoldErrors, r.Noticed = i.noticed()
	r.Sensitivity = stat.Lower(r.Noticed, r.GoldErrors, i.design.goldConfidence())
	var wrong, total uint64 // wrong: at most, in millionths of a record
	for at := range i.lines {
		s := i.stratum(at, r.Sensitivity)
		r.Strata = append(r.Strata, s)
		r.N, r.Errors, total = r.N+s.N, r.Errors+s.Errors, total+s.Total
		wrong += s.Total * uint64(s.Bound)
	}
	r.Bound = stat.Micro((wrong + total - 1) / total)
	r.Reason = r.reason()
	r.Assumptions = i.assumptions(&r)
	return r
}

// stratum bounds the rate of errors that inspectors notice, and from that, by
// the least sensitivity they can have, the rate of errors.
func (i *Inspection) stratum(at int, sensitivity stat.Micro) StratumResult {
	l, p := &i.lines[at], &i.sheet.Plans[at]
	s := StratumResult{Stratum: p.Stratum, Total: p.Total, N: uint64(l.used), Errors: l.errors, Bound: stat.One}
	switch {
	case p.Fixed != nil:
		most := stat.UpperOf(p.Total, l.errors, s.N, i.design.stratumConfidence())
		s.Bound = over(most, p.Total)
	case l.decision == stat.Accept:
		s.Bound = p.Sequential.Limit
	}
	s.Bound = over(uint64(s.Bound), uint64(sensitivity))
	s.Passed = s.Bound <= i.design.Limit
	return s
}

// over returns part / whole rounded up, and One if it is more than that or there
// is no whole.
func over(part, whole uint64) stat.Micro {
	if part >= whole {
		return stat.One
	}
	hi, lo := bits.Mul64(part, uint64(stat.One))
	q, rest := bits.Div64(hi, lo, whole)
	if rest > 0 {
		q++
	}
	return stat.Micro(q)
}

// noticed counts the gold items that are errors, and those of them that the
// reviews called errors, as they would have an item of the sample.
func (i *Inspection) noticed() (errors, noticed uint64) {
	for at := range i.answers {
		if i.sheet.Items[at].Truth != Wrong || !i.needed(at) {
			continue
		}
		errors++
		if v, _ := i.answers[at].outcome(int(i.design.Reviewers)); v != OK {
			noticed++
		}
	}
	return errors, noticed
}

// agreement measures the reviews of the sample, adjudications aside.
func (i *Inspection) agreement() *stat.Micro {
	ratings, err := stat.NewRatings(3)
	if err != nil {
		return nil
	}
	for at := range i.answers {
		if !i.sheet.Items[at].gold() && i.needed(at) {
			ratings.Add(i.answers[at].counts(int(i.design.Reviewers)))
		}
	}
	alpha, ok := ratings.Alpha(stat.Nominal)
	if !ok {
		return nil
	}
	m := stat.Near(alpha)
	return &m
}

func (w answers) counts(reviewers int) []uint64 {
	counts := make([]uint64, 3)
	for _, a := range w[:min(reviewers, len(w))] {
		switch a.Verdict {
		case OK:
			counts[0]++
		case Wrong:
			counts[1]++
		case Unclear:
			counts[2]++
		}
	}
	return counts
}

func (r *Result) passed() bool { return r.Reason == "" }

// reason says why the result does not pass, or "".
func (r *Result) reason() string {
	if r.Sensitivity == 0 {
		return "nothing is known of what inspectors overlook, so nothing is certified: of the gold items looked at, no error was noticed or none was one"
	}
	for _, s := range r.Strata {
		if !s.Passed && s.Stratum != "" {
			return fmt.Sprintf("in stratum %q up to %v may be wrong, over the limit of %v", s.Stratum, s.Bound, r.Limit)
		}
		if !s.Passed {
			return fmt.Sprintf("up to %v may be wrong, over the limit of %v", s.Bound, r.Limit)
		}
	}
	return ""
}
