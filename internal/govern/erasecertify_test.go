package govern_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/trail"
)

func (e *eraser) certify(id gov.ErasureID) []byte {
	e.t.Helper()
	file, err := e.Service.CertifyErasure(ctx, e.ben.Call(), govern.CertifyErasure{Erasure: id, Since: 1})
	e.must(err)
	return file
}

// verified returns the claims of a file, all of which must hold.
func (e *eraser) verified(file []byte) string {
	e.t.Helper()
	claims, err := trail.Verify(bytes.NewReader(file), int64(len(file)), trail.Options{VerifierKey: e.Key})
	e.must(err)
	var all []string
	for _, c := range claims {
		all = append(all, c.Claim)
	}
	return strings.Join(all, "\n")
}

// A certificate shows of each value that it is gone, and what stands at its key
// in the newest version.
func TestCertifyErasure(t *testing.T) {
	e := newEraser(t)
	e.fill()
	id := e.request(ofS17)
	ask := func() error {
		_, err := e.Service.CertifyErasure(ctx, e.sue.Call(), govern.CertifyErasure{Erasure: id})
		return err
	}
	e.refused(ask(), gov.Conflict, "ERASURE_NOT_DONE")
	e.approve(id)
	e.must(e.run(id))
	file := e.certify(id)
	for _, want := range []string{
		"erasure 1 of 3 values of 2 records in 4 versions was begun", "who did not ask for it", "3 of 3 erased values are shown to be gone",
		"2 stand there erased, and 0 are proven to be absent", "no entry here says that the server's file was compacted since",
	} {
		if said := e.verified(file); !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	// In a later version one of them is absent, and not beside the other.
	e.Edit(e.sue, "lab/faces", govern.Edit{Put: subject("c", "s9")})
	e.Edit(e.sue, "lab/faces", govern.Edit{Delete: "b"})
	e.must(e.Service.Compacted(ctx))
	if said := e.verified(e.certify(id)); !strings.Contains(said, "1 stand there erased, and 2 are proven to be absent") || strings.Contains(said, "no entry here says") {
		t.Errorf("after record b was left out:\n%s", said)
	}
	c, err := trail.ReadCertificate(e.certify(id))
	e.must(err)
	var got []string
	for _, v := range c.Values {
		got = append(got, fmt.Sprint(v.Key, v.In, v.Now))
	}
	if want := []string{"b1absent", "b4absent", "d6erased"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if c.Where != ofS17 || c.Reason != "article 17" || len(c.Steps) != 5 || len(c.People) == 0 || len(c.Newest) != 1 || c.Newest[0].Name != "lab/faces@v6" {
		t.Errorf("%+v", c)
	}
}

// Who may not see an erasure gets no certificate of it, and handing one out is an
// entry of the log.
func TestCertifyErasureAccess(t *testing.T) {
	e := newEraser(t)
	e.fill()
	id := e.erase(ofS17)
	ask := func(by *govtest.Actor, id gov.ErasureID) error {
		_, err := e.Service.CertifyErasure(ctx, by.Call(), govern.CertifyErasure{Erasure: id})
		return err
	}
	e.refused(ask(e.tim, id), gov.Denied, "DENIED")
	e.refused(ask(e.sue, 99), gov.NotFound, "NO_ERASURE")
	e.Dataset("secret/faces")
	stranger := e.Person("max", gov.Steward, "secret")
	e.refused(ask(stranger, id), gov.NotFound, "NO_ERASURE")
	before := e.LogSize()
	if e.must(ask(e.Person("aud", gov.Auditor, "lab"), id)); e.LogSize() <= before {
		t.Error("nothing in the log")
	}
	m, err := e.Service.ErasureImpact(ctx, e.sue.Call(), id)
	if e.must(err); len(m.Recipients) != 1 || m.Recipients[0].Name != "aud" {
		t.Errorf("who has it: %+v", m.Recipients)
	}
	call := e.sue.Call()
	_, err = e.Service.CertifyErasure(ctx, call, govern.CertifyErasure{Erasure: id})
	e.must(err)
	_, err = e.Service.CertifyErasure(ctx, call, govern.CertifyErasure{Erasure: id})
	e.refused(err, gov.Conflict, "EXPORTED")
}
