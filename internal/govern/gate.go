package govern

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
)

// An InputGate is what was found of one input when a run was to start.
type InputGate struct {
	Node   gov.Node   `json:"node"`
	Stage  gov.Stage  `json:"stage,omitempty"` // that the version was promoted to
	Report gov.Digest `json:"report,omitzero"` // the newest for the stage of its dataset
	Lacks  []Lack     `json:"lacks,omitempty"` // what keeps the input from an ordinary run
}

// A Lack is one reason why data may not be used.
type Lack struct {
	Reason gov.Reason `json:"reason"`
	Words  string     `json:"words"`
}

// Why data may not be used. UNKNOWN_INPUT is of all kinds of inputs, the others
// are of versions.
const (
	lackUnknown     = "INPUT_UNKNOWN"
	lackPurpose     = "PURPOSE_NOT_ALLOWED"
	lackReport      = "REPORT_MISSING"
	lackPass        = "REPORT_FAILED"
	lackPromotion   = "NOT_PROMOTED"
	lackStage       = "BELOW_STAGE"
	lackQuarantined = "QUARANTINED"
	lackHold        = "ON_HOLD"
	lackErased      = "ERASED"
)

// A gate is one rule for versions that are to be used. It adds what the version
// lacks, if anything.
type gate func(s *Service, tx *store.Tx, in *candidate) error

// gates are all of them, in the order in which they are told.
var gates = []gate{purposeGate, stageGate, reportGate, promotionGate, glassGate, holdGate, eraseGate}

// A candidate is a version that is to be used for a purpose.
type candidate struct {
	gov.Version
	dataset gov.Dataset
	purpose string
	gone    erasedInputs // what was looked for before; nil: look now
	found   *InputGate
}

func (in *candidate) lacks(reason gov.Reason, format string, args ...any) {
	in.found.Lacks = append(in.found.Lacks, Lack{reason, fmt.Sprintf(format, args...)})
}

// passInputs puts the inputs into the event and returns the document of what was
// found of them. It is refused for the first thing that any of them lacks,
// unless the run is exploratory.
func (s *Service) passInputs(tx *store.Tx, c Call, in StartRun, ev *RunStarted, gone erasedInputs) ([]byte, error) {
	var all []InputGate
	for _, name := range in.Inputs {
		input, found, err := s.passInput(tx, c, name, in.Purpose, gone)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(ev.Inputs, func(other RunInput) bool { return other.Node == input.Node }) {
			return nil, gov.Errorf(gov.Invalid, "INPUT_TWICE", "%s is named twice", input.Node)
		}
		ev.Inputs, all = append(ev.Inputs, input), append(all, found)
	}
	doc, err := gatesDocument(all)
	if err != nil || in.Exploratory {
		return doc, err
	}
	return doc, refuseLacks(all)
}

// refuseLacks is the refusal for the first thing that is lacking; it counts the
// others.
func refuseLacks(all []InputGate) error {
	var first *Lack
	more := 0
	for i := range all {
		for j := range all[i].Lacks {
			if first != nil {
				more++
				continue
			}
			first = &all[i].Lacks[j]
		}
	}
	if first == nil {
		return nil
	}
	words := first.Words
	if more > 0 {
		words += fmt.Sprintf(" (and %d more)", more)
	}
	return gov.Errorf(gov.Denied, first.Reason, "%s", words)
}

// passInput finds an input and what it lacks.
func (s *Service) passInput(tx *store.Tx, c Call, name, purpose string, gone erasedInputs) (RunInput, InputGate, error) {
	input, err := s.runNode(tx, c, name)
	found := InputGate{Node: input.Node}
	if errors.Is(err, gov.NotFound) && input.Node.Kind != "" {
		found.Lacks = []Lack{{lackUnknown, fmt.Sprintf("nothing is known of %s", input.Node)}}
		return input, found, nil
	}
	if err != nil || input.Node.Kind != gov.VersionNode {
		return input, found, err
	}
	v, err := versionNamed(tx, input.Node)
	if err != nil {
		return input, found, err
	}
	d, err := tx.Dataset(v.Dataset)
	if err != nil {
		return input, found, err
	}
	k := &candidate{v, d, purpose, gone, &found}
	for _, g := range gates {
		if err := g(s, tx, k); err != nil {
			return input, found, err
		}
	}
	return input, found, nil
}

