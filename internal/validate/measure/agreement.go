package measure

import (
	"encoding/hex"
	"slices"
	"strconv"
)

// An Agreement counts how often two votes on the same record agree, in all or
// in each group: what Krippendorff's alpha and the share within one step of a
// scale are computed from. A vote is an attribute whose name begins with
// Prefix: what follows is who voted, the value is the vote.
type Agreement struct {
	Prefix string
	By     Column // None: one group of all, ""
	Max    int    // cells; 0: DefaultCells
}

// MaxVotes is how many votes of a record count: the first as the record holds them.
const MaxVotes = 32

// Key implements Measure.
func (m Agreement) Key() string {
	return key("agreement/1", m.Prefix, string(m.By), strconv.Itoa(newCountMap(m.Max).max))
}

// In returns the counts.
func (m Agreement) In(p *Profile) *Confusion { return stateIn[*Confusion](p, m) }

func (m Agreement) state() State { return &Confusion{*newCountMap(m.Max)} }

func (m Agreement) folder(l *lexicon) folder {
	return &voteFolder{prefix: m.Prefix, groups: l.column(m.By), pairs: newCountMap(m.Max), max: m.Max}
}

// A Confusion counts pairs of votes: the state of an Agreement.
type Confusion struct{ pairs CountMap }

// Err implements State.
func (c *Confusion) Err() error { return c.pairs.Err() }

// A VotePair says how often two of the votes on a record were A and B, A <= B
// as text, on records with that many votes.
type VotePair struct {
	Group string
	Votes int
	A, B  string
	Count uint64
}

// Pairs returns the counts of pairs in an order that is always the same.
func (c *Confusion) Pairs() (all []VotePair) {
	for w, n := range c.pairs.Cells() {
		votes, _ := strconv.Atoi(w[1])
		all = append(all, VotePair{w[0], votes, w[2], w[3], n})
	}
	return all
}

// Items returns how many records of a group have two votes or more.
func (c *Confusion) Items(group string) (n uint64) {
	pairs := map[int]uint64{}
	for _, p := range c.Pairs() {
		if p.Group == group {
			pairs[p.Votes] += p.Count
		}
	}
	for votes, count := range pairs {
		n += count / uint64(votes*(votes-1)/2)
	}
	return n
}

func (c *Confusion) merge(after State)                { c.pairs.merge(&after.(*Confusion).pairs) }
func (c *Confusion) sub(some State) bool              { return c.pairs.sub(&some.(*Confusion).pairs) }
func (c *Confusion) append(dst []byte, _ bool) []byte { return c.pairs.append(dst) }
func (c *Confusion) read(d *decoder)                  { c.pairs.read(d, 4) }

// A voteFolder counts pairs as they come.
type voteFolder struct {
	prefix string
	groups *wordList
	votes  []string
	pairs  *CountMap
	max    int
}

func (f *voteFolder) add(r *Row) {
	f.votes = f.votes[:0]
	r.Votes(f.prefix, func(_, what []byte) {
		if len(f.votes) < MaxVotes {
			f.votes = append(f.votes, string(what))
		}
	})
	if len(f.votes) < 2 {
		return
	}
	slices.Sort(f.votes)
	n := strconv.Itoa(len(f.votes))
	for _, g := range f.groups.now {
		for i, a := range f.votes {
			for _, b := range f.votes[i+1:] {
				f.pairs.add(tuple(f.groups.words[g], n, a, b), 1)
			}
		}
	}
}

func (f *voteFolder) flush(to State) {
	to.(*Confusion).pairs.merge(f.pairs)
	f.pairs = newCountMap(f.max)
}

// A Sample draws records at random, without replacement: those K whose keyed
// hash is smallest. With a seed that nobody knew when the records were made, no
// one could keep a record out of it.
type Sample struct {
	Seed [32]byte
	K    int // MaxBottom at most
}

// Key implements Measure.
func (m Sample) Key() string {
	return key("sample/1", hex.EncodeToString(m.Seed[:]), strconv.Itoa(m.K))
}

// In returns the records drawn: Keys.
func (m Sample) In(p *Profile) *Drawn { return stateIn[*Drawn](p, m) }

func (m Sample) state() State { return &Drawn{newBottom(m.K)} }
func (m Sample) folder(*lexicon) folder {
	return &drawFolder{k: m.K, drawn: newBottom(m.K), hash: func(r *Row) (uint64, []byte) { return seeded(&m.Seed, r.Key), r.Key }}
}

// Distinct estimates how many different contents there are.
type Distinct struct {
	K int // MaxBottom at most; below it the number is exact
}

// Key implements Measure.
func (m Distinct) Key() string { return key("distinct/1", strconv.Itoa(m.K)) }

// In returns the estimate: Estimate.
func (m Distinct) In(p *Profile) *Drawn { return stateIn[*Drawn](p, m) }

func (m Distinct) state() State { return &Drawn{newBottom(m.K)} }
func (m Distinct) folder(*lexicon) folder {
	return &drawFolder{k: m.K, drawn: newBottom(m.K), hash: contentHash}
}
