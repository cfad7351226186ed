package govern

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

// RunStarted: a job began to work on data.
type RunStarted struct {
	Run         gov.RunID  `json:"run"`
	Job         string     `json:"job"`
	Purpose     string     `json:"purpose,omitempty"`
	Params      gov.Digest `json:"params,omitzero"` // of a text
	Exploratory bool       `json:"exploratory,omitempty"`
	Inputs      []RunInput `json:"inputs,omitempty"`
	Gates       gov.Digest `json:"gates,omitzero"` // of the document that says what was found of each input
}

// A RunInput is what a run used. The digest is of a version, or of a model.
type RunInput struct {
	Node   gov.Node   `json:"node"`
	Digest gov.Digest `json:"digest,omitzero"`
}

func (*RunStarted) name() string { return "run.started" }

func (e *RunStarted) apply(tx *store.Tx, o origin) error {
	r := gov.Run{
		ID: e.Run, Project: o.at.Project(), Job: e.Job, State: gov.RunStarted, Purpose: e.Purpose, Exploratory: e.Exploratory,
		ParamsText: e.Params, Gates: e.Gates, By: o.who, Entry: o.index, Started: o.time,
	}
	var edges []lineage.Edge
	for _, in := range e.Inputs {
		r.Inputs, r.Digests = append(r.Inputs, in.Node), append(r.Digests, in.Digest)
		edges = append(edges, lineage.Edge{From: e.Run.Node(), Kind: lineage.Used, To: in.Node})
	}
	return errors.Join(tx.PutRun(r), known(tx, o, e.Run.Node()), link(tx, o, edges...))
}

// RunFinished: a run has done its work.
type RunFinished struct {
	Run     gov.RunID  `json:"run"`
	Outputs []RunInput `json:"outputs,omitempty"` // versions and datasets elsewhere that it made
}

func (*RunFinished) name() string { return "run.finished" }

func (e *RunFinished) apply(tx *store.Tx, o origin) error {
	r, err := tx.Run(e.Run)
	if err != nil {
		return err
	}
	r.State, r.Ended, r.EndEntry = gov.RunFinished, o.time, o.index
	var edges []lineage.Edge
	for _, out := range e.Outputs {
		r.Outputs = append(r.Outputs, out.Node)
		edges = append(edges, lineage.Edge{From: out.Node, Kind: lineage.GeneratedBy, To: e.Run.Node()})
	}
	return errors.Join(tx.PutRun(r), link(tx, o, edges...))
}

// RunFailed: a run has ended without having done its work.
type RunFailed struct {
	Run    gov.RunID  `json:"run"`
	Status uint8      `json:"status,omitempty"` // exit status of its command
	Why    gov.Digest `json:"why,omitzero"`     // of a text
}

func (*RunFailed) name() string { return "run.failed" }

func (e *RunFailed) apply(tx *store.Tx, o origin) error {
	r, err := tx.Run(e.Run)
	if err != nil {
		return err
	}
	r.State, r.Ended, r.EndEntry, r.Status, r.Why = gov.RunFailed, o.time, o.index, e.Status, e.Why
	return tx.PutRun(r)
}

// StartRun is a request to start a run.
type StartRun struct {
	Project     gov.Project // "" is the first input's
	Job         string
	Purpose     string
	Inputs      []string // references to versions, or nodes
	Params      map[string]string
	Exploratory bool // inputs that do not pass the gates are no refusal, and its models say so for ever
}

// Limits of a run.
const (
	maxInputs     = 400
	maxRunOutputs = 400
	maxParams     = 16 << 10 // bytes of JSON
)

func (in *StartRun) check() error {
	if _, err := gov.ParseName("job", in.Job); err != nil {
		return err
	}
	if !wordForm.MatchString(in.Purpose) {
		return gov.Errorf(gov.Invalid, "BAD_WORD", "a run needs a purpose: 1 to 64 letters, digits, spaces and . _ + / -")
	}
	if len(in.Inputs) > maxInputs {
		return gov.Errorf(gov.Exhausted, "TOO_MANY_INPUTS", "a run has %d inputs at most", maxInputs)
	}
	return nil
}

// StartRun starts a run if every input passes the gates. Exploratory runs need
// a right of their own; what their inputs lack is written down and hinders
// nothing.
func (s *Service) StartRun(ctx context.Context, c Call, in StartRun) (done Done[*RunStarted], err error) {
	if err := in.check(); err != nil {
		return done, err
	}
	if in.Project == "" {
		if in.Project, err = projectOfInputs(in.Inputs); err != nil {
			return done, err
		}
	}
	params, err := paramsText(in.Params)
	if err != nil {
		return done, err
	}
	for {
		gone, err := s.lookForErased(ctx, c, in.Inputs)
		if err != nil {
			return done, err
		}
		done, err = s.startRun(ctx, c, in, params, gone)
		if !errors.Is(err, errNotLooked) {
			return done, err
		}
	}
}

