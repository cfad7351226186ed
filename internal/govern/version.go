package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/review"
	"govd/internal/store"
)

// VersionRegistered: a dataset has a new version.
type VersionRegistered struct {
	gov.Registration
	Skipped uint64 `json:"skipped,omitempty"` // files the client left out because it could not read them
}

func (*VersionRegistered) name() string { return "version.registered" }

func (e *VersionRegistered) apply(tx *store.Tx, o origin) error {
	return putVersion(tx, e.Registration, 0, o)
}

// putVersion makes a version the newest of its dataset. It was made by a change,
// or registered whole if change is 0.
func putVersion(tx *store.Tx, r gov.Registration, change gov.ChangeID, o origin) error {
	d, err := tx.Dataset(r.Dataset)
	if err != nil {
		return err
	}
	d.Versions = r.Number
	v := gov.Version{Registration: r, By: o.who, Created: o.time, Entry: o.index, Change: change}
	return errors.Join(tx.PutDataset(d), tx.PutVersion(v), linkVersion(tx, o, r, change))
}

// linkVersion tells what a version came of.
func linkVersion(tx *store.Tx, o origin, r gov.Registration, change gov.ChangeID) error {
	n := gov.VersionOf(r.Dataset, r.Number)
	var edges []lineage.Edge
	for _, d := range r.Parents {
		parent, err := resolve(tx, gov.Ref{Dataset: r.Dataset, Prefix: d.String()[len("sha256:"):]})
		if err != nil {
			return err
		}
		edges = append(edges, lineage.Edge{From: n, Kind: lineage.DerivedFrom, To: gov.VersionOf(r.Dataset, parent.Number)})
	}
	if change != 0 {
		edges = append(edges, lineage.Edge{From: n, Kind: lineage.TouchedBy, To: gov.NumberedNode(gov.ChangeNode, uint64(change))})
	}
	return errors.Join(known(tx, o, n), link(tx, o, edges...))
}

// VersionInfo is a version with what its row does not hold.
type VersionInfo struct {
	gov.Version
	Message string // "" if there is none or it has been erased
	ByName  string
	Tags    []string

	Ratification review.Ratification // "" unless the glass was broken for its change
}

// Version returns the version that the reference names.
func (s *Service) Version(ctx context.Context, c Call, ref gov.Ref) (info VersionInfo, err error) {
	err = s.see(ctx, c, gov.VersionRead, gov.Place(ref.Dataset), func(tx *store.Tx) error {
		v, err := resolve(tx, ref)
		if err != nil {
			return err
		}
		info, err = describe(tx, v)
		return err
	})
	return info, err
}

// Versions returns up to n versions of a dataset, newest first, from the one
// that the reference names on.
func (s *Service) Versions(ctx context.Context, c Call, ref gov.Ref, n int) (page []VersionInfo, err error) {
	err = s.see(ctx, c, gov.VersionRead, gov.Place(ref.Dataset), func(tx *store.Tx) error {
		first, err := resolve(tx, ref)
		if err != nil {
			return err
		}
		for v, err := range tx.Versions(ref.Dataset, first.Number+1) {
			if err != nil || len(page) == n {
				return err
			}
			info, err := describe(tx, v)
			if err != nil {
				return err
			}
			page = append(page, info)
		}
		return nil
	})
	return page, err
}

// resolve finds the version that a reference names.
func resolve(tx *store.Tx, ref gov.Ref) (gov.Version, error) {
	d, err := tx.Dataset(ref.Dataset)
	if err != nil {
		return gov.Version{}, err
	}
	switch {
	case ref.Number != 0:
		return tx.Version(ref.Dataset, ref.Number)
	case ref.Prefix != "":
		return resolvePrefix(tx, ref)
	case ref.Tag != "":
		t, err := tx.Tag(ref.Dataset, ref.Tag)
		if err != nil {
			return gov.Version{}, err
		}
		return tx.Version(ref.Dataset, t.Number)
	case d.Versions == 0:
		return gov.Version{}, gov.Errorf(gov.NotFound, "NO_VERSION", "%s has no version yet", ref.Dataset)
	}
	return tx.Version(ref.Dataset, d.Versions)
}

// resolvePrefix finds the one version whose digest begins so.
func resolvePrefix(tx *store.Tx, ref gov.Ref) (gov.Version, error) {
	found, err := take(tx.VersionsByDigest(ref.Dataset, ref.Prefix), 2)
	switch {
	case err != nil:
		return gov.Version{}, err
	case len(found) == 0:
		return gov.Version{}, gov.Errorf(gov.NotFound, "NO_VERSION", "no version %s", ref)
	case len(found) > 1:
		return gov.Version{}, gov.Errorf(gov.Invalid, "AMBIGUOUS", "several versions of %s begin with sha256:%s: give more digits", ref.Dataset, ref.Prefix)
	}
	return found[0], nil
}

// describe adds what a version's row does not hold.
func describe(tx *store.Tx, v gov.Version) (info VersionInfo, err error) {
	info.Version = v
	if info.Message, err = textOf(tx, v.Message); err != nil {
		return info, err
	}
	p, err := tx.Person(v.By)
	if err != nil {
		return info, err
	}
	info.ByName = p.Name
	if v.Change != 0 {
		ch, err := tx.Change(v.Change)
		if err != nil {
			return info, err
		}
		info.Ratification = ratification(ch, tx.Now)
	}
	for t, err := range tx.Tags(v.Dataset) {
		if err != nil {
			return info, err
		}
		if t.Number == v.Number {
			info.Tags = append(info.Tags, t.Name)
		}
	}
	return info, nil
}
