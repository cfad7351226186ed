package rpc_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"govd/internal/gov"
	"govd/internal/govtest"
	"govd/internal/rpc"
	v1 "govd/proto/govd/v1"
)

// A hall is a server with a dataset and its steward.
type hall struct {
	*govtest.Server
	bob *govtest.Actor
	c   *govtest.Client
}

func newHall(t *testing.T) *hall {
	k := govtest.New(t)
	k.Dataset("signs/digits")
	h := &hall{bob: k.Person("bob", gov.Steward, "signs"), Server: k.Serve()}
	h.c = h.As(h.bob)
	return h
}

func (h *hall) header() *v1.RegisterVersionRequest {
	return header(&v1.RegisterVersionHeader{RequestId: h.Request().String(), Dataset: "signs/digits"})
}

// TestBadStreamsLeaveNothing: whatever is wrong with a stream, the state is as
// it was, and the error says what.
func TestBadStreamsLeaveNothing(t *testing.T) {
	h := newHall(t)
	good := batch(govtest.Record("a"), govtest.Record("b"))
	short := batch(govtest.Record("c"))
	short.GetBatch().GetPuts()[0].Content = []byte("short")
	labelled := batch(govtest.Record("c"), govtest.Record("b"), govtest.Record("d"))
	labelled.GetBatch().GetPuts()[2].Content = nil
	huge := batch(govtest.Record("c"))
	huge.GetBatch().GetPuts()[0].MediaType = string(make([]byte, rpc.MaxMessage))
	dataset := h.header()
	dataset.GetHeader().Dataset = "no dataset"
	parent := h.header()
	parent.GetHeader().Parent = "sha256:12"
	request := h.header()
	request.GetHeader().RequestId = "1"
	before, size := h.Tables(), h.LogSize()
	for what, c := range map[string]struct {
		messages []*v1.RegisterVersionRequest
		code     codes.Code
		reason   string
	}{
		"nothing":                {nil, codes.InvalidArgument, "CUT_OFF"},
		"no header":              {[]*v1.RegisterVersionRequest{good}, codes.InvalidArgument, "NO_HEADER"},
		"an empty message":       {[]*v1.RegisterVersionRequest{{}}, codes.InvalidArgument, "NO_HEADER"},
		"a second header":        {[]*v1.RegisterVersionRequest{h.header(), good, h.header()}, codes.InvalidArgument, "SECOND_HEADER"},
		"no dataset's name":      {[]*v1.RegisterVersionRequest{dataset, good}, codes.InvalidArgument, "BAD_NAME"},
		"no digest":              {[]*v1.RegisterVersionRequest{parent, good}, codes.InvalidArgument, "BAD_DIGEST"},
		"no request id":          {[]*v1.RegisterVersionRequest{request, good}, codes.InvalidArgument, "BAD_REQUEST_ID"},
		"a batch twice":          {[]*v1.RegisterVersionRequest{h.header(), good, good}, codes.InvalidArgument, "UNSORTED"},
		"content that is none":   {[]*v1.RegisterVersionRequest{h.header(), good, short}, codes.InvalidArgument, "BAD_RECORD"},
		"the first of two":       {[]*v1.RegisterVersionRequest{h.header(), good, labelled}, codes.InvalidArgument, "UNSORTED"},
		"a message that is huge": {[]*v1.RegisterVersionRequest{h.header(), good, huge}, codes.ResourceExhausted, ""},
	} {
		_, err := send(t.Context(), h.c, c.messages...)
		want(t, what, err, c.code, c.reason)
	}
	if d := cmp.Diff(before, h.Tables()); d != "" || h.LogSize() != size {
		t.Errorf("%d entries were written\n%s", h.LogSize()-size, d)
	}
}

