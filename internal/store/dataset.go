package store

import (
	"encoding/hex"
	"iter"
	"strings"

	"govd/internal/gov"
)

// Project returns the project. Returns gov.NotFound if there is none.
func (tx *Tx) Project(name gov.Project) (gov.ProjectInfo, error) { return projects.get(tx, name) }

// PutProject inserts or replaces a project.
func (tx *Tx) PutProject(p gov.ProjectInfo) error { return projects.put(tx, p.Name, p) }

// Projects yields the projects after the given one, or all after "", by name.
func (tx *Tx) Projects(after gov.Project) iter.Seq2[gov.ProjectInfo, error] {
	var s span
	if after != "" {
		s = s.after(projects.key(after))
	}
	return projects.list(tx, s)
}

// Dataset returns the dataset. Returns gov.NotFound if there is none.
func (tx *Tx) Dataset(name gov.DatasetName) (gov.Dataset, error) { return datasets.get(tx, name) }

// PutDataset inserts or replaces a dataset.
func (tx *Tx) PutDataset(d gov.Dataset) error { return datasets.put(tx, d.Name, d) }

// Datasets yields the datasets of the project (of all for "") after the given
// one, or all after "", by project and name.
func (tx *Tx) Datasets(project gov.Project, after gov.DatasetName) iter.Seq2[gov.Dataset, error] {
	var s span
	if project != "" {
		s = under(key(nil).str(string(project)))
	}
	if after != "" {
		s = s.after(datasets.key(after))
	}
	return datasets.list(tx, s)
}

// Version returns the version. Returns gov.NotFound if there is none.
func (tx *Tx) Version(dataset gov.DatasetName, number uint64) (gov.Version, error) {
	return versions.get(tx, versionKey{dataset, number})
}

// PutVersion inserts or replaces a version.
func (tx *Tx) PutVersion(v gov.Version) error { return versions.put(tx, versions.keyOf(v), v) }

// Versions yields the versions of the dataset whose number is below before (0:
// all), newest first.
func (tx *Tx) Versions(dataset gov.DatasetName, before uint64) iter.Seq2[gov.Version, error] {
	all := key(nil).dataset(dataset)
	s := span{from: all, to: beyond(all), reverse: true}
	if before != 0 {
		s.to = versions.key(versionKey{dataset, before})
	}
	return versions.list(tx, s)
}

// VersionsByDigest yields the versions of the dataset whose digest begins with
// the hex digits.
func (tx *Tx) VersionsByDigest(dataset gov.DatasetName, hexPrefix string) iter.Seq2[gov.Version, error] {
	return func(yield func(gov.Version, error) bool) {
		whole, err := hex.DecodeString(hexPrefix[:len(hexPrefix)&^1])
		if err != nil {
			yield(gov.Version{}, gov.Errorf(gov.Invalid, "BAD_REF", "%q is not hex", hexPrefix))
			return
		}
		for v, err := range versions.via(tx, versionByDigest, under(append(key(nil).dataset(dataset), whole...))) {
			matches := err != nil || strings.HasPrefix(hex.EncodeToString(v.Digest[:]), hexPrefix)
			if matches && !yield(v, err) {
				return
			}
		}
	}
}

// Tag returns the tag of the dataset. Returns gov.NotFound if there is none.
func (tx *Tx) Tag(dataset gov.DatasetName, name string) (gov.Tag, error) {
	return tags.get(tx, tagKey{dataset, name})
}

// PutTag inserts or replaces a tag.
func (tx *Tx) PutTag(t gov.Tag) error { return tags.put(tx, tags.keyOf(t), t) }

// RemoveTag removes a tag. Returns gov.NotFound if there is none.
func (tx *Tx) RemoveTag(dataset gov.DatasetName, name string) error {
	return tags.remove(tx, tagKey{dataset, name})
}

// Tags yields the tags of the dataset, by name.
func (tx *Tx) Tags(dataset gov.DatasetName) iter.Seq2[gov.Tag, error] {
	return tags.list(tx, under(key(nil).dataset(dataset)))
}
