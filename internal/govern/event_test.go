package govern_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/auth"
	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// TestEventsAreFrozen pins the JSON of every event with every field set. What a
// log holds is read for ever: a line may be added here, none may change.
func TestEventsAreFrozen(t *testing.T) {
	var b strings.Builder
	for _, name := range govern.EventNames() {
		ev := govern.NewEvent(name)
		govtest.Fill(ev)
		line, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", name, line)
		again := govern.NewEvent(name)
		if err := json.Unmarshal(line, again); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(ev, again); d != "" {
			t.Errorf("%s reads back as another (-was +is)\n%s", name, d)
		}
	}
	govtest.Golden(t, "events.txt", b.String())
}

// TestEveryEventReplays makes each event happen, and folds the log again at
// another time: the tables are the same to the byte.
func TestEveryEventReplays(t *testing.T) {
	k := govtest.New(t)
	story(t, k)
	seen := map[string]bool{}
	for i := range k.LogSize() {
		if e := k.Entry(i); e.Event != "" {
			seen[e.Event] = true
		}
	}
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, govern.EventNames()) {
		t.Errorf("the story has the events %v, want all of %v", got, govern.EventNames())
	}
	if d := cmp.Diff(k.Tables(), govtest.Tables(t, k.Replay())); d != "" {
		t.Errorf("replaying the log gives other tables (-state +replayed)\n%s", d)
	}
}

// story makes every event happen.
func story(t *testing.T, k *govtest.Kit) {
	s, admin := k.Service, k.Admin()
	k.Dataset("signs/digits", gov.TaxonomyLabel{Name: "fist", Since: 1})
	bob := k.Person("bob", gov.Steward, "signs")
	eve := k.Person("eve", gov.Auditor, gov.Server)
	k.Register(bob, "signs/digits", govtest.Record("a", "fist"))
	must := func(_ uint64, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	changeStory(t, k)
	runStory(t, k)
	holdStory(t, k)
	eraseStory(t, k)
	inspectStory(t, k)
	checkStory(t, k, bob)
	lotStory(t, k, bob, k.Person("lotte", gov.Steward, "signs"))
	k.Login(bob)
	k.Login(eve)
	must(index(s.SetTag(ctx, bob.Call(), gov.Ref{Dataset: "signs/digits"}, "good")))
	must(index(s.RemoveTag(ctx, bob.Call(), "signs/digits", "good")))
	must(index(s.LinkPerson(ctx, admin.Call(), govern.LinkPerson{Person: "bob", Kind: gov.LocalUser, Subject: "1000"})))
	must(index(s.RevokeToken(ctx, bob.Call(), bob.Token.ID)))
	k.Revoke(bob, gov.Steward, "signs")
	must(index(s.DisablePerson(ctx, admin.Call(), "bob")))
	must(index(s.Backup(ctx, admin.Call(), filepath.Join(t.TempDir(), "copy.db"))))
	out, err := os.Create(filepath.Join(t.TempDir(), "log.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	must(0, s.ExportLog(ctx, eve.Call(), out))
	_, err = s.ExportLineage(ctx, eve.Call(), govern.ExportLineage{Project: "signs"}, func([]byte) error { return nil })
	must(0, err)
	_, err = s.ExportTrail(ctx, eve.Call(), govern.ExportTrail{Node: "signs/digits", Format: govern.BundleFormat})
	must(0, err)
	must(0, s.Restored(ctx))
}

// TestBackupHoldsItsOwnEntry: the copy is a sound store, and says that it was made.
func TestBackupHoldsItsOwnEntry(t *testing.T) {
	k := govtest.New(t)
	path := filepath.Join(t.TempDir(), "copy.db")
	done, err := k.Service.Backup(ctx, k.Admin().Call(), path)
	if err != nil {
		t.Fatal(err)
	}
	if sum := checkFile(t, path); sum.Entries != done.Event.Size || sum.Entries != done.Index+1 {
		t.Errorf("the copy has %d entries, the event says %d", sum.Entries, done.Event.Size)
	}
}

// TestBootstrapWorksOnce: the bootstrap token makes one admin, and nothing else.
func TestBootstrapWorksOnce(t *testing.T) {
	k := govtest.New(t)
	boot := govern.Call{Actor: gov.Actor{Person: gov.Bootstrap}, Request: k.Request()}
	in := govern.Bootstrap{Name: "zoe", Secret: auth.HashSecret(auth.Secret{1})}
	if _, err := k.Service.CreateProject(ctx, boot, "p"); gov.ReasonOf(err) != "UNAUTHENTICATED" {
		t.Errorf("the bootstrap token makes a project: %v", err)
	}
	first, err := k.Service.Bootstrap(ctx, boot, in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := k.Service.Bootstrap(ctx, boot, in)
	if err != nil || again.Index != first.Index {
		t.Errorf("asked again: %+v, %v; want entry %d", again, err, first.Index)
	}
	boot.Request = k.Request()
	if _, err := k.Service.Bootstrap(ctx, boot, in); gov.ReasonOf(err) != "BOOTSTRAPPED" {
		t.Errorf("a second admin: %v, want BOOTSTRAPPED", err)
	}
	me := govern.Call{Actor: gov.Actor{Person: first.Event.Person.ID, Credential: first.Event.Token.ID}, Request: k.Request()}
	if _, err := k.Service.Bootstrap(ctx, me, in); gov.ReasonOf(err) != "DENIED" {
		t.Errorf("an admin bootstraps: %v, want DENIED", err)
	}
	if n := k.LogSize(); n != 2 {
		t.Errorf("the log has %d entries, want 2", n)
	}
}
