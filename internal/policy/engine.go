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
	memo      int // how many answers to keep for each

	mu    sync.Mutex
	kept  map[gov.Project]*list.Element // of *entry
	order *list.List                    // the last used first
}

// An entry is a snapshot and the answers it has given. They live and go
// together, so that no answer outlives its revision.
type entry struct {
	*Snapshot
	memo memo
}

// NewEngine returns an Engine that keeps so many snapshots, and for each so
// many answers. It tests itself first and returns an error if a decision comes
// out wrong: a server with a broken policy must not start.
func NewEngine(snapshots, memo int) (*Engine, error) {
	if snapshots < 1 || memo < 0 {
		return nil, gov.Errorf(gov.Invalid, "BAD_CONFIG", "policy: want 1 snapshot or more and 0 answers or more, not %d and %d", snapshots, memo)
	}
	if err := selfTest(Template()); err != nil {
		return nil, err
	}
	return newEngine(Template(), snapshots, memo), nil
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
	defer catch(&err)
	t, err := e.entry(rev, q.At.Project(), load)
	if err != nil {
		return false, err
	}
	if allowed, known := t.memo.get(q); known {
		return allowed, nil
	}
	if allowed, err = t.Snapshot.Decide(q); err != nil {
		return false, err
	}
	t.memo.put(q, allowed)
	return allowed, nil
}

// Snapshot returns the policy of a project, of the server itself for "", at the
// revision.
func (e *Engine) Snapshot(rev Revision, project gov.Project, load Source) (s *Snapshot, err error) {
	defer catch(&err)
	t, err := e.entry(rev, project, load)
	if err != nil {
		return nil, err
	}
	return t.Snapshot, nil
}

// entry returns the kept entry or builds one. Callers that come at once may
// each build their own; they are equal.
func (e *Engine) entry(rev Revision, project gov.Project, load Source) (*entry, error) {
	if t := e.find(rev, project); t != nil {
		return t, nil
	}
	grants, err := load(project)
	if err != nil {
		return nil, unavailable(err)
	}
	s, err := newSnapshot(rev, project, e.rules, grants)
	if err != nil {
		return nil, unavailable(err)
	}
	t := &entry{Snapshot: s, memo: memo{most: e.memo}}
	e.keep(t)
	return t, nil
}

func (e *Engine) find(rev Revision, project gov.Project) *entry {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := e.kept[project]
	if at == nil || at.Value.(*entry).Revision != rev {
		return nil
	}
	e.order.MoveToFront(at)
	return at.Value.(*entry)
}

// keep keeps an entry in place of an older one of its project. A reader that
// still sees an old state must not push out the new one.
func (e *Engine) keep(t *entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at := e.kept[t.Project]; at != nil {
		if !t.Revision.before(at.Value.(*entry).Revision) {
			at.Value = t
			e.order.MoveToFront(at)
		}
		return
	}
	e.kept[t.Project] = e.order.PushFront(t)
	if last := e.order.Back(); e.order.Len() > e.snapshots {
		delete(e.kept, e.order.Remove(last).(*entry).Project)
	}
}

// A memo remembers answers. When it is full it forgets them all.
type memo struct {
	most    int
	mu      sync.RWMutex
	answers map[Query]bool
}

func (m *memo) get(q Query) (allowed, known bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	allowed, known = m.answers[q]
	return allowed, known
}

func (m *memo) put(q Query, allowed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.most == 0 {
		return
	}
	if m.answers == nil || len(m.answers) >= m.most {
		m.answers = map[Query]bool{}
	}
	m.answers[q] = allowed
}
