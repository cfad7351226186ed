package ctl

import (
	"os"

	"go.yaml.in/yaml/v3"

	govdv1 "govd/proto/govd/v1"
)

// A labelName is a label of a taxonomy, in its file and as printed.
type labelName struct {
	Name   string `json:"name" yaml:"name"`
	Parent string `json:"parent,omitempty" yaml:"parent"`
	Since  uint32 `json:"since,omitempty" yaml:"since"`
	Max    uint32 `json:"max,omitempty" yaml:"max"`
}

// readTaxonomy reads a file of label names.
func readTaxonomy(path string) (*govdv1.Taxonomy, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var file struct {
		Labels []labelName `yaml:"labels"`
	}
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, complain(exitError, "BAD_TAXONOMY", "%s: %v", path, err)
	}
	if len(file.Labels) == 0 {
		return nil, complain(exitError, "BAD_TAXONOMY", "%s lists no labels", path)
	}
	t := &govdv1.Taxonomy{}
	for _, l := range file.Labels {
		t.Labels = append(t.Labels, &govdv1.TaxonomyLabel{Name: l.Name, Parent: l.Parent, Since: l.Since, Max: l.Max})
	}
	return t, nil
}

func labelNames(labels []labelName) (names []string) {
	for _, l := range labels {
		names = append(names, l.Name)
	}
	return names
}
