package trail

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"govd/internal/gov"
)

// exports makes each format out of a chain.
var exports = map[string]func(*view) ([]byte, error){
	"openlineage": openLineage,
	"json":        func(v *view) ([]byte, error) { return indented(v.Chain) },
	"prov":        prov,
	"cyclonedx":   cycloneDX,
	"spdx":        spdx,
	"croissant":   croissant,
	"in-toto":     inToto,
	"html":        func(v *view) ([]byte, error) { return Trace(v.Chain).HTML(), nil },
	"csv":         func(v *view) ([]byte, error) { return edgeTable(v).CSV(), nil },
	"csv-nodes":   func(v *view) ([]byte, error) { return nodeTable(v).CSV(), nil },
}

// Formats returns the names of the formats that Export writes, sorted.
func Formats() []string { return slices.Sorted(maps.Keys(exports)) }

// Export writes the chain in a format of others. The same chain gives the same
// bytes. Returns gov.Invalid with the reason UNKNOWN_FORMAT, or NOT_FOR_FORMAT
// if the format cannot say anything of such a subject.
func Export(c *Chain, format string) ([]byte, error) {
	write, known := exports[format]
	if !known {
		return nil, gov.Errorf(gov.Invalid, "UNKNOWN_FORMAT", "no format %s: there are %s", quote(format), strings.Join(Formats(), ", "))
	}
	return write(newView(c))
}

func notFor(format, want string, n gov.Node) error {
	return gov.Errorf(gov.Invalid, "NOT_FOR_FORMAT", "%s is about %s, and %s is none", format, want, quote(n.String()))
}

// An object is a JSON object; its names are written sorted.
type object map[string]any

// set sets a member unless the value is empty.
func (o object) set(name, value string) {
	if value != "" {
		o[name] = value
	}
}

// indented writes JSON in one form.
func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

// hexOf returns the digest without its prefix.
func hexOf(d gov.Digest) string { return strings.TrimPrefix(d.String(), "sha256:") }

// uuid makes a name-based UUID (RFC 9562, version 8) for a document about the
// chain: the same chain gives the same one.
func (c *Chain) uuid(what string) string {
	h := sha256.New()
	fmt.Fprintf(h, "govd/uuid\x00%s\x00%s\x00%s\x00%d", what, c.Origin, c.Subject, c.AsOf)
	b := h.Sum(nil)[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// parameters returns the parameters of a run by name.
func parameters(r *gov.Run) (all []Field) {
	for _, name := range slices.Sorted(maps.Keys(r.Params)) {
		all = append(all, Field{name, r.Params[name]})
	}
	return all
}
