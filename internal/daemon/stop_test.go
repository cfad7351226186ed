package daemon

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	govdv1 "govd/proto/govd/v1"
)

// registering begins to register a version of "p/d" and sends one batch.
func (c api) registering(t *testing.T) govdv1.VersionService_RegisterVersionClient {
	t.Helper()
	c.project(t, "p")
	_, err := c.GrantRole(t.Context(), &govdv1.GrantRoleRequest{RequestId: request(), Person: "alice", Role: "steward", Place: "p"})
	must(t, err)
	_, err = c.CreateDataset(t.Context(), &govdv1.CreateDatasetRequest{RequestId: request(), Name: "p/d", Stage: 1})
	must(t, err)
	stream, err := c.RegisterVersion(t.Context())
	must(t, err)
	header := &govdv1.RegisterVersionHeader{RequestId: request(), Dataset: "p/d"}
	must(t, stream.Send(&govdv1.RegisterVersionRequest{Part: &govdv1.RegisterVersionRequest_Header{Header: header}}))
	sendRecord(t, stream, "a")
	return stream
}

func sendRecord(t *testing.T, stream govdv1.VersionService_RegisterVersionClient, key string) {
	t.Helper()
	batch := &govdv1.RecordBatch{Puts: []*govdv1.Record{crashRecord(key, "")}}
	must(t, stream.Send(&govdv1.RegisterVersionRequest{Part: &govdv1.RegisterVersionRequest_Batch{Batch: batch}}))
}

// A call that runs when the daemon is told to stop comes to its end, and what
// it wrote is under the anchor.
func TestStopLetsCallsEnd(t *testing.T) {
	d := newDir(t)
	cfg := onSocket(d)
	cfg.Grace = Duration(time.Hour) // the test would not end
	r := start(t, cfg)
	token := r.admin()
	c := r.as(token)
	stream := c.registering(t)
	ctx, unwatch := context.WithCancel(t.Context())
	watch, err := healthpb.NewHealthClient(r.as("").conn).Watch(ctx, &healthpb.HealthCheckRequest{})
	must(t, err)
	_, err = watch.Recv()
	must(t, err)
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	if resp, err := watch.Recv(); err != nil || resp.GetStatus() != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health is %v (%v)", resp.GetStatus(), err)
	}
	unwatch()
	sendRecord(t, stream, "b")
	resp, err := stream.CloseAndRecv()
	must(t, err)
	must(t, <-stopped)
	sum := sound(t, d)
	if resp.GetAuditIndex() != sum.Entries-1 || sum.Versions != 1 {
		t.Errorf("the call was answered entry %d, and the store has %+v", resp.GetAuditIndex(), sum)
	}
	if at := published(t, d).Size; at != sum.Entries {
		t.Errorf("the anchor is at %d of %d entries", at, sum.Entries)
	}
	if _, err := r.as(token).GetStatus(t.Context(), &govdv1.GetStatusRequest{}); codeOf(err) != codes.Unavailable {
		t.Errorf("after the end: %v", err)
	}
}

// A call that does not end is cut off after the grace, and leaves nothing.
func TestStopAfterGrace(t *testing.T) {
	d := newDir(t)
	cfg := onSocket(d)
	cfg.Grace = 0
	r := start(t, cfg)
	stream := r.as(r.admin()).registering(t)
	r.end()
	if _, err := stream.CloseAndRecv(); err == nil {
		t.Error("the call was answered")
	}
	if sum := sound(t, d); sum.Versions != 0 {
		t.Errorf("the store has %+v", sum)
	}
}

// A daemon that is told to stop while it starts just stops, at any moment.
func TestStopWhileItStarts(t *testing.T) {
	d := newDir(t)
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		must(t, Run(ctx, onSocket(d), new(lines).logger(), func([]string) { cancel() }))
		must(t, Run(ctx, onSocket(d), new(lines).logger(), func([]string) {}))
	}
	sound(t, d)

	l, err := net.Listen("unix", d.Socket())
	must(t, err)
	srv := grpc.NewServer()
	srv.Stop()
	must(t, serveOn(srv, l))
}

// longTaxonomy is one of a kind.
func longTaxonomy(n int) *govdv1.Taxonomy {
	all := &govdv1.Taxonomy{}
	for i := range 3000 {
		all.Labels = append(all.Labels, &govdv1.TaxonomyLabel{Name: fmt.Sprintf("%d-%d-%200d", n, i, i)})
	}
	return all
}

// When a commit fails the process ends with words, and goes on where it was
// when there is room again.
func TestCommitFails(t *testing.T) {
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Skip("prlimit is not installed")
	}
	d := newDir(t)
	p := spawn(t, d)
	p.await()
	token, err := bootstrapWith(t, p.as(bootstrapToken(t, d)))
	must(t, err)
	p.as(token).project(t, "there")
	p.stop()
	size, err := size(d.Store())
	must(t, err)

	p = spawn(t, d, "prlimit", fmt.Sprint("--fsize=", size)) // no file may grow beyond that
	p.await()
	c := p.as(token)
	acked := 0
	for i := range 100 { // some 0.7 MB each; a new file has 16 MB to fill
		req := &govdv1.CreateDatasetRequest{RequestId: request(), Name: fmt.Sprint("there/d", i), Taxonomy: longTaxonomy(i)}
		if _, err = c.CreateDataset(t.Context(), req); err != nil {
			break
		}
		acked++
	}
	if err == nil {
		t.Fatal("the file does not fill")
	}
	<-p.ended
	if code := p.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(p.stderr.String(), "govd serve: a commit failed") {
		t.Errorf("it ends with %d and says\n%s", code, p.stderr.String())
	}
	sum := sound(t, d)
	p = spawn(t, d)
	p.await()
	if n := p.as(token).status(t).GetLogSize(); n != sum.Entries || n < uint64(3+acked) {
		t.Errorf("the log has %d entries, %d before, and %d were acknowledged", n, sum.Entries, 3+acked)
	}
	p.as(token).project(t, "goes-on")
	p.stop()
	sound(t, d)
}
