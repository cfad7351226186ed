package validate

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// Predictions are what a model says of records, out of sample: it must not have
// learned from the records that it judges here.
type Predictions interface {
	// Classes are the label names that a prediction is about, in order.
	Classes() []string
	// All yields each record's key and probabilities, and can be ranged over
	// more than once.
	All() iter.Seq2[string, []float64]
}

// A Suspect is a record whose label a model doubts.
type Suspect struct {
	Key    string     `json:"key"`
	Given  string     `json:"given"`
	Likely string     `json:"likely"`
	Margin stat.Micro `json:"margin"` // probability of likely above that of given
	Sure   bool       `json:"sure"`   // likely reaches its threshold, and so counts in the joint distribution
}

// Suspects are the labels that confident learning doubts.
type Suspects struct {
	Records uint64         `json:"records"`
	Errors  stat.Micro     `json:"errors"` // the share of wrong labels that the joint distribution suggests
	List    []Suspect      `json:"list"`   // the largest margin first
	Joint   [][]stat.Micro `json:"joint"`  // of given and true label
	More    uint64         `json:"more,omitempty"`
}

const (
	maxClasses  = 1024
	maxSuspects = 100_000
	// sumSlack is how far probabilities may be from making one: files round.
	sumSlack = 1e-3
)

// FindSuspects compares the given labels with the predictions. Given returns a
// record's label among the classes, and false if there is no such record.
// Returns gov.Invalid, naming the first and counting the others, if rows name
// unknown records or do not sum to one.
//
// After C. Northcutt, L. Jiang, I. Chuang, Confident Learning, JAIR 70 (2021):
// the threshold of a class is the mean probability of the records labelled so;
// a record counts for the likeliest class whose threshold it reaches. Two
// passes, in millionths, so that the order of rows does not matter.
func FindSuspects(p Predictions, given func(key string) (label string, known bool)) (*Suspects, error) {
	classes := p.Classes()
	if len(classes) < 2 || len(classes) > maxClasses {
		return nil, gov.Errorf(gov.Invalid, "BAD_PREDICTIONS", "predictions of %d classes: 2 to %d are wanted", len(classes), maxClasses)
	}
	c := &confident{classes: classes, at: map[string]int{}, given: given}
	for i, name := range classes {
		if _, twice := c.at[name]; twice {
			return nil, gov.Errorf(gov.Invalid, "BAD_PREDICTIONS", "class %.40q is there twice", name)
		}
		c.at[name] = i
	}
	if err := c.learn(p); err != nil {
		return nil, err
	}
	c.count(p)
	return c.suspects(), nil
}

// A confident is confident learning at work.
type confident struct {
	classes []string
	at      map[string]int
	given   func(string) (string, bool)
	n       []uint64 // records by given label
	sum     []uint64 // of their probability of it, in millionths
	joint   [][]uint64
	doubts  []doubt
}

type doubt struct {
	key      string
	from, to int
	margin   stat.Micro
	sure     bool
}

// learn is the first pass: it checks every row and sums up the thresholds.
func (c *confident) learn(p Predictions) error {
	c.n, c.sum = make([]uint64, len(c.classes)), make([]uint64, len(c.classes))
	first, bad, row := "", 0, 0
	seen := map[string]bool{}
	for key, probs := range p.All() {
		row++
		wrong := c.wrong(key, probs)
		if wrong == "" && seen[key] {
			wrong = "is there twice"
		}
		seen[key] = true
		if wrong != "" {
			if bad++; bad == 1 {
				first = fmt.Sprintf("row %d: %.80q %s", row, key, wrong)
			}
			continue
		}
		if i, ok := c.class(key); ok {
			c.n[i]++
			c.sum[i] += uint64(stat.Near(probs[i]))
		}
	}
	switch {
	case bad > 0:
		return gov.Errorf(gov.Invalid, "BAD_PREDICTIONS", "%.300s; %d rows are wrong in all", first, bad)
	case row == 0:
		return gov.Errorf(gov.Invalid, "BAD_PREDICTIONS", "there are no predictions")
	}
	return nil
}

func (c *confident) class(key string) (int, bool) {
	label, _ := c.given(key)
	i, ok := c.at[label]
	return i, ok
}

// wrong says what is wrong with a row, or "".
func (c *confident) wrong(key string, probs []float64) string {
	if len(probs) != len(c.classes) {
		return "has another number of probabilities than there are classes"
	}
	total := 0.0
	for _, p := range probs {
		if math.IsNaN(p) || p < 0 || p > 1+sumSlack {
			return "has a probability that is none"
		}
		total += p
	}
	if math.Abs(total-1) > sumSlack {
		return "has probabilities that do not sum to one"
	}
	if _, known := c.given(key); !known {
		return "is no record of the version"
	}
	return ""
}

// count is the second pass: the counts of given and confident labels.
func (c *confident) count(p Predictions) {
	c.joint = make([][]uint64, len(c.classes))
	for i := range c.joint {
		c.joint[i] = make([]uint64, len(c.classes))
	}
	for key, probs := range p.All() {
		i, ok := c.class(key)
		if !ok {
			continue
		}
		j := c.confidentOf(probs)
		if j >= 0 {
			c.joint[i][j]++
		}
		sure := j >= 0 && j != i
		if !sure {
			j = likeliest(probs)
		}
		if i != j {
			c.doubts = append(c.doubts, doubt{key, i, j, stat.Near(probs[j]) - stat.Near(probs[i]), sure})
		}
	}
}

// likeliest returns the first class of the largest probability.
func likeliest(probs []float64) int {
	best := 0
	for j, p := range probs {
		if stat.Near(p) > stat.Near(probs[best]) {
			best = j
		}
	}
	return best
}

// confidentOf returns the likeliest class that reaches its threshold, or -1.
func (c *confident) confidentOf(probs []float64) int {
	best, most := -1, stat.Micro(-1)
	for j, p := range probs {
		m := stat.Near(p)
		if c.n[j] > 0 && uint64(m)*c.n[j] >= c.sum[j] && m > most {
			best, most = j, m
		}
	}
	return best
}

// suspects lists every record that counts for another label than the one it has
// or whose likeliest label is another, the largest margin first, and calibrates the counts to the sizes of the
// classes for the joint distribution.
func (c *confident) suspects() *Suspects {
	s := &Suspects{List: []Suspect{}}
	for _, n := range c.n {
		s.Records += n
	}
	for i, row := range c.joint {
		s.Joint = append(s.Joint, calibrated(row, c.n[i], s.Records))
		for j, q := range s.Joint[i] {
			if i != j {
				s.Errors += q
			}
		}
	}
	slices.SortFunc(c.doubts, func(a, b doubt) int {
		return cmp.Or(cmp.Compare(b.margin, a.margin), strings.Compare(a.key, b.key))
	})
	most := min(len(c.doubts), maxSuspects)
	for _, d := range c.doubts[:most] {
		s.List = append(s.List, Suspect{d.key, c.classes[d.from], c.classes[d.to], d.margin, d.sure})
	}
	s.More = uint64(len(c.doubts) - most)
	return s
}

// calibrated returns a row of counts as shares of all, scaled so that it sums to
// the n records that are labelled so.
func calibrated(row []uint64, n, all uint64) []stat.Micro {
	counted := uint64(0)
	for _, k := range row {
		counted += k
	}
	shares := make([]stat.Micro, len(row))
	for j, k := range row {
		if counted > 0 {
			shares[j] = stat.Near(float64(k) / float64(counted) * float64(n) / float64(all))
		}
	}
	return shares
}
