package store

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
)

// all returns what a listing yields, each as show shows it.
func all[V any](t tb, list iter.Seq2[V, error], show func(V) string) string {
	t.Helper()
	var got []string
	for v, err := range list {
		if err != nil {
			t.Fatalf("listing: %v", err)
		}
		got = append(got, show(v))
	}
	return strings.Join(got, " ")
}

func expect(t tb, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func wantReason(t tb, err error, kind gov.Kind, reason gov.Reason) {
	t.Helper()
	if !errors.Is(err, kind) || gov.ReasonOf(err) != reason {
		t.Errorf("got error %v (%s), want %v (%s)", err, gov.ReasonOf(err), kind, reason)
	}
}

func TestPersons(t *testing.T) {
	s := newStore(t, quick())
	show := func(p gov.Person) string { return string(p.ID) + "=" + p.Name }
	update(t, s, func(tx *Tx) error {
		for _, n := range []uint64{10, 2, 1} {
			if err := tx.PutPerson(gov.Person{ID: gov.NewPersonID(n, n == 2), Name: fmt.Sprint("p", n)}); err != nil {
				return err
			}
		}
		expect(t, "persons", all(t, tx.Persons(""), show), "user:1=p1 sa:2=p2 user:10=p10")
		return nil
	})
	update(t, s, func(tx *Tx) error {
		expect(t, "persons after the first", all(t, tx.Persons("user:1"), show), "sa:2=p2 user:10=p10")
		wantReason(t, tx.PutPerson(gov.Person{ID: "user:3", Name: "p1"}), gov.Exists, "NAME_TAKEN")
		return tx.PutPerson(gov.Person{ID: "user:1", Name: "q"})
	})
	view(t, s, func(tx *Tx) error {
		_, err := tx.PersonByName("p1")
		wantReason(t, err, gov.NotFound, "NO_PERSON")
		_, err = tx.Person("user:3")
		wantReason(t, err, gov.NotFound, "NO_PERSON")
		p, err := tx.PersonByName("q")
		expect(t, "renamed", show(p), "user:1=q")
		return err
	})
}

func TestCredentials(t *testing.T) {
	s := newStore(t, quick())
	show := func(c gov.Credential) string { return string(c.ID) }
	cert := gov.Credential{ID: "t2", Person: "user:1", Kind: gov.Certificate, Subject: "spiffe://x"}
	update(t, s, func(tx *Tx) error {
		token := gov.Credential{ID: "t10", Person: "user:1", Kind: gov.Token, Secret: gov.Digest{1}}
		other := gov.Credential{ID: "t3", Person: "user:11", Kind: gov.LocalUser, Subject: "spiffe://x"}
		return errors.Join(tx.PutCredential(token), tx.PutCredential(cert), tx.PutCredential(other))
	})
	update(t, s, func(tx *Tx) error {
		expect(t, "all", all(t, tx.Credentials(""), show), "t2 t3 t10")
		expect(t, "after t2", all(t, tx.Credentials("t2"), show), "t3 t10")
		expect(t, "of user:1", all(t, tx.CredentialsOf("user:1"), show), "t2 t10")
		c, err := tx.CredentialBySubject(gov.Certificate, "spiffe://x")
		expect(t, "by subject", show(c), "t2")
		again := cert
		again.ID = "t4"
		wantReason(t, tx.PutCredential(again), gov.Exists, "SUBJECT_TAKEN")
		cert.Revoked = true
		return errors.Join(err, tx.PutCredential(cert), tx.PutCredential(again))
	})
	view(t, s, func(tx *Tx) error {
		c, err := tx.CredentialBySubject(gov.Certificate, "spiffe://x")
		expect(t, "linked again", show(c), "t4")
		_, none := tx.CredentialBySubject(gov.Token, "")
		wantReason(t, none, gov.NotFound, "NO_CREDENTIAL")
		_, none = tx.Credential("t9")
		wantReason(t, none, gov.NotFound, "NO_CREDENTIAL")
		return err
	})
}

func TestGrants(t *testing.T) {
	s := newStore(t, quick())
	show := func(g gov.Grant) string { return fmt.Sprint(g.Person, ",", g.Role, ",", g.Place) }
	update(t, s, func(tx *Tx) error {
		for _, g := range []gov.Grant{
			{Person: "user:1", Role: gov.Admin, Place: gov.Server},
			{Person: "user:1", Role: gov.Viewer, Place: "vision"},
			{Person: "user:2", Role: gov.Steward, Place: "vision/hands"},
			{Person: "user:2", Role: gov.Viewer, Place: "visions"},
		} {
			if err := tx.PutGrant(g); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, s, func(tx *Tx) error {
		expect(t, "of the server", all(t, tx.Grants(""), show), "user:1,admin,*")
		expect(t, "of a project", all(t, tx.Grants("vision"), show), "user:1,viewer,vision user:2,steward,vision/hands")
		expect(t, "of a person", all(t, tx.GrantsOf("user:1"), show), "user:1,admin,* user:1,viewer,vision")
		if _, err := tx.Grant("user:1", gov.Viewer, "vision"); err != nil {
			return err
		}
		return tx.RemoveGrant("user:1", gov.Viewer, "vision")
	})
	update(t, s, func(tx *Tx) error {
		_, err := tx.Grant("user:1", gov.Viewer, "vision")
		wantReason(t, err, gov.NotFound, "NO_GRANT")
		wantReason(t, tx.RemoveGrant("user:1", gov.Viewer, "vision"), gov.NotFound, "NO_GRANT")
		expect(t, "what is left", all(t, tx.GrantsOf("user:1"), show), "user:1,admin,*")
		return nil
	})
}

func TestProjectsAndDatasets(t *testing.T) {
	s := newStore(t, quick())
	update(t, s, func(tx *Tx) error {
		for _, name := range []gov.DatasetName{"b/z", "a/z", "a-b/x", "a/y"} {
			if err := errors.Join(put(string(name.Project()))(tx), tx.PutDataset(gov.Dataset{Name: name})); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx *Tx) error {
		project := func(p gov.ProjectInfo) string { return string(p.Name) }
		expect(t, "projects", all(t, tx.Projects(""), project), "a a-b b")
		expect(t, "projects after a", all(t, tx.Projects("a"), project), "a-b b")
		dataset := func(d gov.Dataset) string { return string(d.Name) }
		expect(t, "datasets", all(t, tx.Datasets("", ""), dataset), "a/y a/z a-b/x b/z")
		expect(t, "datasets after a/z", all(t, tx.Datasets("", "a/z"), dataset), "a-b/x b/z")
		expect(t, "datasets of a", all(t, tx.Datasets("a", ""), dataset), "a/y a/z")
		expect(t, "datasets of a after a/y", all(t, tx.Datasets("a", "a/y"), dataset), "a/z")
		_, err := tx.Project("c")
		wantReason(t, err, gov.NotFound, "NO_PROJECT")
		_, err = tx.Dataset("a/x")
		wantReason(t, err, gov.NotFound, "NO_DATASET")
		return nil
	})
}

func TestVersionsAndTags(t *testing.T) {
	s := newStore(t, quick())
	show := func(v gov.Version) string { return v.Ref().String() }
	update(t, s, func(tx *Tx) error {
		for n := uint64(1); n <= 3; n++ {
			v := gov.Version{Registration: gov.Registration{Dataset: "a/x", Number: n, Digest: gov.Digest{0xab, byte(n << 4)}}}
			w := gov.Version{Registration: gov.Registration{Dataset: "a/xy", Number: n, Digest: v.Digest}}
			if err := errors.Join(tx.PutVersion(v), tx.PutVersion(w)); err != nil {
				return err
			}
		}
		return tx.PutTag(gov.Tag{Dataset: "a/x", Name: "gold", Number: 2})
	})
	update(t, s, func(tx *Tx) error {
		expect(t, "versions", all(t, tx.Versions("a/x", 0), show), "a/x@v3 a/x@v2 a/x@v1")
		expect(t, "versions before 3", all(t, tx.Versions("a/x", 3), show), "a/x@v2 a/x@v1")
		expect(t, "digest ab", all(t, tx.VersionsByDigest("a/x", "ab"), show), "a/x@v1 a/x@v2 a/x@v3")
		expect(t, "digest ab2", all(t, tx.VersionsByDigest("a/x", "ab2"), show), "a/x@v2")
		expect(t, "digest ac", all(t, tx.VersionsByDigest("a/x", "ac"), show), "")
		_, err := tx.Version("a/x", 4)
		wantReason(t, err, gov.NotFound, "NO_VERSION")
		expect(t, "the error", err.Error(), "no version a/x@v4")
		expect(t, "tags", all(t, tx.Tags("a/x"), func(t gov.Tag) string { return t.Name }), "gold")
		expect(t, "tags of another", all(t, tx.Tags("a/xy"), func(t gov.Tag) string { return t.Name }), "")
		if tag, err := tx.Tag("a/x", "gold"); err != nil || tag.Number != 2 {
			t.Errorf("the tag is %v, %v", tag, err)
		}
		return tx.RemoveTag("a/x", "gold")
	})
	view(t, s, func(tx *Tx) error {
		_, err := tx.Tag("a/x", "gold")
		wantReason(t, err, gov.NotFound, "NO_TAG")
		return nil
	})
}

func TestRequestsAndBeside(t *testing.T) {
	s := newStore(t, quick())
	text, id := gov.SaltText{Salt: [16]byte{1}, Text: "why"}, [16]byte{7}
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutRequest("user:1", id, 5), tx.PutText(text.Digest(), text), tx.SetRevision("a", 9),
			tx.PutDocument(gov.Digest{2}, []byte("doc")), tx.PutSalt(gov.Digest{3}, [16]byte{4}))
	})
	update(t, s, func(tx *Tx) error {
		if entry, found, err := tx.Request("user:1", id); entry != 5 || !found || err != nil {
			t.Errorf("request: %d, %t, %v", entry, found, err)
		}
		if _, found, err := tx.Request("user:2", id); found || err != nil {
			t.Errorf("another's request: %t, %v", found, err)
		}
		if tx.Revision("a") != 9 || tx.Revision("b") != 0 {
			t.Errorf("revisions are %d and %d", tx.Revision("a"), tx.Revision("b"))
		}
		got, err := tx.Text(text.Digest())
		expect(t, "text", cmp.Diff(got, text), "")
		doc, err2 := tx.Document(gov.Digest{2})
		expect(t, "document", string(doc), "doc")
		salt, err3 := tx.Salt(gov.Digest{3})
		expect(t, "salt", string(salt[:1]), "\x04")
		return errors.Join(err, err2, err3, tx.RemoveText(text.Digest()), tx.RemoveRequest("user:1", id))
	})
	view(t, s, func(tx *Tx) error {
		_, err := tx.Text(text.Digest())
		wantReason(t, err, gov.NotFound, "NO_TEXT")
		_, err = tx.Document(gov.Digest{9})
		wantReason(t, err, gov.NotFound, "NO_DOCUMENT")
		_, err = tx.Salt(gov.Digest{9})
		wantReason(t, err, gov.NotFound, "NO_SALT")
		_, found, _ := tx.Request("user:1", id)
		expect(t, "request is there", fmt.Sprint(found), "false")
		return nil
	})
}

func TestLog(t *testing.T) {
	s := newStore(t, quick())
	var sealed string
	s.UseSeal(func(first uint64, entries [][]byte) ([]Tile, []byte, error) {
		sealed += fmt.Sprintf("%d:%s ", first, entries)
		return []Tile{{1, first, entries[0]}}, entries[len(entries)-1], nil
	})
	appends := func(words ...string) func(tx *Tx) error {
		return func(tx *Tx) error {
			for _, w := range words {
				i := tx.Append([]byte(w))
				if e, err := tx.Entry(i); string(e) != w || err != nil || tx.LogSize() != i+1 {
					return fmt.Errorf("entry %d of %d is %q, %v", i, tx.LogSize(), e, err)
				}
			}
			return nil
		}
	}
	for _, err := range together(t, s, appends("a"), appends("b", "c")) {
		if err != nil {
			t.Error(err)
		}
	}
	update(t, s, appends("d"))
	expect(t, "sealed", sealed, "0:[a b c] 3:[d] ")
	view(t, s, func(tx *Tx) error {
		var got string
		for i, e := range tx.Entries(1) {
			got += fmt.Sprint(i, string(e), " ")
		}
		expect(t, "entries", got, "1b 2c 3d ")
		expect(t, "checkpoint", string(tx.Checkpoint()), "d")
		tile, err := tx.Tile(1, 3)
		expect(t, "tile", string(tile), "d")
		_, none := tx.Tile(0, 3)
		wantReason(t, none, gov.NotFound, "NO_TILE")
		_, none = tx.Entry(4)
		wantReason(t, none, gov.NotFound, "NO_ENTRY")
		return err
	})
}

// A write in a View is a mistake that must not go unnoticed.
func TestViewRefusesWrites(t *testing.T) {
	s := newStore(t, quick())
	defer func() {
		if recover() == nil {
			t.Error("a write in a View does not panic")
		}
	}()
	view(t, s, put("a"))
}

// Check finds every way in which an index can differ from its table, and values
// and keys that do not belong.
func TestCheckFinds(t *testing.T) {
	at := persons.key("user:1")
	for name, breakIt := range map[string]func(*Tx){
		"an index entry is missing":  func(tx *Tx) { tx.remove(personByName, key(nil).str("ann")) },
		"one is too many":            func(tx *Tx) { tx.put(personByName, key(nil).str("bob"), at) },
		"one names another":          func(tx *Tx) { tx.put(personByName, key(nil).str("ann"), persons.key("user:2")) },
		"the value is of no format":  func(tx *Tx) { tx.put(personTable, at, []byte("{}")) },
		"the value has more fields":  func(tx *Tx) { tx.put(tagTable, key(nil).str("").str("").str(""), []byte("\x01{\"more\":1}")) },
		"the key is another's":       func(tx *Tx) { tx.put(projectTable, key(nil).str("b"), []byte("\x01{\"name\":\"a\"}")) },
		"the key is cut off":         func(tx *Tx) { tx.put(saltTable, key{1, 2}, make([]byte, 17)) },
		"the log has a gap":          func(tx *Tx) { tx.put(logEntries, key(nil).uint64(3), []byte("e")) },
		"a segment is cut off":       func(tx *Tx) { tx.put(nodeSegments, segmentKey(1), []byte("short")) },
		"the index names no segment": func(tx *Tx) { tx.put(nodeIndex, make([]byte, 32), place{1, uint32(nodeHead), 0}.encode()) },
		"the index names another": func(tx *Tx) {
			tx.put(nodeSegments, segmentKey(1), make([]byte, nodeHead))
			tx.put(nodeIndex, append(make([]byte, 31), 1), place{1, uint32(nodeHead), 0}.encode())
		},
		"a session cannot be read": func(tx *Tx) { tx.put(nodeImports, key{1}, []byte("x")) },
	} {
		s, _ := breakable(t)
		s.UseSeal(noSeal)
		update(t, s, func(tx *Tx) error { return tx.PutPerson(gov.Person{ID: "user:1", Name: "ann"}) })
		if err := s.Check(t.Errorf); err != nil {
			t.Fatal(err)
		}
		update(t, s, func(tx *Tx) error { breakIt(tx); return nil })
		var found []string
		err := s.Check(func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) })
		if err != nil || len(found) == 0 {
			t.Errorf("%s: Check finds nothing (%v)", name, err)
		}
		s.Close()
	}
}

// Indexes stay in step through any sequence of inserts, replacements and
// removals; the kit checks them when the test ends.
func TestIndexesStayInStep(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStoreAt(rt, t.TempDir())
		defer checkAndClose(rt, s)
		who := rapid.SampledFrom([]gov.PersonID{"user:1", "user:2"})
		subject := rapid.SampledFrom([]string{"x", "y"})
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			c := gov.Credential{
				ID: gov.NewCredentialID(rapid.Uint64Range(1, 3).Draw(rt, "id")), Person: who.Draw(rt, "who"),
				Kind: gov.Certificate, Subject: subject.Draw(rt, "subject"), Revoked: rapid.Bool().Draw(rt, "revoked"),
			}
			remove := rapid.Bool().Draw(rt, "remove")
			err := s.Update(t.Context(), func(tx *Tx) error {
				if remove {
					return credentials.remove(tx, c.ID)
				}
				return tx.PutCredential(c)
			})
			if err != nil && gov.ReasonOf(err) != "SUBJECT_TAKEN" && gov.ReasonOf(err) != "NO_CREDENTIAL" {
				rt.Fatal(err)
			}
			if err := s.Check(rt.Errorf); err != nil {
				rt.Fatal(err)
			}
		}
	})
}
