package validate

import (
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// A Severity says what a broken limit does.
type Severity string

const (
	Blocks Severity = "E" // a version with it is not promoted
	Waiver Severity = "W" // somebody must say that it is accepted
)

// A Kind says what a check looks at, and so what it costs.
type Kind string

const (
	PerRecord  Kind = "A" // sums over records: every record, kept for each node of the tree
	Ordered    Kind = "O" // sums over sequences in order of time
	Indexed    Kind = "I" // an index of the version, kept up by what changed
	PerContent Kind = "P" // facts about one content, once for ever
	Across     Kind = "X" // two states compared
	ByPeople   Kind = "H" // answers of people who looked
)

// A Check is a measure and a judgement of it.
type Check struct {
	ID       string
	Stage    gov.Stage // the first stage that asks for it
	Kind     Kind
	Severity Severity // if the policy says nothing else
	Asks     string   // what it asks, in a sentence
	Formula  string
	Silent   string // what a pass does not show
	Measures []string
	Params   []Param

	judge func(*judged) // nil: never
}

// A Param is a number or a list that a policy may set.
type Param struct {
	Name     string
	Means    string
	Default  stat.Micro
	Min, Max stat.Micro // of a number, both allowed
	Below    string     // another parameter, which must not be smaller
	List     bool       // names instead of a number; it begins empty
}

// Param returns the parameter of a name.
func (c *Check) Param(name string) (Param, bool) {
	i := slices.IndexFunc(c.Params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return Param{}, false
	}
	return c.Params[i], true
}

// Catalogue returns every check, by stage and in the order of the design.
func Catalogue() []Check {
	return slices.Concat(stage1Checks(), stage2Checks(), stage3Checks(), stage4Checks(), stage5Checks())
}

// A catalogue finds checks by id.
type catalogue map[string]Check

func newCatalogue() catalogue {
	c := catalogue{}
	for _, check := range Catalogue() {
		c[check.ID] = check
	}
	return c
}

// CatalogueTable returns the catalogue as a table in Markdown, for the documents.
func CatalogueTable() string {
	var b strings.Builder
	b.WriteString("| check | asks | formula | default | severity | kind | a pass does not show |\n|---|---|---|---|---|---|---|\n")
	for _, c := range Catalogue() {
		row := []string{"`" + c.ID + "`", c.Asks, c.Formula, c.defaults(), string(c.Severity), string(c.Kind), c.Silent}
		for i := range row {
			row[i] = strings.ReplaceAll(row[i], "|", `\|`)
		}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}

func (c *Check) defaults() string {
	var all []string
	for _, p := range c.Params {
		if !p.List {
			all = append(all, p.Name+" "+plain(p.Default))
		}
	}
	return strings.Join(all, ", ")
}
