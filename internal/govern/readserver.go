package govern

import (
	"context"

	"govd/internal/gov"
)

// Contents are the contents of a dataset where they lie, as the server can read
// them itself.
type Contents interface {
	// Read returns what the content of a record is now. The error is the context's
	// or none: what cannot be read is a finding.
	Read(ctx context.Context, key string) (Finding, error)
	Close() error
}

// UseContents lets the service read contents itself. open returns NoContents for
// a dataset of which it knows no place.
func (s *Service) UseContents(open func(context.Context, gov.DatasetName) (Contents, error)) {
	s.contents = open
}

// NoContents returns the error for a dataset of which no place is known.
func NoContents(d gov.DatasetName) error {
	return gov.Errorf(gov.NotFound, "NO_CONTENT_ROOT", "the server knows no place where the contents of %s are: its configuration names them in content.roots", d)
}

// VerifyContents reads the drawn contents where the server's configuration says
// that they are, and records what was found: nobody's word is needed for it.
func (s *Service) VerifyContents(ctx context.Context, c Call, ref gov.Ref, stage gov.Stage) (gov.Reading, error) {
	d, err := s.DrawContents(ctx, c, ref, stage)
	if err != nil {
		return gov.Reading{}, err
	}
	if s.contents == nil {
		return gov.Reading{}, NoContents(d.Version.Dataset)
	}
	contents, err := s.contents(ctx, d.Version.Dataset)
	if err != nil {
		return gov.Reading{}, err
	}
	defer contents.Close()
	ev, found := beginReading(d), foundContents{}
	ev.Server = true
	for row, err := range d.Records {
		if err != nil {
			return gov.Reading{}, err
		}
		if row.Record == nil { // erased: there is nothing to compare with
			continue
		}
		f, err := contents.Read(ctx, row.Key)
		if err != nil {
			return gov.Reading{}, err
		}
		ev.add(&f, row.Record, &found)
	}
	return s.recordReading(ctx, c, ev, &found)
}
