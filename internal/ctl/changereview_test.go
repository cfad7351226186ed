package ctl

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"govd/internal/gov"
)

// play plays a review at a terminal of 80 columns: keys are what is typed.
func play(t *testing.T, f *fakeServer, s signing, keys string) (string, error) {
	t.Helper()
	a, out := testApp(screen{terminal: true, width: 80})
	a.stdin = &keyboard{strings.SplitAfter(keys, "\n"), out}
	r, err := a.newReview(context.Background(), f.client(), 7, s)
	if err != nil {
		t.Fatal(err)
	}
	err = r.run(context.Background())
	for _, line := range wide(out.String()) {
		t.Errorf("wider than the terminal: %s", line)
	}
	return out.String(), err
}

// A keyboard gives a line at a time, and shows it as a terminal does.
type keyboard struct {
	lines []string
	out   io.Writer
}

func (k *keyboard) Read(p []byte) (int, error) {
	if len(k.lines) == 0 || k.lines[0] == "" {
		return 0, io.EOF
	}
	n := copy(p, k.lines[0])
	k.lines = k.lines[1:]
	return k.out.Write(p[:n])
}

// A whole review, by enter alone, is golden: people read it.
func TestReview(t *testing.T) {
	f := newFakeServer()
	got, err := play(t, f, signing{}, "\n\n2\n\n\na\nlooks right\ny\n")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "review.txt")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
	if len(f.votes) != 1 {
		t.Fatalf("%d votes", len(f.votes))
	}
	if v := f.votes[0]; v.GetChange() != 7 || v.GetExpectedDigest() != digestOf2 || v.GetKind() != "approve" || v.GetMessage() != "looks right" || v.GetSignature() != "" {
		t.Errorf("cast %v", v)
	}
}

// However a review goes, no vote is cast that was not meant.
func TestReviewKeys(t *testing.T) {
	for _, test := range []struct {
		name, keys string
		vote       string // "" for none
		says       string
	}{
		{"the input ends at once", "", "", "no vote was cast"},
		{"the input ends at the vote", "v\n", "", "no vote was cast"},
		{"the input ends at the last question", "v\na\n\n", "", "no vote was cast"},
		{"quit", "q\n", "", "no vote was cast"},
		{"quit at the vote", "v\nq\n", "", "no vote was cast"},
		{"back from the vote", "v\nb\nq\n", "", "no vote was cast"},
		{"not meant", "v\na\n\nno\nq\n", "", "no vote was cast"},
		{"enter is no", "v\na\n\n\nq\n", "", "no vote was cast"},
		{"meant", "v\na\n\nyes\n", "approve", "you approved change 7, log entry 34"},
		{"a veto without a reason", "v\nv\n\nq\n", "", "a veto says why; no vote was cast"},
		{"a veto", "v\nv\nwrong\ny\n", "veto", "you vetoed change 7"},
		{"a comment", "v\nc\nhm\ny\n", "comment", "you commented on change 7"},
		{"a key that is none", "x\nq\n", "", `no "x" here; ? lists the keys`},
		{"a sample that is none", "9\nq\n", "", `no "9" here`},
		{"help", "?\nq\n", "", "leave without a vote"},
		{"before the first", "p\nq\n", "", "that was the first transition"},
		{"after the last", "n\nn\nn\nq\n", "", "that was the last transition"},
		{"to and fro", "n\nn\np\nq\n", "", "1 of 2  fist → palm"},
		{"one record", "\n3\nq\n", "", "fist → palm (1)"},
		{"the summary again", "s\nq\n", "", "revision 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeServer()
			got, err := play(t, f, signing{}, test.keys)
			if err != nil {
				t.Fatal(err)
			}
			vote := ""
			for _, v := range f.votes {
				vote += v.GetKind()
			}
			if vote != test.vote || !strings.Contains(got, test.says) {
				t.Errorf("voted %q, want %q; says\n%s", vote, test.vote, got)
			}
		})
	}
}

// Who cannot approve is told before, and who is refused exits as refused.
func TestReviewRefused(t *testing.T) {
	f := newFakeServer()
	f.me = "user:2"
	f.refuse = answer(t, codes.PermissionDenied, "govd", "SELF_APPROVAL", "to approve is refused: you proposed this change")
	got, err := play(t, f, signing{}, "v\na\n\ny\n")
	if !strings.Contains(got, "your approval would not count: SELF_APPROVAL") {
		t.Errorf("says\n%s", got)
	}
	if c := complaintOf(err); c.exit != exitRefused || c.reason != "SELF_APPROVAL" {
		t.Errorf("%v, %+v", err, c)
	}
}

// Ctrl-C ends a review that waits for a key.
func TestReviewInterrupted(t *testing.T) {
	a, _ := testApp(screen{terminal: true, width: 80})
	silent, hold, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	defer hold.Close()
	a.stdin = silent
	r, err := a.newReview(context.Background(), newFakeServer().client(), 7, signing{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.run(ctx); complaintOf(err).reason != "INTERRUPTED" {
		t.Errorf("%v", err)
	}
}

// Where there is no terminal, a review says what to do instead.
func TestReviewWithoutTerminal(t *testing.T) {
	var stderr strings.Builder
	status := Run(context.Background(), []string{"change", "review", "7", "--addr", "unix:/nowhere"}, func(name string) string {
		return map[string]string{"GOVCTL_CONFIG": filepath.Join(t.TempDir(), "c")}[name]
	}, strings.NewReader(""), &stderr, &stderr)
	if status != exitUsage || !strings.Contains(stderr.String(), "NOT_A_TERMINAL") || !strings.Contains(stderr.String(), "approve 7 --expect") {
		t.Errorf("exit %d\n%s", status, stderr.String())
	}
}

// What a stranger wrote cannot move the cursor.
func TestReviewClean(t *testing.T) {
	f := newFakeServer()
	for _, e := range f.edits {
		e.Key += "\x1b[2J"
		e.From += "\x1b]0;x\a"
	}
	got, err := play(t, f, signing{}, "\n\n1\n\n\nq\n")
	if err != nil || strings.ContainsAny(got, "\x1b\a") {
		t.Errorf("%v, %q", err, got)
	}
}

func TestExpected(t *testing.T) {
	other := gov.Digest{1}.String()
	for _, test := range []struct {
		said, want string
		exit       int
	}{
		{"", digestOf2, exitDone},
		{digestOf2[:19], digestOf2, exitDone},
		{digestOf2, digestOf2, exitDone},
		{other, other, exitDone}, // the server refuses and records it
		{other[:19], "", exitRefused},
		{"sha256:0123", "", exitUsage},
	} {
		got, err := expected(test.said, digestOf2)
		if got != test.want || err != nil && complaintOf(err).exit != test.exit || (err == nil) != (test.exit == exitDone) {
			t.Errorf("expected(%q) = %q, %v", test.said, got, err)
		}
	}
}
