package trail

import (
	"fmt"
	"strings"

	"govd/internal/gov"
)

// Makers are the people who had a hand in the label changes of some versions.
type makers struct {
	of      map[gov.PersonID]gov.ChangeID // by the human who answers
	changes []gov.ChangeID
	whole   bool   // the file holds all that can be known of it
	lacks   string // what it does not hold
}

// makersOf returns who made a revision of a change that is in these versions of a
// dataset, as far as the entries have shown.
func (p *proven) makersOf(d gov.DatasetName, from, to uint64) makers {
	h := makers{of: map[gov.PersonID]gov.ChangeID{}, whole: true}
	for n := from; n <= to && h.whole; n++ {
		version := gov.VersionOf(d, n)
		id, known := p.madeBy[version]
		switch c := p.changes[id]; {
		case !known:
			h.miss("how version %s was made", version.Name)
		case id == 0: // registered whole, and not by a change
		case c == nil || c.revisions != c.number:
			h.miss("every revision of change %s", id)
		default:
			h.changes = append(h.changes, id)
			p.involve(&h, id, c)
		}
	}
	return h
}

func (h *makers) miss(format string, args ...any) {
	h.whole, h.lacks = false, fmt.Sprintf(format, args...)
}

// involve adds who made a change. A machine's owner made what the machine made.
func (p *proven) involve(h *makers, id gov.ChangeID, c *proposed) {
	for _, by := range c.hands {
		human := p.human(by)
		if human.Machine() {
			h.miss("who answers for %s", human)
		}
		h.of[human] = id
	}
}

// human returns who answers for a person: the owner of a machine, and the owner
// of that.
func (p *proven) human(id gov.PersonID) gov.PersonID {
	const chain = 8
	for range chain {
		owner := p.owners[id]
		if !id.Machine() || owner == "" {
			break
		}
		id = owner
	}
	return id
}

// says tells which changes there were, since a version that was promoted, and by
// whom.
func (h *makers) says(promoted uint64) string {
	since := ""
	if promoted > 0 {
		since = fmt.Sprintf(" since v%d was promoted", promoted)
	}
	if len(h.changes) == 0 {
		return "no label change is in it" + since
	}
	var ids []string
	for _, id := range h.changes {
		ids = append(ids, id.String())
	}
	return fmt.Sprintf("%s in it%s: %s, by %s", count(len(ids), "label change"), since, strings.Join(ids, ", "), listed(keysOf(h.of)))
}
