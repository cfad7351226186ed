package hands

import (
	_ "embed"
	"slices"
)

//go:embed taxonomy.yaml
var taxonomy []byte

// Taxonomy returns the label names of the dataset, all five stages', in the
// form that govctl reads.
func Taxonomy() []byte { return slices.Clone(taxonomy) }
