package ctl

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"govd/internal/audit"
	govdv1 "govd/proto/govd/v1"
)

// A fakeServer answers what a review asks: one change by bob, of ten labels that
// were fist and two that were palm, which carol and dave may approve.
type fakeServer struct {
	govdv1.ChangeServiceClient
	govdv1.ServerServiceClient
	govdv1.PolicyServiceClient
	govdv1.KeyServiceClient
	govdv1.VersionServiceClient

	records    []*govdv1.Record
	erased     []string
	edits      []*govdv1.LabelEdit
	me         string
	checkpoint string
	verifier   string
	keys       []*govdv1.SSHKey
	votes      []*govdv1.CastVoteRequest
	refuse     error // of votes
}

var digestOf2 = "sha256:" + strings.Repeat("0123456789abcdef", 4)

func newFakeServer() *fakeServer {
	f := &fakeServer{me: "user:3"}
	for i := range 10 {
		f.edits = append(f.edits, &govdv1.LabelEdit{Key: fmt.Sprintf("train/fist/%04d.png", i), Label: "1", Op: govdv1.EditOp_EDIT_OP_RENAME, From: "fist", To: "palm"})
	}
	box := &govdv1.Geometry{Kind: govdv1.GeometryKind_GEOMETRY_KIND_BOX, Parts: []*govdv1.GeometryPart{{Numbers: []int64{1000, 2000, 3000, 4000}}}}
	for i := range 2 {
		f.edits = append(f.edits, &govdv1.LabelEdit{Key: fmt.Sprintf("val/palm/%04d.png", i), Label: "2", Op: govdv1.EditOp_EDIT_OP_ADD, To: "thumb", ToGeometry: box})
	}
	return f
}

func (f *fakeServer) change() *govdv1.Change {
	return &govdv1.Change{
		Number: 7, Dataset: "hands/signs", Author: "user:2", AuthorName: "bob", State: "open", Opened: timestamppb.New(now.Add(-2 * time.Hour)),
		Expires: timestamppb.New(now.Add(30 * 24 * time.Hour)), Revision: 2, Digest: digestOf2, Base: "hands/signs@v3", Edits: 12, Records: 12,
		Message: "mirrored hands were labelled as fists, and thumbs were left out of the validation photos", Stage: 2, AuditIndex: 31,
	}
}

func (f *fakeServer) revision() *govdv1.Revision {
	return &govdv1.Revision{
		Number: 2, Digest: digestOf2, Base: "hands/signs@v3", BaseDigest: "sha256:" + strings.Repeat("ab", 32), Edits: 12, Records: 12,
		Stage: 2, By: "user:2", ByName: "bob", Created: timestamppb.New(now.Add(-time.Hour)), Message: f.change().GetMessage(),
	}
}

func (f *fakeServer) verdict() *govdv1.Verdict {
	return &govdv1.Verdict{
		Digest: digestOf2, Names: map[string]string{"user:2": "bob", "user:3": "carol", "user:4": "dave"},
		Factors: []*govdv1.Factor{{
			Rule: "stage-2/steward", Role: "steward", Need: 1, Missing: 1, Could: []string{"user:3", "user:4"},
			Excluded: []*govdv1.Excluded{{Person: "user:2", Reason: "SELF_APPROVAL"}},
		}, {
			Rule: "size/steward", Role: "steward", Need: 1, Missing: 1, Could: []string{"user:3", "user:4"},
			Excluded: []*govdv1.Excluded{{Person: "user:2", Reason: "SELF_APPROVAL"}},
		}},
		Reasons: []*govdv1.Block{{Reason: "QUORUM", Says: "2 of 2 approvals are missing"}},
	}
}

func (f *fakeServer) GetChange(context.Context, *govdv1.GetChangeRequest, ...grpc.CallOption) (*govdv1.GetChangeResponse, error) {
	return &govdv1.GetChangeResponse{
		Change: f.change(), Revisions: []*govdv1.Revision{f.revision()}, Verdict: f.verdict(),
		Votes: []*govdv1.Vote{
			{Person: "user:4", PersonName: "dave", Kind: "veto", Revision: digestOf2, Message: "the thumbs are wrong", Time: timestamppb.New(now.Add(-time.Minute)), LookedAtStat: true, AuditIndex: 33},
		},
	}, nil
}

func (f *fakeServer) GetStatus(context.Context, *govdv1.GetStatusRequest, ...grpc.CallOption) (*govdv1.GetStatusResponse, error) {
	return &govdv1.GetStatusResponse{
		Person: &govdv1.Person{Id: f.me}, Checkpoint: f.checkpoint, VerifierKey: f.verifier, Origin: "data.example.org/govd",
	}, nil
}

