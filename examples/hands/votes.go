package hands

import (
	"encoding/csv"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
)

// A Vote is what one annotator said that a still shows. Gold items are those
// whose truth is known; the annotators do not know which they are.
type Vote struct {
	Key       string
	Annotator string // a01 to a04
	Name      string
	Gold      bool // the truth is in Set.Shows
}

// Shows returns the class that a picture really shows, whatever its labels say;
// "" for a key that is not there.
func (s *Set) Shows(key string) string {
	for _, sh := range s.shots {
		if sh.record.Key == key {
			return sh.source().class
		}
	}
	return ""
}

// Votes returns two annotators' votes on each still, by key. They say what it
// really shows, but where the fault Careless is. Every third still is gold.
func (s *Set) Votes() []Vote {
	var votes []Vote
	for i, sh := range s.shots {
		if sh.seq != nil {
			continue
		}
		truth := sh.source().class
		by := [2]string{"a0" + strconv.Itoa(1+i%3), "a0" + strconv.Itoa(2+i%3)}
		if sh.flaw.careless {
			by[1] = "a04"
		}
		for n, who := range by {
			v := Vote{Key: sh.record.Key, Annotator: who, Name: truth, Gold: i%3 == 2 || sh.flaw.careless}
			if n == 1 && sh.flaw.careless {
				v.Name = Classes()[(slices.Index(Classes(), truth)+1+i%7)%8]
			}
			votes = append(votes, v)
		}
	}
	return votes
}

// WriteVotes writes them as CSV: what govctl takes as votes.
func (s *Set) WriteVotes(w io.Writer) error {
	rows := csv.NewWriter(w)
	rows.Write([]string{"key", "annotator", "label", "truth"})
	for _, v := range s.Votes() {
		truth := ""
		if v.Gold {
			truth = s.Shows(v.Key)
		}
		rows.Write([]string{v.Key, v.Annotator, v.Name, truth})
	}
	rows.Flush()
	return rows.Error()
}

// A Prediction is how probable a model finds each class for a still that it
// was not trained on.
type Prediction struct {
	Key string
	P   []float64 // of Classes(), in their order; millionths that sum up to 1
}

// Predictions returns a model's for each still, by key. It sees what is shown:
// for a wrong label, another class is probable.
func (s *Set) Predictions() []Prediction {
	var all []Prediction
	for _, sh := range s.shots {
		if sh.seq != nil {
			continue
		}
		r := rand.New(rand.NewPCG(s.options.Seed^0x9e37, uint64(len(all))))
		p := Prediction{Key: sh.record.Key, P: make([]float64, len(Classes()))}
		rest := 1_000_000
		truth := slices.Index(Classes(), sh.source().class)
		for i := range p.P {
			if i != truth {
				share := r.IntN(28_000)
				p.P[i] = float64(share) / 1e6
				rest -= share
			}
		}
		p.P[truth] = float64(rest) / 1e6
		all = append(all, p)
	}
	return all
}

// WritePredictions writes them as CSV: a column key and one for each class.
func (s *Set) WritePredictions(w io.Writer) error {
	rows := csv.NewWriter(w)
	rows.Write(append([]string{"key"}, Classes()...))
	for _, p := range s.Predictions() {
		row := []string{p.Key}
		for _, v := range p.P {
			row = append(row, strconv.FormatFloat(v, 'f', 6, 64))
		}
		rows.Write(row)
	}
	rows.Flush()
	return rows.Error()
}
