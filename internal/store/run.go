package store

import (
	"errors"
	"iter"
	"strings"

	"govd/internal/gov"
)

// Run returns a run. Returns gov.NotFound if there is none.
func (tx *Tx) Run(id gov.RunID) (gov.Run, error) { return runs.get(tx, id) }

// PutRun inserts or replaces a run.
func (tx *Tx) PutRun(r gov.Run) error { return runs.put(tx, r.ID, r) }

// Runs yields the runs of a project, newest first, from the one before a log
// index; 0 is from the newest.
func (tx *Tx) Runs(project gov.Project, before uint64) iter.Seq2[gov.Run, error] {
	return runs.via(tx, runByProject, down(key(nil).str(string(project)), before))
}

// Model returns a version of a model. Returns gov.NotFound if there is none.
func (tx *Tx) Model(r gov.ModelRef) (gov.ModelVersion, error) { return models.get(tx, r) }

// PutModel adds a version of a model.
func (tx *Tx) PutModel(m gov.ModelVersion) error { return models.put(tx, m.Ref(), m) }

// Models yields the versions of a model, newest first, from the one before a
// number; 0 is from the newest.
func (tx *Tx) Models(name gov.DatasetName, before uint64) iter.Seq2[gov.ModelVersion, error] {
	return models.list(tx, down(key(nil).dataset(name), before))
}

// ModelsIn yields the versions of all models of a project, by name, the oldest
// first, after one; from the first if that has no number.
func (tx *Tx) ModelsIn(project gov.Project, after gov.ModelRef) iter.Seq2[gov.ModelVersion, error] {
	s := under(key(nil).str(string(project)))
	if after.Number != 0 {
		s = s.after(models.key(after))
	}
	return models.list(tx, s)
}

// ModelsByDigest yields the versions of any model with a digest.
func (tx *Tx) ModelsByDigest(d gov.Digest) iter.Seq2[gov.ModelVersion, error] {
	return models.via(tx, modelByDigest, under(key(nil).digest(d)))
}

// ModelTag returns a tag of a model. Returns gov.NotFound if there is none.
func (tx *Tx) ModelTag(model gov.DatasetName, name string) (gov.TaggedModel, error) {
	return modelTags.get(tx, tagKey{model, name})
}

// PutModelTag inserts or moves a tag.
func (tx *Tx) PutModelTag(t gov.TaggedModel) error {
	return modelTags.put(tx, tagKey{t.Model, t.Name}, t)
}

// RemoveModelTag removes a tag. Returns gov.NotFound if there is none.
func (tx *Tx) RemoveModelTag(model gov.DatasetName, name string) error {
	return modelTags.remove(tx, tagKey{model, name})
}

// ModelTags yields the tags of a model by name.
func (tx *Tx) ModelTags(model gov.DatasetName) iter.Seq2[gov.TaggedModel, error] {
	return modelTags.list(tx, under(key(nil).dataset(model)))
}

// Batch returns a batch of outputs. Returns gov.NotFound if there is none.
func (tx *Tx) Batch(number uint64) (gov.Batch, error) { return batches.get(tx, number) }

// PutBatch adds a batch.
func (tx *Tx) PutBatch(b gov.Batch) error { return batches.put(tx, b.Number, b) }

// AllBatches yields every batch, the oldest first.
func (tx *Tx) AllBatches() iter.Seq2[gov.Batch, error] { return batches.list(tx, span{}) }

// Batches yields the batches of a version of a model, newest first.
func (tx *Tx) Batches(m gov.ModelRef) iter.Seq2[gov.Batch, error] {
	return batches.via(tx, batchByModel, down(key(nil).dataset(m.Model).uint64(m.Number), 0))
}

var runs = &table[gov.RunID, gov.Run]{
	bucket: runTable, noun: "run", missing: "NO_RUN",
	key:   func(id gov.RunID) key { return key(nil).str(string(id)) },
	keyOf: func(r gov.Run) gov.RunID { return r.ID },
	codec: jsonValue[gov.Run](),
	indexes: []index[gov.Run]{
		{bucket: runByProject, keys: func(r gov.Run) []key { return []key{key(nil).str(string(r.Project)).uint64(r.Entry)} }},
	},
}

var models = &table[gov.ModelRef, gov.ModelVersion]{
	bucket: modelTable, noun: "model", missing: "NO_MODEL",
	key:   func(r gov.ModelRef) key { return key(nil).dataset(r.Model).uint64(r.Number) },
	keyOf: func(m gov.ModelVersion) gov.ModelRef { return m.Ref() },
	codec: jsonValue[gov.ModelVersion](),
	indexes: []index[gov.ModelVersion]{
		{bucket: modelByDigest, keys: func(m gov.ModelVersion) []key {
			return []key{key(nil).digest(m.Digest).dataset(m.Model).uint64(m.Number)}
		}},
	},
}

var modelTags = &table[tagKey, gov.TaggedModel]{
	bucket: modelTagTable, noun: "tag", missing: "NO_TAG",
	key:   func(k tagKey) key { return key(nil).dataset(k.dataset).str(k.name) },
	keyOf: func(t gov.TaggedModel) tagKey { return tagKey{t.Model, t.Name} },
	codec: jsonValue[gov.TaggedModel](),
}

var batches = &table[uint64, gov.Batch]{
	bucket: batchTable, noun: "batch", missing: "NO_BATCH",
	key:   func(n uint64) key { return key(nil).uint64(n) },
	keyOf: func(b gov.Batch) uint64 { return b.Number },
	codec: jsonValue[gov.Batch](),
	indexes: []index[gov.Batch]{
		{bucket: batchByModel, keys: func(b gov.Batch) []key {
			return []key{key(nil).dataset(b.Model.Model).uint64(b.Model.Number).uint64(b.Number)}
		}},
	},
}

var errNode = errors.New("not the text of a node")

// trustedNode takes apart the text of a node that was one when it was stored.
func trustedNode(s string) (gov.Node, error) {
	kind, name, ok := strings.Cut(s, ":")
	if !ok {
		return gov.Node{}, errNode
	}
	return gov.Node{Kind: gov.NodeKind(kind), Name: name}, nil
}
