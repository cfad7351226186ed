package rpc_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"govd/internal/auth"
	"govd/internal/govtest"
	"govd/internal/rpc"
)

// TestOddPaths: a path that is not exactly that of a method reaches no layer
// and no handler. A rule that looks at paths was once passed by leaving out the
// first slash.
func TestOddPaths(t *testing.T) {
	k := govtest.New(t)
	asked := 0
	s := k.Serve(func(c *rpc.Config) {
		identify := c.Identify
		c.Identify = func(ctx context.Context) (rpc.Identity, error) {
			asked++
			return identify(ctx)
		}
	})
	bearer := "Bearer " + auth.FormatToken(auth.PersonToken, k.Admin().Token.ID, k.Admin().Token.Secret)
	const service, method = "govd.v1.ServerService", "GetStatus"
	if got := raw(t, s, "/"+service+"/"+method, bearer); got != "0" || asked != 1 {
		t.Fatalf("the path itself: status %s, asked %d times who calls", got, asked)
	}
	for _, path := range []string{
		service + "/" + method, "//" + service + "/" + method, "/" + service + "/" + method + "?x=1", "/" + service + "%2F" + method,
		"/" + service + "/" + method + "/", "/" + service + "//" + method, "/" + service + "/./" + method, "/x/../" + service + "/" + method,
		"/" + strings.ToUpper(service) + "/" + method, "/" + service + "/" + strings.ToLower(method), "/" + service + "/" + method + "#x", "/", "*", "",
	} {
		if got := raw(t, s, path, bearer); got == "0" || asked != 1 {
			t.Errorf("%q: status %q, asked %d times who calls", path, got, asked)
		}
	}
	if n := strings.Count(s.Log.String(), `"msg":"call"`); n != 1 {
		t.Errorf("%d calls are logged:\n%s", n, s.Log)
	}
	if got := raw(t, s, "/"+service+"/"+method, bearer); got != "0" {
		t.Errorf("the path itself, afterwards: status %s", got)
	}
}

// raw sends a call with any path at all and returns its grpc-status; "" if the
// server answered otherwise or not at all.
func raw(t *testing.T, s *govtest.Server, path, authorization string) string {
	t.Helper()
	conn, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var head bytes.Buffer
	enc := hpack.NewEncoder(&head)
	for _, f := range [][2]string{
		{":method", "POST"},
		{":scheme", "http"},
		{":path", path},
		{":authority", "bufconn"},
		{"content-type", "application/grpc"},
		{"te", "trailers"},
		{"authorization", authorization},
	} {
		enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	framer.WriteSettings()
	framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: head.Bytes(), EndHeaders: true})
	framer.WriteData(1, true, make([]byte, 5)) // an empty message
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return ""
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				framer.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			for _, h := range f.RegularFields() {
				if h.Name == "grpc-status" {
					return h.Value
				}
			}
			if f.StreamEnded() {
				return ""
			}
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return ""
		}
	}
}
