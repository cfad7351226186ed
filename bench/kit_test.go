package bench

import (
	"bytes"
	"context"
	cryptorand "crypto/rand"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/metadata"

	"govd/internal/auth"
	"govd/internal/daemon"
	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// binaries is where TestMain lets govd be built; it is removed in the end.
var binaries string

// govdBinary builds govd once for all benchmarks.
var govdBinary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaries, "govd")
	out, err := exec.Command("go", "build", "-o", path, "govd/cmd/govd").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	debug.SetGCPercent(400) // as govctl does
	var err error
	if binaries, err = os.MkdirTemp("", "govd-bench-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(binaries)
	return m.Run()
}

// A govd is a daemon in a process of its own, with one admin who is also
// steward of the project "bench".
type govd struct {
	b     testing.TB
	cmd   *exec.Cmd
	dir   daemon.Dir
	conn  *grpc.ClientConn
	token string
}

// start starts a daemon on a new data directory, with a project "bench".
func start(b testing.TB) *govd {
	b.Helper()
	d := &govd{b: b, dir: daemon.Dir(filepath.Join(b.TempDir(), "data"))}
	d.run()
	d.bootstrap()
	return d
}

// run starts the process and waits until it serves.
func (d *govd) run() {
	d.b.Helper()
	path, err := govdBinary()
	must(d.b, err)
	d.cmd = exec.Command(path, "serve", "-data", string(d.dir), "-listen", "none")
	stderr, err := os.Create(string(d.dir) + ".log") // as a service manager would: no reader to wake
	must(d.b, err)
	defer stderr.Close()
	d.cmd.Stderr = stderr
	must(d.b, d.cmd.Start())
	d.b.Cleanup(func() { d.stop() })
	d.conn, err = grpc.NewClient("unix:"+d.dir.Socket(), grpc.WithTransportCredentials(auth.UnixCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 2 * time.Millisecond, Multiplier: 1, MaxDelay: 2 * time.Millisecond}}))
	must(d.b, err)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = govdv1.NewServerServiceClient(d.conn).GetStatus(ctx, &govdv1.GetStatusRequest{}, grpc.WaitForReady(true))
	if ctx.Err() != nil {
		said, _ := os.ReadFile(stderr.Name())
		d.b.Fatalf("govd does not serve: %v\n%s", err, said)
	}
}

func (d *govd) stop() {
	if d.cmd.ProcessState == nil {
		d.conn.Close()
		d.cmd.Process.Signal(syscall.SIGTERM)
		d.cmd.Wait()
	}
}

// benchRules let one person be admin and steward, and newcomers vote; stages 2
// and 3 need one approval.
const benchRules = `{"stages":{"1":{},"2":{"factors":[{"role":"steward","need":1}]},"3":{"factors":[{"role":"steward","need":1}]},"4":{},"5":{}},` +
	`"vote_life":"14d","change_life":"30d","rule_need":1,"rule_delay":"1h"}`

func (d *govd) bootstrap() {
	text, err := os.ReadFile(d.dir.BootstrapToken())
	must(d.b, err)
	secret := auth.NewSecret(cryptorand.Reader)
	digest := auth.HashSecret(secret)
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+strings.TrimSpace(string(text)))
	resp, err := govdv1.NewServerServiceClient(d.conn).Bootstrap(ctx, &govdv1.BootstrapRequest{
		RequestId: id(), Name: "bench", SecretDigest: digest[:], Rules: []byte(benchRules),
	})
	must(d.b, err)
	d.token = auth.FormatToken(auth.PersonToken, gov.CredentialID(resp.GetTokenId()), secret)
	_, err = govdv1.NewDatasetServiceClient(d.conn).CreateProject(d.ctx(), &govdv1.CreateProjectRequest{RequestId: id(), Name: "bench"})
	must(d.b, err)
	_, err = govdv1.NewPolicyServiceClient(d.conn).GrantRole(d.ctx(), &govdv1.GrantRoleRequest{RequestId: id(), Person: "bench", Role: "steward", Place: "bench"})
	must(d.b, err)
}

// ctx carries the token.
func (d *govd) ctx() context.Context {
	return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+d.token)
}

// dataset makes an empty dataset.
func (d *govd) dataset(name string) {
	_, err := govdv1.NewDatasetServiceClient(d.conn).CreateDataset(d.ctx(), &govdv1.CreateDatasetRequest{RequestId: id(), Name: name})
	must(d.b, err)
}

func id() string { return uuid.Must(uuid.NewV7()).String() }

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// A usage is what processes have used.
type usage struct {
	cpu     time.Duration
	written uint64 // bytes handed to the disk
}

