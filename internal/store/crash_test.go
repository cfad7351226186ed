package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
)

// A power cut keeps what was synced, and of what was written since then any
// part in any order, down to sectors. So: a writer runs under strace, which
// records what it writes and when it syncs; then the test makes the files that
// cuts at random moments would have left, and looks at each.
//
// Both the writer and whoever looks are this test's own binary, run again: a
// broken file can end or hang the process that opens it.

const (
	crashRole = "GOVD_STORE_CRASH" // of the process: writer or checker
	sector    = 512
	page      = 4096
)

// TestMain plays the role that the environment asks for.
func TestMain(m *testing.M) {
	switch os.Getenv(crashRole) {
	case "writer":
		exitWith(crashWriter(os.Args[1], os.Args[2] == "nosync"))
	case "checker":
		exitWith(crashChecker(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// crashStates is how many files are made: 150, or 10 for each of GOVD_CRASHES.
func crashStates(t *testing.T) int {
	t.Helper()
	if testing.Short() {
		t.Skip("each state is a file and a look at all of it")
	}
	n, err := strconv.Atoi(os.Getenv("GOVD_CRASHES"))
	if err != nil {
		return 150
	}
	return max(150, 10*n)
}

// No cut loses what was acknowledged, or leaves a file that is not sound.
func TestCrashStates(t *testing.T) {
	n := crashStates(t)
	r, rng := record(t, "sync"), seeded(t)
	checker := &checker{t: t}
	defer checker.stop()
	for i, s := range r.states(rng, n) {
		if why := checker.look(s); why != "" {
			t.Errorf("state %d, %v, cut after event %d of %d: %s", i, s.mode, s.at, len(r.events), why)
		}
	}
}

// A store that does not sync is found out. If it is not, the test above says
// nothing.
func TestCrashStatesWithoutSync(t *testing.T) {
	n := crashStates(t) / 5
	r, rng := record(t, "nosync"), seeded(t)
	checker := &checker{t: t}
	defer checker.stop()
	failed := map[mode]int{}
	states := r.states(rng, min(n, 100))
	for _, s := range states {
		if checker.look(s) != "" {
			failed[s.mode]++
		}
	}
	t.Logf("of %d states these failed: %v", len(states), failed)
	for _, m := range []mode{keepNone, keepSome, keepTorn} {
		if failed[m] == 0 {
			t.Errorf("no state with %v was found out", m)
		}
	}
}

func seeded(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// crashWriter writes to the store from several goroutines and says on stdout
// which entries have been acknowledged.
func crashWriter(path string, noSync bool) error {
	s, err := Open(path, Options{NoSync: noSync})
	if err != nil {
		return err
	}
	if err := crashSeal(s); err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for w := range errs {
		wg.Go(func() {
			for i := 0; i < 15 && errs[w] == nil; i++ {
				errs[w] = crashWrite(s, fmt.Sprintf("entry %d of %d", i, w), os.Stdout)
			}
		})
	}
	wg.Wait()
	return errors.Join(errors.Join(errs...), s.Close())
}

// crashWrite writes an entry and says so when it is acknowledged.
func crashWrite(s *Store, entry string, acks io.Writer) error {
	imp, err := s.NewImport(context.Background())
	if err != nil {
		return err
	}
	if err := imp.PutNode(crashNode(entry)); err != nil {
		return err
	}
	var index uint64
	err = s.Update(context.Background(), func(tx *Tx) error {
		index = tx.Append([]byte(entry))
		return errors.Join(crashApply(tx, entry), imp.Commit(tx))
	})
	if err == nil {
		_, err = fmt.Fprintf(acks, "ack %d %s\n", index, entry)
	}
	return errors.Join(err, imp.Close())
}

// crashApply is what an entry does to the tables.
func crashApply(tx *Tx, entry string) error {
	sum := sha256.Sum256([]byte(entry))
	n := tx.Next("crash")
	p := gov.Project(fmt.Sprint("p", sum[0]%40))
	return errors.Join(
		tx.PutProject(gov.ProjectInfo{Name: p, Created: time.Unix(int64(n), 0).UTC()}),
		tx.SetRevision(p, n),
		tx.PutRequest("user:1", [16]byte(sum[:16]), n),
		tx.PutDocument(sum, bytes.Repeat(sum[:], 1+int(sum[1]))),
	)
}

// crashNode is the tree node that belongs to an entry.
func crashNode(entry string) (id gov.Digest, frame []byte) {
	id = sha256.Sum256([]byte("node of " + entry))
	return id, bytes.Repeat(id[:], 1+int(id[0]))
}

func crashKey() (audit.Signer, error) {
	text, _, err := audit.GenerateKey("crash.example", bytes.NewReader(make([]byte, 32)))
	if err != nil {
		return audit.Signer{}, err
	}
	return audit.NewSigner(text)
}

// crashSeal lets the store seal its log as the daemon's does.
func crashSeal(s *Store) error {
	key, err := crashKey()
	if err != nil {
		return err
	}
	var a *audit.Appender
	err = s.View(context.Background(), func(tx *Tx) (err error) {
		a, err = audit.NewAppender(tx, key)
		return err
	})
	s.UseSeal(func(_ uint64, entries [][]byte) ([]Tile, []byte, error) {
		full, checkpoint, err := a.Append(entries)
		var tiles []Tile
		for _, t := range full {
			tiles = append(tiles, Tile(t))
		}
		return tiles, checkpoint, err
	})
	return err
}

// A question is what a checker is asked; the answer is a line of what is
// wrong, empty if nothing.
type question struct {
	Path  string
	Acked map[uint64]string
}

// A checker is a process that looks at states. When one ends or hangs it, there
// is a new one for the next.
type checker struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	err *bytes.Buffer
}

func (c *checker) start() {
	c.cmd, c.err = exec.Command(os.Args[0]), new(bytes.Buffer)
	c.cmd.Env, c.cmd.Stderr = append(os.Environ(), crashRole+"=checker"), c.err
	in, err1 := c.cmd.StdinPipe()
	out, err2 := c.cmd.StdoutPipe()
	if err := errors.Join(err1, err2, c.cmd.Start()); err != nil {
		c.t.Fatal(err)
	}
	c.in, c.out = in, bufio.NewReader(out)
}

func (c *checker) stop() {
	if c.cmd != nil {
		c.in.Close()
		c.cmd.Wait()
		c.cmd = nil
	}
}

// patience is how long a checker may look at one state before it counts as hung.
const patience = 20 * time.Second

// look returns what is wrong with a state.
func (c *checker) look(s state) string {
	c.t.Helper()
	if c.cmd == nil {
		c.start()
	}
	path := filepath.Join(c.t.TempDir(), "state.db")
	s.save(c.t, path)
	defer os.Remove(path)
	hung := time.AfterFunc(patience, func() { c.cmd.Process.Kill() })
	defer hung.Stop()
	if err := json.NewEncoder(c.in).Encode(question{path, s.acked}); err != nil {
		c.t.Fatal(err)
	}
	answer, err := c.out.ReadString('\n')
	if err != nil {
		c.stop()
		words, _, _ := strings.Cut(c.err.String(), "\n")
		return "whoever opens it dies or hangs: " + words
	}
	return strings.TrimSpace(answer)
}

// crashChecker answers questions.
func crashChecker(in io.Reader, out io.Writer) error {
	for d := json.NewDecoder(in); ; {
		var q question
		if err := d.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		answer := ""
		if err := q.answer(); err != nil {
			answer = strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		fmt.Fprintln(out, answer)
	}
}

func (q question) answer() error {
	s, err := Open(q.Path, Options{NoSync: true, Linger: -1})
	if err != nil {
		return err
	}
	check := func() (err error) {
		e := s.Check(func(format string, args ...any) { err = errors.Join(err, fmt.Errorf(format, args...)) })
		return errors.Join(err, e)
	}
	steps := []func() error{
		check,
		func() error { return s.View(context.Background(), q.log) },
		func() error { return s.View(context.Background(), q.replay) },
		func() error { return crashSeal(s) },
		func() error { return crashWrite(s, "one more", io.Discard) }, // and it goes on from there
		check,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	return s.Close()
}

// log checks that the log is what its checkpoint signs, and holds what was
// acknowledged.
func (q question) log(tx *Tx) error {
	root, err := audit.Check(tx)
	if err != nil {
		return err
	}
	key, err := crashKey()
	if err != nil {
		return err
	}
	cp, err := audit.ParseCheckpoint(tx.Checkpoint(), key.VerifierKey())
	if err != nil {
		return err
	}
	if cp.Size != tx.LogSize() || cp.Root != root {
		return fmt.Errorf("the checkpoint is of %d entries, the log has %d or another root", cp.Size, tx.LogSize())
	}
	for i, want := range q.Acked {
		if got, err := tx.Entry(i); err != nil || string(got) != want {
			return fmt.Errorf("entry %d was acknowledged as %q and is %q (%v)", i, want, got, err)
		}
	}
	return nil
}

// replay checks that the tables are what the log's entries make of empty ones,
// and that each entry has its node.
func (q question) replay(tx *Tx) error {
	again, err := Create(q.Path+".again", Options{NoSync: true, Linger: -1})
	if err != nil {
		return err
	}
	defer os.Remove(q.Path + ".again")
	err = again.Update(context.Background(), func(to *Tx) error {
		for _, e := range tx.Entries(0) {
			if err := crashApply(to, string(e)); err != nil {
				return err
			}
			id, frame := crashNode(string(e))
			if got, err := tx.Node(id); err != nil || !bytes.Equal(got, frame) {
				return fmt.Errorf("the node of %q: %v", e, err)
			}
		}
		return nil
	})
	if err == nil {
		err = again.View(context.Background(), func(want *Tx) error {
			if dumpOf(tx) != dumpOf(want) {
				return errors.New("the tables are not what the log says")
			}
			return nil
		})
	}
	return errors.Join(err, again.Close())
}

func dumpOf(tx *Tx) string {
	var b strings.Builder
	tx.Dump(func(table string, k, v []byte) error {
		fmt.Fprintf(&b, "%s %x %x\n", table, k, v)
		return nil
	})
	return b.String()
}
