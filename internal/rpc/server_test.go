package rpc_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"govd/internal/auth"
	"govd/internal/gov"
	"govd/internal/govtest"
	"govd/internal/rpc"
	v1 "govd/proto/govd/v1"
)

// reasonOf returns the reason that a status carries.
func reasonOf(t *testing.T, err error) string {
	t.Helper()
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			if info.GetDomain() != "govd" {
				t.Errorf("the reason is of %q", info.GetDomain())
			}
			return info.GetReason()
		}
	}
	return ""
}

// want compares the code and the reason of a call's error.
func want(t *testing.T, what string, err error, code codes.Code, reason string) {
	t.Helper()
	if status.Code(err) != code || reasonOf(t, err) != reason {
		t.Errorf("%s: got %v (%s), want %v (%s)", what, err, reasonOf(t, err), code, reason)
	}
}

// TestIdentity: one credential that holds lets a caller in, as far as it goes.
// All others look alike.
func TestIdentity(t *testing.T) {
	k := govtest.New(t)
	bob := k.Person("bob", "", "")
	s := k.Serve()
	format := func(kind auth.TokenKind, id gov.CredentialID, secret auth.Secret) *govtest.Client {
		return s.With(auth.FormatToken(kind, id, secret))
	}
	for what, c := range map[string]*govtest.Client{
		"nobody":           s.Nobody(),
		"bootstrap":        s.Boot(),
		"rubbish":          s.With("rubbish"),
		"another secret":   format(auth.PersonToken, bob.Token.ID, auth.Secret{9}),
		"another's id":     format(auth.PersonToken, k.Admin().Token.ID, bob.Token.Secret),
		"another kind":     format(auth.MachineToken, bob.Token.ID, bob.Token.Secret),
		"no such id":       format(auth.PersonToken, "t999", bob.Token.Secret),
		"forged bootstrap": format(auth.BootstrapToken, "", bob.Token.Secret),
	} {
		err := errOf(c.Server.GetStatus(t.Context(), &v1.GetStatusRequest{}))
		want(t, what, err, codes.Unauthenticated, "UNAUTHENTICATED")
		if got := status.Convert(err).Message(); got != "the credential is not valid" {
			t.Errorf("%s is told %q", what, got)
		}
		if err := errOf(healthpb.NewHealthClient(c.Conn).Check(t.Context(), &healthpb.HealthCheckRequest{})); err != nil {
			t.Errorf("%s asks for health: %v", what, err)
		}
	}
	twice := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer rubbish")
	want(t, "two tokens", errOf(s.As(bob).Server.GetStatus(twice, &v1.GetStatusRequest{})), codes.Unauthenticated, "UNAUTHENTICATED")
	want(t, "a person bootstraps", errOf(s.As(bob).Server.Bootstrap(t.Context(), &v1.BootstrapRequest{})), codes.Unauthenticated, "UNAUTHENTICATED")
	st, err := s.As(bob).Server.GetStatus(t.Context(), &v1.GetStatusRequest{})
	if err != nil || st.GetPerson().GetName() != "bob" || st.GetOrigin() != govtest.Origin || st.GetVerifierKey() != k.Key || st.GetLogSize() != k.LogSize() {
		t.Errorf("bob's status: %v, %v", st, err)
	}
}

// TestBootstrapOverTheWire: the token makes the first admin, whose own token
// holds from then on.
func TestBootstrapOverTheWire(t *testing.T) {
	s := govtest.New(t).Serve()
	secret := auth.Secret{5}
	digest := auth.HashSecret(secret)
	req := &v1.BootstrapRequest{RequestId: s.Request().String(), Name: "zoe", SecretDigest: digest[:]}
	resp, err := s.Boot().Server.Bootstrap(t.Context(), req)
	if err != nil || s.Booted != 1 {
		t.Fatalf("%v, told %d times", err, s.Booted)
	}
	zoe := s.With(auth.FormatToken(auth.PersonToken, gov.CredentialID(resp.GetTokenId()), secret))
	st, err := zoe.Server.GetStatus(t.Context(), &v1.GetStatusRequest{})
	if err != nil || st.GetPerson().GetId() != resp.GetPerson() || len(st.GetRoles()) != 1 || st.GetRoles()[0] != "admin *" {
		t.Errorf("zoe's status: %v, %v", st, err)
	}
	req.RequestId = s.Request().String()
	want(t, "a second time", errOf(s.Boot().Server.Bootstrap(t.Context(), req)), codes.Aborted, "BOOTSTRAPPED")
}

