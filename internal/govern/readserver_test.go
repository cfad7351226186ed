package govern_test

import (
	"context"
	"strings"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/validate"
)

// A place holds contents as their records say, but of those that are spoiled.
type place struct {
	k       *checkKit
	spoiled string
	opened  int // now
	opens   int
}

func (p *place) open(context.Context, gov.DatasetName) (govern.Contents, error) {
	p.opened, p.opens = p.opened+1, p.opens+1
	return p, nil
}

func (p *place) Close() error { p.opened--; return nil }

func (p *place) Read(_ context.Context, key string) (govern.Finding, error) {
	for f, err := range findings(p.k.t, p.k.Kit, p.k.kay, gov.Ref{Dataset: going}) {
		if err == nil && f.Key == key {
			f.Decodes = key != p.spoiled
			return f, nil
		}
	}
	return govern.Finding{Key: key, Unread: true}, nil
}

// TestTheServerReads: a policy can ask that the server reads contents itself, and
// then takes no client's word, neither before nor after it. The log and the
// report say who read.
func TestTheServerReads(t *testing.T) {
	policy := strings.Replace(string(lenient(1, ", S1.hash: on, S1.decode: on")), "verify: declared", "verify: all, by: server", 1)
	k := newCheckKit(t, 6, []byte(policy))
	ref := gov.Ref{Dataset: going}
	_, err := k.Service.VerifyContents(ctx, k.kay.Call(), ref, 2)
	wantErr(t, "no root", err, gov.NotFound, "NO_CONTENT_ROOT")
	finding := func(check string) *validate.Finding { return k.check(govern.Check{Stage: 2}).Document.Finding(check) }
	byClient := func() {
		t.Helper()
		if _, err := k.Service.ReadContents(ctx, k.kay.Call(), ref, 2, findings(t, k.Kit, k.kay, ref)); err != nil {
			t.Fatal(err)
		}
	}
	byClient()
	if f := finding("S1.hash"); f.Verdict != validate.Unknown || !strings.Contains(f.Why, "the client of "+string(k.kay.ID)) {
		t.Errorf("by a client: %+v", f)
	}
	at := &place{k: k, spoiled: "0002.png"}
	k.Service.UseContents(at.open)
	r, err := k.Service.VerifyContents(ctx, k.kay.Call(), ref, 2)
	if err != nil || !r.Server || r.Read != 6 || r.Broken != 1 || r.Wrong != 0 || at.opened != 0 {
		t.Fatalf("%+v, %v, %d open", r, err, at.opened)
	}
	if e := k.Entry(r.Entry); e.Event != "contents.read" || !strings.Contains(string(e.Data), `"server":true`) || e.Who != k.kay.ID {
		t.Errorf("%s %s", e.Event, e.Data)
	}
	byClient() // which changes nothing
	f := finding("S1.hash")
	says := ""
	for _, part := range f.Parts {
		says += part.Note
	}
	if f.Verdict != validate.Pass || !strings.Contains(says, "by the server itself") {
		t.Errorf("by the server: %+v", f)
	}
	if f := finding("S1.decode").Parts[1]; f.Count != 1 || f.Witnesses[0] != "0002.png" {
		t.Errorf("%+v", f)
	}
	before := at.opens
	_, err = k.Service.VerifyContents(ctx, k.Person("tom", gov.Viewer, "signs").Call(), ref, 2)
	wantErr(t, "by who may not check", err, gov.Denied, "DENIED")
	if at.opens != before {
		t.Error("contents are read before policy is asked")
	}
	s := k.auditing()
	s.proves(s.export(k.Person("aud", gov.Auditor, gov.Server), string(going)+"@v1", govern.BundleFormat), "of 6 records of version signs/going@v1, 6 contents were read again by the server itself, for "+string(k.kay.ID))
}
