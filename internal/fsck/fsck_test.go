package fsck_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"govd/internal/fsck"
	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/store"
	"govd/internal/tree"
)

// check returns what fsck finds in a file, with the error if it could not look.
func check(t *testing.T, path string) (found []string, sum fsck.Summary) {
	t.Helper()
	sum, err := fsck.Check(context.Background(), path, func(format string, args ...any) {
		found = append(found, fmt.Sprintf(format, args...))
	}, func(string) {})
	if err != nil {
		found = append(found, "could not look: "+err.Error())
	}
	return found, sum
}

// sound makes a store that has something of everything, and returns its file.
func sound(t *testing.T) string {
	t.Helper()
	k := govtest.New(t)
	k.Dataset("signs/digits", gov.TaxonomyLabel{Name: "fist", Since: 1})
	bob := k.Person("bob", gov.Steward, "signs")
	k.Register(bob, "signs/digits", govtest.Records(500, "fist")...)
	k.Edit(bob, "signs/digits", govern.Edit{Delete: "0007.png"}, govern.Edit{Put: govtest.Record("0100.png", "fist", "fist")})
	for range 300 { // more than a tile
		k.Service.CreateProject(context.Background(), bob.Call(), "refused")
	}
	if _, err := k.Service.SetTag(context.Background(), bob.Call(), gov.Ref{Dataset: "signs/digits"}, "good"); err != nil {
		t.Fatal(err)
	}
	link := govern.LinkPerson{Person: "bob", Kind: gov.LocalUser, Subject: "1000"}
	if _, err := k.Service.LinkPerson(context.Background(), k.Admin().Call(), link); err != nil {
		t.Fatal(err)
	}
	k.Close()
	return k.Path
}

// TestSoundStoresAreSound: nothing is found, and everything is looked at.
func TestSoundStoresAreSound(t *testing.T) {
	found, sum := check(t, sound(t))
	if len(found) > 0 || sum.Entries < 300 || sum.Versions != 2 || sum.Records != 500+2 || sum.Nodes < 3 {
		t.Errorf("%+v: %v", sum, found)
	}
}

// TestErasedMessagesAreSound: what may be erased may be missing.
func TestErasedMessagesAreSound(t *testing.T) {
	k := govtest.New(t)
	k.Dataset("signs/digits")
	bob := k.Person("bob", gov.Steward, "signs")
	in := govern.Register{Dataset: "signs/digits", Message: "to be erased"}
	done, err := k.Service.RegisterVersion(context.Background(), bob.Call(), in, govtest.Puts(govtest.Record("a")))
	if err != nil {
		t.Fatal(err)
	}
	erase := func(tx *store.Tx) error { return tx.RemoveText(done.Registration.Message) }
	if err := k.Store.Update(context.Background(), erase); err != nil {
		t.Fatal(err)
	}
	v, err := k.Service.Version(context.Background(), bob.Call(), gov.Ref{Dataset: "signs/digits"})
	if err != nil || v.Message != "" {
		t.Errorf("the message is %q, %v", v.Message, err)
	}
	k.Close()
	if found, _ := check(t, k.Path); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

// damages are things that must not be, by name; each is done to a sound store.
var damages = map[string]func(tx *bolt.Tx) error{
	"an entry that is changed":          change("log.entry", 5, "token.create", "token.revoke"),
	"a refusal whose reason is changed": change("log.entry", 200, "DENIED", "DEMIED"),
	"an entry that is gone":             drop("log.entry", 20),
	"the last entry gone":               dropLast("log.entry"),
	"an entry more": func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("log.entry"))
		k, v := b.Cursor().Last()
		return b.Put(append(bytes.Clone(k[:7]), k[7]+1), bytes.Clone(v))
	},
	"a tile that is gone":          drop("log.tile", 0),
	"a tile that is changed":       flip("log.tile", 0, 77),
	"a checkpoint that is changed": change("meta", -1, "govd.test/log\n3", "govd.test/log\n4"),
	"a checkpoint that is gone":    func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("checkpoint")) },
	"a forged signature":           func(tx *bolt.Tx) error { return flipAt(tx.Bucket([]byte("meta")), []byte("checkpoint"), -3) },

	"a person disabled":           change("person", 0, `"name"`, `"disabled":true,"name"`),
	"a person renamed":            change("person", 1, `"bob"`, `"rob"`),
	"a person gone":               drop("person", 1),
	"a token's secret changed":    change("credential", 0, `"secret":"sha256:`, `"secret":"sha256:00`),
	"a token for another":         change("credential", 0, `"user:1"`, `"user:2"`),
	"a grant made":                func(tx *bolt.Tx) error { return copyRow(tx, "grant", "signs", "other") },
	"a grant gone":                drop("grant", 0),
	"a role changed":              change("grant", 1, `"steward"`, `"auditor"`),
	"a project gone":              drop("project", 0),
	"a dataset's stage changed":   change("dataset", 0, `"stage":1`, `"stage":4`),
	"a dataset gone":              drop("dataset", 0),
	"a version gone":              drop("version", 0),
	"the newest version gone":     dropLast("version"),
	"a version's root changed":    change("version", 1, `"root":"sha256:`, `"root":"sha256:0`),
	"a version's records changed": change("version", 0, `"records":500`, `"records":501`),
	"a version by another":        change("version", 0, `"user:2"`, `"user:1"`),
	"a tag moved":                 change("tag", 0, `"number":2`, `"number":1`),
	"a tag gone":                  drop("tag", 0),
	"a request forgotten":         drop("request", 9),
	"a request's entry changed":   flip("request", 9, -1),
	"a revision set back":         flip("revision", 0, -1),
	"a counter set back":          flip("counter", 0, -1),
	"a row of no known format":    flip("person", 0, 0),

	"an index entry gone": drop("person.by_name", 0),
	"an index entry more": func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("person.by_name")).Put([]byte("zoe\x00\x01"), []byte("x"))
	},
	"an index entry that errs":   flip("version.by_digest", 0, -1),
	"a grant's index entry gone": drop("grant.by_person", 0),
	"a link's index entry gone":  drop("credential.by_subject", 0),
	"a credential's entry gone":  drop("credential.by_person", 0),

	"a text changed":     flip("text", 0, -1),
	"a document changed": flip("document", 0, -1),
	"a document gone":    drop("document", 0),
	"a salt changed":     flip("salt", 0, -1),
	"a salt gone":        drop("salt", 0),

	"a node changed":        flip("node.segment", 0, -5),
	"a node's head changed": flip("node.segment", 0, 3),
	"a segment gone":        drop("node.segment", 0),
	"a segment cut off": func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("node.segment"))
		k, v := nth(b, 0)
		return b.Put(bytes.Clone(k), bytes.Clone(v[:len(v)-9]))
	},
	"a node's place gone":         drop("node.index", 0),
	"a node's place changed":      flip("node.index", 0, -1),
	"a segment gone, with places": func(tx *bolt.Tx) error { return loseSegment(tx, 0) },
	"the last nodes gone":         func(tx *bolt.Tx) error { return loseSegment(tx, 1) },
}

