package govern

import (
	"context"
	"iter"
	"reflect"

	"govd/internal/gov"
	"govd/internal/tree"
)

// A ChangeKind is how a record differs between two versions.
type ChangeKind uint8

// The kinds. A record is relabelled if it differs in its labels alone.
const (
	Added ChangeKind = iota + 1
	Removed
	Changed
	Relabelled
)

// A RecordChange is one record that differs.
type RecordChange struct {
	Key      string
	Kind     ChangeKind
	From, To *gov.Record // nil where there is none
}

// A Diff is what differs between two versions.
type Diff struct {
	From, To VersionInfo // From has number 0 where To has no parent
	Changes  iter.Seq2[RecordChange, error]
}

// Diff compares a version with an earlier one; with its first parent if against
// names none.
func (s *Service) Diff(ctx context.Context, c Call, ref gov.Ref, against *gov.Ref) (d Diff, err error) {
	if d.To, err = s.Version(ctx, c, ref); err != nil {
		return d, err
	}
	if against == nil && len(d.To.Parents) > 0 {
		against = &gov.Ref{Dataset: ref.Dataset, Number: d.To.Number - 1}
	}
	if against != nil {
		if d.From, err = s.Version(ctx, c, *against); err != nil {
			return d, err
		}
	}
	d.Changes = func(yield func(RecordChange, error) bool) {
		for ch, err := range tree.Diff(nodes{ctx, s}, d.From.Tree, d.To.Tree) {
			var change RecordChange
			if err == nil {
				change, err = readChange(ch)
			}
			if !yield(change, err) || err != nil {
				return
			}
		}
	}
	return d, nil
}

// readChange decodes both sides of a change. An erased side is a record with
// nothing but its key.
func readChange(ch tree.Change) (out RecordChange, err error) {
	out.Key = string(ch.Key)
	out.From, err = decodeSide(out.Key, ch.From)
	if err != nil {
		return out, err
	}
	out.To, err = decodeSide(out.Key, ch.To)
	switch {
	case out.From == nil:
		out.Kind = Added
	case out.To == nil:
		out.Kind = Removed
	case sameButLabels(out.From, out.To):
		out.Kind = Relabelled
	default:
		out.Kind = Changed
	}
	return out, err
}

func decodeSide(key string, value []byte) (*gov.Record, error) {
	switch {
	case value == nil:
		return nil, nil
	case len(value) == 0:
		return &gov.Record{Key: key}, nil
	}
	return gov.DecodeRecord(key, value)
}

// sameButLabels reports whether two records of a key differ in their labels alone.
func sameButLabels(a, b *gov.Record) bool {
	x, y := *a, *b
	x.Labels, y.Labels = nil, nil
	x.Salt, y.Salt = [16]byte{}, [16]byte{} // follow from the rest
	return reflect.DeepEqual(x, y)
}
