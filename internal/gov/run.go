package gov

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A RunID names a run: a UUID in lower-case hex, so that a run goes by the same
// name in the events of other systems.
type RunID string

var runIDForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// ParseRunID checks a run's id.
func ParseRunID(s string) (RunID, error) {
	if !runIDForm.MatchString(s) {
		return "", Errorf(Invalid, "BAD_RUN", "%q is not a run: want a UUID in lower case", clip(s))
	}
	return RunID(s), nil
}

// Node returns the run's node.
func (id RunID) Node() Node { return Node{RunNode, string(id)} }

// A RunState says where in its life a run is. The last three are for ever.
type RunState string

const (
	RunStarted  RunState = "started"
	RunFinished RunState = "finished"
	RunFailed   RunState = "failed"
	RunAborted  RunState = "aborted"
)

// Ended reports whether nothing follows the state.
func (s RunState) Ended() bool { return s == RunFinished || s == RunFailed || s == RunAborted }

// A Run is one execution of a job over data: a training, a conversion.
type Run struct {
	ID          RunID             `json:"id"`
	Project     Project           `json:"project"`
	Job         string            `json:"job"`
	State       RunState          `json:"state"`
	Purpose     string            `json:"purpose"`
	Inputs      []Node            `json:"inputs,omitempty"`
	Outputs     []Node            `json:"outputs,omitempty"`
	Params      map[string]string `json:"params,omitempty"`
	Exploratory bool              `json:"exploratory,omitempty"` // its inputs did not pass the gates; its models say so for ever
	By          PersonID          `json:"by"`
	Entry       uint64            `json:"entry"` // the log entry that started it
	Started     time.Time         `json:"started"`
	Ended       time.Time         `json:"ended,omitzero"`
}

// A ModelRef names a version of a model: "project/name:v3".
type ModelRef struct {
	Model  DatasetName // of the same form as a dataset's name
	Number uint64
}

// ParseModelRef parses what String writes, and no other.
func ParseModelRef(s string) (r ModelRef, err error) {
	name, v, _ := strings.Cut(s, ":")
	number, ok := versionNumber(v)
	if r = (ModelRef{DatasetName(name), number}); !ok {
		return ModelRef{}, Errorf(Invalid, "BAD_MODEL", "%q is not a model: want project/name:v1", clip(s))
	}
	_, err = ParseDatasetName(name)
	return r, err
}

// String returns the text form.
func (r ModelRef) String() string {
	return string(r.Model) + ":v" + strconv.FormatUint(r.Number, 10)
}

// Node returns the model version's node.
func (r ModelRef) Node() Node { return Node{ModelNode, r.String()} }

// A ModelVersion is what a run made: files, known by one digest.
type ModelVersion struct {
	Model       DatasetName `json:"model"`
	Number      uint64      `json:"number"` // 1 for the first
	Digest      Digest      `json:"digest"` // of the list of files
	Run         RunID       `json:"run"`
	Exploratory bool        `json:"exploratory,omitempty"` // its run was
	By          PersonID    `json:"by"`
	Created     time.Time   `json:"created"`
	Entry       uint64      `json:"entry"` // the log entry that registered it
}

// A Batch is outputs of one model recorded by one log entry.
type Batch struct {
	Number  uint64    `json:"number"` // 1 for the first of a server
	Model   ModelRef  `json:"model"`
	Root    Digest    `json:"root"`  // of the Merkle tree over its outputs
	Count   uint64    `json:"count"` // outputs
	By      PersonID  `json:"by"`
	Created time.Time `json:"created"`
	Entry   uint64    `json:"entry"` // the log entry that recorded it
}