func (f *fakeServer) StatChange(context.Context, *govdv1.StatChangeRequest, ...grpc.CallOption) (*govdv1.StatChangeResponse, error) {
	return &govdv1.StatChangeResponse{
		Revision: f.revision(), TransitionCount: 2,
		Transitions: []*govdv1.TransitionCount{{From: "fist", To: "palm", Count: 10, Share: 125_000}, {To: "thumb", Count: 2, Share: 400}},
		Labels:      []*govdv1.LabelCount{{Name: "fist", Before: 80, After: 70}, {Name: "ok", Before: 3, After: 3}, {Name: "palm", Before: 1200, After: 1210}, {Name: "thumb", After: 2}},
		Splits:      map[string]uint64{"train": 10, "val": 2}, Past: []*govdv1.PastVotes{{Reviewer: "user:4", ReviewerName: "dave", Approved: 12, Against: 1}},
		Evidence: []*govdv1.Evidence{{Votes: 30, Reviewers: 3, Items: 10, Agree: 9, Alpha: 8123, HasAlpha: true, By: "user:2"}},
	}, nil
}

func (f *fakeServer) ListEdits(_ context.Context, req *govdv1.ListEditsRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[govdv1.ListEditsResponse], error) {
	m := &govdv1.ListEditsResponse{}
	for _, e := range f.edits {
		t := req.GetTransition()
		switch {
		case t != nil && (t.GetFrom() != e.GetFrom() || t.GetTo() != e.GetTo()):
		case e.GetKey()+"\x00"+e.GetLabel() <= req.GetAfterKey()+"\x00"+req.GetAfterLabel():
		case req.GetLimit() > 0 && len(m.GetEdits()) == int(req.GetLimit()):
		default:
			m.Edits = append(m.Edits, e)
			record := aRecord(e.GetKey(), first(e.GetFrom(), "palm"))
			record.Split, _, _ = strings.Cut(e.GetKey(), "/")
			record.Facts = &govdv1.ImageFacts{Width: 48, Height: 32}
			m.Records = append(m.Records, record)
		}
	}
	// Each edit in a message of its own, to see them gathered again.
	s := &fakeStream{}
	for i := range m.GetEdits() {
		s.messages = append(s.messages, &govdv1.ListEditsResponse{Edits: m.GetEdits()[i : i+1], Records: m.GetRecords()[i : i+1]})
	}
	return s, nil
}

func (f *fakeServer) ListRecords(_ context.Context, req *govdv1.ListRecordsRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[govdv1.ListRecordsResponse], error) {
	m := &govdv1.ListRecordsResponse{Erased: f.erased}
	for _, r := range f.records {
		if strings.HasPrefix(r.GetKey(), req.GetPrefix()) {
			m.Records = append(m.Records, r)
		}
	}
	return &fakeRecords{messages: []*govdv1.ListRecordsResponse{m}}, nil
}

type fakeRecords struct {
	grpc.ServerStreamingClient[govdv1.ListRecordsResponse]
	messages []*govdv1.ListRecordsResponse
}

func (s *fakeRecords) Recv() (*govdv1.ListRecordsResponse, error) {
	if len(s.messages) == 0 {
		return nil, io.EOF
	}
	m := s.messages[0]
	s.messages = s.messages[1:]
	return m, nil
}

type fakeStream struct {
	grpc.ServerStreamingClient[govdv1.ListEditsResponse]
	messages []*govdv1.ListEditsResponse
}

func (s *fakeStream) Recv() (*govdv1.ListEditsResponse, error) {
	if len(s.messages) == 0 {
		return nil, io.EOF
	}
	m := s.messages[0]
	s.messages = s.messages[1:]
	return m, nil
}

func (f *fakeServer) CastVote(_ context.Context, req *govdv1.CastVoteRequest, _ ...grpc.CallOption) (*govdv1.CastVoteResponse, error) {
	if f.refuse != nil {
		return nil, f.refuse
	}
	f.votes = append(f.votes, req)
	v := f.verdict()
	v.Factors[0].Missing, v.Factors[0].Have = 0, 1
	return &govdv1.CastVoteResponse{Vote: &govdv1.Vote{Kind: req.GetKind(), Revision: req.GetExpectedDigest(), Person: f.me}, Verdict: v, AuditIndex: 34}, nil
}

func (f *fakeServer) ListKeys(context.Context, *govdv1.ListKeysRequest, ...grpc.CallOption) (*govdv1.ListKeysResponse, error) {
	return &govdv1.ListKeysResponse{Keys: f.keys}, nil
}

func (f *fakeServer) client() *client {
	return &client{ChangeServiceClient: f, ServerServiceClient: f, PolicyServiceClient: f, KeyServiceClient: f, VersionServiceClient: f, link: &link{}}
}

// witnessed gives the server a log with a head that is signed.
func (f *fakeServer) witnessed(t *testing.T) {
	t.Helper()
	signer, verifier, err := audit.GenerateKey("data.example.org/govd", bytes.NewReader(make([]byte, 64)))
	if err != nil {
		t.Fatal(err)
	}
	key, err := note.NewSigner(signer)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: audit.Checkpoint{Origin: "data.example.org/govd", Size: 34}.Body()}, key)
	if err != nil {
		t.Fatal(err)
	}
	f.checkpoint, f.verifier = string(signed), verifier
}

// wide reports the lines of a text that do not fit into 80 columns.
func wide(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return len([]rune(line)) <= 80 })
}
