package validate

import (
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/interpreter"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// A Rule is a dataset's own check of each record, in the Common Expression
// Language: `record.size < 10000000 && "palm" in record.labels`.
type Rule struct {
	ID       string     `json:"id"`
	Says     string     `json:"says,omitempty"` // what it means, for people
	Holds    string     `json:"holds"`          // the expression, true of a good record
	Severity Severity   `json:"severity"`
	Most     stat.Micro `json:"most"` // share of records that may break it
}

const (
	maxExpression = 4096
	maxCost       = 100_000 // of one record, in units of CEL: about one a step
)

// variables are what an expression may name. The record's own numbers are -1
// where it has no image facts.
var variables = []struct {
	name string
	kind *cel.Type
	of   func(*gov.Record) any
}{
	{"record.key", cel.StringType, func(r *gov.Record) any { return r.Key }},
	{"record.content", cel.StringType, func(r *gov.Record) any { return r.Content.String() }},
	{"record.size", cel.IntType, func(r *gov.Record) any { return int64(min(r.Size, math.MaxInt64)) }},
	{"record.media_type", cel.StringType, func(r *gov.Record) any { return r.MediaType }},
	{"record.split", cel.StringType, func(r *gov.Record) any { return r.Split }},
	{"record.labels", cel.ListType(cel.StringType), func(r *gov.Record) any { return labelNames(r) }},
	{"record.attributes", cel.MapType(cel.StringType, cel.StringType), func(r *gov.Record) any { return attributesOf(r) }},
	{"record.is_image", cel.BoolType, func(r *gov.Record) any { return r.Facts != nil }},
	{"record.gray", cel.BoolType, func(r *gov.Record) any { return r.Facts != nil && r.Facts.Gray }},
	{"record.width", cel.IntType, fact(func(f *gov.ImageFacts) uint64 { return uint64(f.Width) })},
	{"record.height", cel.IntType, fact(func(f *gov.ImageFacts) uint64 { return uint64(f.Height) })},
	{"record.sharpness", cel.IntType, fact(func(f *gov.ImageFacts) uint64 { return f.Sharpness })},
	{"record.blur", cel.IntType, fact(func(f *gov.ImageFacts) uint64 { return uint64(f.Blur) })},
	{"record.dark", cel.IntType, fact(func(f *gov.ImageFacts) uint64 { return uint64(f.Dark) })},
	{"record.light", cel.IntType, fact(func(f *gov.ImageFacts) uint64 { return uint64(f.Light) })},
	{"record.entropy", cel.IntType, fact(func(f *gov.ImageFacts) uint64 { return uint64(f.Entropy) })},
}

func fact(of func(*gov.ImageFacts) uint64) func(*gov.Record) any {
	return func(r *gov.Record) any {
		if r.Facts == nil {
			return int64(-1)
		}
		return int64(min(of(r.Facts), math.MaxInt64))
	}
}

func labelNames(r *gov.Record) []string {
	names := make([]string, len(r.Labels))
	for i, l := range r.Labels {
		names[i] = l.Name
	}
	return names
}

func attributesOf(r *gov.Record) map[string]string {
	if r.Attributes == nil {
		return map[string]string{}
	}
	return r.Attributes
}

var ruleIDForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,40}$`)

// Compile types the rule and returns the function that says whether a record
// breaks it. An expression that fails on a record, as one that reads an
// attribute which is not there does, is broken by it. The function is for one
// goroutine. Errors are of kind Invalid and say where the expression is wrong.
func (r *Rule) Compile() (broken func(*gov.Record) bool, err error) {
	if !ruleIDForm.MatchString(r.ID) {
		return nil, r.bad("its id is not of a-z, 0-9 and -")
	}
	_, holds, err := compile(r.Holds, nil, r.bad)
	if err != nil {
		return nil, err
	}
	return func(rec *gov.Record) bool {
		yes, err := holds(&recordVars{rec})
		return err != nil || !yes
	}, nil
}

// compile types an expression over the variables and more, and bounds its cost.
func compile(expression string, more []cel.EnvOption, bad func(format string, args ...any) error) (*cel.Ast, func(interpreter.Activation) (bool, error), error) {
	if expression == "" || len(expression) > maxExpression {
		return nil, nil, bad("an expression has 1 byte at least and %d at most", maxExpression)
	}
	env, err := ruleEnv(more)
	if err != nil {
		return nil, nil, err
	}
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return nil, nil, bad("%v", issues.Err())
	}
	if ast.OutputType() != cel.BoolType {
		return nil, nil, bad("it is of type %s and must be true or false", ast.OutputType())
	}
	if cost, err := env.EstimateCost(ast, recordSizes{}); err != nil || cost.Max > maxCost*100 {
		return nil, nil, bad("it costs up to %d steps a record, %d at most", cost.Max, uint64(maxCost*100))
	}
	program, err := env.Program(ast, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, nil, bad("%v", err)
	}
	return ast, func(vars interpreter.Activation) (bool, error) {
		v, _, err := program.Eval(vars)
		return err == nil && v.Value() == true, err
	}, nil
}

func ruleEnv(more []cel.EnvOption) (*cel.Env, error) {
	options := []cel.EnvOption{cel.ParserExpressionSizeLimit(maxExpression), cel.ParserRecursionLimit(64)}
	for _, v := range variables {
		options = append(options, cel.Variable(v.name, v.kind))
	}
	return cel.NewEnv(append(options, more...)...)
}

func (r *Rule) bad(format string, args ...any) error {
	return gov.Errorf(gov.Invalid, "BAD_RULE", "rule %.40q: %s", r.ID, fmt.Sprintf(format, args...))
}

// recordVars gives an expression the record it is about, without copying it.
type recordVars struct{ r *gov.Record }

// ResolveName implements interpreter.Activation.
func (v *recordVars) ResolveName(name string) (any, bool) {
	for i := range variables {
		if variables[i].name == name {
			return variables[i].of(v.r), true
		}
	}
	return nil, false
}

// Parent implements interpreter.Activation.
func (v *recordVars) Parent() interpreter.Activation { return nil }

// recordSizes says how large a record's parts can be, to estimate cost.
type recordSizes struct{}

// EstimateSize implements checker.CostEstimator.
func (recordSizes) EstimateSize(e checker.AstNode) *checker.SizeEstimate {
	most := uint64(gov.MaxAttribute)
	switch {
	case slices.Equal(e.Path(), []string{"record.labels"}):
		most = gov.MaxLabels
	case slices.Equal(e.Path(), []string{"record.attributes"}):
		most = gov.MaxAttributes
	}
	return &checker.SizeEstimate{Min: 0, Max: most}
}

// EstimateCallCost implements checker.CostEstimator.
func (recordSizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}
