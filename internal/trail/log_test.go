package trail

import (
	"archive/tar"
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

// unpack returns the files of an archive, in order.
func unpack(t *testing.T, file []byte) (headers []*tar.Header, bodies [][]byte) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(file))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return headers, bodies
		} else if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		headers, bodies = append(headers, h), append(bodies, b)
	}
}

func pack(t *testing.T, headers []*tar.Header, bodies [][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i, h := range headers {
		h.Size = int64(len(bodies[i]))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bodies[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLogLayout names the files of exported logs.
func TestLogLayout(t *testing.T) {
	w := newWorld(t)
	w.fill(515)
	for size, want := range map[int][]string{
		0:   {"checkpoint"},
		1:   {"checkpoint", "tile/entries/000.p/1", "tile/0/000.p/1"},
		256: {"checkpoint", "tile/entries/000", "tile/0/000", "tile/1/000.p/1"},
		515: {"checkpoint", "tile/entries/000", "tile/0/000", "tile/entries/001", "tile/0/001", "tile/entries/002.p/3", "tile/0/002.p/3", "tile/1/000.p/2"},
	} {
		file := w.export(w.head(size, 0))
		headers, _ := unpack(t, file)
		var names []string
		for _, h := range headers {
			names = append(names, h.Name)
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("size %d: %s", size, diff)
		}
		if claims, err := verify(file, w.options(0)); err != nil || len(claims) != 2 {
			t.Errorf("size %d: %v, %v", size, text(claims), err)
		}
	}
	for n, want := range map[uint64]string{0: "000", 999: "999", 1000: "x001/000", 1234067: "x001/x234/067"} {
		if got := tilePath("", n, 0); got != want {
			t.Errorf("tile %d: %s, want %s", n, got, want)
		}
	}
}

// TestForgedLogs packs archives that are well formed and wrong.
func TestForgedLogs(t *testing.T) {
	w := newWorld(t)
	w.fill(515)
	good := w.export(w.head(515, 0))
	headers, bodies := unpack(t, good)
	if !bytes.Equal(pack(t, headers, bodies), good) {
		t.Fatal("packed again it is another file")
	}
	swap := func(i, j int) {
		headers[i], headers[j] = headers[j], headers[i]
		bodies[i], bodies[j] = bodies[j], bodies[i]
	}
	for name, forge := range map[string]func(){
		"mode":           func() { headers[1].Mode = 0o600 },
		"name":           func() { headers[2].Name = "tile/0/001" },
		"order":          func() { swap(1, 2) },
		"last":           func() { headers, bodies = headers[:len(headers)-1], bodies[:len(bodies)-1] },
		"bundles":        func() { bodies[1], bodies[3] = bodies[3], bodies[1] },
		"checkpoint":     func() { bodies[0] = w.signed[514] },
		"newer":          func() { bodies[0] = w.signed[256] },
		"no checkpoint":  func() { headers, bodies = headers[1:], bodies[1:] },
		"entry cut":      func() { bodies[5] = bodies[5][:len(bodies[5])-1] },
		"entry too many": func() { bodies[5] = append(bodies[5], 0, 0) },
		"tile":           func() { bodies[4][17] ^= 1 },
		"huge bundle":    func() { bodies[1] = make([]byte, maxBundle+1) },
		"huge note":      func() { bodies[0] = make([]byte, 1<<20) },
	} {
		headers, bodies = unpack(t, good)
		forge()
		if claims, err := verify(pack(t, headers, bodies), w.options(0)); err == nil {
			t.Errorf("%s: %v", name, text(claims))
		}
	}
	var b bytes.Buffer
	b.Write(good[:1024])
	if err := tar.NewWriter(&b).WriteHeader(&tar.Header{Name: "tile/entries/000", Size: 1 << 40}); err != nil {
		t.Fatal(err)
	}
	if claims, err := verify(b.Bytes(), w.options(0)); err == nil {
		t.Errorf("bundle of a terabyte: %v", text(claims))
	}
	for i := 0; i < len(good); i += 97 {
		bad := bytes.Clone(good)
		bad[i] ^= 0x04
		if claims, err := verify(bad, w.options(0)); err == nil {
			t.Fatalf("byte %d: %v", i, text(claims))
		}
	}
}

// TestRewrittenLog exports another history under the true checkpoint.
func TestRewrittenLog(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	w.fill(300)
	other.register(other.registration(1, gov.Tree{}))
	other.fill(300)
	h := w.head(300, 0)
	if err := WriteLog(io.Discard, Head{other, h.checkpoint, h.signed, 0}); err == nil {
		t.Error("exported under a checkpoint that it does not match")
	}
	var b bytes.Buffer
	l, err := newLogWriter(&b, h.signed)
	w.must(err)
	for _, e := range other.entries {
		w.must(l.add(e))
	}
	w.must(l.close())
	claims, err := verify(b.Bytes(), w.options(0))
	if gov.ReasonOf(err) != "NOT_PROVEN" || len(claims) != 2 || claims[1].Holds {
		t.Errorf("%v, %v", text(claims), err)
	}
}

// TestReaderFails passes on what the disk says, as no fault of the file.
func TestReaderFails(t *testing.T) {
	w, made := files(t)
	for name, file := range made {
		for _, good := range []int64{0, 600, 3000} {
			_, err := Verify(failing{file, good}, int64(len(file)), w.options(0))
			if good < int64(len(file)) && err == nil {
				t.Errorf("%s: no error when reading fails behind %d", name, good)
			}
		}
	}
	h := w.head(5, 0)
	if err := WriteLog(iotest.TruncateWriter(failWriter{}, 700), h); err == nil {
		t.Error("no error when writing fails")
	}
}

// failing reads the first good bytes of a file.
type failing struct {
	file []byte
	good int64
}

func (f failing) ReadAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > f.good && f.good < int64(len(f.file)) {
		return 0, io.ErrClosedPipe
	}
	return bytes.NewReader(f.file).ReadAt(b, at)
}

type failWriter struct{}

func (failWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