// startRun starts a run on inputs that were looked through for what was erased.
func (s *Service) startRun(ctx context.Context, c Call, in StartRun, params gov.SaltText, gone erasedInputs) (Done[*RunStarted], error) {
	return write(ctx, s, c, action{do: gov.RunStart, at: gov.Place(in.Project), args: in}, func(tx *store.Tx) (*RunStarted, error) {
		if err := s.mayStart(tx, c, in); err != nil {
			return nil, err
		}
		ev := &RunStarted{Run: newRunID(), Job: in.Job, Purpose: in.Purpose, Exploratory: in.Exploratory}
		doc, err := s.passInputs(tx, c, in, ev, gone)
		if err != nil {
			return nil, err
		}
		if params.Text != "" {
			ev.Params = params.Digest()
			err = tx.PutText(ev.Params, params)
		}
		ev.Gates = gov.DocumentDigest(doc)
		return ev, errors.Join(err, tx.PutDocument(ev.Gates, doc))
	})
}

// mayStart holds what a run needs besides its inputs.
func (s *Service) mayStart(tx *store.Tx, c Call, in StartRun) error {
	if _, err := tx.Project(in.Project); err != nil {
		return err
	}
	if len(c.Scope.Runs) > 0 {
		return gov.Errorf(gov.Denied, "WRONG_RUN", "this token is for one run, and starts no other")
	}
	if !in.Exploratory {
		return nil
	}
	may, err := s.reads(tx, c, gov.RunExplore, gov.Place(in.Project))
	if err == nil && !may {
		err = gov.Errorf(gov.Denied, "NO_EXPLORING", "you may not start exploratory runs in %s", in.Project)
	}
	return err
}

// newRunID makes the name of a run: a UUID of version 7, in whose order runs lie.
func newRunID() gov.RunID { return gov.RunID(uuid.Must(uuid.NewV7()).String()) }

// projectOfInputs returns the project of the first input that is ours.
func projectOfInputs(inputs []string) (gov.Project, error) {
	for _, in := range inputs {
		if ref, err := gov.ParseRef(in); err == nil {
			return ref.Dataset.Project(), nil
		}
		if n, err := gov.ParseNode(in); err == nil && n.Place() != "" {
			return n.Place().Project(), nil
		}
	}
	return "", gov.Errorf(gov.Invalid, "NO_PROJECT_GIVEN", "name the project of the run: it has no input that says so")
}

// paramsText is the text that parameters lie in: JSON, sorted by name.
func paramsText(params map[string]string) (t gov.SaltText, err error) {
	if len(params) == 0 {
		return t, nil
	}
	for _, k := range slices.Sorted(maps.Keys(params)) {
		if _, err := gov.ParseName("parameter", k); err != nil {
			return t, err
		}
	}
	b, err := json.Marshal(params)
	if err == nil && len(b) > maxParams {
		err = gov.Errorf(gov.Exhausted, "TOO_MANY_PARAMS", "the parameters of a run have %d bytes at most", maxParams)
	}
	return newText(string(b)), err
}

// FinishRun is a request to end a run well.
type FinishRun struct {
	Run     gov.RunID
	Outputs []string // references to versions, or datasets elsewhere
}

// FinishRun ends a run. Only who started it may, by a credential that is good
// for it.
func (s *Service) FinishRun(ctx context.Context, c Call, in FinishRun) (Done[*RunFinished], error) {
	if len(in.Outputs) > maxRunOutputs {
		return Done[*RunFinished]{}, gov.Errorf(gov.Exhausted, "TOO_MANY_OUTPUTS", "a run has %d outputs at most", maxRunOutputs)
	}
	return writeRun(ctx, s, c, in.Run, in, func(tx *store.Tx, r gov.Run) (*RunFinished, error) {
		ev := &RunFinished{Run: r.ID}
		for _, name := range in.Outputs {
			out, err := s.runNode(tx, c, name)
			if err != nil {
				return nil, err
			}
			switch out.Node.Kind {
			case gov.VersionNode, gov.ExternalNode:
				ev.Outputs = append(ev.Outputs, out)
			default:
				return nil, gov.Errorf(gov.Invalid, "BAD_OUTPUT", "a run ends with versions and datasets elsewhere, not with %s: models name their run themselves", out.Node)
			}
		}
		return ev, notInputs(tx, r, ev.Outputs)
	})
}

// notInputs refuses outputs that the run, or what it used, came of.
func notInputs(tx *store.Tx, r gov.Run, outputs []RunInput) error {
	var edges []lineage.Edge
	for _, out := range outputs {
		edges = append(edges, lineage.Edge{From: out.Node, Kind: lineage.GeneratedBy, To: r.ID.Node()})
	}
	return lineage.CheckAcyclic(&graph{tx: tx}, edges, tx.LogSize())
}

// FailRun is a request to end a run that did not do its work.
type FailRun struct {
	Run    gov.RunID
	Status uint8
	Why    string
}

// FailRun ends a run without success, as FinishRun does with it.
func (s *Service) FailRun(ctx context.Context, c Call, in FailRun) (Done[*RunFailed], error) {
	return writeRun(ctx, s, c, in.Run, in, func(tx *store.Tx, r gov.Run) (*RunFailed, error) {
		why, err := putText(tx, in.Why)
		return &RunFailed{r.ID, in.Status, why}, err
	})
}

