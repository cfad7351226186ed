package govern

import (
	"context"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/validate"
	"govd/internal/validate/measure"
)

// A StageSize is how much data a plan is for.
type StageSize struct {
	Ref     gov.Ref // whose size is meant, if it names a dataset
	Records uint64
	Bytes   uint64 // of contents
	GrowTo  uint64 // records
}

// PlanStage says what a stage asks of machines and people. For a version the
// stage is the next if it is 0, and the policies are its project's.
func (s *Service) PlanStage(ctx context.Context, c Call, project gov.Project, stage gov.Stage, size StageSize) (*validate.Figures, error) {
	if size.Ref.Dataset != "" {
		project = size.Ref.Dataset.Project()
		if err := s.sizeOf(ctx, c, &stage, &size); err != nil {
			return nil, err
		}
	}
	if size.Records == 0 {
		return nil, gov.Errorf(gov.Invalid, "NO_SIZE", "a plan is for a version, or for a number of records and bytes")
	}
	policy, err := s.StagePolicy(ctx, c, project, max(stage, 1))
	if err != nil {
		return nil, err
	}
	return policy.Figure(size.Records, size.Bytes, size.GrowTo)
}

// sizeOf measures a version.
func (s *Service) sizeOf(ctx context.Context, c Call, stage *gov.Stage, size *StageSize) error {
	r := &checkup{Service: s, ctx: ctx, memo: s.newMemo(ctx)}
	err := s.see(ctx, c, gov.VersionRead, gov.Place(size.Ref.Dataset), func(tx *store.Tx) (err error) {
		if r.version, err = resolve(tx, size.Ref); err != nil {
			return err
		}
		d, err := tx.Dataset(size.Ref.Dataset)
		if *stage == 0 {
			*stage = min(d.Stage+1, 5)
		}
		return err
	})
	if err != nil {
		return err
	}
	p, err := r.profile(measure.NewSet(), r.version)
	if err != nil {
		return err
	}
	size.Records, size.Bytes = r.version.Tree.Records, measure.Volume{}.In(p).Bytes.Lo
	return r.memo.flush()
}
