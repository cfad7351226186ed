package gov

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
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

	Digests    []Digest `json:"digests,omitempty"`    // of Inputs, one each; zero where none is known
	ParamsText Digest   `json:"params_text,omitzero"` // of the text that Params lie in
	Gates      Digest   `json:"gates,omitzero"`       // of the document that says why it might start
	Status     uint8    `json:"status,omitempty"`     // exit status of its command, if it failed
	Why        Digest   `json:"why,omitzero"`         // of a text that says why it failed
	EndEntry   uint64   `json:"end_entry,omitempty"`  // the log entry that ended it
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
	Files       uint64      `json:"files,omitempty"`
	Bytes       uint64      `json:"bytes,omitempty"` // of all files
	OMS         Digest      `json:"oms,omitzero"`    // of the model-signing bundle that named the digests
}

// Ref returns the reference by number.
func (m *ModelVersion) Ref() ModelRef { return ModelRef{m.Model, m.Number} }

// A TaggedModel is a name for a version of a model that can be moved.
type TaggedModel struct {
	Model  DatasetName `json:"model"`
	Name   string      `json:"name"`
	Number uint64      `json:"number"`
	By     PersonID    `json:"by"`
	Set    time.Time   `json:"set"`
}

// An Output is something that a model gave, known by the digest of its bytes.
type Output struct {
	Digest Digest
	Name   string // that the client gave it; may be empty
}

// Limits of outputs.
const (
	MaxBatch      = 1_000_000 // outputs
	MaxOutputName = 256       // bytes
)

// An OutputPlace is where an output was recorded.
type OutputPlace struct {
	Batch uint64
	Index uint32 // in the batch, from 0
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

	Deployment DeploymentRef `json:"deployment,omitzero"` // that gave them, if anyone said
}

// A ModelFile is a file of a model.
type ModelFile struct {
	Name   string `json:"name"` // with slashes, relative to where the model lies
	Digest Digest `json:"digest"`
	Size   uint64 `json:"size"` // bytes; 0 if nobody said
}

// Limits of a model.
const (
	MaxModelFiles = 10_000
	MaxFileName   = 1024 // bytes
)

// ModelDocument returns the canonical list of a model's files, whose
// DocumentDigest identifies the model: JSON, by name. It is frozen.
func ModelDocument(files []ModelFile) ([]byte, error) {
	if len(files) == 0 || len(files) > MaxModelFiles {
		return nil, Errorf(Invalid, "BAD_MODEL", "a model has 1 to %d files, not %d", MaxModelFiles, len(files))
	}
	files = slices.SortedFunc(slices.Values(files), func(a, b ModelFile) int { return strings.Compare(a.Name, b.Name) })
	for i, f := range files {
		if !utf8.ValidString(f.Name) || !fs.ValidPath(f.Name) || f.Name == "." || len(f.Name) > MaxFileName {
			return nil, Errorf(Invalid, "BAD_MODEL", "%q is no name for a file of a model: want a relative path of at most %d bytes", clip(f.Name), MaxFileName)
		}
		if i > 0 && files[i-1].Name == f.Name {
			return nil, Errorf(Invalid, "BAD_MODEL", "two files of the model are named %q", clip(f.Name))
		}
		if f.Digest.IsZero() {
			return nil, Errorf(Invalid, "BAD_MODEL", "file %q has no digest", clip(f.Name))
		}
	}
	return json.Marshal(struct {
		Files []ModelFile `json:"files"`
	}{files})
}

// ParseModelDocument parses what ModelDocument writes.
func ParseModelDocument(doc []byte) ([]ModelFile, error) {
	var list struct {
		Files []ModelFile `json:"files"`
	}
	if err := json.Unmarshal(doc, &list); err != nil {
		return nil, Because(err, Invalid, "BAD_MODEL", "the list of a model's files cannot be read")
	}
	return list.Files, nil
}
