package govern_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// A source is where a label of the model got its value.
type source struct {
	version uint64
	change  gov.ChangeID // 0: it was registered
	was     string
}

// A ledger is a dataset whose every label has a known source.
type ledger struct {
	*govtest.Kit
	ina, bob *govtest.Actor
	rows     []map[string]shapes // by version
	sources  []map[string]map[string]source
}

func newLedger(t *rapid.T) *ledger {
	l := &ledger{Kit: govtest.New(t)}
	l.Dataset(hands)
	l.ina, l.bob = l.Person("ina", gov.Annotator, "p"), l.Person("bob", gov.Steward, "p")
	l.rows, l.sources = []map[string]shapes{{}}, []map[string]map[string]source{{}}
	return l
}

// grow notes a version that a change, or who registered it, made.
func (l *ledger) grow(rows map[string]shapes, change gov.ChangeID) {
	before, known := l.rows[len(l.rows)-1], l.sources[len(l.sources)-1]
	sources := map[string]map[string]source{}
	for key, labels := range rows {
		sources[key] = map[string]source{}
		for id, now := range labels {
			if was := before[key][id]; was == now {
				sources[key][id] = known[key][id]
			} else {
				sources[key][id] = source{uint64(len(l.rows)), change, was.name}
			}
		}
	}
	l.rows, l.sources = append(l.rows, rows), append(l.sources, sources)
}

// register makes a version of what somebody makes of some records.
func (l *ledger) register(t *rapid.T) {
	rows := maps.Clone(l.rows[len(l.rows)-1])
	var all []govern.Edit
	for _, key := range handKeys {
		was, there := rows[key]
		switch n := rapid.IntRange(0, 7).Draw(t, "what"); {
		case n == 0 && there:
			delete(rows, key)
			all = append(all, govern.Edit{Delete: key})
		case n < 4:
			if now := drawShapes(t, was.orNone()); !there || !maps.Equal(was, now) {
				rows[key] = now
				all = append(all, govern.Edit{Put: now.record(key)})
			}
		}
	}
	if len(all) == 0 {
		return
	}
	if len(l.rows) == 1 {
		var records []*gov.Record
		for _, e := range all {
			records = append(records, e.Put)
		}
		l.Register(l.ina, hands, records...)
	} else {
		l.Edit(l.ina, hands, all...)
	}
	l.grow(rows, 0)
}

func (s shapes) orNone() shapes {
	if s == nil {
		return shapes{}
	}
	return s
}

// change does the same by a change, which stage 1 lets pass without approval.
func (l *ledger) change(t *rapid.T) {
	rows := maps.Clone(l.rows[len(l.rows)-1])
	var all []gov.LabelEdit
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if rapid.Bool().Draw(t, "touch") {
			now := drawShapes(t, rows[key])
			all = append(all, gov.DiffLabels(rows[key].record(key), now.record(key))...)
			rows[key] = now
		}
	}
	if len(all) == 0 {
		return
	}
	p, err := l.Service.ProposeChange(ctx, l.bob.Call(), govern.Propose{Ref: gov.Ref{Dataset: hands}}, edits(all...))
	if err == nil {
		_, err = l.Service.ApplyChange(ctx, l.ina.Call(), govern.ApplyChange{Change: p.Change.ID})
	}
	if err != nil {
		t.Fatal(err)
	}
	l.grow(rows, p.Change.ID)
}

// TestBlameAndUses: of every label of every version, blame names the version and
// the change that gave it its value, and what it was before; and the summary of a
// change counts how often its base uses each label.
func TestBlameAndUses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLedger(t)
		for range rapid.IntRange(1, 12).Draw(t, "versions") {
			if rapid.Bool().Draw(t, "by a change") && len(l.rows) > 1 {
				l.change(t)
			} else {
				l.register(t)
			}
		}
		for n := 1; n < len(l.rows); n++ {
			l.checkBlame(t, uint64(n))
		}
		l.checkUses(t)
	})
}

func (l *ledger) checkBlame(t *rapid.T, number uint64) {
	for key, want := range l.sources[number] {
		all, err := l.Service.Blame(ctx, l.ina.Call(), gov.Ref{Dataset: hands, Number: number}, key)
		if err != nil {
			t.Fatal(err)
		}
		got, shape := map[string]source{}, shapes{}
		for _, b := range all {
			got[b.ID] = source{b.Version.Number, b.Change, b.Was}
			shape[b.ID] = shapesOf(&gov.Record{Labels: []gov.Label{b.Label}})[b.ID]
			if by := map[bool]gov.PersonID{true: l.ina.ID, false: l.bob.ID}[b.Change == 0]; b.Author.ID != by {
				t.Fatalf("%s by %s, want %s", key, b.Author.ID, by)
			}
		}
		if !maps.Equal(got, want) || !maps.Equal(shape, l.rows[number][key]) {
			t.Fatalf("version %d, %s: blame %v of %v, want %v of %v", number, key, got, shape, want, l.rows[number][key])
		}
	}
	if _, err := l.Service.Blame(ctx, l.ina.Call(), gov.Ref{Dataset: hands, Number: number}, "none"); gov.ReasonOf(err) != "NO_RECORD" {
		t.Fatalf("blame of no record: %v", err)
	}
}

// checkUses adds a label to some record of versions in any order, so that counts
// go on from whatever was counted before.
func (l *ledger) checkUses(t *rapid.T) {
	var numbers []int
	for n := 1; n < len(l.rows); n++ {
		if len(l.rows[n]) > 0 {
			numbers = append(numbers, n)
		}
	}
	for range len(numbers) {
		n := rapid.SampledFrom(numbers).Draw(t, "of")
		key := slices.Sorted(maps.Keys(l.rows[n]))[0]
		p, err := l.Service.ProposeChange(ctx, l.bob.Call(), govern.Propose{Ref: gov.Ref{Dataset: hands, Number: uint64(n)}}, edits(gov.LabelEdit{Key: key, Label: "9", To: "thumb"}))
		if err != nil {
			t.Fatal(err)
		}
		st, err := l.Service.StatChange(ctx, l.bob.Call(), p.Change.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		want, got := map[string]uint64{}, map[string]uint64{}
		for _, labels := range l.rows[n] {
			for _, sh := range labels {
				want[sh.name]++
			}
		}
		for _, c := range st.Labels {
			if c.Before > 0 {
				got[c.Name] = c.Before
			}
			if more := map[bool]uint64{true: 1}[c.Name == "thumb"]; c.After != c.Before+more {
				t.Fatalf("version %d: %s is used %d times, then %d", n, c.Name, c.Before, c.After)
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("version %d uses %v, want %v", n, got, want)
		}
	}
}
