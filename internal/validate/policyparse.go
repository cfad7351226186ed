package validate

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// MaxPolicy is the most bytes that a policy file may have.
const MaxPolicy = 256 << 10

//go:embed stages/*.yaml
var stages embed.FS

// Shipped returns the policy that comes with a stage.
func Shipped(stage gov.Stage) (*Policy, error) {
	if _, err := gov.ParseStage(int(stage)); err != nil {
		return nil, err
	}
	file, err := stages.ReadFile(fmt.Sprintf("stages/stage%d.yaml", stage))
	if err != nil {
		return nil, err
	}
	return ParsePolicy(file)
}

// ParsePolicy parses a policy file: a whole policy, or with "extends: stage N"
// what differs from a shipped one. Unknown keys, checks and parameters,
// impossible numbers and rules that do not type are errors of kind Invalid that
// name each line, up to 20 of them.
func ParsePolicy(file []byte) (*Policy, error) {
	root, err := parseYAML(file)
	if err != nil {
		return nil, err
	}
	r := &policyReader{policy: &Policy{}, checks: newCatalogue()}
	r.document(root)
	if len(r.wrong) == 0 {
		r.consistent(root)
	}
	if len(r.wrong) > 0 {
		return nil, gov.Errorf(gov.Invalid, "BAD_POLICY", "the stage policy is not right:\n%s", strings.Join(r.wrong, "\n"))
	}
	return r.policy, nil
}

func parseYAML(file []byte) (*yaml.Node, error) {
	if len(file) > MaxPolicy {
		return nil, gov.Errorf(gov.Invalid, "BAD_POLICY", "the policy file has %d bytes, %d at most", len(file), MaxPolicy)
	}
	var doc yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(file))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, gov.Errorf(gov.Invalid, "BAD_POLICY", "the policy file is empty")
	} else if err != nil {
		return nil, gov.Errorf(gov.Invalid, "BAD_POLICY", "the policy file is no YAML: %v", err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, gov.Errorf(gov.Invalid, "BAD_POLICY", "there is more after the policy")
	}
	return doc.Content[0], nil
}

// A policyReader fills a policy from nodes and collects what is wrong.
type policyReader struct {
	policy *Policy
	checks catalogue
	wrong  []string
}

func (r *policyReader) complain(n *yaml.Node, format string, args ...any) {
	const most = 20
	if len(r.wrong) < most {
		r.wrong = append(r.wrong, fmt.Sprintf("line %d: ", n.Line)+fmt.Sprintf(format, args...))
	}
}

// object calls read for each key of a mapping, in order.
func (r *policyReader) object(n *yaml.Node, what string, read func(key string, at, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.complain(n, "%s is a list of keys and values", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case seen[key.Value]:
			r.complain(key, "%q is there twice", key.Value)
		case value.Kind == yaml.AliasNode || key.Kind != yaml.ScalarNode:
			r.complain(key, "%s: plain keys and values, please, without aliases", what)
		default:
			seen[key.Value] = true
			read(key.Value, key, value)
		}
	}
}

// fields is object for known keys.
func (r *policyReader) fields(n *yaml.Node, what string, known map[string]func(*yaml.Node)) {
	r.object(n, what, func(key string, at, value *yaml.Node) {
		if read, ok := known[key]; ok {
			read(value)
			return
		}
		r.complain(at, "%s has no key %q", what, key)
	})
}

func (r *policyReader) list(n *yaml.Node, what string, read func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		r.complain(n, "%s is a list", what)
		return
	}
	for _, item := range n.Content {
		read(item)
	}
}

// text reads a string; every name in a policy is short.
func (r *policyReader) text(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" || len(n.Value) > maxExpression {
			r.complain(n, "want a short text")
			return
		}
		*to = n.Value
	}
}

func (r *policyReader) texts(to *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		all := []string{} // a list replaces the one that it extends
		r.list(n, "this", func(item *yaml.Node) {
			var s string
			r.text(&s)(item)
			all = append(all, s)
		})
		*to = all
	}
}

func (r *policyReader) decimal(to *stat.Micro, least, most stat.Micro) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d, err := stat.ParseMicro(n.Value)
		switch {
		case n.Kind != yaml.ScalarNode || err != nil:
			r.complain(n, "%.40q is not a number such as 30, 0.25 or 0.5%%", n.Value)
		case d < least || d > most:
			r.complain(n, "%s is impossible: from %s to %s", n.Value, least, most)
		default:
			*to = d
		}
	}
}

func (r *policyReader) share(to *stat.Micro) func(*yaml.Node) { return r.decimal(to, 0, stat.One) }

func (r *policyReader) whole(to *uint32) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := strconv.ParseUint(n.Value, 10, 32)
		if n.Kind != yaml.ScalarNode || err != nil {
			r.complain(n, "%.40q is not a whole number", n.Value)
		}
		*to = uint32(v)
	}
}
