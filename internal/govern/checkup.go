package govern

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate"
	"govd/internal/validate/measure"
)

// A checkup is one run of a stage's checks on a version.
type checkup struct {
	*Service
	ctx     context.Context
	policy  *validate.Policy
	suite   *validate.Suite
	params  *tree.Params
	version gov.Version
	before  gov.Version // number 0: there is none, or no check asks for it
	people  testimony

	promoted gov.Version // before the version; number 0: none, or no check asks for it

	memo    *memo
	made    func(*store.Tx) error // keeps the indexes that were made
	closers []io.Closer           // of what made needs
	read    atomic.Uint64         // bytes of nodes
}

// lookUp finds the version, its policy and what people said of it.
func (r *checkup) lookUp(tx *store.Tx, in Check) (d gov.Dataset, err error) {
	if r.version, err = resolve(tx, in.Ref); err != nil {
		return d, err
	}
	if d, err = tx.Dataset(r.version.Dataset); err != nil {
		return d, err
	}
	stage := in.Stage
	if stage == 0 {
		stage = d.Stage
	}
	p, err := r.stagePolicyInForce(tx, d.Name.Project(), stage)
	if err != nil {
		return d, err
	}
	if r.policy = p.Policy; len(in.Only) > 0 {
		if r.policy, err = r.policy.Only(in.Only...); err != nil {
			return d, err
		}
	}
	salt, err := tx.Salt(d.Salt)
	if err != nil {
		return d, err
	}
	r.params = tree.NewParams(salt)
	if err := r.findBefore(tx, in); err != nil {
		return d, err
	}
	r.people, err = r.testify(tx)
	return d, err
}

// findBefore finds the version to compare with, if a check compares.
func (r *checkup) findBefore(tx *store.Tx, in Check) (err error) {
	switch {
	case !r.compares() && in.Against == nil:
		return nil
	case in.Against != nil:
		if in.Against.Dataset != r.version.Dataset {
			return gov.Errorf(gov.Invalid, "OTHER_DATASET", "%s is not a version of %s: only those can be compared", in.Against, r.version.Dataset)
		}
		r.before, err = resolve(tx, *in.Against)
	case r.version.Number > 1:
		r.before, err = tx.Version(r.version.Dataset, r.version.Number-1)
	}
	return err
}

func (r *checkup) compares() bool {
	return slices.ContainsFunc(validate.Catalogue(), func(c validate.Check) bool { return c.Kind == validate.Across && r.policy.Asks(c.ID) })
}

// errCut is why a run is cut short.
var errCut = errors.New("the budget is spent")

// leastTime is how long a run may take however few its records are.
const leastTime = time.Minute

// allowed is how long the policy lets a run take: at its speed, and no more than
// its wall time.
func (r *checkup) allowed() time.Duration {
	b := r.policy.Budget
	speed := time.Duration(float64(r.version.Tree.Records) / float64(b.Records) * float64(time.Second))
	return min(max(speed, leastTime), time.Duration(b.Wall)*time.Second)
}

// judge measures and judges the version, within the policy's budget.
func (r *checkup) judge(progress func(done, total uint64)) (*validate.Report, error) {
	outer := r.ctx
	ctx, cancel := context.WithTimeoutCause(outer, r.allowed(), errCut)
	defer cancel()
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	stop := r.watch(ctx, cut, progress)
	defer stop()
	r.ctx, r.memo = ctx, r.newMemo(outer)
	defer r.close()
	e, err := r.evidence()
	r.ctx = outer
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errCut) && outer.Err() == nil:
		e = &validate.Evidence{Partial: []string{"the run was cut short: the policy allows " + r.spent()}}
	case err != nil:
		return nil, err
	}
	r.people.add(e)
	e.Dataset, e.Version, e.Number, e.Records = r.version.Dataset, r.version.Digest, r.version.Number, r.version.Tree.Records
	e.Before = r.before.Digest
	report := r.suite.Judge(e)
	r.memo.also(r.made)
	return report, r.memo.flush()
}

