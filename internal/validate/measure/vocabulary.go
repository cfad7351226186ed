package measure

import (
	"strconv"

	"govd/internal/gov"
)

// A Vocabulary finds label names that a taxonomy does not allow. Its codes:
// "unknown", the name is not there; "early", it is for a later stage; "many",
// the record has more of it than may be; "orphan", the record does not have the
// name it is part of (if that is asked for); "forbidden", it has two names that
// exclude each other.
type Vocabulary struct {
	names     map[string]gov.TaxonomyLabel
	stage     gov.Stage
	parents   bool
	forbidden [][2]string
	key       string
}

// NewVocabulary returns the rule for a taxonomy at a stage.
func NewVocabulary(t *gov.Taxonomy, stage gov.Stage, parents bool, forbidden ...[2]string) *Vocabulary {
	v := &Vocabulary{map[string]gov.TaxonomyLabel{}, stage, parents, forbidden, ""}
	for _, l := range t.Labels {
		v.names[l.Name] = l
	}
	parameters := []string{string(t.Document()), strconv.Itoa(int(stage)), strconv.FormatBool(parents)}
	for _, pair := range forbidden {
		parameters = append(parameters, pair[0], pair[1])
	}
	v.key = key("vocabulary/1", parameters...)
	return v
}

// Key implements Rule.
func (v *Vocabulary) Key() string { return v.key }

// Find implements Rule. It looks at records with labels.
func (v *Vocabulary) Find(r *Row, fault func(string)) bool {
	for i := range r.Labels {
		word := r.Labels[i].Name
		l, known := v.names[string(word)]
		if !known {
			fault("unknown")
			continue
		}
		if l.Since > v.stage {
			fault("early")
		}
		if l.Max > 0 && len(r.Labels) > int(l.Max) && r.shows(l.Name, false) > uint64(l.Max) {
			fault("many")
		}
		if v.parents && l.Parent != "" && r.shows(l.Parent, false) == 0 {
			fault("orphan")
		}
	}
	for _, pair := range v.forbidden {
		if r.shows(pair[0], false) > 0 && r.shows(pair[1], false) > 0 {
			fault("forbidden")
		}
	}
	return len(r.Labels) > 0
}

// shows returns how many labels of that name the record has, or of those with a
// geometry.
func (r *Row) shows(name string, placed bool) (n uint64) {
	for i := range r.Labels {
		if l := &r.Labels[i]; string(l.Name) == name && (l.Kind != 0 || !placed) {
			n++
		}
	}
	return n
}

// Required finds records with the wrong number of labels of a name, such as
// palms without a wrist crease. Its codes are "missing" and "many".
type Required struct {
	When     string // only records with this label; "": all
	Label    string
	Min, Max uint64 // Max 0: any number
	Placed   bool   // count only labels with a geometry
}

// Key implements Rule.
func (q Required) Key() string {
	return key("required/1", q.When, q.Label, strconv.FormatUint(q.Min, 10), strconv.FormatUint(q.Max, 10), strconv.FormatBool(q.Placed))
}

// Find implements Rule.
func (q Required) Find(r *Row, fault func(string)) bool {
	if q.When != "" && r.shows(q.When, false) == 0 {
		return false
	}
	switch n := r.shows(q.Label, q.Placed); {
	case n < q.Min:
		fault("missing")
	case q.Max > 0 && n > q.Max:
		fault("many")
	}
	return true
}