// TestDamageIsFound does each damage to a copy of a sound store.
func TestDamageIsFound(t *testing.T) {
	whole, err := os.ReadFile(sound(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, do := range damages {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "govd.db")
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			damage(t, path, do)
			found, _ := check(t, path)
			if len(found) == 0 {
				t.Error("nothing is found")
			}
			for _, f := range found {
				t.Log(f)
			}
		})
	}
}

// damage changes a file behind the store's back.
func damage(t *testing.T, path string, do func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(do); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// nth returns the nth row of a bucket.
func nth(b *bolt.Bucket, n int) (k, v []byte) {
	c := b.Cursor()
	k, v = c.First()
	for range n {
		k, v = c.Next()
	}
	return k, v
}

func drop(name string, n int) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(name))
		k, _ := nth(b, n)
		if k == nil {
			return fmt.Errorf("%s has no row %d", name, n)
		}
		return b.Delete(bytes.Clone(k))
	}
}

func dropLast(name string) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(name))
		k, _ := b.Cursor().Last()
		return b.Delete(bytes.Clone(k))
	}
}

// flip flips a bit of row n; places below 0 count from the value's end.
func flip(name string, n, at int) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(name))
		k, _ := nth(b, n)
		if k == nil {
			return fmt.Errorf("%s has no row %d", name, n)
		}
		return flipAt(b, bytes.Clone(k), at)
	}
}

func flipAt(b *bolt.Bucket, k []byte, at int) error {
	v := bytes.Clone(b.Get(k))
	if at < 0 {
		at += len(v)
	}
	v[at] ^= 1
	return b.Put(k, v)
}

// change replaces text in row n; -1 means in whichever row has it.
func change(name string, n int, old, new string) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(name))
		c := b.Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if n > 0 {
				n--
				continue
			}
			if bytes.Contains(v, []byte(old)) {
				return b.Put(bytes.Clone(k), bytes.Replace(v, []byte(old), []byte(new), 1))
			}
		}
		return fmt.Errorf("%s: no row has %q", name, old)
	}
}

