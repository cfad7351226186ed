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
	BadData          GapKind = "bad-data"          // a deployed model learned from a version that went bad
	NotAllSeen       GapKind = "truncated"         // the trace was cut short: there may be more gaps
)

// A Gap is something that the lineage should say and does not.
type Gap struct {
	Kind    GapKind  `json:"gap"`
	Subject gov.Node `json:"subject"`          // a model, a run or a deployment
	Node    gov.Node `json:"node,omitzero"`    // what is unresolved, unapproved or bad; redacted as in Step
	Detail  string   `json:"detail,omitempty"` // of a truncated trace: Answer.Because; of bad data: what is wrong
	Way     []Edge   `json:"way,omitempty"`    // of bad data: how the subject came of it, MaxWay edges at most
}

// RunFacts are what is known of a run.
type RunFacts struct {
	State   gov.RunState // none: heard of, not started
	Endless bool         // its job is a stream or a service
	Job     gov.Outside
	Started time.Time
	Ended   time.Time
}

// A Fault is something that came to light of a version: it may not be used.
type Fault struct {
	Reason gov.Reason
	Words  string
}

// Facts answers for runs and changes as of a log index, and for versions as of
// now.
type Facts interface {
	Run(run gov.Node, asOf uint64) (RunFacts, error)
	Approved(change gov.Node, asOf uint64) (bool, error) // whether it was applied with its approvals
	Faults(version gov.Node) ([]Fault, error)            // none of what nobody knows
}

// Gaps gives yield the gaps of models, runs and deployments, in their order. The query says
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
	switch f.subject.Kind {
	case gov.DeploymentNode:
		return f.badData()
	case gov.RunNode:
		f.q.Depth = 1 // what its inputs came of is for their own runs to say
		if err := f.run(); err != nil {
			return err
		}
	}
	return f.trace()
}

func (f *gapFinder) gap(k GapKind, n gov.Node, detail string) error {
	return f.yield(Gap{Kind: k, Subject: f.subject, Node: n, Detail: detail})
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
	a, err := walkNumbers(f.g, f.q, func(_, n Number, s Step) error {
		switch {
		case s.Unresolved:
			return f.gap(UnresolvedInput, s.Node, "")
		case s.Node.Kind == gov.VersionNode:
			versions++
		case s.Node.Kind == gov.ChangeNode && f.subject.Kind != gov.RunNode:
			return f.change(n, s.Node)
		}
		return nil
	})
	if err != nil || f.subject.Kind == gov.RunNode {
		return err
	}
	if err := f.whole(a); err != nil || versions > 0 {
		return err
	}
	return f.gap(NoVersion, gov.Node{}, "")
}

// whole tells of a trace that was cut short.
func (f *gapFinder) whole(a Answer) error {
	if a.Complete {
		return nil
	}
	return f.gap(NotAllSeen, gov.Node{}, a.Because)
}

// change tells of a change that was not approved; shown is what the caller may
// know of it.
func (f *gapFinder) change(n Number, shown gov.Node) error {
	node, _, err := f.g.Node(n, f.q.AsOf)
	if err != nil {
		return err
	}
	ok, err := f.f.Approved(node, f.q.AsOf)
	if err != nil || ok {
		return err
	}
	return f.gap(UnapprovedChange, shown, "")
}