// TestCutOffStream: a caller who goes away in the middle leaves nothing.
func TestCutOffStream(t *testing.T) {
	h := newHall(t)
	before, size := h.Tables(), h.LogSize()
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := h.c.Versions.RegisterVersion(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*v1.RegisterVersionRequest{h.header(), batch(govtest.Records(100)...)} {
		if err := stream.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	h.GRPC.GracefulStop() // waits for the handler
	if d := cmp.Diff(before, h.Tables()); d != "" || h.LogSize() != size {
		t.Errorf("%d entries were written\n%s", h.LogSize()-size, d)
	}
}

// TestDeltasMerge: the puts and deletes of a batch are taken in the order of
// their keys, and what is read back is what was sent.
func TestDeltasMerge(t *testing.T) {
	h := newHall(t)
	first, err := send(t.Context(), h.c, h.header(), batch(govtest.Record("a"), govtest.Record("c")), batch(govtest.Record("d", "fist"), govtest.Record("f")))
	if err != nil {
		t.Fatal(err)
	}
	head := h.header()
	head.GetHeader().Delta, head.GetHeader().Parent = true, first.GetVersion().GetDigest()
	delta := batch(govtest.Record("b"), govtest.Record("d", "palm"))
	delta.GetBatch().Deletes = []string{"a", "c", "f"}
	second, err := send(t.Context(), h.c, head, delta)
	if err != nil {
		t.Fatal(err)
	}
	if c := second.GetCounts(); c.GetAdded() != 1 || c.GetRemoved() != 3 || c.GetChanged() != 1 || c.GetUnchanged() != 0 {
		t.Errorf("counts %v", c)
	}
	again, err := send(t.Context(), h.c, head, delta)
	if err != nil || again.GetAuditIndex() != second.GetAuditIndex() || again.GetVersion().GetRef() != "signs/digits@v2" {
		t.Errorf("asked again: %v, %v", again, err)
	}
	rows, err := h.c.Versions.ListRecords(t.Context(), &v1.ListRecordsRequest{Ref: "signs/digits"})
	if err != nil {
		t.Fatal(err)
	}
	page, err := rows.Recv()
	if err != nil || len(page.GetRecords()) != 2 {
		t.Fatalf("records %v, %v", page, err)
	}
	for i, r := range []*gov.Record{govtest.Record("b"), govtest.Record("d", "palm")} {
		if d := cmp.Diff(r, rpc.RecordFromProto(page.GetRecords()[i])); d != "" {
			t.Errorf("record %d (-sent +read)\n%s", i, d)
		}
	}
	both := batch(govtest.Record("d"))
	both.GetBatch().Deletes = []string{"d"}
	head.GetHeader().Parent, head.GetHeader().RequestId = second.GetVersion().GetDigest(), h.Request().String()
	_, err = send(t.Context(), h.c, head, both)
	want(t, "a key put and deleted", err, codes.InvalidArgument, "DUPLICATE_KEY")
}

// TestListsComeInRuns: a listing longer than a message comes whole, in order,
// and up to the limit that was asked for.
func TestListsComeInRuns(t *testing.T) {
	h := newHall(t)
	h.Register(h.bob, "signs/digits", govtest.Records(1234, "fist")...)
	for limit, want := range map[uint64]int{0: 1234, 1: 1, 499: 499, 500: 500, 501: 501, 5000: 1234} {
		stream, err := h.c.Versions.ListRecords(t.Context(), &v1.ListRecordsRequest{Ref: "signs/digits", Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		n, last := 0, ""
		for {
			run, err := stream.Recv()
			if err != nil {
				break
			}
			for _, r := range run.GetRecords() {
				if r.GetKey() <= last {
					t.Errorf("%s comes after %s", r.GetKey(), last)
				}
				n, last = n+1, r.GetKey()
			}
		}
		if n != want {
			t.Errorf("limit %d: %d records, want %d", limit, n, want)
		}
	}
	stream, err := h.c.Versions.DiffVersions(t.Context(), &v1.DiffVersionsRequest{Ref: "signs/digits"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		run, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		n += len(run.GetChanges())
		if sum := run.GetSummary(); sum != nil {
			if sum.GetAdded() != 1234 || n != 1234 || sum.GetFrom() != nil || sum.GetTo().GetNumber() != 1 {
				t.Errorf("%d changes and the summary %v", n, sum)
			}
			break
		}
	}
}