// copyRow adds a row like the first that has a word, with it replaced in key and value.
func copyRow(tx *bolt.Tx, name, old, new string) error {
	b := tx.Bucket([]byte(name))
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if bytes.Contains(v, []byte(old)) {
			return b.Put(bytes.ReplaceAll(k, []byte(old), []byte(new)), bytes.ReplaceAll(v, []byte(old), []byte(new)))
		}
	}
	return fmt.Errorf("%s: no row has %q", name, old)
}

// loseSegment takes a segment of nodes away together with its places, as if it
// had never been: no table of the store is at odds with another.
func loseSegment(tx *bolt.Tx, n int) error {
	segments, index := tx.Bucket([]byte("node.segment")), tx.Bucket([]byte("node.index"))
	k, _ := nth(segments, n)
	number := bytes.Clone(k)
	c := index.Cursor()
	for id, place := c.First(); id != nil; id, place = c.Next() {
		if bytes.HasPrefix(place, number) {
			if err := c.Delete(); err != nil {
				return err
			}
		}
	}
	return segments.Delete(number)
}

// TestNothingToCheck: a file that is none is an error, not a sound store; an
// empty store is sound.
func TestNothingToCheck(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	if found, _ := check(t, path); len(found) != 1 || !strings.HasPrefix(found[0], "could not look") {
		t.Errorf("no file: %v", found)
	}
	st, err := store.Create(path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if found, sum := check(t, path); len(found) > 0 || sum != (fsck.Summary{}) {
		t.Errorf("an empty store: %v, %+v", found, sum)
	}
}

// A value may be gone only where the log says so, and must be gone there.
func TestErasedValues(t *testing.T) {
	ctx := context.Background()
	k := govtest.New(t)
	k.Dataset("signs/digits")
	bob, ben := k.Person("bob", gov.Steward, "signs"), k.Person("ben", gov.Steward, "signs")
	k.Register(bob, "signs/digits", govtest.Records(100, "fist")...)
	k.Clock.Turn(8 * 24 * time.Hour)
	faults := func() (found []string) {
		_, err := fsck.CheckStore(ctx, k.Store, func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	was := map[gov.Digest][]byte{}
	rewrite := func(fix func(id gov.Digest, frame []byte) ([]byte, error)) {
		e, err := k.Store.NewEraser(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		mark := func(tx *store.Tx, visit func(gov.Digest) bool) error {
			v, err := tx.Version("signs/digits", 1)
			if err != nil {
				return err
			}
			return tree.Mark(tx, v.Tree, func(id gov.Digest, _ bool) bool { return visit(id) })
		}
		if _, err := e.Rewrite(ctx, mark, fix); err != nil {
			t.Fatal(err)
		}
	}
	back := func(id gov.Digest, _ []byte) ([]byte, error) { return was[id], nil }
	rewrite(func(id gov.Digest, frame []byte) ([]byte, error) {
		if frame[2] > 0 { // not a leaf
			return nil, nil
		}
		erased, n, err := tree.Erase(frame, func(key []byte, _ gov.Digest) bool { return string(key) == "0042.png" })
		if n == 0 {
			return nil, err
		}
		was[id] = bytes.Clone(frame)
		return erased, err
	})
	if found := faults(); len(was) != 1 || len(found) != 1 || !strings.Contains(found[0], `"0042.png" is gone, and the log says of no erasure`) {
		t.Errorf("a value that nobody erased is gone: %q", found)
	}
	rewrite(back)
	if found := faults(); len(found) > 0 {
		t.Fatalf("it is back: %q", found)
	}
	done, err := k.Service.RequestErasure(ctx, bob.Call(), govern.RequestErasure{Project: "signs", Where: `record.key == "0042.png"`, Reason: "article 17"})
	if err == nil {
		_, err = k.Service.ApproveErasure(ctx, ben.Call(), done.Event.Erasure)
	}
	if err == nil {
		_, err = k.Service.RunErasure(ctx, bob.Call(), done.Event.Erasure)
	}
	if found := faults(); err != nil || len(found) > 0 {
		t.Fatalf("an erasure is a fault: %v, %q", err, found)
	}
	rewrite(back)
	if found := faults(); len(found) != 1 || !strings.Contains(found[0], `"0042.png" was erased, and is still there`) {
		t.Errorf("a value that was erased is there: %q", found)
	}
	rewrite(func(_ gov.Digest, frame []byte) ([]byte, error) {
		if frame[2] > 0 {
			return nil, nil
		}
		erased, n, err := tree.Erase(frame, func(key []byte, _ gov.Digest) bool { return string(key) == "0042.png" })
		if n == 0 {
			erased = nil
		}
		return erased, err
	})
}