func (r *checkup) close() {
	for _, c := range r.closers {
		c.Close()
	}
}

func (r *checkup) spent() string {
	b := r.policy.Budget
	return fmt.Sprintf("%s, %d records a second and %d MiB", time.Duration(b.Wall)*time.Second, b.Records, b.Memory>>20)
}

// watch tells progress how far the run is, and cuts it when it has taken more
// memory than the policy allows. It ends when the function it returns is called.
func (r *checkup) watch(ctx context.Context, cut func(error), progress func(done, total uint64)) (stop func()) {
	const every = 100 * time.Millisecond
	total, base := r.total(), liveHeap()
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(every); ; {
			select {
			case <-ended:
				tick.Stop()
				return
			case <-tick.C:
			}
			progress(min(r.read.Load(), total), total)
			if live := liveHeap(); live > base && live-base > r.policy.Budget.Memory {
				cut(errCut)
			}
		}
	}()
	return func() { close(ended); <-done }
}

// total is how many bytes a run reads at most: those of the records for the
// measures, and again for the indexes.
func (r *checkup) total() uint64 {
	passes := uint64(1)
	if len(r.suite.Indexes()) > 0 {
		passes++
	}
	return passes * r.version.Tree.Bytes
}

// evidence measures the version and, side by side, indexes it.
func (r *checkup) evidence() (*validate.Evidence, error) {
	e := &validate.Evidence{}
	if err := r.first(e); err != nil {
		return nil, err
	}
	var g errgroup.Group
	g.Go(guard(func() (err error) {
		if e.Index == nil {
			e.Index, err = r.index()
		}
		return err
	}))
	g.Go(guard(func() error { return r.measure(e) }))
	g.Go(guard(func() (err error) {
		e.Votes, err = r.standing(r.gauge(nodes{r.ctx, r.Service}), r.people.ballots)
		return err
	}))
	return e, g.Wait()
}

// measure fills in what is measured of records.
func (r *checkup) measure(e *validate.Evidence) (err error) {
	set := measure.NewSet(r.suite.Measures()...)
	if r.before.Number > 0 {
		if e.Then, err = r.profile(set, r.before); err != nil {
			return err
		}
		if err := r.compare(set, e); err != nil {
			return err
		}
	}
	if e.Now, err = r.now(set, e.Delta); err != nil {
		return err
	}
	e.Bytes = measure.Volume{}.In(e.Now).Bytes.Lo
	if more := r.suite.Further(e.Now); more != nil {
		if e.Further, err = r.profile(measure.NewSet(more...), r.version); err != nil {
			return err
		}
	}
	if e.Runs, err = r.runsKnown(e); err != nil {
		return err
	}
	r.people.before, err = r.lotsBefore()
	return err
}

// compare measures what differs from the version before, in one short
// transaction, which saves copying nodes.
func (r *checkup) compare(set *measure.Set, e *validate.Evidence) error {
	e.BeforeRecords, e.BeforeBytes = r.before.Tree.Records, measure.Volume{}.In(e.Then).Bytes.Lo
	moved := r.relabelling()
	err := r.store.View(r.ctx, func(tx *store.Tx) (err error) {
		e.Delta, err = set.CompareEach(r.gauge(tx), r.before.Tree, r.version.Tree, moved.add)
		return err
	})
	e.Relabelled = moved.result()
	return err
}

// now measures the version itself, by what differs from the one before if that
// is known.
func (r *checkup) now(set *measure.Set, d *measure.Delta) (*measure.Profile, error) {
	if d == nil {
		return r.profile(set, r.version)
	}
	return set.Follow(r.gauge(nodes{r.ctx, r.Service}), r.memo, r.before.Tree, r.version.Tree, d)
}

