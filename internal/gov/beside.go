package gov

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
)

// The log holds neither free text nor bulk: entries commit to them by digest,
// and they lie beside the log, where they can be erased.

// A SaltText is free text with the random salt that keeps its digest from
// being guessed once the text has been erased.
type SaltText struct {
	Salt [16]byte
	Text string
}

// Digest returns SHA-256(0x17 | salt | text).
func (t SaltText) Digest() Digest {
	return sha256.Sum256(append(append([]byte{0x17}, t.Salt[:]...), t.Text...))
}

// MaxMessage is the most bytes a message may have.
const MaxMessage = 4096

// DocumentDigest returns SHA-256(0x18 | document): the digest of a document
// that is not secret, such as a taxonomy.
func DocumentDigest(doc []byte) Digest { return sha256.Sum256(append([]byte{0x18}, doc...)) }

// A Taxonomy lists the label names of a dataset.
type Taxonomy struct {
	Labels []TaxonomyLabel `json:"labels"`
}

// A TaxonomyLabel is one label name.
type TaxonomyLabel struct {
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"` // the label it is part of
	Since  Stage  `json:"since"`            // the stage from which it is used
	Max    uint32 `json:"max,omitempty"`    // how many one record may carry; 0: any number
}

// Document returns the canonical bytes of the taxonomy: JSON, sorted by name.
func (t *Taxonomy) Document() []byte {
	labels := slices.Clone(t.Labels) // the caller's stay as they are
	slices.SortFunc(labels, func(a, b TaxonomyLabel) int { return strings.Compare(a.Name, b.Name) })
	return must(json.Marshal(Taxonomy{labels}))
}

// ParseTaxonomy parses what Document returns.
func ParseTaxonomy(doc []byte) (*Taxonomy, error) {
	var t Taxonomy
	if err := json.Unmarshal(doc, &t); err != nil {
		return nil, Because(err, Invalid, "BAD_TAXONOMY", "not a taxonomy")
	}
	return &t, t.Check()
}

// Check reports the first thing that is wrong: a name that is empty or used
// twice, a parent that is not there, parents in a circle, a stage that is none.
func (t *Taxonomy) Check() error {
	parent := make(map[string]string, len(t.Labels))
	for i := range t.Labels {
		l := &t.Labels[i]
		if l.Since == 0 {
			l.Since = 1
		}
		if _, twice := parent[l.Name]; twice || l.Name == "" || !validText(l.Name, MaxText) {
			return Errorf(Invalid, "BAD_TAXONOMY", "label %q is there twice, empty or too long", clip(l.Name))
		}
		if _, err := ParseStage(int(l.Since)); err != nil {
			return Errorf(Invalid, "BAD_TAXONOMY", "label %q: no stage %d", clip(l.Name), l.Since)
		}
		parent[l.Name] = l.Parent
	}
	for name := range parent {
		if err := checkParents(parent, name); err != nil {
			return err
		}
	}
	return nil
}

func checkParents(parent map[string]string, name string) error {
	for at, steps := name, 0; parent[at] != ""; at, steps = parent[at], steps+1 {
		if _, known := parent[parent[at]]; !known {
			return Errorf(Invalid, "BAD_TAXONOMY", "label %q is part of %q, which is not in the taxonomy", clip(at), clip(parent[at]))
		}
		if steps > len(parent) {
			return Errorf(Invalid, "BAD_TAXONOMY", "label %q is part of itself", clip(name))
		}
	}
	return nil
}