// TestLogHoldsNoTokens: the line of a call names who and what.
func TestLogHoldsNoTokens(t *testing.T) {
	k := govtest.New(t)
	s := k.Serve()
	s.As(k.Admin()).Server.GetStatus(t.Context(), &v1.GetStatusRequest{})
	s.With("govd_pat_t1_stolen").Server.GetStatus(t.Context(), &v1.GetStatusRequest{})
	log := s.Log.String()
	token := auth.FormatToken(auth.PersonToken, k.Admin().Token.ID, k.Admin().Token.Secret)
	if strings.Contains(log, token) || strings.Contains(log, "stolen") || strings.Contains(log, "Bearer") {
		t.Errorf("a token is in the log:\n%s", log)
	}
	for _, part := range []string{`"method":"/govd.v1.ServerService/GetStatus"`, `"code":"OK"`, `"code":"Unauthenticated"`, `"actor":"user:1"`, `"credential":"t1"`} {
		if !strings.Contains(log, part) {
			t.Errorf("the log lacks %s:\n%s", part, log)
		}
	}
}

// TestRefusalsAreLimited: who is refused too often is not looked at, and nothing
// more is written, until time has passed. Others are not slowed down.
func TestRefusalsAreLimited(t *testing.T) {
	k := govtest.New(t)
	joe, kim := k.Person("joe", "", ""), k.Person("kim", "", "")
	s := k.Serve()
	c := s.As(joe)
	refused := func() error { return errOf(c.Persons.ListPersons(t.Context(), &v1.ListPersonsRequest{})) }
	for range rpc.RefusalBurst {
		want(t, "within the burst", refused(), codes.PermissionDenied, "DENIED")
	}
	size := k.LogSize()
	want(t, "beyond it", refused(), codes.ResourceExhausted, "TOO_MANY_REFUSALS")
	want(t, "what is allowed", errOf(c.Server.GetStatus(t.Context(), &v1.GetStatusRequest{})), codes.ResourceExhausted, "TOO_MANY_REFUSALS")
	if n := k.LogSize(); n != size {
		t.Errorf("%d entries were written", n-size)
	}
	want(t, "another person", errOf(s.As(kim).Persons.ListPersons(t.Context(), &v1.ListPersonsRequest{})), codes.PermissionDenied, "DENIED")
	k.Clock.Turn(time.Second)
	want(t, "a second later", refused(), codes.PermissionDenied, "DENIED")
	want(t, "and again", refused(), codes.ResourceExhausted, "TOO_MANY_REFUSALS")
	k.Clock.Turn(time.Hour)
	for range rpc.RefusalBurst {
		want(t, "an hour later", refused(), codes.PermissionDenied, "DENIED")
	}
	want(t, "and no more", refused(), codes.ResourceExhausted, "TOO_MANY_REFUSALS")
}

// TestOversized: what is too large is refused before anything looks at it.
func TestOversized(t *testing.T) {
	k := govtest.New(t)
	c := k.Serve().As(k.Admin())
	size := k.LogSize()
	big := strings.Repeat("x", rpc.MaxMessage+1)
	want(t, "a message", errOf(c.Datasets.CreateProject(t.Context(), &v1.CreateProjectRequest{RequestId: k.Request().String(), Name: big})), codes.ResourceExhausted, "")
	err := errOf(c.Datasets.CreateProject(t.Context(), &v1.CreateProjectRequest{RequestId: k.Request().String(), Name: big[:1<<20]}))
	want(t, "a name", err, codes.InvalidArgument, "BAD_NAME")
	if m := status.Convert(err).Message(); len(m) > 300 {
		t.Errorf("the error has %d bytes", len(m))
	}
	err = errOf(c.Versions.RemoveTag(t.Context(), &v1.RemoveTagRequest{RequestId: k.Request().String(), Dataset: "a/b", Tag: big[:1<<20]}))
	want(t, "a tag", err, codes.InvalidArgument, "BAD_NAME")
	headers := metadata.AppendToOutgoingContext(t.Context(), "x", big[:32<<10])
	if err := errOf(c.Server.GetStatus(headers, &v1.GetStatusRequest{})); err == nil {
		t.Error("32 KiB of headers were taken")
	}
	if n := k.LogSize(); n != size {
		t.Errorf("%d entries were written", n-size)
	}
}

