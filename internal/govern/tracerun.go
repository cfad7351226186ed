package govern

import (
	"encoding/json"
	"errors"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/trail"
)

func (t *tracer) run(n *trail.Node) error {
	r, err := t.tx.Run(gov.RunID(n.ID.Name))
	if errors.Is(err, gov.NotFound) {
		return nil // another system's
	}
	if err != nil {
		return err
	}
	params, err := textOf(t.tx, r.ParamsText)
	if err == nil && params != "" {
		err = json.Unmarshal([]byte(params), &r.Params)
	}
	if err != nil {
		return err
	}
	n.Time, n.By, n.Entry, n.Run = r.Started, r.By, r.Entry, &r
	t.person(r.By)
	t.entry(r.Entry)
	if r.EndEntry != 0 {
		t.entry(r.EndEntry)
	}
	return errors.Join(t.text(r.ParamsText), t.text(r.Why), t.document(r.Gates))
}

func (t *tracer) model(n *trail.Node) error {
	ref, err := gov.ParseModelRef(n.ID.Name)
	if err != nil {
		return err
	}
	m, err := t.tx.Model(ref)
	if err != nil {
		return err
	}
	n.Digest, n.Time, n.By, n.Entry, n.Model = m.Digest, m.Created, m.By, m.Entry, &trail.Model{ModelVersion: m}
	t.person(m.By)
	t.entry(m.Entry)
	for tag, err := range t.tx.ModelTags(m.Model) {
		if err != nil {
			return err
		}
		if tag.Number == m.Number {
			n.Model.Tags = append(n.Model.Tags, tag.Name)
		}
	}
	doc, err := t.tx.Document(m.Digest)
	if errors.Is(err, gov.NotFound) {
		return t.document(m.OMS)
	}
	if err == nil {
		err = json.Unmarshal(doc, n.Model)
	}
	return errors.Join(err, t.document(m.Digest), t.document(m.OMS))
}

func (t *tracer) deployment(n *trail.Node) error {
	ref, err := gov.ParseDeploymentRef(n.ID.Name)
	if err != nil {
		return err
	}
	d, err := t.tx.Deployment(ref)
	if err != nil {
		return err
	}
	n.Time, n.By, n.Entry, n.Deployment = d.Since, d.By, d.Entry, &d
	t.person(d.By)
	t.entry(d.Entry)
	if d.EndEntry != 0 {
		t.person(d.EndedBy)
		t.entry(d.EndEntry)
	}
	return errors.Join(t.document(d.Gates), t.text(d.Note), t.text(d.EndNote))
}

func (t *tracer) batch(n *trail.Node) error {
	number, err := gov.ParseChangeID(n.ID.Name) // the same form
	if err != nil {
		return err
	}
	b, err := t.tx.Batch(uint64(number))
	if err != nil {
		return err
	}
	n.Digest, n.Time, n.By, n.Entry, n.Batch = b.Root, b.Created, b.By, b.Entry, &b
	t.person(b.By)
	t.entry(b.Entry)
	return nil
}

// maxPlaces is in how many batches an output is proven to be.
const maxPlaces = 10

// output tells where an output was recorded, and proves it.
func (t *tracer) output(n *trail.Node) error {
	d, err := gov.ParseDigest(n.ID.Name)
	if err != nil {
		return err
	}
	places, err := t.tx.FindOutputs(d, maxPlaces)
	if err != nil {
		return err
	}
	for _, p := range places {
		proof, err := proveOutput(t.tx, p)
		if err != nil {
			return err
		}
		t.entry(proof.Entry)
		t.bundle.Outputs = append(t.bundle.Outputs, proof)
		if n.Output == nil {
			n.Digest, n.Entry, n.Output = d, proof.Entry, &trail.Output{Batch: p.Batch, Index: uint64(p.Index), Name: proof.Name}
		}
	}
	return nil
}

// proveOutput proves that a batch holds an output. It reads the whole batch.
func proveOutput(tx *store.Tx, p gov.OutputPlace) (proof trail.OutputProof, err error) {
	b, err := tx.Batch(p.Batch)
	if err != nil {
		return proof, err
	}
	leaves := make([]gov.Digest, 0, b.Count)
	for o, err := range tx.Outputs(p.Batch, 0) {
		if err != nil {
			return proof, err
		}
		if len(leaves) == int(p.Index) {
			proof = trail.OutputProof{Entry: b.Entry, Index: uint64(p.Index), Name: o.Name, Digest: o.Digest}
		}
		leaves = append(leaves, audit.LeafHash(trail.OutputLeaf(o.Digest, o.Name)))
	}
	proof.Hashes = trail.ProveOutput(leaves, uint64(p.Index))
	return proof, nil
}
