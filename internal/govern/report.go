package govern

import (
	"context"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/validate"
)

// A ReportRef names a report: by its digest, or as the newest of a version.
type ReportRef struct {
	Digest gov.Digest // zero: that of Ref
	Ref    gov.Ref
	Stage  gov.Stage // of Ref: the newest of this stage; 0: of any
}

// A ReportInfo is a report with what its row does not hold.
type ReportInfo struct {
	gov.Report
	ByName string
}

func noReport(what any) error {
	return gov.Errorf(gov.NotFound, "NO_REPORT", "no report %v", what)
}

// Report returns a report and its document.
func (s *Service) Report(ctx context.Context, c Call, ref ReportRef) (info ReportInfo, doc []byte, err error) {
	at, err := s.placeOfReport(ctx, ref)
	if err != nil {
		return info, nil, err
	}
	err = s.see(ctx, c, gov.ReportRead, at, func(tx *store.Tx) error {
		row, err := reportRow(tx, ref, at)
		if err != nil {
			return err
		}
		if info, err = describeReport(tx, row); err != nil {
			return err
		}
		doc, err = tx.Document(row.Digest)
		return err
	})
	if gov.ReasonOf(err) == "NO_DATASET" && !ref.Digest.IsZero() {
		hidden := noReport(ref.Digest)
		if Refused(err) {
			hidden = refusal{hidden}
		}
		return info, nil, hidden
	}
	return info, doc, err
}

// placeOfReport returns where a report belongs, which never changes.
func (s *Service) placeOfReport(ctx context.Context, ref ReportRef) (at gov.Place, err error) {
	if ref.Digest.IsZero() {
		return gov.Place(ref.Ref.Dataset), nil
	}
	err = s.store.View(ctx, func(tx *store.Tx) error {
		for row, err := range tx.ReportsByDigest(ref.Digest) {
			at = gov.Place(row.Dataset)
			return err
		}
		return noReport(ref.Digest)
	})
	return at, err
}

func reportRow(tx *store.Tx, ref ReportRef, at gov.Place) (gov.Report, error) {
	if !ref.Digest.IsZero() {
		for row, err := range tx.ReportsByDigest(ref.Digest) {
			return row, err
		}
		return gov.Report{}, noReport(ref.Digest)
	}
	v, err := resolve(tx, ref.Ref)
	if err != nil {
		return gov.Report{}, err
	}
	row, found, err := newestReport(tx, v, ref.Stage)
	if err == nil && !found {
		err = gov.Errorf(gov.NotFound, "NO_REPORT", "there is no report of %s yet: 'govctl check run %s' makes one", v.Ref(), v.Ref())
	}
	return row, err
}

// newestReport returns the newest report of a version for a stage, or for any if
// that is 0.
func newestReport(tx *store.Tx, v gov.Version, stage gov.Stage) (gov.Report, bool, error) {
	for row, err := range tx.Reports(v.Dataset, v.Number) {
		if err != nil || stage == 0 || row.Stage == stage {
			return row, err == nil, err
		}
	}
	return gov.Report{}, false, nil
}

func describeReport(tx *store.Tx, row gov.Report) (ReportInfo, error) {
	p, err := tx.Person(row.By)
	return ReportInfo{row, p.Name}, err
}

// Reports returns up to n reports, newest first, from the one after skip on: of
// a version, or of all of a dataset if the reference names none.
func (s *Service) Reports(ctx context.Context, c Call, ref gov.Ref, skip, n int) (page []ReportInfo, err error) {
	err = s.see(ctx, c, gov.ReportRead, gov.Place(ref.Dataset), func(tx *store.Tx) error {
		number := uint64(0)
		if ref != (gov.Ref{Dataset: ref.Dataset}) {
			v, err := resolve(tx, ref)
			if err != nil {
				return err
			}
			number = v.Number
		} else if _, err := tx.Dataset(ref.Dataset); err != nil {
			return err
		}
		for row, err := range tx.Reports(ref.Dataset, number) {
			if err != nil || len(page) == n {
				return err
			}
			if skip--; skip >= 0 {
				continue
			}
			info, err := describeReport(tx, row)
			if err != nil {
				return err
			}
			page = append(page, info)
		}
		return nil
	})
	return page, err
}

// A ReportDiff is how one report differs from another.
type ReportDiff struct {
	Was, Is ReportInfo
	Moves   []validate.Move
}

// DiffReports compares two reports.
func (s *Service) DiffReports(ctx context.Context, c Call, was, is ReportRef) (d ReportDiff, err error) {
	var docs [2][]byte
	if d.Was, docs[0], err = s.Report(ctx, c, was); err != nil {
		return d, err
	}
	if d.Is, docs[1], err = s.Report(ctx, c, is); err != nil {
		return d, err
	}
	before, err := validate.ParseReport(docs[0])
	if err != nil {
		return d, err
	}
	after, err := validate.ParseReport(docs[1])
	if err == nil {
		d.Moves = validate.CompareReports(before, after)
	}
	return d, err
}

// CheckPlan returns what a run of the checks would do.
func (s *Service) CheckPlan(ctx context.Context, c Call, in Check) (*validate.Plan, gov.Digest, error) {
	r, err := s.beginCheck(ctx, c, in)
	if err != nil {
		return nil, gov.Digest{}, err
	}
	size := validate.Size{Records: r.version.Tree.Records, Contents: r.version.Tree.Records, Changed: r.version.Tree.Records}
	r.memo = s.newMemo(ctx)
	if size.Changed, err = r.unmeasured(); err != nil {
		return nil, gov.Digest{}, err
	}
	p, err := r.policy.Plan(size)
	return p, r.policy.Digest(), err
}
