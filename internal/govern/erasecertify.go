package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/trail"
	"govd/internal/tree"
)

// ErasureCertified: a certificate of an erasure was handed out.
type ErasureCertified struct {
	Erasure gov.ErasureID `json:"erasure"`
	AsOf    uint64        `json:"as_of"`   // entries of the log that it takes into account
	Content gov.Digest    `json:"content"` // trail.Bundle's
}

func (*ErasureCertified) name() string { return "erasure.certified" }

func (*ErasureCertified) apply(*store.Tx, origin) error { return nil }

// CertifyErasure is a request for a certificate.
type CertifyErasure struct {
	Erasure gov.ErasureID
	Since   uint64 // size of a log that the reader knows: the certificate shows that this one continues it
}

// CertifyErasure returns the file that proves, without the server, what was
// erased. It holds the keys of the records, as the list of an erasure does, and
// handing it out is an entry of the log.
func (s *Service) CertifyErasure(ctx context.Context, c Call, in CertifyErasure) (file []byte, err error) {
	var w *certifier
	var at gov.Place
	err = s.seeErasure(ctx, c, gov.EraseRead, in.Erasure, func(tx *store.Tx, row gov.Erasure) error {
		at = gov.Place(row.Project)
		w = newCertifier(tx, s.key.Origin())
		return w.certify(row)
	})
	if err != nil {
		return nil, err
	}
	ev := ErasureCertified{Erasure: in.Erasure, AsOf: w.certificate.AsOf}
	if ev.Content, err = w.bundle.Content(); err != nil {
		return nil, err
	}
	done, err := write(ctx, s, c, action{do: gov.EraseRead, at: at, args: in}, func(*store.Tx) (*ErasureCertified, error) { return &ev, nil })
	if err != nil {
		return nil, hideErasure(in.Erasure, err)
	}
	if done.Event.Content != ev.Content {
		return nil, exportedBefore()
	}
	w.entry(done.Index)
	return s.sealed(ctx, &w.bundle, in.Since)
}

// A certifier gathers a certificate.
type certifier struct {
	*tracer     // for evidence, and who people are
	certificate *trail.Certificate
	newest      map[gov.DatasetName]gov.Version
}

func newCertifier(tx *store.Tx, origin string) *certifier {
	return &certifier{tracer: newTracer(tx, origin, nil), newest: map[gov.DatasetName]gov.Version{}}
}

// maxCertified is of how many values a certificate has proofs at most: they are
// some 20 KB each.
const maxCertified = 500

// certify gathers the certificate of an erasure that is done.
func (w *certifier) certify(row gov.Erasure) error {
	if row.State != gov.ErasureDone {
		return gov.Errorf(gov.Conflict, "ERASURE_NOT_DONE", "erasure %s is %s: there is nothing to certify before it is done", row.ID, row.State)
	}
	where, err := textOf(w.tx, row.Where)
	reason, e1 := textOf(w.tx, row.Reason)
	if err := errors.Join(err, e1, w.text(row.Where), w.text(row.Reason), w.text(row.List), w.document(row.Hashes)); err != nil {
		return err
	}
	w.certificate = &trail.Certificate{
		Format: trail.CertificateFormat, Origin: w.bundle.Chain.Origin, AsOf: w.tx.LogSize(), Erasure: row.ID, Project: row.Project,
		Where: where, Reason: reason, Found: row.Found,
	}
	if err := errors.Join(w.steps(row), w.values(row)); err != nil {
		return err
	}
	if err := w.named(); err != nil {
		return err
	}
	w.certificate.People = w.bundle.Chain.People
	w.bundle.Chain, w.bundle.Certificate = nil, w.certificate
	return nil
}

// steps takes the entries of the erasure.
func (w *certifier) steps(row gov.Erasure) error {
	last, err := line(w.tx, w.certificate.AsOf-1)
	if err != nil {
		return err
	}
	w.certificate.Time = last.Time
	for _, i := range []uint64{row.Entry, row.Approved, row.Begun, row.Done, row.Compacted} {
		if i == 0 {
			continue // not compacted yet
		}
		e, err := line(w.tx, i)
		if err != nil {
			return err
		}
		w.certificate.Steps = append(w.certificate.Steps, trail.CertifiedStep{Event: e.Event, By: e.Who, Time: e.Time, Entry: i})
		w.entry(i)
		w.person(e.Who)
	}
	return nil
}

// values proves that the values are gone: of all of them, or of some that are
// spread over the list if there are too many. If the list is gone, of none.
func (w *certifier) values(row gov.Erasure) error {
	list, err := readText[gov.ErasureList](w.tx, row.List)
	if errors.Is(err, gov.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	shown := min(len(list.Values), maxCertified)
	for i := range shown {
		if err := w.value(&list.Values[i*len(list.Values)/shown]); err != nil {
			return err
		}
	}
	for _, name := range sortedNames(w.newest) {
		w.certificate.Newest = append(w.certificate.Newest, gov.VersionOf(name, w.newest[name].Number))
	}
	return nil
}

// value proves that a value is gone from the newest version that held it, and
// what stands at its key now.
func (w *certifier) value(v *gov.ErasedValue) error {
	newest, err := w.newestOf(v.Dataset)
	if err != nil {
		return err
	}
	said := trail.CertifiedValue{Dataset: v.Dataset, Key: v.Key, In: newest.Number}
	if said.Now, err = w.now(newest, v); err != nil {
		return err
	}
	in := newest
	if said.Now != trail.NowErased {
		if in, err = w.tx.Version(v.Dataset, v.Versions[len(v.Versions)-1][1]); err != nil {
			return err
		}
		said.In = in.Number
	}
	proof, err := tree.ProveErased(w.tx, in.Tree, []byte(v.Key))
	if err != nil {
		return err
	}
	w.gone(in, trail.Gone{Key: v.Key, Proof: proof})
	w.certificate.Values = append(w.certificate.Values, said)
	return nil
}

// now says what stands at a value's key in the newest version, and proves that
// nothing does if that can be proven.
func (w *certifier) now(newest gov.Version, v *gov.ErasedValue) (trail.Now, error) {
	_, e, err := tree.Leaf(w.tx, newest.Tree, []byte(v.Key))
	switch {
	case err == nil && e.Erased && e.Hash == v.Hash:
		return trail.NowErased, nil
	case err == nil:
		return trail.NowAnother, nil
	case gov.ReasonOf(err) != "NO_RECORD":
		return "", err
	}
	proof, err := tree.Prove(w.tx, newest.Tree, []byte(v.Key), true)
	if gov.ReasonOf(err) == "ERASED" {
		return trail.NowUnproven, nil
	}
	if err == nil {
		w.gone(newest, trail.Gone{Key: v.Key, Absent: true, Proof: proof})
	}
	return trail.NowAbsent, err
}

func (w *certifier) gone(v gov.Version, g trail.Gone) {
	g.Entry = v.Entry
	w.entry(v.Entry)
	w.person(v.By)
	w.bundle.Gone = append(w.bundle.Gone, g)
}

// newestOf returns the newest version of a dataset.
func (w *certifier) newestOf(name gov.DatasetName) (v gov.Version, err error) {
	v, known := w.newest[name]
	if !known {
		v, err = resolve(w.tx, gov.Ref{Dataset: name})
		w.newest[name] = v
	}
	return v, err
}
