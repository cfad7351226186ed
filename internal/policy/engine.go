package policy

import (
	"container/list"
	"sync"

	"govd/internal/gov"
)

// An Engine keeps the snapshots of the projects that were asked about last, and
// the answers they gave. It is safe for concurrent use.
type Engine struct {
	rules     []Rule
	snapshots int // how many to keep
	memo      int // how many answers to keep, of all snapshots together

	mu      sync.Mutex // guards what follows; held for a few look-ups only
	kept    map[gov.Project]*list.Element
	order   *list.List // of *entry, the last used first
	answers int        // how many all entries have
}

// An entry is a snapshot and the answers it has given. They go together, so
// that no answer outlives its revision.
type entry struct {
	*Snapshot
	answers map[Query]bool
}

// NewEngine returns an Engine that keeps so many snapshots and answers. It
// tests itself first and returns an error if a decision comes out wrong: a
// server with a broken policy must not start.
func NewEngine(snapshots, memo int) (*Engine, error) {
	return testedEngine(Template(), snapshots, memo)
}

func testedEngine(rules []Rule, snapshots, memo int) (*Engine, error) {
	if snapshots < 1 || memo < 0 {
		return nil, gov.Errorf(gov.Invalid, "BAD_CONFIG", "policy: want 1 snapshot or more and 0 answers or more, not %d and %d", snapshots, memo)
	}
	if err := selfTest(rules); err != nil {
		return nil, err
	}
	return newEngine(rules, snapshots, memo), nil
}

func newEngine(rules []Rule, snapshots, memo int) *Engine {
	return &Engine{
		rules: rules, snapshots: snapshots, memo: memo,
		kept: map[gov.Project]*list.Element{}, order: list.New(),
	}
}

// Decide says whether the query is allowed at the revision. An error is never
// an answer: the caller must treat it as a refusal.
func (e *Engine) Decide(rev Revision, q Query, load Source) (allowed bool, err error) {
	if allowed, known := e.recall(rev, q); known {
		return allowed, nil
	}
	if q.check() != nil {
		return false, nil
	}
	s, err := e.Snapshot(rev, q.At.Project(), load)
	if err != nil {
		return false, err
	}
	if allowed, err = s.Decide(q); err != nil {
		return false, err
	}
	e.remember(s, q, allowed)
	return allowed, nil
}

// Snapshot returns the policy of a project, of the server itself for "", at the
// revision. Callers that come at once may each build their own; they are equal.
func (e *Engine) Snapshot(rev Revision, project gov.Project, load Source) (s *Snapshot, err error) {
	defer catch(&err)
	if s := e.find(rev, project); s != nil {
		return s, nil
	}
	grants, err := load(project)
	if err != nil {
		return nil, unavailable(err)
	}
	if s, err = newSnapshot(rev, project, e.rules, grants); err != nil {
		return nil, unavailable(err)
	}
	e.keep(s)
	return s, nil
}

// find returns the snapshot if it is kept.
func (e *Engine) find(rev Revision, project gov.Project) *Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.use(rev, project); t != nil {
		return t.Snapshot
	}
	return nil
}

// use returns the kept entry of the revision, or nil, and notes its use.
func (e *Engine) use(rev Revision, project gov.Project) *entry {
	at := e.kept[project]
	if at == nil || at.Value.(*entry).Revision != rev {
		return nil
	}
	e.order.MoveToFront(at)
	return at.Value.(*entry)
}

// keep keeps a snapshot in place of an older one of its project. A reader that
// still sees an old state must not push out the new one.
func (e *Engine) keep(s *Snapshot) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at := e.kept[s.Project]; at != nil {
		if s.Revision.before(at.Value.(*entry).Revision) {
			return
		}
		e.drop(at)
	}
	e.kept[s.Project] = e.order.PushFront(&entry{Snapshot: s})
	if e.order.Len() > e.snapshots {
		e.drop(e.order.Back())
	}
}

func (e *Engine) drop(at *list.Element) {
	t := e.order.Remove(at).(*entry)
	delete(e.kept, t.Project)
	e.answers -= len(t.answers)
}

// recall returns the answer that the snapshot of the revision gave before.
func (e *Engine) recall(rev Revision, q Query) (allowed, known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.use(rev, q.At.Project()); t != nil {
		allowed, known = t.answers[q]
	}
	return allowed, known
}

// remember notes an answer of a snapshot that is still kept. When there are too
// many, all are forgotten.
func (e *Engine) remember(s *Snapshot, q Query, allowed bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := e.kept[s.Project]
	if e.memo == 0 || at == nil || at.Value.(*entry).Snapshot != s {
		return
	}
	if e.answers >= e.memo {
		e.forget()
	}
	t := at.Value.(*entry)
	if t.answers == nil {
		t.answers = map[Query]bool{}
	}
	if _, known := t.answers[q]; !known {
		e.answers++
	}
	t.answers[q] = allowed
}

func (e *Engine) forget() {
	for at := e.order.Front(); at != nil; at = at.Next() {
		at.Value.(*entry).answers = nil
	}
	e.answers = 0
}
