package validate

import (
	"fmt"
	"time"

	"github.com/google/cel-go/cel"

	"govd/internal/gov"
)

// A Where is an expression that picks records by what they are and where they
// stand, such as `record.attributes["subject"] == "s17"` or `dataset ==
// "hands/signs" && record.registered < timestamp("2024-01-01T00:00:00Z")`. It is
// for one goroutine.
type Where struct {
	Ages  bool // it asks when records were registered
	picks func(*Candidate) (bool, error)
}

// A Candidate is a record that an expression may pick.
type Candidate struct {
	*gov.Record
	Dataset    gov.DatasetName
	Registered time.Time // of the first version of the dataset that has the record; need not be set unless the expression asks
}

// What an expression that picks records may name, beside what a rule may.
const (
	datasetVar    = "dataset"
	registeredVar = "record.registered"
)

// CompileWhere types an expression that picks records. Errors are of kind
// Invalid.
func CompileWhere(expression string) (*Where, error) {
	more := []cel.EnvOption{cel.Variable(datasetVar, cel.StringType), cel.Variable(registeredVar, cel.TimestampType)}
	ast, holds, err := compile(expression, more, func(format string, args ...any) error {
		return gov.Errorf(gov.Invalid, "BAD_WHERE", "the expression: %s", fmt.Sprintf(format, args...))
	})
	if err != nil {
		return nil, err
	}
	w := &Where{picks: func(c *Candidate) (bool, error) { return holds(&candidateVars{recordVars{c.Record}, c}) }}
	for _, ref := range ast.NativeRep().ReferenceMap() {
		w.Ages = w.Ages || ref.Name == registeredVar
	}
	return w, nil
}

// Picks reports whether the expression picks a record. It fails if the expression
// does, as one that reads an attribute which is not there.
func (w *Where) Picks(c *Candidate) (bool, error) { return w.picks(c) }

// candidateVars gives an expression the record and where it stands.
type candidateVars struct {
	recordVars
	c *Candidate
}

// ResolveName implements interpreter.Activation.
func (v *candidateVars) ResolveName(name string) (any, bool) {
	switch name {
	case datasetVar:
		return string(v.c.Dataset), true
	case registeredVar:
		return v.c.Registered, true
	}
	return v.recordVars.ResolveName(name)
}
