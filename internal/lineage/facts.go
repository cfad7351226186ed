package lineage

import (
	"strings"

	"govd/internal/gov"
)

// RunOf returns what imported events say of a run. Returns gov.NotFound if none
// is about it.
func RunOf(have Cells, id gov.RunID) (r RunFacts, err error) {
	o := overlay{have: have}
	claims, err := o.claims(cellKey("run", string(id)))
	if err != nil {
		return r, err
	}
	state, job := find(claims, fieldState), find(claims, fieldJob)
	if state == nil || job == nil {
		return r, gov.Errorf(gov.NotFound, "NO_RUN", "no run %s", id)
	}
	r.State = runState(state)
	if r.State.Ended() {
		r.Ended = timeOf(state.when)
	}
	if c := find(claims, fieldStarted); c != nil {
		r.Started = timeOf(c.when)
	}
	node, err := gov.ParseNode(job.value)
	if err != nil {
		return r, err
	}
	r.Job = node.Outside()
	claims, err = o.claims(cellKey("job", job.value))
	if c := find(claims, fieldService); c != nil {
		r.Endless = strings.EqualFold(c.value, "STREAMING") || strings.EqualFold(c.value, "SERVICE")
	}
	return r, err
}

func runState(c *claim) gov.RunState {
	switch EventType(c.value) {
	case Complete:
		return gov.RunFinished
	case Fail:
		return gov.RunFailed
	case Abort:
		return gov.RunAborted
	}
	if c.rank == rankStarted {
		return gov.RunStarted
	}
	return ""
}