// runNode returns what a run names: a version that the caller may read, by
// number, whatever the name is; a model; or something elsewhere. Returns
// gov.NotFound if it is unknown, with a node if the name is that of one.
func (s *Service) runNode(tx *store.Tx, c Call, name string) (RunInput, error) {
	ref, err := gov.ParseRef(strings.TrimPrefix(name, "version:"))
	if err == nil {
		return s.runVersion(tx, c, ref)
	}
	n, err := gov.ParseNode(name)
	if err != nil {
		return RunInput{}, gov.Errorf(gov.Invalid, "BAD_INPUT", "%q is neither a version, such as project/name@v3, nor a node", name)
	}
	switch n.Kind {
	case gov.ModelNode:
		return s.runModel(tx, c, n)
	case gov.SourceNode, gov.ExternalNode:
		return RunInput{Node: n}, nil
	}
	return RunInput{}, gov.Errorf(gov.Invalid, "BAD_INPUT", "a run uses versions, models, sources and external datasets, not %s", n)
}

func (s *Service) runVersion(tx *store.Tx, c Call, ref gov.Ref) (in RunInput, err error) {
	may, err := s.reads(tx, c, gov.VersionRead, gov.Place(ref.Dataset))
	if err != nil {
		return in, err
	}
	v, err := resolve(tx, ref)
	if !may && (err == nil || errors.Is(err, gov.NotFound)) {
		err = gov.Errorf(gov.NotFound, "NO_DATASET", "no dataset %s", ref.Dataset)
	}
	if errors.Is(err, gov.NotFound) && ref.Number != 0 {
		in.Node = gov.VersionOf(ref.Dataset, ref.Number)
	}
	if err != nil {
		return in, err
	}
	return RunInput{gov.VersionOf(v.Dataset, v.Number), v.Digest}, nil
}

func (s *Service) runModel(tx *store.Tx, c Call, n gov.Node) (RunInput, error) {
	ref, err := gov.ParseModelRef(n.Name)
	if err != nil {
		return RunInput{}, err
	}
	may, err := s.reads(tx, c, gov.ModelRead, n.Place())
	if err != nil {
		return RunInput{}, err
	}
	m, err := tx.Model(ref)
	if !may && (err == nil || errors.Is(err, gov.NotFound)) {
		err = gov.Errorf(gov.NotFound, "NO_MODEL", "no model %s", ref)
	}
	return RunInput{n, m.Digest}, err
}

// versionNamed returns the version that a node is.
func versionNamed(tx *store.Tx, n gov.Node) (gov.Version, error) {
	ref, err := gov.ParseRef(n.Name)
	if err != nil {
		return gov.Version{}, err
	}
	return tx.Version(ref.Dataset, ref.Number)
}

// purposeGate holds the purposes that the dataset was collected for. A dataset
// that names none is for any.
func purposeGate(_ *Service, _ *store.Tx, in *candidate) error {
	if p := in.dataset.Purposes; len(p) > 0 && !slices.Contains(p, in.purpose) {
		in.lacks(lackPurpose, "%s may be used for %s, not for %s", in.dataset.Name, strings.Join(p, ", "), in.purpose)
	}
	return nil
}

// stageGate holds the purposes that the policies of the stages name: a purpose
// may only be served from the lowest stage whose policy allows it on.
func stageGate(_ *Service, tx *store.Tx, in *candidate) error {
	for stage := in.dataset.Stage; stage <= 5; stage++ {
		allowed, err := stageAllows(tx, in.Dataset.Project(), stage, in.purpose)
		if err != nil {
			return err
		}
		if allowed {
			if stage > in.dataset.Stage {
				in.lacks(lackStage, "%s is at stage %d, and its project asks for stage %d for %s", in.dataset.Name, in.dataset.Stage, stage, in.purpose)
			}
			return nil
		}
	}
	in.lacks(lackPurpose, "no stage policy of %s allows %s", in.Dataset.Project(), in.purpose)
	return nil
}

