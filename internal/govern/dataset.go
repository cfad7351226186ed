package govern

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"govd/internal/gov"
	"govd/internal/store"
)

// DatasetCreated: there is a dataset, empty as yet. Its salt is a secret and
// lies beside the log.
type DatasetCreated struct {
	Name        gov.DatasetName `json:"name"`
	Stage       gov.Stage       `json:"stage"`
	Taxonomy    gov.Digest      `json:"taxonomy,omitzero"`
	Purposes    []string        `json:"purposes,omitempty"`
	Sensitivity string          `json:"sensitivity,omitempty"`
	License     string          `json:"license,omitempty"`
	Salt        gov.Digest      `json:"salt"`
}

func (*DatasetCreated) name() string { return "dataset.created" }

func (e *DatasetCreated) apply(tx *store.Tx, o origin) error {
	return tx.PutDataset(gov.Dataset{
		Name: e.Name, Stage: e.Stage, Taxonomy: e.Taxonomy, Purposes: e.Purposes, Sensitivity: e.Sensitivity, License: e.License,
		Salt: e.Salt, By: o.who, Created: o.time,
	})
}

// CreateDataset is a request to make a dataset.
type CreateDataset struct {
	Name        gov.DatasetName
	Stage       gov.Stage
	Taxonomy    *gov.Taxonomy // nil: any label name goes
	Purposes    []string
	Sensitivity string
	License     string
}

// Words in the log are short and plain; free text has no place there.
var (
	wordForm  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._+/-]{0,63}$`)
	maxLabels = 20_000
)

func (in *CreateDataset) check() error {
	for _, w := range slices.Concat(in.Purposes, given(in.Sensitivity), given(in.License)) {
		if !wordForm.MatchString(w) {
			return gov.Errorf(gov.Invalid, "BAD_WORD", "a purpose, sensitivity or license is 1 to 64 letters, digits, spaces and . _ + / -")
		}
	}
	if len(in.Purposes) > 64 {
		return gov.Errorf(gov.Invalid, "BAD_WORD", "a dataset has 64 purposes at most")
	}
	if in.Taxonomy == nil {
		return nil
	}
	if len(in.Taxonomy.Labels) > maxLabels {
		return gov.Errorf(gov.Invalid, "BAD_TAXONOMY", "a taxonomy has %d labels at most", maxLabels)
	}
	return in.Taxonomy.Check()
}

// given returns the word if there is one.
func given(word string) []string {
	if word == "" {
		return nil
	}
	return []string{word}
}

// CreateDataset makes an empty dataset.
func (s *Service) CreateDataset(ctx context.Context, c Call, in CreateDataset) (Done[*DatasetCreated], error) {
	if err := in.check(); err != nil {
		return Done[*DatasetCreated]{}, err
	}
	return write(ctx, s, c, action{do: gov.DatasetCreate, at: gov.Place(in.Name), args: in}, func(tx *store.Tx) (*DatasetCreated, error) {
		if _, err := tx.Project(in.Name.Project()); err != nil {
			return nil, err
		}
		if _, err := tx.Dataset(in.Name); !errors.Is(err, gov.NotFound) {
			if err == nil {
				err = gov.Errorf(gov.Exists, "DATASET_EXISTS", "there is a dataset %s already", in.Name)
			}
			return nil, err
		}
		return newDataset(tx, in)
	})
}

// newDataset lays what is secret or long beside the log.
func newDataset(tx *store.Tx, in CreateDataset) (*DatasetCreated, error) {
	ev := &DatasetCreated{
		Name: in.Name, Stage: in.Stage, Purposes: in.Purposes, Sensitivity: in.Sensitivity, License: in.License,
	}
	if in.Taxonomy != nil {
		doc := in.Taxonomy.Document()
		ev.Taxonomy = gov.DocumentDigest(doc)
		if err := tx.PutDocument(ev.Taxonomy, doc); err != nil {
			return nil, err
		}
	}
	var err error
	ev.Salt, err = newSalt(tx)
	return ev, err
}

// Dataset returns a dataset and its taxonomy, nil if it has none.
func (s *Service) Dataset(ctx context.Context, c Call, name gov.DatasetName) (d gov.Dataset, t *gov.Taxonomy, err error) {
	err = s.see(ctx, c, gov.DatasetRead, gov.Place(name), func(tx *store.Tx) error {
		if d, err = tx.Dataset(name); err != nil {
			return err
		}
		t, err = taxonomy(tx, d)
		return err
	})
	return d, t, err
}

func taxonomy(tx *store.Tx, d gov.Dataset) (*gov.Taxonomy, error) {
	if d.Taxonomy.IsZero() {
		return nil, nil
	}
	doc, err := tx.Document(d.Taxonomy)
	if err != nil {
		return nil, err
	}
	return gov.ParseTaxonomy(doc)
}

// Datasets returns up to n datasets that the caller may read, by name, after
// one: a project's, or everyone's if project is empty.
func (s *Service) Datasets(ctx context.Context, c Call, project gov.Project, after gov.DatasetName, n int) (page []gov.Dataset, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		known, all, err := s.horizon(tx, c)
		if err != nil {
			return err
		}
		page, err = take(keep(tx.Datasets(project, after), func(d gov.Dataset) (bool, error) {
			if !all && !slices.Contains(known, d.Name.Project()) {
				return false, nil
			}
			return s.reads(tx, c, gov.DatasetRead, gov.Place(d.Name))
		}), n)
		return err
	})
	return page, err
}
