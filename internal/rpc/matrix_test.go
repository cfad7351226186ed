package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"govd/internal/gov"
	"govd/internal/govtest"
	"govd/internal/rpc"
	v1 "govd/proto/govd/v1"
)

// A world is a server with two projects, and a caller for each role.
type world struct {
	*govtest.Server
	sue     *govtest.Actor             // steward of both
	tim     *govtest.Actor             // trainer of both
	una     *govtest.Actor             // annotator of both, who made nothing
	entries map[gov.DatasetName]uint64 // that registered their first version
	callers []caller
}

type caller struct {
	name string
	*govtest.Client
}

func newWorld(t *testing.T) *world {
	k := govtest.New(t)
	w := &world{entries: map[gov.DatasetName]uint64{}}
	k.Dataset("own/data")
	k.Dataset("other/data")
	w.sue, w.tim = k.Person("sue", gov.Steward, "own"), k.Person("tim", gov.Trainer, "own")
	k.Grant(w.tim, gov.Trainer, "other")
	k.Grant(w.sue, gov.Steward, "other")
	for _, at := range []gov.DatasetName{"own/data", "other/data"} {
		w.entries[at] = k.Register(w.sue, at, govtest.Record("a", "fist")).Index
	}
	w.una = k.Person("una", gov.Annotator, "own")
	k.Grant(w.una, gov.Annotator, "other")
	for _, at := range []gov.DatasetName{"own/samples", "other/samples"} {
		k.Dataset(at)
		k.Register(w.sue, at, append(govtest.Records(100, "palm"), govtest.Record("fist.png", "fist"))...)
	}
	w.Server = k.Serve()
	w.callers = []caller{{"nobody", w.Nobody()}, {"bootstrap", w.Boot()}, {"no role", w.As(k.Person("joe", "", ""))}}
	for _, role := range gov.Roles {
		w.callers = append(w.callers, caller{string(role), w.As(k.Person("own-"+string(role), role, "own"))})
	}
	for _, role := range []gov.Role{gov.Admin, gov.Auditor} {
		w.callers = append(w.callers, caller{string(role) + "@*", w.As(k.Person("all-"+string(role), role, gov.Server))})
	}
	k.Clock.Turn(8 * 24 * time.Hour) // everyone's vote counts
	return w
}

// tag lets a tag name the first version of a dataset.
func (w *world) tag(at gov.DatasetName, tag string) {
	w.Service.SetTag(context.Background(), w.sue.Call(), gov.Ref{Dataset: at, Number: 1}, tag)
}

// TestPermissionMatrix writes out what comes of every method for every role, in
// the project where it is held and in another. A change is a change of the
// file, for someone to read. A method without a call fails.
func TestPermissionMatrix(t *testing.T) {
	w := newWorld(t)
	var b strings.Builder
	n := 0
	for _, at := range []gov.DatasetName{"own/data", "other/data"} {
		fmt.Fprintf(&b, "%-32s", at)
		for _, c := range w.callers {
			fmt.Fprintf(&b, " %-11s", c.name)
		}
		for _, method := range methodsOf(w.GRPC) {
			call, known := calls[method]
			if !known {
				t.Errorf("%s has no call: add one, and read what the file says of it", method)
				continue
			}
			fmt.Fprintf(&b, "\n%-32s", method[strings.LastIndexByte(method, '.')+1:])
			for _, c := range w.callers {
				n++
				w.Clock.Turn(2 * time.Second) // as slow as those who are refused must be
				fmt.Fprintf(&b, " %-11s", short(call(ask{c.Client, t.Context(), w, at, n})))
			}
		}
		b.WriteString("\n\n")
	}
	govtest.Golden(t, "matrix.txt", tidy(b.String()))
}

// short is the word of the matrix for what came of a call.
func short(err error) string {
	switch code := status.Code(err); code {
	case codes.OK:
		return "yes"
	case codes.PermissionDenied:
		return "."
	case codes.Unauthenticated:
		return "who?"
	case codes.NotFound:
		return "hidden"
	default:
		return code.String()
	}
}

// tidy takes off the blanks at the ends of lines.
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// methodsOf lists the methods that a server really serves, sorted.
func methodsOf(srv *grpc.Server) (all []string) {
	for service, info := range srv.GetServiceInfo() {
		for _, m := range info.Methods {
			all = append(all, "/"+service+"/"+m.Name)
		}
	}
	slices.Sort(all)
	return all
}

// TestEveryMethodHasARow: and there is no row for what is not served.
func TestEveryMethodHasARow(t *testing.T) {
	s := govtest.New(t).Serve(func(c *rpc.Config) { c.Reflection = true })
	served := methodsOf(s.GRPC)
	rows := rpc.MethodNames()
	slices.Sort(rows)
	if !slices.Equal(rows, served) {
		t.Errorf("rows %v\nserved %v", rows, served)
	}
	for _, m := range served {
		if limit, _ := rpc.HasMethod(m); limit <= 0 || limit > 2*time.Hour {
			t.Errorf("%s may take %v", m, limit)
		}
	}
	if plain := methodsOf(govtest.New(t).Serve().GRPC); slices.ContainsFunc(plain, func(m string) bool { return strings.Contains(m, "reflection") }) {
		t.Error("there is reflection, and nobody asked for it")
	}
	if got := slices.Sorted(maps.Keys(calls)); len(got) != len(methodsOf(govtest.New(t).Serve().GRPC)) {
		t.Errorf("%d calls", len(got))
	}
}

// TestNobodySwitchesAuthOff: some middleware lets a service do so by a method
// of this name.
func TestNobodySwitchesAuthOff(t *testing.T) {
	ours := 0
	for name := range govtest.New(t).Serve().GRPC.GetServiceInfo() {
		if strings.HasPrefix(name, "govd.") {
			ours++
		}
	}
	if n := len(rpc.Services()); n != ours {
		t.Errorf("%d services are looked at, and %d served", n, ours)
	}
	for _, s := range rpc.Services() {
		if _, has := reflect.TypeOf(s).MethodByName("AuthFuncOverride"); has {
			t.Errorf("%T has AuthFuncOverride", s)
		}
	}
}

// all reads a stream to its end.
func all[M any](stream grpc.ServerStreamingClient[M], err error) error {
	for err == nil {
		_, err = stream.Recv()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// first reads the first message of a stream that does not end by itself.
func first[M any](stream grpc.ServerStreamingClient[M], err error) error {
	if err == nil {
		_, err = stream.Recv()
	}
	return err
}

func header(h *v1.RegisterVersionHeader) *v1.RegisterVersionRequest {
	return &v1.RegisterVersionRequest{Part: &v1.RegisterVersionRequest_Header{Header: h}}
}

func batch(records ...*gov.Record) *v1.RegisterVersionRequest {
	b := &v1.RecordBatch{}
	for _, r := range records {
		b.Puts = append(b.Puts, rpc.RecordToProto(r))
	}
	return &v1.RegisterVersionRequest{Part: &v1.RegisterVersionRequest_Batch{Batch: b}}
}

// send registers a version by these messages.
func send(ctx context.Context, c *govtest.Client, messages ...*v1.RegisterVersionRequest) (*v1.RegisterVersionResponse, error) {
	stream, err := c.Versions.RegisterVersion(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		if stream.Send(m) != nil {
			break // the answer says why
		}
	}
	return stream.CloseAndRecv()
}
