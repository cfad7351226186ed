package daemon

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"govd/internal/auth"
	govdv1 "govd/proto/govd/v1"
)

func bootstrapToken(t *testing.T, d Dir) string {
	t.Helper()
	b, err := os.ReadFile(d.BootstrapToken())
	must(t, err)
	return strings.TrimSpace(string(b))
}

func gone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// The token makes one admin and nothing else, and is gone then.
func TestBootstrapToken(t *testing.T) {
	d := newDir(t)
	r := start(t, onSocket(d))
	first := bootstrapToken(t, d)
	r.end()
	r = start(t, onSocket(d))
	second := bootstrapToken(t, d)
	if first == second {
		t.Error("a restart makes no other token")
	}
	_, err := bootstrapWith(t, r.as(first))
	wantCode(t, err, codes.Unauthenticated)
	_, err = r.as(second).GetStatus(t.Context(), &govdv1.GetStatusRequest{})
	wantCode(t, err, codes.Unauthenticated)
	_, err = r.as(second).AddPerson(t.Context(), &govdv1.AddPersonRequest{RequestId: request(), Name: "eve"})
	wantCode(t, err, codes.Unauthenticated)

	_, err = bootstrapWith(t, r.as(second))
	must(t, err)
	if !gone(d.BootstrapToken()) {
		t.Error("its file is still there")
	}
	_, err = bootstrapWith(t, r.as(second))
	wantCode(t, err, codes.Unauthenticated)
	r.end()
	start(t, onSocket(d)).end()
	if !gone(d.BootstrapToken()) {
		t.Error("a restart made another, though there is an admin")
	}
	if strings.Contains(r.log.String(), second) {
		t.Error("the log holds the token")
	}
}

// The token lasts for 24 hours, and so does its file.
func TestBootstrapTokenExpires(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bootstrap-token")
	synctest.Test(t, func(t *testing.T) {
		b, err := newBootstrap(path, false, time.Now())
		must(t, err)
		text, err := os.ReadFile(path)
		must(t, err)
		token, err := auth.ParseToken(strings.TrimSpace(string(text)))
		must(t, err)
		secret := auth.HashSecret(token.Secret)
		log, ended := new(lines), make(chan error, 1)
		go func() { ended <- b.expire(t.Context(), log.logger()) }()

		time.Sleep(bootstrapLife - time.Nanosecond) // of the bubble, which takes no time
		synctest.Wait()
		if !b.accepts(secret, time.Now()) || gone(path) {
			t.Error("it is worthless too early")
		}
		if b.accepts(auth.HashSecret(auth.Secret{}), time.Now()) {
			t.Error("it takes any secret")
		}
		if b.accepts(secret, time.Now().Add(time.Nanosecond)) {
			t.Error("it is good after its time")
		}
		time.Sleep(time.Nanosecond)
		must(t, <-ended)
		if b.accepts(secret, time.Now().Add(-time.Hour)) || !gone(path) {
			t.Error("it is not gone after its time")
		}
		if !strings.Contains(log.String(), "a restart makes another") {
			t.Errorf("nobody is told: %s", log)
		}
	})
}
