package govern_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"govd/internal/fsck"
	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// checkFile checks the store in a file.
func checkFile(t *testing.T, path string) fsck.Summary {
	t.Helper()
	sum, err := fsck.Check(context.Background(), path, t.Errorf, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// wantErr compares the kind and the reason of an error.
func wantErr(t *testing.T, what string, err error, kind gov.Kind, reason gov.Reason) {
	t.Helper()
	if !errors.Is(err, kind) || gov.ReasonOf(err) != reason {
		t.Errorf("%s: got %v (%s), want %v (%s)", what, err, gov.ReasonOf(err), kind, reason)
	}
}

// wantText also compares what the error says.
func wantText(t *testing.T, what string, err error, reason gov.Reason, parts ...string) {
	t.Helper()
	if gov.ReasonOf(err) != reason {
		t.Errorf("%s: got %v (%s), want %s", what, err, gov.ReasonOf(err), reason)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%s: %q does not say %q", what, err, p)
		}
	}
}

// A hall is a kit with a project "signs" that has a dataset, and a project
// "secret" that nobody but ann knows of.
type hall struct {
	*govtest.Kit
	ann, bob, eve, joe *govtest.Actor // admin, steward of signs, auditor of the server, nobody
}

func newHall(t *testing.T) *hall {
	k := govtest.New(t)
	h := &hall{Kit: k, ann: k.Admin()}
	k.Dataset("signs/digits")
	k.Dataset("secret/faces")
	h.bob = k.Person("bob", gov.Steward, "signs")
	h.eve = k.Person("eve", gov.Auditor, gov.Server)
	h.joe = k.Person("joe", "", "")
	return h
}

// grows runs fn and reports by how many entries the log has grown.
func (h *hall) grows(fn func()) uint64 {
	before := h.LogSize()
	fn()
	return h.LogSize() - before
}

// project makes a project, which needs no more than a name.
func (h *hall) project(c govern.Call, name gov.Project) (uint64, error) {
	return index(h.Service.CreateProject(ctx, c, name))
}
