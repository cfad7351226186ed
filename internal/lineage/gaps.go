package lineage

import (
	"iter"
	"time"

	"govd/internal/gov"
)

// A GapKind says what is missing.
type GapKind string

const (
	NoVersion        GapKind = "no-version"        // a model whose trace holds no dataset version
	UnresolvedInput  GapKind = "unresolved"        // something a model or run came of, and nothing says what it is
	NeverEnded       GapKind = "never-ended"       // a run that started and neither ended nor is of an endless job
	UnapprovedChange GapKind = "unapproved-change" // a change that a model learned from
	NotAllSeen       GapKind = "truncated"         // the trace was cut short: there may be more gaps
)

// A Gap is something that the lineage should say and does not.
type Gap struct {
	Kind    GapKind  `json:"gap"`
	Subject gov.Node `json:"subject"`          // a model or a run
	Node    gov.Node `json:"node,omitzero"`    // what is unresolved or unapproved; redacted as in Step
	Detail  string   `json:"detail,omitempty"` // of a truncated trace: Answer.Because
}

// RunFacts are what is known of a run.
type RunFacts struct {
	State   gov.RunState // none: heard of, not started
	Endless bool         // its job is a stream or a service
	Job     gov.Outside
	Started time.Time
	Ended   time.Time
}

// Facts answers for runs and changes as of a log index. *store.Tx is one.
type Facts interface {
	Run(run gov.Node, asOf uint64) (RunFacts, error)
	Approved(change gov.Node, asOf uint64) (bool, error) // whether it was applied with its approvals
}

// Gaps gives yield the gaps of models and runs, in their order. The query says
// as of when, how far to look for each, and what may be read; its Start and
// Direction do not count.
func Gaps(g Graph, f Facts, q Query, subjects iter.Seq2[gov.Node, error], yield func(Gap) error) error {
	for n, err := range subjects {
		if err == nil {
			err = (&gapFinder{g, f, q, n, yield}).find()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type gapFinder struct {
	g       Graph
	f       Facts
	q       Query
	subject gov.Node
	yield   func(Gap) error
}

func (f *gapFinder) find() error {
	f.q.Start, f.q.Direction, f.q.After = f.subject, Trace, Cursor{}
	if f.subject.Kind == gov.RunNode {
		f.q.Depth = 1 // what its inputs came of is for their own runs to say
		if err := f.run(); err != nil {
			return err
		}
	}
	return f.trace()
}

func (f *gapFinder) gap(k GapKind, n gov.Node, detail string) error {
	return f.yield(Gap{k, f.subject, n, detail})
}

func (f *gapFinder) run() error {
	r, err := f.f.Run(f.subject, f.q.AsOf)
	if err != nil || r.State.Ended() || r.Endless {
		return err
	}
	return f.gap(NeverEnded, gov.Node{}, string(r.State))
}

func (f *gapFinder) trace() error {
	versions := 0
	a, err := Walk(f.g, f.q, func(s Step) error {
		switch {
		case s.Unresolved:
			return f.gap(UnresolvedInput, s.Node, "")
		case s.Node.Kind == gov.VersionNode:
			versions++
		case s.Node.Kind == gov.ChangeNode && !s.Redacted && f.subject.Kind != gov.RunNode:
			return f.change(s.Node)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case !a.Complete && f.subject.Kind != gov.RunNode:
		err = f.gap(NotAllSeen, gov.Node{}, a.Because)
	}
	if err == nil && versions == 0 && f.subject.Kind != gov.RunNode {
		err = f.gap(NoVersion, gov.Node{}, "")
	}
	return err
}

func (f *gapFinder) change(n gov.Node) error {
	ok, err := f.f.Approved(n, f.q.AsOf)
	if err != nil || ok {
		return err
	}
	return f.gap(UnapprovedChange, n, "")
}
