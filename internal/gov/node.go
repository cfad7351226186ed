package gov

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A NodeKind says what a node of the lineage is.
type NodeKind string

// The kinds, and what the name of such a node is.
const (
	SourceNode     NodeKind = "source"     // where data came from: a URI
	VersionNode    NodeKind = "version"    // project/name@v12
	ChangeNode     NodeKind = "change"     // its number
	ReportNode     NodeKind = "report"     // its digest
	InspectionNode NodeKind = "inspection" // its number
	RunNode        NodeKind = "run"        // its RunID
	ModelNode      NodeKind = "model"      // project/name:v3
	DeploymentNode NodeKind = "deployment" // project/site#2
	BatchNode      NodeKind = "batch"      // of outputs: its number
	OutputNode     NodeKind = "output"     // the digest of its bytes
	ExternalNode   NodeKind = "external"   // a dataset elsewhere: namespace#name or namespace#name@version
	JobNode        NodeKind = "job"        // namespace#name
)

// MaxNode is the most bytes the text of a node may have.
const MaxNode = 900

// A Node is one thing in the lineage: a dataset version, a run, a model. Nodes
// are equal if and only if their texts are.
type Node struct {
	Kind NodeKind
	Name string // in the one form of its kind
}

// ParseNode parses what String writes, and no other.
func ParseNode(s string) (Node, error) {
	kind, name, ok := strings.Cut(s, ":")
	n := Node{NodeKind(kind), name}
	switch {
	case len(s) > MaxNode:
		return Node{}, Errorf(Invalid, "BAD_NODE", "node %q has %d bytes, %d at most", clip(s), len(s), MaxNode)
	case !ok || !n.sound():
		return Node{}, Errorf(Invalid, "BAD_NODE", "%q is not a node: want its kind, a colon and its name, such as version:project/name@v12", clip(s))
	}
	return n, nil
}

// String returns the text form: kind, colon, name. It is empty for no node.
func (n Node) String() string {
	if n.Kind == "" {
		return ""
	}
	return string(n.Kind) + ":" + n.Name
}

// MarshalText writes the text form; no node is the empty string.
func (n Node) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText parses what MarshalText writes.
func (n *Node) UnmarshalText(b []byte) (err error) {
	if *n = (Node{}); len(b) > 0 {
		*n, err = ParseNode(string(b))
	}
	return err
}

// Place returns where the node lies, as policy sees it: the dataset of a
// version, the project of a model or a deployment, or "" where the name alone
// does not say.
func (n Node) Place() Place {
	switch n.Kind {
	case VersionNode:
		name, _, _ := strings.Cut(n.Name, "@")
		return Place(name)
	case ModelNode, DeploymentNode:
		project, _, _ := strings.Cut(n.Name, "/")
		return Place(project)
	}
	return ""
}

func (n Node) sound() bool {
	var err error
	switch n.Kind {
	case VersionNode:
		var r Ref
		r, err = ParseRef(n.Name)
		return err == nil && r.Number != 0 && r.String() == n.Name
	case ModelNode:
		_, err = ParseModelRef(n.Name)
	case DeploymentNode:
		_, err = ParseDeploymentRef(n.Name)
	case ChangeNode, InspectionNode, BatchNode:
		_, err = ParseChangeID(n.Name) // the same form
	case ReportNode, OutputNode:
		_, err = ParseDigest(n.Name)
	case RunNode:
		_, err = ParseRunID(n.Name)
	case SourceNode:
		return soundURI(n.Name)
	case JobNode, ExternalNode:
		return soundOutside(n)
	default:
		return false
	}
	return err == nil
}

// soundURI accepts an absolute URI in printable bytes; what is behind it is
// nobody's business here.
func soundURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	return ok && rest != "" && uriScheme(scheme) && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

func uriScheme(s string) bool {
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return false
		}
	}
	return s != ""
}

// VersionOf returns the node of a version.
func VersionOf(d DatasetName, number uint64) Node {
	return Node{VersionNode, Ref{Dataset: d, Number: number}.String()}
}

// NumberedNode returns the node of a change, an inspection or a batch.
func NumberedNode(k NodeKind, number uint64) Node {
	return Node{k, strconv.FormatUint(number, 10)}
}

// An Outside names a dataset or a job that another system keeps, in any text.
type Outside struct {
	Namespace, Name string
	Version         string // of a dataset; "" where none was said
}

// Job returns the node of a job.
func (o Outside) Job() (Node, error) {
	return ParseNode(string(JobNode) + ":" + escapeOutside(o.Namespace) + "#" + escapeOutside(o.Name))
}

// External returns the node of a dataset.
func (o Outside) External() (Node, error) {
	s := string(ExternalNode) + ":" + escapeOutside(o.Namespace) + "#" + escapeOutside(o.Name)
	if o.Version != "" {
		s += "@" + escapeOutside(o.Version)
	}
	return ParseNode(s)
}

// Outside returns the parts of the name of a job or an external dataset.
func (n Node) Outside() Outside {
	namespace, rest, _ := strings.Cut(n.Name, "#")
	name, version, _ := strings.Cut(rest, "@")
	return Outside{unescapeOutside(namespace), unescapeOutside(name), unescapeOutside(version)}
}

// Whole returns the node of an external dataset without its version.
func (n Node) Whole() Node {
	name, _, _ := strings.Cut(n.Name, "@")
	return Node{n.Kind, name}
}

// soundOutside holds that parts are there, and escaped where they must be and
// nowhere else.
func soundOutside(n Node) bool {
	o := n.Outside()
	text := escapeOutside(o.Namespace) + "#" + escapeOutside(o.Name)
	if o.Version != "" && n.Kind == ExternalNode {
		text += "@" + escapeOutside(o.Version)
	}
	return o.Namespace != "" && o.Name != "" && text == n.Name && utf8.ValidString(n.Name)
}

const upperHex = "0123456789ABCDEF"

// escapeOutside writes the bytes that would part a name, and those that do not
// print, as % and two hex digits.
func escapeOutside(s string) string {
	if strings.IndexFunc(s, escaped) < 0 {
		return s
	}
	b := make([]byte, 0, len(s)+8)
	for _, c := range []byte(s) {
		if escaped(rune(c)) {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

func escaped(r rune) bool {
	return r <= ' ' || r == 0x7f || r == '%' || r == '#' || r == '@'
}

// unescapeOutside leaves what is no escape as it is; soundOutside then differs.
func unescapeOutside(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(c))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// A NodeInfo is what is kept of a node besides its edges.
type NodeInfo struct {
	Node
	Since    uint64    // log index of the first entry that said what it is; 0: none has, as entry 0 says it of nothing
	Projects []Project // that spoke of it, the first MaxNodeProjects of them, in that order
}

// MaxNodeProjects is how many projects a NodeInfo names at most.
const MaxNodeProjects = 8

// Resolved reports whether something had said by the log index what the node is.
func (n *NodeInfo) Resolved(asOf uint64) bool { return n.Since != 0 && n.Since <= asOf }
