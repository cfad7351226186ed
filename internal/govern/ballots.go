package govern

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate"
	"govd/internal/validate/stat"
)

// What people said that records show is evidence of how far they agree and how
// right they are: annotators' votes that were brought, and the answers of
// inspections of labels that are over. Of a later version they count on the
// records that are the same.

// A cast is votes on records of a version.
type cast struct {
	of    gov.Version
	votes []validate.Vote
}

// ballots gathers the votes that may count of the version, the newest first.
func (r *checkup) ballots(tx *store.Tx) (all []*cast, err error) {
	if !r.policy.Asks("S2.agree") && !r.policy.Asks("S2.reviewer") {
		return nil, nil
	}
	brought, err := votesBrought(tx, r.version)
	if err != nil {
		return nil, err
	}
	if brought != nil {
		all = append(all, brought)
	}
	for row, err := range tx.InspectionsOf(r.version.Dataset, 0) {
		if err != nil {
			return nil, err
		}
		over := row.State == gov.InspectionPassed || row.State == gov.InspectionFailed
		if !over || row.Lot != "" || row.Number > r.version.Number || r.version.Number-row.Number > maxCarried {
			continue
		}
		c, err := answersOf(tx, row)
		if err != nil {
			return nil, err
		}
		if c != nil {
			all = append(all, c)
		}
	}
	return all, nil
}

// answersOf returns the answers of an inspection that is over, as votes; nil if
// they are not about labels.
func answersOf(tx *store.Tx, row gov.Inspection) (*cast, error) {
	d, err := designOf(tx, row)
	if err != nil || d.Question() != inspect.Labels {
		return nil, err
	}
	v, err := tx.Version(row.Dataset, row.Number)
	if err != nil {
		return nil, err
	}
	sheet, err := readText[inspect.Sheet](tx, row.Sheet)
	if err != nil {
		return nil, err
	}
	gold, err := readText[goldPool](tx, row.Gold)
	if err != nil {
		return nil, err
	}
	given, err := counted(tx, row, int(d.Reviewers))
	if err != nil {
		return nil, err
	}
	c, shown := &cast{of: v}, gold.shown()
	slices.SortFunc(sheet.Items, func(a, b inspect.Item) int { return strings.Compare(a.Key, b.Key) })
	read := newSeeker(tx, v.Tree)
	defer func() { read.stop() }()
	for i := range sheet.Items {
		it := &sheet.Items[i]
		if len(given[it.ID]) == 0 {
			continue
		}
		rec, err := read.find(it.Key)
		if err != nil && gov.ReasonOf(err) != "ERASED" {
			return nil, err
		}
		if err == nil && rec != nil && len(rec.Labels) > 0 {
			for _, a := range given[it.ID] {
				c.votes = append(c.votes, voteOf(it, &a, rec.Labels[0].Name, shown[it.Key]))
			}
		}
	}
	return c, nil
}

// counted returns the answers that counted of each item, adjudications aside:
// those of inspectors who were left out count nowhere.
func counted(tx *store.Tx, row gov.Inspection, reviewers int) (map[inspect.ItemID][]inspect.Answer, error) {
	r, err := resultOf(tx, row)
	if err != nil {
		return nil, err
	}
	out := map[gov.PersonID]bool{}
	for _, who := range r.Reviewers {
		out[who.Person] = who.Excluded
	}
	given := map[inspect.ItemID][]inspect.Answer{}
	for line, err := range tx.InspectionAnswers(row.ID) {
		if err != nil {
			return nil, err
		}
		a, err := readText[inspect.Answer](tx, line.Answer)
		if err != nil {
			return nil, err
		}
		if !out[a.Inspector] && len(given[a.Item]) < reviewers {
			given[a.Item] = append(given[a.Item], a)
		}
	}
	return given, nil
}

// What an inspector says a record shows who finds no name for it.
const unclear = "unclear"

// voteOf returns what an answer says that a record shows, whose label is a name
// and was shown as another, if that is not "".
func voteOf(it *inspect.Item, a *inspect.Answer, name, shown string) validate.Vote {
	seen := cmp.Or(shown, name)
	v := validate.Vote{Key: it.Key, By: string(a.Inspector)}
	switch a.Verdict {
	case inspect.OK:
		v.Name = seen
	case inspect.Wrong:
		v.Name = cmp.Or(a.Label, "not "+seen)
	default:
		v.Name = unclear
	}
	switch {
	case it.Truth == inspect.OK:
		v.Right = seen
	case it.Truth == inspect.Wrong && shown != "":
		v.Right = name
	case it.Truth == inspect.Wrong:
		v.Right = "not " + seen
	}
	if a.Verdict == it.Truth { // noticing that it is wrong is all that was asked
		v.Name = v.Right
	}
	return v
}

// standing returns the votes that count of the version: each person's newest on
// each record that is the same as it was.
func (r *checkup) standing(from tree.Source, all []*cast) (votes []validate.Vote, err error) {
	type voter struct{ key, by string }
	seen := map[voter]bool{}
	for _, c := range all {
		moved, err := c.moved(from, r.version.Tree)
		if err != nil {
			return nil, err
		}
		for _, v := range c.votes {
			if !moved[v.Key] && !seen[voter{v.Key, v.By}] {
				seen[voter{v.Key, v.By}] = true
				votes = append(votes, v)
			}
		}
	}
	return votes, nil
}

// moved returns the records voted on that are others than they were.
func (c *cast) moved(from tree.Source, is gov.Tree) (map[string]bool, error) {
	moved := map[string]bool{}
	for _, v := range c.votes {
		moved[v.Key] = false
	}
	for ch, err := range tree.Diff(from, c.of.Tree, is) {
		if err != nil {
			return nil, err
		}
		if _, asked := moved[string(ch.Key)]; asked {
			moved[string(ch.Key)] = true
		}
	}
	return moved, nil
}

// doubtsOf returns what predictions spoke against in the version; nil if none
// were given. They are about this version alone.
func doubtsOf(tx *store.Tx, v gov.Version) (*validate.Suspects, error) {
	for row, err := range tx.Doubts(v.Dataset, v.Number) {
		if err != nil {
			return nil, err
		}
		s := &validate.Suspects{Records: row.Records, Errors: stat.Micro(row.Errors)}
		s.List, err = readText[[]validate.Suspect](tx, row.Suspects)
		s.More = row.Count - uint64(len(s.List))
		return s, err
	}
	return nil, nil
}

// runsKnown returns which of the runs that the version names the log knows: its
// own, and those that events of other systems told of.
func (r *checkup) runsKnown(e *validate.Evidence) (known map[string]bool, err error) {
	names := r.suite.RunsNamed(e)
	if names == nil {
		return nil, nil
	}
	known = map[string]bool{}
	err = r.store.View(r.ctx, func(tx *store.Tx) error {
		for _, name := range names {
			id, err := gov.ParseRunID(strings.TrimPrefix(name, string(gov.RunNode)+":"))
			if err != nil {
				continue // no run has such a name
			}
			n := tx.NodeNumber(id.Node())
			if n == 0 {
				continue
			}
			info, err := tx.NodeInfo(n)
			if err != nil && !errors.Is(err, gov.NotFound) {
				return err
			}
			known[name] = info.Since != 0
		}
		return nil
	})
	return known, err
}
