package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
	"govd/internal/validate"
)

// CheckReported: the checks of a stage were run on a version.
type CheckReported struct {
	Dataset gov.DatasetName `json:"dataset"`
	Number  uint64          `json:"number"`
	Version gov.Digest      `json:"version"`
	Stage   gov.Stage       `json:"stage"`
	Policy  gov.Digest      `json:"policy"`
	Report  gov.Digest      `json:"report"`
	Verdict string          `json:"verdict"`
	Records uint64          `json:"records"`
	Partial bool            `json:"partial,omitempty"`
	Against uint64          `json:"against,omitempty"`
}

func (*CheckReported) name() string { return "check.reported" }

func (e *CheckReported) apply(tx *store.Tx, o origin) error {
	n := gov.Node{Kind: gov.ReportNode, Name: e.Report.String()}
	checked := lineage.Edge{From: gov.VersionOf(e.Dataset, e.Number), Kind: lineage.CheckedBy, To: n}
	return errors.Join(tx.PutReport(e.report(o)), known(tx, o, n), linkOnce(tx, o, checked))
}

func (e *CheckReported) report(o origin) gov.Report {
	return gov.Report{
		Dataset: e.Dataset, Number: e.Number, Version: e.Version, Stage: e.Stage, Policy: e.Policy, Digest: e.Report, Verdict: e.Verdict,
		Records: e.Records, Partial: e.Partial, Against: e.Against, By: o.who, Time: o.time, Entry: o.index,
	}
}

// Check is a request to run the checks of a stage on a version.
type Check struct {
	Ref     gov.Ref
	Stage   gov.Stage // 0: the dataset's
	Only    []string  // these checks alone; a report of them opens no gate
	Against *gov.Ref  // the version to compare with; nil: the parent
}

// Checked is what a run came to.
type Checked struct {
	gov.Report
	Document *validate.Report
	Again    bool // the same report was there already
}

// RunCheck runs the checks of a stage on a version, and records the report. One
// that is the same as one that was recorded is not recorded again. It tells
// progress how many bytes of the version were read, of how many: not more than
// that are to be.
func (s *Service) RunCheck(ctx context.Context, c Call, in Check, progress func(done, total uint64)) (Checked, error) {
	r, err := s.beginCheck(ctx, c, in)
	if err != nil {
		return Checked{}, err
	}
	report, err := r.judge(progress)
	if err != nil {
		return Checked{}, err
	}
	return s.reported(ctx, c, r, report)
}

// beginCheck asks policy before anything is read, and looks up what is meant.
func (s *Service) beginCheck(ctx context.Context, c Call, in Check) (*checkup, error) {
	at := gov.Place(in.Ref.Dataset)
	if err := s.see(ctx, c, gov.CheckRun, at, func(*store.Tx) error { return nil }); err != nil {
		return nil, err
	}
	r := &checkup{Service: s, ctx: ctx}
	err := s.see(ctx, c, gov.VersionRead, at, func(tx *store.Tx) error {
		d, err := r.lookUp(tx, in)
		if err != nil {
			return err
		}
		tax, err := taxonomy(tx, d)
		if err != nil {
			return err
		}
		r.suite, err = validate.NewSuite(r.policy, tax)
		return err
	})
	if err != nil || in.Against == nil {
		return r, err
	}
	return r, s.see(ctx, c, gov.VersionRead, gov.Place(in.Against.Dataset), func(*store.Tx) error { return nil })
}

// reported records a report, unless it was recorded before.
func (s *Service) reported(ctx context.Context, c Call, r *checkup, report *validate.Report) (out Checked, err error) {
	out = Checked{Document: report}
	if out.Report, out.Again, err = s.knownReport(ctx, r, report); err != nil || out.Again {
		return out, err
	}
	ev := r.event(report)
	done, err := write(ctx, s, c, action{do: gov.CheckRun, at: gov.Place(ev.Dataset), args: ev}, func(tx *store.Tx) (*CheckReported, error) {
		return ev, errors.Join(
			tx.PutDocument(ev.Policy, r.policy.Document()),
			tx.PutDocument(ev.Report, report.Document()))
	})
	if err != nil {
		return out, err
	}
	out.Report = done.Event.report(origin{index: done.Index, time: done.Time, who: c.Actor.Person})
	return out, nil
}

func (r *checkup) event(report *validate.Report) *CheckReported {
	return &CheckReported{
		Dataset: r.version.Dataset, Number: r.version.Number, Version: r.version.Digest, Stage: r.policy.Stage, Policy: report.Policy,
		Report: report.Digest(), Verdict: string(report.Verdict), Records: report.Records, Partial: len(report.Partial) > 0, Against: r.before.Number,
	}
}

// knownReport returns the report that was recorded with this digest. It must be
// the newest of its stage: else it would not be found again where the newest
// counts, and is recorded anew.
func (s *Service) knownReport(ctx context.Context, r *checkup, report *validate.Report) (known gov.Report, found bool, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		known, found, err = newestReport(tx, r.version, r.policy.Stage)
		return err
	})
	return known, found && known.Digest == report.Digest(), err
}
