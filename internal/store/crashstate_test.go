package store

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An event is a write to the file, a change of its size, a sync, or an
// acknowledgement.
type event struct {
	kind  string // write, size, sync, ack
	at    int64  // where the data goes; the size
	data  []byte
	index uint64 // of the acknowledged entry, which data is
}

type recording struct {
	t      *testing.T
	base   image
	events []event
}

// record runs the writer on a new store.
func record(t *testing.T, how string) *recording {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed; without it nothing can be said of power cuts")
	}
	dir := t.TempDir()
	path, trace := filepath.Join(dir, "govd.db"), filepath.Join(dir, "trace")
	r := &recording{t: t, base: crashBase(t, path)}
	cmd := exec.Command(strace, "-f", "-y", "-xx", "-s", "100000000", "-o", trace,
		"-e", "trace=write,pwrite64,pwritev,ftruncate,fallocate,fdatasync,fsync,msync,sync_file_range", os.Args[0], path, how)
	cmd.Env = append(os.Environ(), crashRole+"=writer")
	if out, err := cmd.CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("ptrace")) {
			t.Skipf("strace may not trace here: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	f, err := os.Open(trace)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r.read(f)
	return r
}

// crashBase makes the store that the writer finds.
func crashBase(t *testing.T, path string) image {
	t.Helper()
	s, err := Create(path, Options{})
	if err == nil {
		err = errors.Join(crashSeal(s), crashWrite(s, "entry 0", io.Discard), s.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	i := image{size: int64(len(b)), pages: map[int64][]byte{}}
	i.write(0, b)
	return i
}

var syscallForm = regexp.MustCompile(`^\d+ +(<\.\.\. )?(\w+)(?:\(\d+<([^>]*)>(?:, "([^"]*)")?(?:, (\d+))?(?:, (\d+))?| resumed>)(.*)$`)

// read makes events of a trace. A write counts from when it begins, a sync
// from when it has ended.
func (r *recording) read(trace io.Reader) {
	lines := bufio.NewReaderSize(trace, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if m := syscallForm.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
			r.add(m[1] != "", m[2], unhex(m[3]), unhex(m[4]), m[5], m[6], m[7])
		}
		if err != nil {
			break
		}
	}
	kinds := map[string]int{}
	for _, e := range r.events {
		kinds[e.kind]++
	}
	r.t.Logf("recorded: %v", kinds)
	if kinds["write"] == 0 || kinds["ack"] != 90 {
		r.t.Fatal("the trace does not show what the writer has done")
	}
}

func (r *recording) add(resumed bool, call, path, data, a, b, rest string) {
	ended := !strings.Contains(rest, "<unfinished")
	if ended && strings.Contains(rest, "= -1") {
		r.t.Fatalf("%s of the writer failed: %s", call, rest)
	}
	ours := strings.HasSuffix(path, "/govd.db")
	number := func(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }
	switch {
	case (call == "fdatasync" || call == "fsync") && ended && (ours || resumed):
		r.events = append(r.events, event{kind: "sync"})
	case resumed || call == "fdatasync" || call == "fsync":
	case call == "write" && strings.HasPrefix(data, "ack "):
		index, entry, _ := strings.Cut(strings.TrimSpace(data[4:]), " ")
		r.events = append(r.events, event{kind: "ack", index: uint64(number(index)), data: []byte(entry)})
	case ours && call == "pwrite64":
		if int64(len(data)) != number(a) {
			r.t.Fatalf("a write of %s bytes was recorded with %d", a, len(data))
		}
		r.events = append(r.events, event{kind: "write", at: number(b), data: []byte(data)})
	case ours && call == "ftruncate":
		r.events = append(r.events, event{kind: "size", at: number(a)})
	case ours:
		r.t.Fatalf("the writer calls %s, which this test does not understand", call)
	}
}

// unhex reads a string as strace -xx writes it.
func unhex(s string) string {
	b, _ := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	return string(b)
}

// An image is a file: pages that are never changed once they are in it.
type image struct {
	size  int64
	pages map[int64][]byte
}

// write puts whole pages, as all of bbolt's writes are.
func (i *image) write(at int64, data []byte) {
	for ; len(data) > 0; at, data = at+page, data[min(page, len(data)):] {
		i.pages[at/page] = data[:min(page, len(data))]
		i.size = max(i.size, at+int64(len(i.pages[at/page])))
	}
}

func (i *image) apply(e event) {
	switch e.kind {
	case "write":
		i.write(e.at, e.data)
	case "size":
		i.size = e.at
	}
}

// tear applies some sectors of a write.
func (i *image) tear(rng *rand.Rand, e event) {
	for at := 0; at < len(e.data); at += page {
		torn := make([]byte, page)
		copy(torn, i.pages[(e.at+int64(at))/page])
		for s := at; s < min(at+page, len(e.data)); s += sector {
			if rng.IntN(2) == 0 {
				copy(torn[s-at:], e.data[s:s+sector])
			}
		}
		i.write(e.at+int64(at), torn)
	}
}

// A mode says what becomes of what was not synced.
type mode string

const (
	keepNone mode = "nothing unsynced kept"
	keepAll  mode = "all kept"
	keepSome mode = "some kept, in another order"
	keepTorn mode = "some sectors kept"
)

// A state is a file that a cut leaves, and what had been acknowledged by then.
type state struct {
	at   int // events before the cut
	mode mode
	image
	acked map[uint64]string
}

// states makes n states at random moments.
func (r *recording) states(rng *rand.Rand, n int) (all []state) {
	cuts := make([]int, n)
	for i := range cuts {
		cuts[i] = 1 + rng.IntN(len(r.events))
	}
	slices.Sort(cuts)
	durable := image{r.base.size, maps.Clone(r.base.pages)}
	acked := map[uint64]string{}
	var unsynced []event
	done := 0
	modes := []mode{keepNone, keepAll, keepSome, keepTorn}
	for i, cut := range cuts {
		for ; done < cut; done++ {
			switch e := r.events[done]; e.kind {
			case "ack":
				acked[e.index] = string(e.data)
			case "sync":
				for _, u := range unsynced {
					durable.apply(u)
				}
				unsynced = nil
			default:
				unsynced = append(unsynced, e)
			}
		}
		s := state{cut, modes[i%len(modes)], image{durable.size, maps.Clone(durable.pages)}, maps.Clone(acked)}
		s.lose(rng, unsynced)
		all = append(all, s)
	}
	return all
}

// lose applies of the unsynced writes what the mode keeps.
func (s *state) lose(rng *rand.Rand, unsynced []event) {
	switch s.mode {
	case keepAll:
		for _, e := range unsynced {
			s.apply(e)
		}
	case keepSome:
		for _, i := range rng.Perm(len(unsynced)) {
			if rng.IntN(2) == 0 {
				s.apply(unsynced[i])
			}
		}
	case keepTorn:
		for _, e := range unsynced {
			if e.kind == "write" {
				s.tear(rng, e)
			} else if rng.IntN(2) == 0 {
				s.apply(e)
			}
		}
	}
}

func (i image) save(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for n, b := range i.pages {
		if _, err := f.WriteAt(b, n*page); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Truncate(i.size), f.Close()); err != nil {
		t.Fatal(err)
	}
}