// TestKnown: only methods with a row run, within their time, or within the
// caller's if that is shorter.
func TestKnown(t *testing.T) {
	err := rpc.Known(t.Context(), "/govd.v1.ServerService/Nothing", func(context.Context) error {
		t.Error("an unknown method ran")
		return nil
	})
	if !errors.Is(err, gov.Denied) || gov.ReasonOf(err) != "UNKNOWN_METHOD" {
		t.Errorf("got %v", err)
	}
	for _, name := range rpc.MethodNames() {
		limit, _ := rpc.HasMethod(name)
		begin := time.Now()
		err := rpc.Known(t.Context(), name, func(ctx context.Context) error {
			if at, ok := ctx.Deadline(); !ok || at.After(time.Now().Add(limit)) || at.Before(begin.Add(limit)) {
				t.Errorf("%s ends at %v (%v), want %v from now", name, at, ok, limit)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		soon, cancel := context.WithDeadline(t.Context(), begin.Add(limit/2))
		rpc.Known(soon, name, func(ctx context.Context) error {
			if at, _ := ctx.Deadline(); !at.Equal(begin.Add(limit / 2)) {
				t.Errorf("%s ends at %v, and its caller at %v", name, at, begin.Add(limit/2))
			}
			return nil
		})
		cancel()
	}
}

// TestReflectionOnlyForPersons: when it is asked for it needs a credential.
func TestReflectionOnlyForPersons(t *testing.T) {
	k := govtest.New(t)
	s := k.Serve(func(c *rpc.Config) { c.Reflection = true })
	list := func(c *govtest.Client) error {
		stream, err := reflectionpb.NewServerReflectionClient(c.Conn).ServerReflectionInfo(t.Context())
		if err != nil {
			return err
		}
		stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}})
		return errOf(stream.Recv())
	}
	want(t, "nobody", list(s.Nobody()), codes.Unauthenticated, "UNAUTHENTICATED")
	if err := list(s.As(k.Admin())); err != nil {
		t.Errorf("a person: %v", err)
	}
	if err := list(k.Serve().As(k.Admin())); status.Code(err) != codes.Unimplemented {
		t.Errorf("where nobody asked for it: %v", err)
	}
}

// TestPagesOverTheWire: pages together are the listing, each thing once; and a
// token is good for its person and its listing only.
func TestPagesOverTheWire(t *testing.T) {
	k := govtest.New(t)
	bob := k.Person("bob", gov.Auditor, gov.Server)
	for _, name := range []gov.DatasetName{"p/a", "p/b", "p/c", "q/a", "q/b"} {
		k.Dataset(name)
	}
	s := k.Serve()
	c := s.As(bob)
	list := func(c *govtest.Client, project, token string, size int32) (*v1.ListDatasetsResponse, error) {
		return c.Datasets.ListDatasets(t.Context(), &v1.ListDatasetsRequest{Project: project, PageToken: token, PageSize: size})
	}
	for size := range int32(7) {
		var got []string
		for token, more := "", true; more; more = token != "" {
			page, err := list(c, "", token, size)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range page.GetDatasets() {
				got = append(got, d.GetName())
			}
			token = page.GetNextPageToken()
		}
		if d := cmp.Diff([]string{"p/a", "p/b", "p/c", "q/a", "q/b"}, got); d != "" {
			t.Errorf("in pages of %d (-want +got)\n%s", size, d)
		}
	}
	page, err := list(c, "", "", 2)
	if err != nil {
		t.Fatal(err)
	}
	token := page.GetNextPageToken()
	want(t, "another person", errOf(list(s.As(k.Admin()), "", token, 2)), codes.InvalidArgument, "BAD_PAGE_TOKEN")
	want(t, "another project", errOf(list(c, "p", token, 2)), codes.InvalidArgument, "BAD_PAGE_TOKEN")
	want(t, "another listing", errOf(c.Persons.ListPersons(t.Context(), &v1.ListPersonsRequest{PageToken: token})), codes.InvalidArgument, "BAD_PAGE_TOKEN")
	want(t, "too large a page", errOf(list(c, "", "", 1001)), codes.InvalidArgument, "BAD_PAGE_SIZE")
	want(t, "a page of less than none", errOf(list(c, "", "", -1)), codes.InvalidArgument, "BAD_PAGE_SIZE")
}
