package govern

import (
	"context"
	"iter"
	"time"

	"govd/internal/gov"
	"govd/internal/store"
)

// A DeploymentInfo is a deployment with what its row does not hold.
type DeploymentInfo struct {
	gov.Deployment
	ByName, EndedByName string
	NoteText, EndText   string      // empty if erased
	Found               []InputGate // of the model and its data, when it was deployed
}

// DeploymentQuery says which deployments to list.
type DeploymentQuery struct {
	Project gov.Project
	Model   gov.DatasetName // "": of any
	Version uint64          // of the model; 0: any
	Ended   bool            // those that no longer serve, too
	At      time.Time       // those that served then
}

func (q *DeploymentQuery) wants(d gov.Deployment) (bool, error) {
	return (q.Version == 0 || d.Model.Number == q.Version) && (q.Ended || d.Serves(q.At)), nil
}

// Deployments returns up to n deployments, after one: of a project by site and
// number, of a model by its versions first.
func (s *Service) Deployments(ctx context.Context, c Call, q DeploymentQuery, after gov.DeploymentRef, n int) (page []DeploymentInfo, err error) {
	err = s.see(ctx, c, gov.ModelRead, gov.Place(q.Project), func(tx *store.Tx) error {
		all := tx.DeploymentsIn(q.Project, after)
		if q.Model != "" {
			if _, err := resolveModel(tx, q.Model, ""); err != nil {
				return err
			}
			all = behind(tx.DeploymentsOf(q.Model), after)
		} else if _, err := tx.Project(q.Project); err != nil {
			return err
		}
		rows, err := take(keep(all, q.wants), n)
		for _, d := range rows {
			info, err := describeDeployment(tx, d)
			if err != nil {
				return err
			}
			page = append(page, info)
		}
		return err
	})
	return page, err
}

// behind yields what of a listing follows a deployment.
func behind(all iter.Seq2[gov.Deployment, error], after gov.DeploymentRef) iter.Seq2[gov.Deployment, error] {
	if after.Number == 0 {
		return all
	}
	passed := false
	return keep(all, func(d gov.Deployment) (bool, error) {
		was := passed
		passed = passed || d.Ref() == after
		return was, nil
	})
}

// DeploymentWorkedOn describes a deployment to who has just worked on it.
func (s *Service) DeploymentWorkedOn(ctx context.Context, r gov.DeploymentRef) (info DeploymentInfo, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		d, err := tx.Deployment(r)
		if err == nil {
			info, err = describeDeployment(tx, d)
		}
		return err
	})
	return info, err
}

func describeDeployment(tx *store.Tx, d gov.Deployment) (info DeploymentInfo, err error) {
	info.Deployment = d
	by, err := tx.Person(d.By)
	if err != nil {
		return info, err
	}
	info.ByName = by.Name
	if d.EndEntry != 0 {
		if by, err = tx.Person(d.EndedBy); err != nil {
			return info, err
		}
		info.EndedByName = by.Name
	}
	if info.NoteText, err = textOf(tx, d.Note); err != nil {
		return info, err
	}
	if info.EndText, err = textOf(tx, d.EndNote); err != nil {
		return info, err
	}
	info.Found, err = gatesOf(tx, d.Gates)
	return info, err
}
