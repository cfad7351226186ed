package ingest

import (
	"context"
	"maps"
	"slices"

	"govd/internal/gov"
)

// Labels are what a label file says of the files that it names.
type Labels struct {
	source Source
	notes  notes
}

// ReadLabels reads a label file by itself, as a push would. Returns an error of
// kind Invalid with the reason BAD_LABELS if the source is no file, or says
// something wrong.
func ReadLabels(ctx context.Context, s Source) (*Labels, error) {
	n, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	if n == nil {
		return nil, gov.Errorf(gov.Invalid, "BAD_LABELS", "%s is no label file: want csv:FILE, jsonl:FILE or coco:FILE", s)
	}
	return &Labels{s, n}, nil
}

// Of returns the labels of a file, ascending by id, and whether the label file
// names it at all.
func (l *Labels) Of(key string) (labels []gov.Label, named bool) {
	n := l.notes[key]
	if n == nil {
		return nil, false
	}
	return n.labels, true
}

// Keys returns the keys of the files that are named, ascending.
func (l *Labels) Keys() []string { return slices.Sorted(maps.Keys(l.notes)) }

// Place says where a file is named first, such as "labels.csv:7".
func (l *Labels) Place(key string) string { return l.source.place(l.notes[key].line) }