// stageAllows reports whether the project's policy of a stage allows a purpose:
// one that names none allows any.
func stageAllows(tx *store.Tx, project gov.Project, stage gov.Stage, purpose string) (bool, error) {
	set, found, err := ruleSetInForce(tx, gov.Place(project), gov.StagePolicy(stage), tx.Now)
	if err != nil || !found {
		return true, err
	}
	doc, err := tx.Document(set.Document)
	if err != nil {
		return false, err
	}
	var policy struct {
		Purposes []string `json:"purposes"`
	}
	err = json.Unmarshal(doc, &policy)
	return len(policy.Purposes) == 0 || slices.Contains(policy.Purposes, purpose), err
}

// reportGate asks for a report on the whole version, by the policy of the stage
// of its dataset, that did not fail. The newest counts.
func reportGate(_ *Service, tx *store.Tx, in *candidate) error {
	for r, err := range tx.Reports(in.Dataset, in.Number) {
		if err != nil {
			return err
		}
		if r.Stage < in.dataset.Stage || r.Partial {
			continue
		}
		if in.found.Report = r.Digest; r.Verdict != "pass" && r.Verdict != "warn" {
			in.lacks(lackPass, "the checks of stage %d found %s: %s", r.Stage, in.Ref(), r.Verdict)
		}
		return nil
	}
	in.lacks(lackReport, "the checks of stage %d have not been run on %s", in.dataset.Stage, in.Ref())
	return nil
}

// promotionGate asks, from stage 2 on, that the version itself was promoted to
// the stage that its dataset has reached.
func promotionGate(_ *Service, tx *store.Tx, in *candidate) error {
	for p, err := range tx.Promotions(in.Dataset, in.Number) {
		if err != nil {
			return err
		}
		if len(p.Approvers) > 0 {
			in.found.Stage = max(in.found.Stage, p.To)
		}
	}
	switch {
	case in.dataset.Stage < 2 || in.found.Stage >= in.dataset.Stage:
	case in.found.Stage == 0:
		in.lacks(lackPromotion, "%s was not promoted to stage %d", in.Ref(), in.dataset.Stage)
	default:
		in.lacks(lackStage, "%s was promoted to stage %d, and %s has reached stage %d", in.Ref(), in.found.Stage, in.dataset.Name, in.dataset.Stage)
	}
	return nil
}

// glassGate keeps out versions that hold a change which was applied by breaking
// the glass and whose quorum has not followed.
func glassGate(_ *Service, tx *store.Tx, in *candidate) error {
	for ch, err := range tx.ChangesOf(in.Dataset, 0) {
		if err != nil {
			return err
		}
		if state := ratification(ch, tx.Now); state != "" && state != review.Ratified && ch.Result <= in.Number {
			in.lacks(lackQuarantined, "%s holds change %s, which was applied by breaking the glass and is %s", in.Ref(), ch.ID, state)
		}
	}
	return nil
}

// gatesDocument writes down what was found of inputs.
func gatesDocument(all []InputGate) ([]byte, error) {
	return json.Marshal(struct {
		Inputs []InputGate `json:"inputs"`
	}{all})
}

// gatesOf reads back what gatesDocument wrote.
func gatesOf(tx *store.Tx, d gov.Digest) ([]InputGate, error) {
	doc, err := tx.Document(d)
	if errors.Is(err, gov.NotFound) {
		return nil, nil
	}
	var found struct {
		Inputs []InputGate `json:"inputs"`
	}
	if err == nil {
		err = json.Unmarshal(doc, &found)
	}
	return found.Inputs, err
}
