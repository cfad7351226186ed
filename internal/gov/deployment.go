package gov

import (
	"strconv"
	"strings"
	"time"
)

// A DeploymentRef names a deployment: "project/site#2" is the second at that
// site. A site serves one version of a model at a time, and each has a number
// of its own, so that what a deployment served never changes.
type DeploymentRef struct {
	Site   DatasetName // of the same form as a dataset's name
	Number uint64      // 1 for the first
}

// ParseDeploymentRef parses what String writes, and no other.
func ParseDeploymentRef(s string) (r DeploymentRef, err error) {
	site, n, _ := strings.Cut(s, "#")
	number, ok := versionNumber("v" + n)
	if r = (DeploymentRef{DatasetName(site), number}); !ok {
		return DeploymentRef{}, Errorf(Invalid, "BAD_DEPLOYMENT", "%q is not a deployment: want project/site#1", clip(s))
	}
	_, err = ParseDatasetName(site)
	return r, err
}

// String returns the text form.
func (r DeploymentRef) String() string {
	return string(r.Site) + "#" + strconv.FormatUint(r.Number, 10)
}

// Node returns the deployment's node.
func (r DeploymentRef) Node() Node { return Node{DeploymentNode, r.String()} }

// ParseSite returns the site of a name in a project.
func ParseSite(p Project, name string) (DatasetName, error) {
	_, err := ParseName("site", name)
	return DatasetName(string(p) + "/" + name), err
}

// A Deployment says that a version of a model serves, or served, at a site.
type Deployment struct {
	Site     DatasetName `json:"site"`
	Number   uint64      `json:"number"`
	Model    ModelRef    `json:"model"`
	Trial    bool        `json:"trial,omitempty"` // the model did not pass the gates, or nobody asked it to
	Gates    Digest      `json:"gates,omitzero"`  // of the document that says what was found of the model
	Note     Digest      `json:"note,omitzero"`   // of a text
	By       PersonID    `json:"by"`
	Since    time.Time   `json:"since"`
	Entry    uint64      `json:"entry"` // the log entry that deployed it
	Until    time.Time   `json:"until,omitzero"`
	EndEntry uint64      `json:"end_entry,omitempty"` // the log entry that ended it; 0 while it serves
	EndedBy  PersonID    `json:"ended_by,omitempty"`
	EndNote  Digest      `json:"end_note,omitzero"` // of a text
}

// Ref returns the reference.
func (d *Deployment) Ref() DeploymentRef { return DeploymentRef{d.Site, d.Number} }

// Serves reports whether it had not ended by a time; the zero time is now.
func (d *Deployment) Serves(at time.Time) bool {
	if at.IsZero() {
		return d.EndEntry == 0
	}
	return !d.Since.After(at) && (d.EndEntry == 0 || d.Until.After(at))
}
