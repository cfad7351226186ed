package govern

import (
	"context"

	"govd/internal/gov"
	"govd/internal/store"
)

// TagSet: a tag names a version.
type TagSet struct {
	Dataset gov.DatasetName `json:"dataset"`
	Name    string          `json:"name"`
	Number  uint64          `json:"number"`
}

func (*TagSet) name() string { return "tag.set" }

func (e *TagSet) apply(tx *store.Tx, o origin) error {
	return tx.PutTag(gov.Tag{Dataset: e.Dataset, Name: e.Name, Number: e.Number, By: o.who, Set: o.time})
}

// SetTag lets a tag name a version; it names no other from then on.
func (s *Service) SetTag(ctx context.Context, c Call, ref gov.Ref, tag string) (Done[*TagSet], error) {
	args := struct{ Ref, Tag string }{ref.String(), tag}
	return write(ctx, s, c, action{do: gov.VersionTag, at: gov.Place(ref.Dataset), args: args}, func(tx *store.Tx) (*TagSet, error) {
		v, err := resolve(tx, ref)
		if err != nil {
			return nil, err
		}
		return &TagSet{ref.Dataset, tag, v.Number}, mustBeSound(tx, v)
	})
}

// TagRemoved: it names none any more.
type TagRemoved struct {
	Dataset gov.DatasetName `json:"dataset"`
	Name    string          `json:"name"`
}

func (*TagRemoved) name() string { return "tag.removed" }

func (e *TagRemoved) apply(tx *store.Tx, _ origin) error { return tx.RemoveTag(e.Dataset, e.Name) }

// RemoveTag takes a tag away.
func (s *Service) RemoveTag(ctx context.Context, c Call, dataset gov.DatasetName, tag string) (Done[*TagRemoved], error) {
	args := struct{ Tag string }{tag}
	return write(ctx, s, c, action{do: gov.VersionTag, at: gov.Place(dataset), args: args}, func(tx *store.Tx) (*TagRemoved, error) {
		_, err := tx.Tag(dataset, tag)
		return &TagRemoved{dataset, tag}, err
	})
}

// Tags returns the tags of a dataset by name, 1000 at most.
func (s *Service) Tags(ctx context.Context, c Call, dataset gov.DatasetName) (tags []gov.Tag, err error) {
	err = s.see(ctx, c, gov.VersionRead, gov.Place(dataset), func(tx *store.Tx) (err error) {
		if _, err := tx.Dataset(dataset); err != nil {
			return err
		}
		tags, err = take(tx.Tags(dataset), 1000)
		return err
	})
	return tags, err
}
