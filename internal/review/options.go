package review

import (
	"fmt"
	"maps"
	"slices"

	"govd/internal/gov"
)

// An Option is one thing that rules can say.
type Option struct {
	Path string // in the document
	Says string
}

// Options lists every option. Documentation and the table of tests are made
// from it; a field of Rules without a row here, and a row without a test that
// enforces it, fail the tests.
func Options() (all []Option) {
	for _, o := range options {
		all = append(all, Option{o.path, o.says})
	}
	return all
}

// An option knows how to judge one field of Rules: what is wrong with its
// value, the strictest of two values, and whether lower asks for less than
// upper. Zero values say nothing.
type option struct {
	path, says string
	wrong      func(r *Rules) string
	join       func(into, r *Rules)
	looser     func(upper, lower *Rules) bool
}

// The one list. The order is that of checks and of documentation.
var options = []option{
	stageOption("stages.factors", "roles and how many distinct persons of each must approve, by stage",
		func(s *StageRules) *[]Factor { return &s.Factors }, wrongFactors, joinFactors, looserFactors),
	stageOption("stages.extra", "approvals that a change needs on top when it touches more than a share of the records, or moves a label by more than one",
		func(s *StageRules) *[]Extra { return &s.Extra }, wrongExtra, joinExtra, looserExtra),
	{"classes", "labels that need approvals of their own", func(r *Rules) string { return wrongClasses(r.Classes) }, joinClasses, looserClasses},
	less("signed_from", "the stage from which approvals must be signed", 5, func(r *Rules) *gov.Stage { return &r.SignedFrom }),
	less("vote_life", "how long an approval counts", maxLife, func(r *Rules) *Life { return &r.VoteLife }),
	less("change_life", "how long a change can be approved and applied", maxLife, func(r *Rules) *Life { return &r.ChangeLife }),
	more("min_age", "how long ago a person must have been added for their approval to count", maxLife, func(r *Rules) *Life { return &r.MinAge }),
	more("look_edits", "how many of the edits, or all if there are fewer, a reviewer must have fetched", 1<<32-1, func(r *Rules) *uint32 { return &r.LookEdits }),
	more("look_time", "how long before the approval the reviewer must have begun to look", maxLife, func(r *Rules) *Life { return &r.LookTime }),
	more("lift_more", "how many more than the quorum must speak against a veto to lift it", maxNeed, func(r *Rules) *uint8 { return &r.LiftMore }),
	flag("applier_not_contributor", "whoever worked on a change cannot apply it", func(r *Rules) *Flag { return &r.ApplierNotContributor }),
	flag("applier_not_approver", "whoever approved a change cannot apply it", func(r *Rules) *Flag { return &r.ApplierNotApprover }),
	{
		"exclusive", "pairs of roles that nobody may hold at once", func(r *Rules) string { return wrongPairs(r.Exclusive) },
		func(into, r *Rules) { into.Exclusive = union(into.Exclusive, r.Exclusive, comparePairs) }, never,
	},
	{
		"break_glass.factors", "who must ask for a change to be applied without its quorum", func(r *Rules) string { return wrongFactors(r.BreakGlass.Factors) },
		func(into, r *Rules) {
			into.BreakGlass.Factors = joinFactors(into.BreakGlass.Factors, r.BreakGlass.Factors)
		},
		func(upper, lower *Rules) bool {
			return len(upper.BreakGlass.Factors) == 0 && len(lower.BreakGlass.Factors) > 0 || looserFactors(upper.BreakGlass.Factors, lower.BreakGlass.Factors)
		},
	},
	flag("break_glass.never", "no change is applied without its quorum", func(r *Rules) *Flag { return &r.BreakGlass.Never }),
	less("break_glass.life", "how long the asking counts", Hour, func(r *Rules) *Life { return &r.BreakGlass.Life }),
	less("break_glass.ratify", "how soon the quorum must follow, or the version is quarantined", 72*Hour, func(r *Rules) *Life { return &r.BreakGlass.Ratify }),
	more("break_glass.reason", "least bytes of the reason", gov.MaxMessage, func(r *Rules) *uint16 { return &r.BreakGlass.Reason }),
	more("rule_need", "how many other admins must agree to new rules", maxNeed, func(r *Rules) *uint8 { return &r.RuleNeed }),
	more("rule_delay", "how long new rules wait after that", 30*Day, func(r *Rules) *Life { return &r.RuleDelay }),
	less("alarm.times", "how often two persons may approve each other fast without an alarm", 1<<16-1, func(r *Rules) *uint16 { return &r.Alarm.Times }),
	more("alarm.within", "what is fast", Day, func(r *Rules) *Life { return &r.Alarm.Within }),
}

const maxNeed = 16

type number interface {
	~uint8 | ~uint16 | ~uint32
}

// less is an option of which less is stricter.
func less[N number](path, says string, most N, field func(*Rules) *N) option {
	return option{
		path, says, atMost(most, field),
		func(into, r *Rules) {
			if n := *field(r); n != 0 && (*field(into) == 0 || n < *field(into)) {
				*field(into) = n
			}
		},
		func(upper, lower *Rules) bool { return *field(upper) != 0 && *field(lower) > *field(upper) },
	}
}

// more is an option of which more is stricter.
func more[N number](path, says string, most N, field func(*Rules) *N) option {
	return option{
		path, says, atMost(most, field),
		func(into, r *Rules) { *field(into) = max(*field(into), *field(r)) },
		func(upper, lower *Rules) bool { return *field(lower) != 0 && *field(lower) < *field(upper) },
	}
}

func atMost[N number](most N, field func(*Rules) *N) func(*Rules) string {
	return func(r *Rules) string {
		if n := *field(r); n > most {
			return fmt.Sprintf("%v is too much: %v at most", n, most)
		}
		return ""
	}
}

// flag is an option that is on or left out.
func flag(path, says string, field func(*Rules) *Flag) option {
	return option{
		path, says, func(*Rules) string { return "" },
		func(into, r *Rules) { *field(into) = *field(into) || *field(r) }, never,
	}
}

// never is looser for options that can only add.
func never(_, _ *Rules) bool { return false }

// stageOption is an option that each stage has for itself.
func stageOption[T any](path, says string, field func(*StageRules) *[]T, wrong func([]T) string, join func(a, b []T) []T, looser func(upper, lower []T) bool) option {
	return option{
		path, says,
		func(r *Rules) string {
			for _, stage := range slices.Sorted(maps.Keys(r.Stages)) {
				s := r.Stages[stage]
				if _, err := gov.ParseStage(int(stage)); err != nil {
					return err.Error()
				}
				if w := wrong(*field(&s)); w != "" {
					return fmt.Sprintf("stage %d: %s", stage, w)
				}
			}
			return ""
		},
		func(into, r *Rules) {
			for stage, s := range r.Stages {
				if into.Stages == nil {
					into.Stages = map[gov.Stage]StageRules{}
				}
				t := into.Stages[stage]
				*field(&t) = join(*field(&t), *field(&s))
				into.Stages[stage] = t
			}
		},
		func(upper, lower *Rules) bool {
			for stage, s := range lower.Stages {
				if t := upper.Stages[stage]; looser(*field(&t), *field(&s)) {
					return true
				}
			}
			return false
		},
	}
}