// profile measures a version: from what is remembered of it or of one shortly
// before it, and otherwise all of it, on every processor.
func (r *checkup) profile(set *measure.Set, v gov.Version) (*measure.Profile, error) {
	from := r.gauge(nodes{r.ctx, r.Service})
	whole, err := r.remembers(set, v)
	if err != nil || whole {
		return r.folded(set, from, v.Tree, err)
	}
	base, err := r.measuredBefore(set, v)
	switch {
	case err != nil:
		return nil, err
	case base.Number > 0:
		return set.Advance(from, r.memo, base.Tree, v.Tree)
	}
	return r.fold(v.Tree, set.Fold, set)
}

// measuredBefore returns the newest version shortly before v all of whose
// measures are known; its number is 0 if there is none.
func (r *checkup) measuredBefore(set *measure.Set, v gov.Version) (none gov.Version, err error) {
	const furthest = 32
	for n := v.Number; n > 1 && v.Number-n < furthest; n-- {
		base, err := r.versionOf(v.Dataset, n-1)
		if err != nil {
			return none, err
		}
		if known, err := r.remembers(set, base); err != nil || known {
			return base, err
		}
	}
	return none, nil
}

func (r *checkup) folded(set *measure.Set, from tree.Source, t gov.Tree, err error) (*measure.Profile, error) {
	if err != nil {
		return nil, err
	}
	return set.Fold(from, r.memo, t)
}

func (r *checkup) versionOf(dataset gov.DatasetName, number uint64) (v gov.Version, err error) {
	err = r.store.View(r.ctx, func(tx *store.Tx) error {
		v, err = tx.Version(dataset, number)
		return err
	})
	return v, err
}

// unmeasured returns how many records differ from the nearest version whose
// measures are known; all of them if none is.
func (r *checkup) unmeasured() (n uint64, err error) {
	set := measure.NewSet(r.suite.Measures()...)
	const furthest = 32
	for v := r.version; ; {
		known, err := r.remembers(set, v)
		if err != nil || known {
			return min(n, r.version.Tree.Records), err
		}
		n += v.Counts.Added + v.Counts.Removed + v.Counts.Changed
		if v.Number == 1 || r.version.Number-v.Number == furthest {
			return r.version.Tree.Records, nil
		}
		if v, err = r.versionOf(v.Dataset, v.Number-1); err != nil {
			return 0, err
		}
	}
}

// remembers reports whether the states of all measures are known for a version.
func (r *checkup) remembers(set *measure.Set, v gov.Version) (bool, error) {
	return r.memo.has(set.MemoKeys(v.Tree))
}

// A folding measures a part of a tree.
type folding func(from tree.Source, memo measure.Memo, part gov.Tree) (*measure.Profile, error)

// fold measures the parts of a tree side by side and joins them. Each part is
// read in one short transaction, which saves copying its nodes.
func (r *checkup) fold(t gov.Tree, fold folding, set *measure.Set) (*measure.Profile, error) {
	parts, err := measure.Parts(r.gauge(nodes{r.ctx, r.Service}), t)
	if err != nil {
		return nil, err
	}
	profiles := make([]*measure.Profile, len(parts))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, part := range parts {
		g.Go(guard(func() error {
			return r.store.View(r.ctx, func(tx *store.Tx) (err error) {
				profiles[i], err = fold(r.gauge(tx), r.memo, part)
				return err
			})
		}))
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if len(parts) == 1 {
		return profiles[0], nil
	}
	return set.Join(r.memo, t, profiles...)
}

// guard makes a panic an error: a measure that panics must not end the daemon.
func guard(fn func() error) func() error {
	return func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = gov.Because(fmt.Errorf("%v\n%s", p, debug.Stack()), gov.Internal, "PANIC", "a check panicked")
			}
		}()
		return fn()
	}
}

// A gauge counts what is read of nodes, and stops when the run is over.
type gauge struct {
	tree.Source
	run *checkup
}

func (r *checkup) gauge(from tree.Source) gauge { return gauge{from, r} }

// Node implements tree.Source.
func (g gauge) Node(id gov.Digest) ([]byte, error) {
	if err := g.run.ctx.Err(); err != nil {
		return nil, err
	}
	frame, err := g.Source.Node(id)
	g.run.read.Add(uint64(len(frame)))
	return frame, err
}
