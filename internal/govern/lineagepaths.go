package govern

import (
	"context"
	"errors"
	"time"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// maxPaths is how many ways one answer shows.
const maxPaths = 1000

// A PathsQuery names two nodes of which one came of the other.
type PathsQuery struct {
	From, To gov.Node
	AsOf     uint64    // as in LineageQuery
	Time     time.Time // likewise
	Most     int       // ways to show; 0: maxPaths
}

// LineagePaths are the ways between two nodes.
type LineagePaths struct {
	lineage.Routes
	Direction lineage.Direction // Impact if From is what To came from
	AsOf      uint64
}

// LineagePaths returns the ways that lead from a node to another that it came
// from; if there is none, to one that came of it. Nodes on the way that the
// caller may not read are redacted; both ends must be readable.
func (s *Service) LineagePaths(ctx context.Context, c Call, q PathsQuery) (p LineagePaths, err error) {
	if q.Most < 0 || q.Most > maxPaths {
		return p, gov.Errorf(gov.Invalid, "BAD_LIMIT", "an answer shows %d ways at most, not %d", maxPaths, q.Most)
	}
	if q.Most == 0 {
		q.Most = maxPaths
	}
	at, err := s.nodePlace(ctx, c, q.To)
	if err != nil {
		return p, err
	}
	err = s.seeNode(ctx, c, q.From, func(v *view) error {
		if !v.reads(at) {
			return errors.Join(v.err, unknownNode(q.To))
		}
		p, err = v.paths(q)
		return errors.Join(err, v.err)
	})
	return p, err
}

func (v *view) paths(q PathsQuery) (p LineagePaths, err error) {
	for _, p.Direction = range []lineage.Direction{lineage.Trace, lineage.Impact} {
		w, err := v.query(LineageQuery{Node: q.From, Direction: p.Direction, AsOf: q.AsOf, Time: q.Time})
		if err != nil {
			return p, err
		}
		p.AsOf = w.AsOf
		p.Routes, err = lineage.Paths(v.g, w, q.To, q.Most)
		if err != nil || len(p.Shown) > 0 || p.Because != "" {
			return p, err
		}
	}
	p.Direction = lineage.Trace
	return p, nil
}
