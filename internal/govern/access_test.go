package govern_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"govd/internal/auth"
	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// TestRefusalIsRecorded: a refusal is an entry with its reason, and changes
// nothing else but the memory of its request.
func TestRefusalIsRecorded(t *testing.T) {
	h := newHall(t)
	before := h.Tables()
	c := h.bob.Call()
	_, err := h.project(c, "more")
	wantErr(t, "bob makes a project", err, gov.Denied, "DENIED")
	e := h.Entry(h.LogSize() - 1)
	if e.Who != h.bob.ID || e.Credential != h.bob.Token.ID || e.Do != gov.ProjectCreate || e.At != gov.Server || e.Refused != "DENIED" || e.Event != "" || e.Data != nil {
		t.Errorf("the entry is %+v", e)
	}
	if got := withoutRequests(h.Tables()); got != withoutRequests(before) {
		t.Errorf("a refusal changed the tables\n%s", cmp.Diff(before, got))
	}
}

func withoutRequests(tables string) string {
	var b strings.Builder
	for line := range strings.Lines(tables) {
		if !strings.HasPrefix(line, "request ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestHiddenPlacesLookMissing: to a stranger a place that is there and one that
// is not give the same error, whatever is asked. Only the name differs.
func TestHiddenPlacesLookMissing(t *testing.T) {
	h := newHall(t)
	h.Person("sue", gov.Steward, "secret")
	for what, ask := range map[string]func(c govern.Call, at gov.DatasetName) error{
		"dataset": func(c govern.Call, at gov.DatasetName) error { _, _, err := h.Service.Dataset(ctx, c, at); return err },
		"version": func(c govern.Call, at gov.DatasetName) error {
			_, err := h.Service.Version(ctx, c, gov.Ref{Dataset: at})
			return err
		},
		"tags": func(c govern.Call, at gov.DatasetName) error { _, err := h.Service.Tags(ctx, c, at); return err },
		"set tag": func(c govern.Call, at gov.DatasetName) error {
			_, err := h.Service.SetTag(ctx, c, gov.Ref{Dataset: at}, "x")
			return err
		},
		"create": func(c govern.Call, at gov.DatasetName) error {
			_, err := h.Service.CreateDataset(ctx, c, govern.CreateDataset{Name: at, Stage: 1})
			return err
		},
		"register": func(c govern.Call, at gov.DatasetName) error {
			_, err := h.Service.RegisterVersion(ctx, c, govern.Register{Dataset: at}, govtest.Puts())
			return err
		},
		"policy": func(c govern.Call, at gov.DatasetName) error {
			_, err := h.Service.Policy(ctx, c, gov.Place(at))
			return err
		},
		"project": func(c govern.Call, at gov.DatasetName) error {
			_, err := h.Service.Policy(ctx, c, gov.Place(at.Project()))
			return err
		},
		"who can": func(c govern.Call, at gov.DatasetName) error {
			_, _, err := h.Service.WhoCan(ctx, c, gov.VersionRead, gov.Place(at))
			return err
		},
		"entries": func(c govern.Call, at gov.DatasetName) error {
			_, _, err := h.Service.Entries(ctx, c, govern.Filter{Place: gov.Place(at)}, 99, 9)
			return err
		},
		"grant": func(c govern.Call, at gov.DatasetName) error {
			_, err := h.Service.GrantRole(ctx, c, govern.Role{Person: "bob", Role: gov.Viewer, Place: gov.Place(at)})
			return err
		},
	} {
		for _, who := range []*govtest.Actor{h.joe, h.bob} {
			c := who.Call()
			there, missing := ask(c, "secret/faces"), ask(who.Call(), "absent/faces")
			if gov.ReasonOf(there) != gov.ReasonOf(missing) || there.Error() != strings.ReplaceAll(missing.Error(), "absent", "secret") {
				t.Errorf("%s, %s: there %q, missing %q", who.Name, what, there, missing)
			}
			wantErr(t, what, there, gov.NotFound, gov.ReasonOf(missing))
			if again := ask(c, "secret/faces"); again.Error() != there.Error() || gov.ReasonOf(again) != gov.ReasonOf(there) {
				t.Errorf("%s, %s, asked again: %q, and %q before", who.Name, what, again, there)
			}
		}
	}
}

// TestEntriesOfOthersLookAlike: who may not read an entry learns neither where
// it belongs nor whether it is there.
func TestEntriesOfOthersLookAlike(t *testing.T) {
	h := newHall(t)
	_, want := h.Service.Entry(ctx, h.joe.Call(), 1<<40)
	wantErr(t, "beyond the end", want, gov.Denied, "DENIED")
	for i := range h.LogSize() {
		if _, err := h.Service.Entry(ctx, h.joe.Call(), i); err == nil || err.Error() != want.Error() {
			t.Errorf("entry %d: got %v, want %v", i, err, want)
		}
		if _, err := h.Service.ProveEntry(ctx, h.joe.Call(), i, 0); err == nil || err.Error() != want.Error() {
			t.Errorf("proof of entry %d: got %v, want %v", i, err, want)
		}
		l, err := h.Service.Entry(ctx, h.bob.Call(), i)
		if mine := h.Entry(i).At.Project() == "signs"; (err == nil) != mine || mine && l.Index != i {
			t.Errorf("entry %d, at %s, to the steward of signs: %v", i, h.Entry(i).At, err)
		}
	}
	_, err := h.Service.Entry(ctx, h.eve.Call(), 1<<40)
	wantErr(t, "the auditor beyond the end", err, gov.NotFound, "NO_ENTRY")
}

// TestListingsHideOthersPlaces: listings leave out what the caller may not read.
func TestListingsHideOthersPlaces(t *testing.T) {
	h := newHall(t)
	vic := h.Person("vic", gov.Viewer, "secret/faces")
	for who, want := range map[*govtest.Actor][2]int{h.ann: {2, 2}, h.eve: {2, 2}, h.bob: {1, 1}, vic: {0, 1}, h.joe: {0, 0}} {
		p, err1 := h.Service.Projects(ctx, who.Call(), "", 9)
		d, err2 := h.Service.Datasets(ctx, who.Call(), "", "", 9)
		if err1 != nil || err2 != nil || len(p) != want[0] || len(d) != want[1] {
			t.Errorf("%s sees projects %v and datasets %v (%v, %v), want %v", who.Name, p, d, err1, err2, want)
		}
	}
}

// TestNobodyHelpsThemselves: the last admin stays, and what admins do for
// themselves another one must do, while there is one.
func TestNobodyHelpsThemselves(t *testing.T) {
	h := newHall(t)
	grant := func(who *govtest.Actor, to string, role gov.Role) error {
		_, err := h.Service.GrantRole(ctx, who.Call(), govern.Role{Person: to, Role: role, Place: "signs"})
		return err
	}
	link := func(who *govtest.Actor, to, uid string) error {
		_, err := h.Service.LinkPerson(ctx, who.Call(), govern.LinkPerson{Person: to, Kind: gov.LocalUser, Subject: uid})
		return err
	}
	demote := func(who *govtest.Actor) error {
		_, err := h.Service.RevokeRole(ctx, h.ann.Call(), govern.Role{Person: who.Name, Role: gov.Admin, Place: gov.Server})
		return err
	}
	if err := grant(h.ann, "ann", gov.Viewer); err != nil {
		t.Errorf("the only admin: %v", err)
	}
	if err := link(h.ann, "ann", "1"); err != nil {
		t.Errorf("the only admin links: %v", err)
	}
	wantErr(t, "the last admin goes", demote(h.ann), gov.Conflict, "LAST_ADMIN")
	zoe := h.Person("zoe", gov.Admin, gov.Server)
	wantErr(t, "one of two", grant(h.ann, "ann", gov.Trainer), gov.Denied, "SELF_GRANT")
	wantErr(t, "one of two links", link(h.ann, "ann", "2"), gov.Denied, "SELF_LINK")
	wantErr(t, "a link twice", link(h.ann, "bob", "1"), gov.Exists, "LINK_EXISTS")
	if err := grant(zoe, "ann", gov.Annotator); err != nil {
		t.Errorf("another admin: %v", err)
	}
	_, err := h.Service.DisablePerson(ctx, h.ann.Call(), "ann")
	wantErr(t, "ann disables ann", err, gov.Denied, "SELF_DISABLE")
	if _, err := h.Service.DisablePerson(ctx, h.ann.Call(), "zoe"); err != nil {
		t.Fatal(err)
	}
	wantErr(t, "the last who can act goes", demote(h.ann), gov.Conflict, "LAST_ADMIN")
	if err := demote(zoe); err != nil {
		t.Errorf("a disabled admin's role: %v", err)
	}
	wantErr(t, "a role for the disabled", grant(h.ann, "zoe", gov.Viewer), gov.Conflict, "DISABLED")
	_, err = h.Service.CreateToken(ctx, h.ann.Call(), govern.CreateToken{Person: "zoe", Secret: auth.HashSecret(auth.Secret{1})})
	wantErr(t, "a token for the disabled", err, gov.Conflict, "DISABLED")
}

// TestDeadCredentialsProveNothing: at once, for reads and changes alike, and
// without a trace in the log.
func TestDeadCredentialsProveNothing(t *testing.T) {
	for name, kill := range map[string]func(*hall) error{
		"revoked":  func(h *hall) error { _, err := h.Service.RevokeToken(ctx, h.ann.Call(), h.bob.Token.ID); return err },
		"own":      func(h *hall) error { _, err := h.Service.RevokeToken(ctx, h.bob.Call(), h.bob.Token.ID); return err },
		"disabled": func(h *hall) error { _, err := h.Service.DisablePerson(ctx, h.ann.Call(), "bob"); return err },
		"expired":  func(h *hall) error { h.Clock.Turn(90 * 24 * time.Hour); return nil },
		"stolen":   func(h *hall) error { h.bob.ID = h.eve.ID; return nil },
		"unknown":  func(h *hall) error { h.bob.Token.ID = "t999"; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			if _, err := h.Service.Version(ctx, h.bob.Call(), gov.Ref{Dataset: "signs/digits"}); gov.ReasonOf(err) != "NO_VERSION" {
				t.Fatalf("alive: %v", err)
			}
			if err := kill(h); err != nil {
				t.Fatal(err)
			}
			n := h.grows(func() {
				for what, err := range map[string]error{
					"read":     errOf(h.Service.Version(ctx, h.bob.Call(), gov.Ref{Dataset: "signs/digits"})),
					"list":     errOf(h.Service.Projects(ctx, h.bob.Call(), "", 1)),
					"status":   errOf(h.Service.Status(ctx, h.bob.Call())),
					"tokens":   errOf(h.Service.Credentials(ctx, h.bob.Call(), "bob", "", 1)),
					"entry":    errOf(h.Service.Entry(ctx, h.bob.Call(), 0)),
					"change":   errOf(h.project(h.bob.Call(), "more")),
					"register": errOf(h.Service.RegisterVersion(ctx, h.bob.Call(), govern.Register{Dataset: "signs/digits"}, govtest.Puts())),
					"self":     errOf(h.Service.CheckAccess(ctx, h.bob.Call(), "", gov.VersionRead, "signs")),
				} {
					wantErr(t, what, err, gov.Unproven, "UNAUTHENTICATED")
				}
			})
			if n != 0 {
				t.Errorf("%d entries were written for who proved nothing", n)
			}
		})
	}
}

func errOf[V any](_ V, err error) error { return err }

// TestScopesNarrow: a token does what its person may and its scope allows.
func TestScopesNarrow(t *testing.T) {
	h := newHall(t)
	read := h.Login(h.bob, "version.read", "dataset.read")
	wantErr(t, "a token for reading registers", errOf(h.Service.RegisterVersion(ctx, read.Call(), govern.Register{Dataset: "signs/digits"}, govtest.Puts())), gov.Denied, "DENIED")
	push := h.Login(h.bob, "version.register")
	first, err := h.Service.RegisterVersion(ctx, push.Call(), govern.Register{Dataset: "signs/digits"}, govtest.Puts(govtest.Record("a")))
	if err != nil || first.Number != 1 {
		t.Errorf("a token for registering registers: %+v, %v", first, err)
	}
	same, err := h.Service.RegisterVersion(ctx, push.Call(), govern.Register{Dataset: "signs/digits", Parent: first.Digest}, govtest.Puts(govtest.Record("a")))
	if err != nil || !same.NoChange {
		t.Errorf("and again: %+v, %v", same, err)
	}
	elsewhere := h.Login(h.bob, "other")
	wantErr(t, "a token for elsewhere", errOf(h.Service.Version(ctx, elsewhere.Call(), gov.Ref{Dataset: "signs/digits"})), gov.NotFound, "NO_DATASET")

	narrow := h.Login(h.ann, "token.create", "person.link")
	_, err = h.Service.CreateToken(ctx, narrow.Call(), govern.CreateToken{Person: "bob", Secret: auth.HashSecret(auth.Secret{1})})
	wantErr(t, "a narrow token makes a wide one", err, gov.Denied, "SCOPE")
	_, err = h.Service.LinkPerson(ctx, narrow.Call(), govern.LinkPerson{Person: "bob", Kind: gov.LocalUser, Subject: "7"})
	wantErr(t, "a narrow token makes a link", err, gov.Denied, "SCOPE")
	wantErr(t, "a narrow token revokes itself", errOf(h.Service.RevokeToken(ctx, narrow.Call(), narrow.Token.ID)), gov.Denied, "DENIED")
}

// TestAnswersAboutAccessAgree: what everyone may ask of themselves and policy's
// readers of all says the same in each form.
func TestAnswersAboutAccessAgree(t *testing.T) {
	h := newHall(t)
	if _, err := h.Service.DisablePerson(ctx, h.ann.Call(), "joe"); err != nil {
		t.Fatal(err)
	}
	h.joe = h.Person("jim", gov.Viewer, "signs/digits")
	for _, at := range []gov.Place{gov.Server, "signs", "signs/digits", "secret"} {
		for _, who := range []string{"ann", "bob", "eve", "jim", "joe"} {
			acts, _, err := h.Service.WhatCan(ctx, h.eve.Call(), who, at)
			if err != nil {
				t.Fatal(err)
			}
			for _, do := range gov.Actions {
				a, err := h.Service.CheckAccess(ctx, h.eve.Call(), who, do, at)
				people, _, err2 := h.Service.WhoCan(ctx, h.eve.Call(), do, at)
				if err != nil || err2 != nil {
					t.Fatal(err, err2)
				}
				if named := hasPerson(people, who); a.Allowed != named || a.Allowed != contains(acts, do) {
					t.Errorf("%s %s at %s: check %v, who-can %v, what-can %v", who, do, at, a.Allowed, named, acts)
				}
			}
		}
	}
	for _, me := range []string{"", "bob", string(h.bob.ID)} {
		if a, err := h.Service.CheckAccess(ctx, h.bob.Call(), me, gov.VersionRead, "signs"); err != nil || !a.Allowed {
			t.Errorf("bob asks about %q: %v, %v", me, a.Allowed, err)
		}
	}
	wantErr(t, "jim asks about bob", errOf(h.Service.CheckAccess(ctx, h.joe.Call(), "bob", gov.VersionRead, "signs/digits")), gov.Denied, "DENIED")
}

func hasPerson(people []gov.Person, name string) bool {
	for _, p := range people {
		if p.Name == name {
			return true
		}
	}
	return false
}

func contains(acts []gov.Action, do gov.Action) bool {
	for _, a := range acts {
		if a == do {
			return true
		}
	}
	return false
}

// TestRevocationRace: once a revocation is in the log, nothing that the role
// allowed follows it, whatever was judged before.
func TestRevocationRace(t *testing.T) {
	h := newHall(t)
	h.Register(h.bob, "signs/digits", govtest.Record("a"))
	for range rounds(t, 30) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 6 {
					h.Service.SetTag(ctx, h.bob.Call(), gov.Ref{Dataset: "signs/digits", Number: 1}, "x")
				}
			})
		}
		h.Revoke(h.bob, gov.Steward, "signs")
		all.Wait()
		h.Grant(h.bob, gov.Steward, "signs")
	}
	may, tagged, denied := true, 0, 0
	for i := range h.LogSize() {
		e := h.Entry(i)
		switch {
		case e.Event == "role.revoked":
			may = false
		case e.Event == "role.granted":
			may = true
		case e.Do == gov.VersionTag && (e.Event != "") != may:
			t.Fatalf("entry %d: %s %s when the role is held: %v", i, e.Event, e.Refused, may)
		case e.Event == "tag.set":
			tagged++
		case e.Do == gov.VersionTag:
			denied++
		}
	}
	if tagged == 0 || denied == 0 {
		t.Logf("%d tags were set and %d refused: this run raced little", tagged, denied)
	}
}

// TestDeathRace: once the end of a token or of a person is in the log, nothing
// by that token follows it.
func TestDeathRace(t *testing.T) {
	h := newHall(t)
	h.Register(h.bob, "signs/digits", govtest.Record("a"))
	for i := range rounds(t, 90) {
		sam := h.Person(fmt.Sprint("sam", i), gov.Steward, "signs")
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 6 {
					h.Service.SetTag(ctx, sam.Call(), gov.Ref{Dataset: "signs/digits", Number: 1}, "x")
				}
			})
		}
		var err error
		if i%2 == 0 {
			_, err = h.Service.RevokeToken(ctx, h.ann.Call(), sam.Token.ID)
		} else {
			_, err = h.Service.DisablePerson(ctx, h.ann.Call(), sam.Name)
		}
		died := h.LogSize() // or a little later
		all.Wait()
		for n := died; n < h.LogSize() && err == nil; n++ {
			if e := h.Entry(n); e.Credential == sam.Token.ID {
				t.Fatalf("entry %d is by %s, whose end is before entry %d", n, e.Credential, died)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func rounds(t *testing.T, n int) int {
	t.Helper()
	if testing.Short() {
		return n / 3
	}
	return n
}
