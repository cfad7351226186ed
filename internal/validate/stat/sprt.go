package stat

import (
	"math"

	"govd/internal/gov"
)

// A Sequential is a sampling plan that looks at one item after the other and
// stops by itself: A. Wald's sequential probability ratio test (Sequential
// Tests of Statistical Hypotheses, 1945) between a good rate of errors and the
// limit. If it was not decided after Cap items, it rejects.
type Sequential struct {
	Good       Micro  `json:"good"`       // the rate that should pass
	Limit      Micro  `json:"limit"`      // the rate that must not
	Risk       Micro  `json:"risk"`       // Wald's alpha: of rejecting a good rate
	Acceptable Micro  `json:"acceptable"` // Wald's beta: of accepting the limit
	Cap        uint64 `json:"cap"`
}

// A Decision is what a sequential plan says after some items.
type Decision uint8

// The decisions.
const (
	Continue Decision = iota
	Accept
	Reject
)

// MaxCap is the most items that a sequential plan may look at.
const MaxCap = 100_000

// Wald returns the textbook test, whose risks hold approximately, with a cap of
// three times its shortest acceptance. Returns gov.Invalid if good is not under
// four fifths of the limit, the risks are not between 0 and 1/2, or it could take
// more than MaxCap items.
func Wald(good, limit, risk, acceptable Micro) (Sequential, error) {
	s := Sequential{Good: good, Limit: limit, Risk: risk, Acceptable: acceptable}
	if good <= 0 || 5*good > 4*limit || limit >= One || risk <= 0 || risk > One/2 || acceptable <= 0 || acceptable > One/2 {
		return s, gov.Errorf(gov.Invalid, "BAD_PLAN", "a sequential plan has a limit, a good rate of at most 4/5 of it, and risks between 0 and 1/2")
	}
	s.Cap = 3 * s.Accepting(0)
	if s.Cap > MaxCap {
		return s, gov.Errorf(gov.Invalid, "BAD_PLAN", "the plan could take %d items, %d at most: set good and limit further apart", s.Cap, MaxCap)
	}
	return s, nil
}

// steps returns what an error adds to the logarithm of the likelihood ratio, and
// what a right item takes from it.
func (s Sequential) steps() (wrong, right float64) {
	good, limit := s.Good.Float(), s.Limit.Float()
	return math.Log(limit / good), math.Log1p(-good) - math.Log1p(-limit)
}

// Accepting returns the number of items at which the plan accepts if k of them
// are wrong.
func (s Sequential) Accepting(k uint64) uint64 {
	wrong, right := s.steps()
	bound := math.Log((One - s.Risk).Float() / s.Acceptable.Float())
	return k + uint64(math.Ceil((bound+float64(k)*wrong)/right))
}

// Rejecting returns the largest number of items at which the plan rejects if k
// of them are wrong, the cap aside; 0 means that k errors do not suffice.
func (s Sequential) Rejecting(k uint64) uint64 {
	wrong, right := s.steps()
	bound := math.Log((One - s.Acceptable).Float() / s.Risk.Float())
	if slack := float64(k)*wrong - bound; slack >= 0 {
		return k + uint64(math.Floor(slack/right))
	}
	return 0
}

// Decide says what the plan says after n items of which k are wrong.
func (s Sequential) Decide(k, n uint64) Decision {
	switch {
	case n >= s.Accepting(k) && n <= s.Cap:
		return Accept
	case n >= s.Cap || k > 0 && n <= s.Rejecting(k):
		return Reject
	}
	return Continue
}

// Strict returns the test whose exact probability of accepting the limit is at
// most 1 - confidence (Wald's boundary lets through a little more than it says),
// with the smallest cap, in shortest acceptances, at which the good rate is
// rejected no more often than risk says. The cap may not pass MaxCap, nor twenty
// shortest acceptances; there it is left.
func Strict(good, limit, risk, confidence Micro) (Sequential, error) {
	for acceptable := One - confidence; ; acceptable -= max(1, acceptable/64) {
		s, err := Wald(good, limit, risk, acceptable)
		if err != nil {
			return s, err
		}
		s.Cap = s.roomy()
		if accept, _ := s.At(limit); rare(accept, confidence) {
			return s, nil
		}
	}
}

// roomy returns the smallest cap that leaves the good rate its chance.
func (s Sequential) roomy() uint64 {
	first := s.Accepting(0)
	for most := min(MaxCap, 20*first); s.Cap+first <= most; s.Cap += first {
		if accept, _ := s.At(s.Good); accept >= (One - s.Risk).Float() {
			break
		}
	}
	return s.Cap
}

// At returns the probability that the plan accepts when the rate of errors is
// rate, and the mean number of items it looks at: both exact, by following every
// count of errors that has not decided yet.
func (s Sequential) At(rate Micro) (accept, meanN float64) {
	accepting, rejecting := s.boundary()
	p := rate.Float()
	alive := make([]float64, len(accepting)) // probability of k errors and no decision
	alive[0] = 1
	low, high := 0, 0 // the counts of errors that are alive
	for n := uint64(1); n <= s.Cap && low <= high; n++ {
		high = min(high+1, len(alive)-1)
		for k := high; k >= low; k-- {
			meanN += alive[k]
			alive[k] *= 1 - p
			if k > low {
				alive[k] += alive[k-1] * p
			}
		}
		for ; low <= high && n >= accepting[low]; low++ {
			accept += alive[low]
		}
		for low <= high && n <= rejecting[high] {
			alive[high] = 0
			high--
		}
	}
	return accept, meanN
}

// boundary returns Accepting and Rejecting by number of errors, up to the number
// that always rejects.
func (s Sequential) boundary() (accepting, rejecting []uint64) {
	for k := uint64(0); ; k++ {
		accepting, rejecting = append(accepting, s.Accepting(k)), append(rejecting, s.Rejecting(k))
		if rejecting[k] >= s.Cap {
			return accepting, rejecting
		}
	}
}

// Curve returns the operating characteristic at the rates.
func (s Sequential) Curve(rates []Micro) []Point {
	points := make([]Point, len(rates))
	for i, r := range rates {
		accept, meanN := s.At(r)
		points[i] = Point{r, Near(accept), Near(meanN)}
	}
	return points
}