// writeRun is write for the end of a run, at its project.
func writeRun[E event](ctx context.Context, s *Service, c Call, id gov.RunID, args any, decide func(*store.Tx, gov.Run) (E, error)) (Done[E], error) {
	at, err := s.placeOfRun(ctx, id)
	if err != nil {
		return Done[E]{}, err
	}
	done, err := write(ctx, s, c, action{do: gov.RunFinish, at: at, args: args}, func(tx *store.Tx) (none E, err error) {
		r, err := tx.Run(id)
		if err != nil {
			return none, err
		}
		if err := mustOwn(c, r); err != nil {
			return none, err
		}
		if r.State.Ended() {
			return none, gov.Errorf(gov.Conflict, "RUN_ENDED", "run %s has %s already", id, r.State)
		}
		return decide(tx, r)
	})
	return done, hideRun(id, err)
}

// mustOwn refuses all but who started a run, and credentials for other runs.
func mustOwn(c Call, r gov.Run) error {
	if c.Actor.Person != r.By {
		return gov.Errorf(gov.Denied, "NOT_YOUR_RUN", "run %s is another's", r.ID)
	}
	if len(c.Scope.Runs) > 0 && !slices.Contains(c.Scope.Runs, r.ID) {
		return gov.Errorf(gov.Denied, "WRONG_RUN", "this token is for another run than %s", r.ID)
	}
	return nil
}

func (s *Service) placeOfRun(ctx context.Context, id gov.RunID) (at gov.Place, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		r, err := tx.Run(id)
		at = gov.Place(r.Project)
		return err
	})
	if errors.Is(err, gov.NotFound) {
		err = noRun(id)
	}
	return at, err
}

func noRun(id gov.RunID) error { return gov.Errorf(gov.NotFound, "NO_RUN", "no run %s", id) }

// hideRun keeps an error about a hidden project from telling its name.
func hideRun(id gov.RunID, err error) error {
	if gov.ReasonOf(err) != "NO_PROJECT" {
		return err
	}
	if Refused(err) {
		return refusal{noRun(id)}
	}
	return noRun(id)
}

// A RunInfo is a run with what its row does not hold.
type RunInfo struct {
	gov.Run
	ByName string
	Reason string         // why it failed
	Found  []InputGate    // of its inputs, when it started
	Models []gov.ModelRef // that it made
}

// Run returns a run.
func (s *Service) Run(ctx context.Context, c Call, id gov.RunID) (info RunInfo, err error) {
	at, err := s.placeOfRun(ctx, id)
	if err != nil {
		return info, err
	}
	err = s.see(ctx, c, gov.RunRead, at, func(tx *store.Tx) error {
		r, err := tx.Run(id)
		if err == nil {
			info, err = describeRun(tx, r)
		}
		return err
	})
	return info, hideRun(id, err)
}

// RunWorkedOn describes a run to who has just worked on it.
func (s *Service) RunWorkedOn(ctx context.Context, id gov.RunID) (info RunInfo, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		r, err := tx.Run(id)
		if err == nil {
			info, err = describeRun(tx, r)
		}
		return err
	})
	return info, err
}

// Runs returns up to n runs of a project, newest first, from the one before a
// log index; 0 is from the newest.
func (s *Service) Runs(ctx context.Context, c Call, project gov.Project, before uint64, n int) (page []RunInfo, err error) {
	err = s.see(ctx, c, gov.RunRead, gov.Place(project), func(tx *store.Tx) error {
		rows, err := take(tx.Runs(project, before), n)
		for _, r := range rows {
			info, err := describeRun(tx, r)
			if err != nil {
				return err
			}
			page = append(page, info)
		}
		return err
	})
	return page, err
}

func describeRun(tx *store.Tx, r gov.Run) (info RunInfo, err error) {
	info.Run = r
	p, err := tx.Person(r.By)
	if err != nil {
		return info, err
	}
	info.ByName = p.Name
	params, err1 := textOf(tx, r.ParamsText)
	reason, err2 := textOf(tx, r.Why)
	if info.Reason = reason; params != "" {
		err = json.Unmarshal([]byte(params), &info.Params)
	}
	gates, err3 := gatesOf(tx, r.Gates)
	info.Found = gates
	models, err4 := modelsOf(tx, r)
	info.Models = models
	return info, errors.Join(err, err1, err2, err3, err4)
}

// modelsOf returns the models that a run made.
func modelsOf(tx *store.Tx, r gov.Run) (made []gov.ModelRef, err error) {
	g := &graph{tx: tx}
	n, err := g.Number(r.ID.Node())
	if err != nil {
		return nil, err
	}
	for l, err := range g.Links(n, lineage.Impact) {
		if err != nil {
			return nil, err
		}
		node, _, err := g.Node(l.Other, tx.LogSize())
		if err != nil {
			return nil, err
		}
		if ref, err := gov.ParseModelRef(node.Name); err == nil && node.Kind == gov.ModelNode {
			made = append(made, ref)
		}
	}
	return made, nil
}
