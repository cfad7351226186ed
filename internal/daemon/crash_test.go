package daemon

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"govd/internal/audit"
	govdv1 "govd/proto/govd/v1"
)

// crashes is how often the daemon is killed: GOVD_CRASHES times, or 5.
func crashes(t testing.TB) int {
	t.Helper()
	text := os.Getenv("GOVD_CRASHES")
	if text == "" {
		return 5
	}
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

// killsPerDir bounds how large a directory grows, and so what looking at it costs.
const killsPerDir = 20

// TestCrash kills the real daemon at random moments: while it starts for the
// first time, while it starts again, under load and in the middle of a large
// registration. What it acknowledged must be there afterwards, under the same
// log index; asked again under the same request id it must answer the same; and
// fsck must find nothing.
func TestCrash(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for left := crashes(t); left > 0 && !t.Failed(); left -= killsPerDir {
		crashDir(t, rng, min(left, killsPerDir))
	}
}

func crashDir(t *testing.T, rng *rand.Rand, kills int) {
	w := &crashWorld{t: t, rng: rng, dir: newDir(t)}
	w.killAtStart() // the first one ever
	w.setUp()
	for i := 1; i < kills && !t.Failed(); i++ {
		switch i % 4 {
		case 2:
			w.killAtStart()
		case 3:
			w.killUnder((*crashWorld).importing)
		default:
			w.killUnder((*crashWorld).loading)
		}
	}
	w.finish()
}

// A crashWorld is one data directory and what its clients know.
type crashWorld struct {
	t       *testing.T
	rng     *rand.Rand
	dir     Dir
	token   string
	workers []*crashWorker
	big     *crashWorker

	mu     sync.Mutex
	ledger []acked
	proven int // entries of the ledger that have been looked up since they were acknowledged
}

// An op is something that a client asks for until it is acknowledged.
type op struct {
	request string
	ask     func(ctx context.Context, c api, request string) (answer, error)
}

// An answer is what must be the same however often a request is made.
type answer struct {
	index uint64
	what  string
}

type acked struct {
	op
	answer
}

// killAtStart starts the daemon and kills it somewhere on its way.
func (w *crashWorld) killAtStart() {
	p := spawn(w.t, w.dir)
	goal := []string{w.dir.Key(), w.dir.Store(), w.dir.BootstrapToken(), w.dir.Socket(), w.dir.Scratch()}[w.rng.IntN(5)]
	there := func() bool { _, err := os.Lstat(goal); return err == nil }
	for looks := w.rng.IntN(20_000); looks > 0 && !there(); looks-- {
		runtime.Gosched()
	}
	p.kill()
	w.check()
}

// setUp makes the first admin, a project, and a dataset for each worker.
func (w *crashWorld) setUp() {
	p := spawn(w.t, w.dir)
	p.await()
	text, err := os.ReadFile(w.dir.BootstrapToken())
	must(w.t, err)
	w.token, err = bootstrapWith(w.t, p.as(strings.TrimSpace(string(text))))
	must(w.t, err)
	c := p.as(w.token)
	c.project(w.t, "crash")
	for role, place := range map[string]string{"auditor": "*", "steward": "crash"} {
		_, err := c.GrantRole(w.t.Context(), &govdv1.GrantRoleRequest{RequestId: request(), Person: "alice", Role: role, Place: place})
		must(w.t, err)
	}
	for i := range 9 {
		k := &crashWorker{world: w, name: fmt.Sprint("w", i), rng: rand.New(rand.NewPCG(w.rng.Uint64(), 0))}
		_, err := c.CreateDataset(w.t.Context(), &govdv1.CreateDatasetRequest{RequestId: request(), Name: "crash/" + k.name, Stage: 1})
		must(w.t, err)
		w.workers = append(w.workers, k)
	}
	w.big, w.workers = w.workers[0], w.workers[1:]
	p.kill()
	w.check()
}

// killUnder lets the workers run, and kills the daemon when the condition that
// fn waits for has come.
func (w *crashWorld) killUnder(fn func(w *crashWorld, r *round)) {
	p := spawn(w.t, w.dir)
	p.await()
	c := p.as(w.token)
	w.prove(c)
	r := &round{api: c, acks: make(chan struct{}), sent: make(chan struct{}), over: make(chan struct{})}
	for _, k := range w.workers {
		r.wg.Go(func() { k.work(r, k.next) })
	}
	fn(w, r)
	r.killed.Store(true)
	p.kill()
	close(r.over)
	r.wg.Wait()
	w.check()
}

// A round is the time between a start and a kill.
type round struct {
	api
	wg     sync.WaitGroup
	killed atomic.Bool // from now on calls may fail
	acks   chan struct{}
	sent   chan struct{} // a batch of the large registration
	over   chan struct{}
}

func (r *round) tell(what chan struct{}) {
	select {
	case what <- struct{}{}:
	case <-r.over:
	}
}

// loading waits for a random number of acknowledgements.
func (w *crashWorld) loading(r *round) {
	for n := 1 + w.rng.IntN(400); n > 0 && !w.t.Failed(); n-- {
		<-r.acks
	}
}

// importing waits until a random part of a large registration is on its way.
func (w *crashWorld) importing(r *round) {
	r.wg.Go(func() { w.big.work(r, w.big.large) })
	for n := 1 + w.rng.IntN(largeBatches); n > 0 && !w.t.Failed(); {
		select {
		case <-r.sent:
			n--
		case <-r.acks:
		}
	}
}

// check looks at what a kill has left.
func (w *crashWorld) check() {
	w.t.Helper()
	if _, err := os.Lstat(w.dir.Store()); err != nil {
		return // killed before there was one
	}
	sound(w.t, w.dir)
}

// prove looks up what was acknowledged since it was last called, and asks for
// some of it again.
func (w *crashWorld) prove(c api) {
	w.t.Helper()
	for i, a := range w.ledger[w.proven:] {
		w.lookUp(c, a)
		if i%16 == 0 {
			w.askAgain(c, a)
		}
	}
	w.proven = len(w.ledger)
}

func (w *crashWorld) lookUp(c api, a acked) {
	w.t.Helper()
	resp, err := c.GetEntry(w.t.Context(), &govdv1.GetEntryRequest{Index: a.index})
	if err != nil {
		w.t.Fatalf("%s was acknowledged as entry %d: %v", a.what, a.index, err)
	}
	e, err := audit.DecodeEntry(resp.GetEntry().GetLine())
	must(w.t, err)
	if e.Request != a.request || e.Refused != "" {
		w.t.Errorf("entry %d is of request %s, and %s was acknowledged to be it", a.index, e.Request, a.request)
	}
}

func (w *crashWorld) askAgain(c api, a acked) {
	w.t.Helper()
	again, err := a.ask(w.t.Context(), c, a.request)
	if err != nil || again != a.answer {
		w.t.Errorf("request %s was answered %v, and is now answered %v (%v)", a.request, a.answer, again, err)
	}
}

// finish looks up everything once more, after an end in good order.
func (w *crashWorld) finish() {
	p := spawn(w.t, w.dir)
	p.await()
	c := p.as(w.token)
	r := &round{api: c, over: make(chan struct{})}
	close(r.over)
	for _, k := range append(w.workers, w.big) {
		if k.pending.ask != nil {
			k.try(r)
		}
	}
	w.proven = 0
	w.prove(c)
	p.stop()
	sum := sound(w.t, w.dir)
	w.t.Logf("%d acknowledged, %d entries, %d versions", len(w.ledger), sum.Entries, sum.Versions)
}

// A crashWorker asks for one thing after the other, in a dataset of its own.
type crashWorker struct {
	world   *crashWorld
	name    string
	rng     *rand.Rand
	n       int
	pending op     // asked for and not acknowledged
	person  string // made, and has no role yet
	newest  string // digest of the newest version
	done    func(answer)
}

// work asks until the round is over. What was not acknowledged before comes first.
func (k *crashWorker) work(r *round, next func(*round)) {
	for !r.killed.Load() {
		if k.pending.ask == nil {
			k.n++
			next(r)
			k.pending.request = request()
		}
		if !k.try(r) {
			return
		}
		r.tell(r.acks)
	}
}

// try asks for what is pending, and reports whether it was acknowledged.
func (k *crashWorker) try(r *round) bool {
	w := k.world
	a, err := k.pending.ask(w.t.Context(), r.api, k.pending.request)
	if err != nil {
		if !r.killed.Load() {
			w.t.Errorf("%s: %v", k.name, err)
			r.tell(r.acks)
		}
		return false
	}
	w.mu.Lock()
	w.ledger = append(w.ledger, acked{k.pending, a})
	w.mu.Unlock()
	k.done(a)
	k.pending = op{}
	return true
}

// next makes up what to ask for next.
func (k *crashWorker) next(*round) {
	k.done = func(answer) {}
	switch what := k.rng.IntN(4); {
	case what == 0 || k.newest == "":
		k.register()
	case what == 1:
		k.tag()
	case k.person == "":
		k.addPerson()
	default:
		k.grant()
	}
}

func (k *crashWorker) addPerson() {
	name := fmt.Sprintf("%s-%d", k.name, k.n)
	k.done = func(answer) { k.person = name }
	k.pending.ask = func(ctx context.Context, c api, request string) (answer, error) {
		resp, err := c.AddPerson(ctx, &govdv1.AddPersonRequest{RequestId: request, Name: name})
		return answer{resp.GetAuditIndex(), "person " + resp.GetPerson().GetId()}, err
	}
}

func (k *crashWorker) grant() {
	name := k.person
	k.done = func(answer) { k.person = "" }
	k.pending.ask = func(ctx context.Context, c api, request string) (answer, error) {
		resp, err := c.GrantRole(ctx, &govdv1.GrantRoleRequest{RequestId: request, Person: name, Role: "viewer", Place: "crash"})
		return answer{resp.GetAuditIndex(), "grant"}, err
	}
}

func (k *crashWorker) tag() {
	ref, name := "crash/"+k.name+"@v1", fmt.Sprint("t", k.n%5)
	k.pending.ask = func(ctx context.Context, c api, request string) (answer, error) {
		resp, err := c.SetTag(ctx, &govdv1.SetTagRequest{RequestId: request, Ref: ref, Tag: name})
		return answer{resp.GetAuditIndex(), "tag"}, err
	}
}

// register asks for a small version: all of it for the first, then what has changed.
func (k *crashWorker) register() {
	header := k.header()
	batch := &govdv1.RecordBatch{}
	if k.newest == "" {
		for i := range 20 {
			batch.Puts = append(batch.Puts, crashRecord(fmt.Sprintf("k%06d", i), "first"))
		}
	} else {
		header.Delta = true
		batch.Puts = append(batch.Puts, crashRecord(fmt.Sprintf("k%06d", k.n%20), fmt.Sprint(k.n)), crashRecord(fmt.Sprintf("n%06d", k.n), "new"))
	}
	k.ask(header, 1, func(int) *govdv1.RecordBatch { return batch }, func() {})
}

const (
	largeBatches = 80
	largeBatch   = 500
)

// large asks for a version of many records, all of them new.
func (k *crashWorker) large(r *round) {
	n := k.n
	k.ask(k.header(), largeBatches, func(i int) *govdv1.RecordBatch {
		b := &govdv1.RecordBatch{}
		for j := range largeBatch {
			b.Puts = append(b.Puts, crashRecord(fmt.Sprintf("k%09d", i*largeBatch+j), fmt.Sprint(n)))
		}
		return b
	}, func() { r.tell(r.sent) })
}

func (k *crashWorker) header() *govdv1.RegisterVersionHeader {
	return &govdv1.RegisterVersionHeader{Dataset: "crash/" + k.name, Parent: k.newest, Message: fmt.Sprint("version ", k.n)}
}

// ask makes a registration of so many batches pending.
func (k *crashWorker) ask(header *govdv1.RegisterVersionHeader, batches int, batch func(i int) *govdv1.RecordBatch, sent func()) {
	k.done = func(a answer) { k.newest = a.what }
	k.pending.ask = func(ctx context.Context, c api, request string) (answer, error) {
		header.RequestId = request
		stream, err := c.RegisterVersion(ctx)
		if err != nil {
			return answer{}, err
		}
		err = stream.Send(&govdv1.RegisterVersionRequest{Part: &govdv1.RegisterVersionRequest_Header{Header: header}})
		for i := 0; i < batches && err == nil; i++ {
			err = stream.Send(&govdv1.RegisterVersionRequest{Part: &govdv1.RegisterVersionRequest_Batch{Batch: batch(i)}})
			sent()
		}
		resp, err := stream.CloseAndRecv() // says why a Send failed
		return answer{resp.GetAuditIndex(), resp.GetVersion().GetDigest()}, err
	}
}

// crashRecord is a record whose content is the text.
func crashRecord(key, text string) *govdv1.Record {
	sum := sha256.Sum256([]byte(key + text))
	return &govdv1.Record{Key: key, Content: sum[:], Size: uint64(len(text)), MediaType: "text/plain"}
}
