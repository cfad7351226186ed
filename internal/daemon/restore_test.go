package daemon

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"govd/internal/fsck"
	"govd/internal/trail"
	govdv1 "govd/proto/govd/v1"
)

// backup takes a backup over the API.
func (c api) backup(t *testing.T, to string) {
	t.Helper()
	stream, err := c.Backup(t.Context(), &govdv1.BackupRequest{RequestId: request()})
	must(t, err)
	var all, sum []byte
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		all, sum = append(all, m.GetData()...), append(sum, m.GetSha256()...)
	}
	if want := sha256.Sum256(all); !bytes.Equal(sum, want[:]) {
		t.Errorf("the backup's digest is %x, want %x", sum, want)
	}
	must(t, os.WriteFile(to, all, 0o600))
}

// proves checks offline that the daemon's log has an entry, under a key.
func (c api) proves(t *testing.T, index uint64, key string) {
	t.Helper()
	resp, err := c.ProveEntry(t.Context(), &govdv1.ProveEntryRequest{Index: index})
	must(t, err)
	proof := resp.GetProof()
	if _, err := trail.Verify(bytes.NewReader(proof), int64(len(proof)), trail.Options{VerifierKey: key}); err != nil {
		t.Errorf("entry %d: %v", index, err)
	}
}

// withAuditor makes a directory whose admin may read the log.
func withAuditor(t *testing.T, d Dir) (*running, api, string) {
	t.Helper()
	r := start(t, onSocket(d))
	token := r.admin()
	c := r.as(token)
	_, err := c.GrantRole(t.Context(), &govdv1.GrantRoleRequest{RequestId: request(), Person: "alice", Role: "auditor", Place: "*"})
	must(t, err)
	return r, c, token
}

func good(string) error { return nil }

// A restored log goes on under another name, says so, and holds what was.
func TestRestore(t *testing.T) {
	d, to := newDir(t), newDir(t)
	r, c, token := withAuditor(t, d)
	c.project(t, "before")
	backup := filepath.Join(t.TempDir(), "backup.db")
	c.backup(t, backup)
	c.project(t, "after")
	was := c.status(t)
	r.end()

	key, err := Restore(t.Context(), backup, to, "", good)
	must(t, err)
	sum := sound(t, to)
	checkModes(t, to, map[string]os.FileMode{".": os.ModeDir | 0o700, "govd.db": 0o600, "govd.key": 0o600})

	r = start(t, onSocket(to))
	c = r.as(token)
	is := c.status(t)
	if is.GetOrigin() == was.GetOrigin() || is.GetVerifierKey() == was.GetVerifierKey() || is.GetVerifierKey() != key {
		t.Errorf("the restored log is %s with %s, the old one was %s with %s", is.GetOrigin(), is.GetVerifierKey(), was.GetOrigin(), was.GetVerifierKey())
	}
	for i := range sum.Entries {
		c.proves(t, i, key)
	}
	last, err := c.GetEntry(t.Context(), &govdv1.GetEntryRequest{Index: sum.Entries - 1})
	must(t, err)
	line := string(last.GetEntry().GetLine())
	if last.GetEntry().GetEvent() != "server.restored" || !strings.Contains(line, was.GetOrigin()) || !strings.Contains(line, key) {
		t.Errorf("the last entry is %s", line)
	}
	projects, err := c.ListProjects(t.Context(), &govdv1.ListProjectsRequest{})
	must(t, err)
	if n := len(projects.GetProjects()); n != 1 {
		t.Errorf("there are %d projects, and 1 was before the backup", n)
	}
	c.project(t, "goes-on")
	r.end()
	sound(t, to)
}

func TestRestoreUnderAName(t *testing.T) {
	d, to := newDir(t), newDir(t)
	filled(t, d, 0)
	key, err := Restore(t.Context(), d.Store(), to, "new.example.org/govd", good)
	must(t, err)
	if !strings.HasPrefix(key, "new.example.org/govd+") {
		t.Errorf("the key is %s", key)
	}
	other := newDir(t)
	if _, err := Restore(t.Context(), d.Store(), other, "two words", good); err == nil || !gone(string(other)) {
		t.Errorf("a name of two words: %v", err)
	}
}

// Restore never touches a directory that holds something.
func TestRestoreWantsANewDirectory(t *testing.T) {
	d, to := newDir(t), newDir(t)
	filled(t, d, 0)
	must(t, os.Mkdir(string(to), 0o700))
	must(t, os.WriteFile(to.Key(), []byte("precious"), 0o600))
	if _, err := Restore(t.Context(), d.Store(), to, "", good); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("restore over a key: %v", err)
	}
	if b, err := os.ReadFile(to.Key()); err != nil || string(b) != "precious" {
		t.Errorf("the key is %q (%v)", b, err)
	}
	if _, err := Restore(t.Context(), "none.db", newDir(t), "", good); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such backup: %v", err)
	}
}

// A backup that is not good leaves nothing in the way of a better one.
func TestRestoreOfABadBackup(t *testing.T) {
	d, to := newDir(t), newDir(t)
	filled(t, d, 0)
	bad := errors.New("bad")
	if _, err := Restore(t.Context(), d.Store(), to, "", func(string) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("restore: %v", err)
	}
	garbage := filepath.Join(t.TempDir(), "garbage")
	must(t, os.WriteFile(garbage, make([]byte, 1<<16), 0o600))
	if _, err := Restore(t.Context(), garbage, to, "", good); err == nil {
		t.Error("garbage is restored")
	}
	_, err := Restore(t.Context(), d.Store(), to, "", good)
	must(t, err)
	sound(t, to)
}

// What a restore that was killed has left is not taken for a new directory.
func TestRestoreIsCutOff(t *testing.T) {
	d, to := newDir(t), newDir(t)
	filled(t, d, 0)
	must(t, os.Mkdir(string(to), 0o700))
	must(t, copyNew(d.Store(), to.restoring()))
	refused(t, onSocket(to), "restore was cut off")
	if !gone(to.Store()) || !gone(to.Key()) {
		t.Error("it has been filled all the same")
	}
}

// Compacting keeps everything, and takes what it made away if it is not good.
func TestCompact(t *testing.T) {
	d := newDir(t)
	r, c, token := withAuditor(t, d)
	for _, name := range []string{"one", "two", "three"} {
		c.project(t, name)
	}
	was := c.status(t)
	r.end()
	want := sound(t, d)

	bad := errors.New("bad")
	if _, _, err := Compact(t.Context(), d, func(string) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("a copy that is not good: %v", err)
	}
	if !gone(d.compacting()) {
		t.Error("the copy that was not good is still there")
	}
	before, after, err := Compact(t.Context(), d, func(path string) error {
		_, err := fsck.Check(context.Background(), path, t.Errorf, func(string) {})
		return err
	})
	must(t, err)
	if after > before || after == 0 {
		t.Errorf("%d bytes before, %d after", before, after)
	}
	if got := sound(t, d); got != want {
		t.Errorf("it held %+v and holds %+v", want, got)
	}
	r = start(t, onSocket(d))
	c = r.as(token)
	if is := c.status(t); is.GetCheckpoint() != was.GetCheckpoint() {
		t.Errorf("the checkpoint was %s and is %s", was.GetCheckpoint(), is.GetCheckpoint())
	}
	c.project(t, "goes-on")
	r.end()
	sound(t, d)
}
