package govtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"govd/internal/gov"
	"govd/internal/govern"
)

// Project makes a project.
func (k *Kit) Project(name gov.Project) {
	k.t.Helper()
	if _, err := k.Service.CreateProject(context.Background(), k.Admin().Call(), name); err != nil {
		k.t.Fatalf("project %s: %v", name, err)
	}
}

// Dataset makes a dataset of stage 1, and its project if need be. With labels,
// those are its taxonomy; without, any label name goes.
func (k *Kit) Dataset(name gov.DatasetName, labels ...gov.TaxonomyLabel) {
	k.t.Helper()
	_, err := k.Service.CreateProject(context.Background(), k.Admin().Call(), name.Project())
	if err != nil && gov.ReasonOf(err) != "PROJECT_EXISTS" {
		k.t.Fatalf("project of %s: %v", name, err)
	}
	in := govern.CreateDataset{Name: name, Stage: 1}
	if len(labels) > 0 {
		in.Taxonomy = &gov.Taxonomy{Labels: labels}
	}
	if _, err := k.Service.CreateDataset(context.Background(), k.Admin().Call(), in); err != nil {
		k.t.Fatalf("dataset %s: %v", name, err)
	}
}

// Record returns a record with a content of its own and a label for each name.
func Record(key string, labels ...string) *gov.Record {
	r := &gov.Record{Key: key, Content: sha256.Sum256([]byte(key)), Size: uint64(len(key)), MediaType: "image/png"}
	for i, name := range labels {
		r.Labels = append(r.Labels, gov.Label{ID: strconv.Itoa(i + 1), Name: name})
	}
	return r
}

// Records returns n records with keys in order.
func Records(n int, labels ...string) (all []*gov.Record) {
	for i := range n {
		all = append(all, Record(fmt.Sprintf("%04d.png", i), labels...))
	}
	return all
}

// Puts yields an edit for each record.
func Puts(records ...*gov.Record) iter.Seq2[govern.Edit, error] {
	return func(yield func(govern.Edit, error) bool) {
		for _, r := range records {
			if !yield(govern.Edit{Put: r}, nil) {
				return
			}
		}
	}
}

// Edits yields edits.
func Edits(edits ...govern.Edit) iter.Seq2[govern.Edit, error] {
	return func(yield func(govern.Edit, error) bool) {
		for _, e := range edits {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Newest returns the digest of a dataset's newest version, none if it has none.
func (k *Kit) Newest(a *Actor, dataset gov.DatasetName) gov.Digest {
	k.t.Helper()
	v, err := k.Service.Version(context.Background(), a.Call(), gov.Ref{Dataset: dataset})
	if err != nil && gov.ReasonOf(err) != "NO_VERSION" {
		k.t.Fatalf("newest version of %s: %v", dataset, err)
	}
	return v.Digest
}

// Register registers the records, which need be in no order, as the version
// that follows the newest one.
func (k *Kit) Register(a *Actor, dataset gov.DatasetName, records ...*gov.Record) govern.Registered {
	k.t.Helper()
	slices.SortFunc(records, func(x, y *gov.Record) int { return strings.Compare(x.Key, y.Key) })
	return k.register(a, govern.Register{Dataset: dataset}, Puts(records...))
}

// Edit registers what the edits make of the newest version.
func (k *Kit) Edit(a *Actor, dataset gov.DatasetName, edits ...govern.Edit) govern.Registered {
	k.t.Helper()
	return k.register(a, govern.Register{Dataset: dataset, Delta: true}, Edits(edits...))
}

func (k *Kit) register(a *Actor, in govern.Register, edits iter.Seq2[govern.Edit, error]) govern.Registered {
	k.t.Helper()
	in.Parent = k.Newest(a, in.Dataset)
	done, err := k.Service.RegisterVersion(context.Background(), a.Call(), in, edits)
	if err != nil {
		k.t.Fatalf("register %s: %v", in.Dataset, err)
	}
	return done
}

func quoteRow(table string, key, value []byte) string {
	return fmt.Sprintf("%s %q %q\n", table, key, value)
}