// used returns what the daemon and this process have used so far.
func (d *govd) used() usage {
	var self syscall.Rusage
	must(d.b, syscall.Getrusage(syscall.RUSAGE_SELF, &self))
	u := usage{cpu: time.Duration(self.Utime.Nano() + self.Stime.Nano())}
	u.cpu += d.cpu()
	u.written = procField(d.b, d.cmd.Process.Pid, "io", "write_bytes:")
	return u
}

// cpu returns the daemon's CPU time.
func (d *govd) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.cmd.Process.Pid))
	must(d.b, err)
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100
}

// busy returns the daemon's CPU time to the nanosecond, for what takes less than
// the kernel's clock tick.
func (d *govd) busy() (sum time.Duration) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", d.cmd.Process.Pid))
	must(d.b, err)
	for _, path := range threads {
		b, err := os.ReadFile(path)
		must(d.b, err)
		n, err := strconv.ParseInt(strings.Fields(string(b))[0], 10, 64)
		must(d.b, err)
		sum += time.Duration(n)
	}
	return sum
}

// watchOwn watches the memory that is the daemon's own: not the pages of its
// file, which the kernel takes back when it needs them. The function it returns
// ends that and returns the most there was, in bytes.
func (d *govd) watchOwn() (most func() uint64) {
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			most = max(most, procField(d.b, d.cmd.Process.Pid, "status", "RssAnon:")*1024)
			select {
			case <-tick.C:
			case <-stop:
				done <- most
				return
			}
		}
	}()
	return func() uint64 { close(stop); return <-done }
}

// peak returns the daemon's peak resident memory, and rss what it holds now, in bytes.
func (d *govd) peak() uint64 { return procField(d.b, d.cmd.Process.Pid, "status", "VmHWM:") * 1024 }
func (d *govd) rss() uint64  { return procField(d.b, d.cmd.Process.Pid, "status", "VmRSS:") * 1024 }

// anonymous is what of it is not pages of the file, which the kernel takes back at will.
func (d *govd) anonymous() uint64 {
	return procField(d.b, d.cmd.Process.Pid, "status", "RssAnon:") * 1024
}

// procField reads a number that the kernel keeps of a process.
func procField(tb testing.TB, pid int, file, name string) uint64 {
	tb.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	must(tb, err)
	_, rest, _ := strings.Cut(string(b), name)
	n, err := strconv.ParseUint(strings.Fields(rest)[0], 10, 64)
	must(tb, err)
	return n
}

// record returns the ith record: a 28-byte key and about 142 bytes of value,
// drawn so cheaply that the drawing hardly counts.
func record(i int, salt uint64) *govdv1.Record {
	rng := rand.NewPCG(uint64(i), salt)
	content := make([]byte, 32)
	for at := 0; at < len(content); at += 8 {
		binary.BigEndian.PutUint64(content[at:], rng.Uint64())
	}
	n := rng.Uint64()
	key := []byte("train/finger/hand-00000000.jpg")
	for at := 25; i > 0; at, i = at-1, i/10 {
		key[at] = byte('0' + i%10)
	}
	return &govdv1.Record{
		Key: string(key), Content: content, Size: 10_000 + n%4096, MediaType: "image/jpeg",
		Labels: []*govdv1.Label{{Id: "1", Name: [...]string{"palm", "back", "thumb", "index"}[n>>12%4]}}, Split: "train",
		Facts: &govdv1.ImageFacts{
			Width: 640, Height: 480, Phash: rng.Uint64(), Sharpness: n >> 14 % 16384, Blur: 4000 + uint32(n>>28%256),
			Dark: 8000, Light: 300 + uint32(n>>36%256), Entropy: 7000,
		},
	}
}

// register streams a version and returns it.
func (d *govd) register(dataset, parent string, delta bool, records func(yield func(*govdv1.Record) bool)) *govdv1.RegisterVersionResponse {
	d.b.Helper()
	stream, err := govdv1.NewVersionServiceClient(d.conn).RegisterVersion(d.ctx())
	must(d.b, err)
	header := &govdv1.RegisterVersionHeader{RequestId: id(), Dataset: dataset, Parent: parent, Delta: delta}
	must(d.b, stream.Send(&govdv1.RegisterVersionRequest{Part: &govdv1.RegisterVersionRequest_Header{Header: header}}))
	batch := &govdv1.RecordBatch{}
	send := func() {
		must(d.b, stream.Send(&govdv1.RegisterVersionRequest{Part: &govdv1.RegisterVersionRequest_Batch{Batch: batch}}))
		batch.Puts = batch.Puts[:0]
	}
	for r := range records {
		if batch.Puts = append(batch.Puts, r); len(batch.Puts) == 100 {
			send()
		}
	}
	send()
	resp, err := stream.CloseAndRecv()
	must(d.b, err)
	return resp
}
