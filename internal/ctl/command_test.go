package ctl

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	"govd/internal/gov"
	"govd/internal/ingest"
	govdv1 "govd/proto/govd/v1"
)

// Every command says what it does and shows how, in 80 columns.
func TestHelp(t *testing.T) {
	a, out := testApp(screen{})
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			if sub.Name() != "help" && sub.Name() != "completion" {
				walk(sub)
			}
		}
		if cmd.Short == "" || !cmd.HasSubCommands() && cmd.Example == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: short %q, example %q", cmd.CommandPath(), cmd.Short, cmd.Example)
		}
		out.Reset()
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if utf8.RuneCountInString(line) > 81 && !strings.HasPrefix(line, "  govctl ") {
				t.Errorf("%s: a line of help is too long: %s", cmd.CommandPath(), line)
			}
		}
	}
	walk(rootCmd(a))
}

// A mistake in the command line is told as such, before anything is done.
func TestUsage(t *testing.T) {
	for _, test := range []struct{ args, stderr string }{
		{"frob", `unknown command "frob" for "govctl"`},
		{"person frob", `no command "frob" for "govctl person"`},
		{"person ad", "did you mean 'govctl person add'?"},
		{"person add", "too few arguments: want govctl person add NAME\n"},
		{"person add a b", `too many arguments at "b"`},
		{"person list --frob", "unknown flag: --frob"},
		{"person link a", "want either --cert URI or --uid N"},
		{"person link a --uid x", `--uid "x" is not a user id`},
		{"audit prove 3", `required flag(s) "output" not set`},
		{"audit show x", `"x" is not the number of an entry`},
		{"audit list -n -1", "invalid argument"},
		{"status --addr nonsense", `"nonsense" is not an address`},
		{"verify f --key k", "not a verifier key"},
	} {
		var stderr bytes.Buffer
		env := func(name string) string { return map[string]string{"GOVCTL_CONFIG": t.TempDir() + "/none"}[name] }
		exit := Run(context.Background(), strings.Fields(test.args), env, strings.NewReader(""), &bytes.Buffer{}, &stderr)
		if exit != exitUsage || !strings.HasPrefix(stderr.String(), "govctl: USAGE: ") || !strings.Contains(stderr.String(), test.stderr) {
			t.Errorf("govctl %s: exit %d, %q, want %q", test.args, exit, &stderr, test.stderr)
		}
	}
}

func TestParseMoment(t *testing.T) {
	const day = 24 * time.Hour
	for s, want := range map[string]time.Time{
		"90d": now.Add(90 * day), "12h": now.Add(12 * time.Hour), "1d12h30m": now.Add(day + 12*time.Hour + 30*time.Minute), "0d": now,
		"2027-01-02": time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC), "2027-01-02T03:04:05Z": time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC),
	} {
		if got, err := parseMoment(s, 1, now); err != nil || !got.Equal(want) {
			t.Errorf("parseMoment(%q) = %v, %v, want %v", s, got, err, want)
		}
	}
	if got, err := parseMoment("7d", -1, now); err != nil || !got.Equal(now.Add(-7*day)) {
		t.Errorf("7 days before: %v, %v", got, err)
	}
	for _, s := range []string{"", "d", "-1d", "1d-2h", "-2h", "90", "1w", "99999d", "2027-13-01", "tomorrow"} {
		if got, err := parseMoment(s, 1, now); err == nil || complaintOf(err).exit != exitUsage {
			t.Errorf("parseMoment(%q) = %v, %v, want a usage error", s, got, err)
		}
	}
}

func TestPages(t *testing.T) {
	boom := errors.New("boom")
	book := func(token string) ([]int, string, error) {
		switch token {
		case "":
			return []int{1, 2}, "a", nil
		case "a":
			return nil, "b", nil // a page may be empty and yet not the last
		case "b":
			return []int{3}, "c", nil
		}
		return nil, "", boom
	}
	if got, err := collect(pages(book)); !slices.Equal(got, []int{1, 2, 3}) || err != boom {
		t.Errorf("all pages: %v, %v", got, err)
	}
	for _, test := range []struct {
		n    uint
		want []int
		cut  bool
	}{{1, []int{1}, true}, {2, []int{1, 2}, true}} {
		cut := false
		got, err := collect(head(pages(book), test.n, func() { cut = true }))
		if !slices.Equal(got, test.want) || err != nil || cut != test.cut {
			t.Errorf("first %d: %v, %v, cut %t", test.n, got, err, cut)
		}
	}
	cut := false
	if got, err := collect(head(seq([]int{1, 2}), 2, func() { cut = true })); len(got) != 2 || err != nil || cut {
		t.Errorf("two of two: %v, %v, cut %t", got, err, cut)
	}
}

func collect[T any](items iter.Seq2[T, error]) (all []T, err error) {
	for item, err := range items {
		if err != nil {
			return all, err
		}
		all = append(all, item)
	}
	return all, nil
}

// A record on the wire leaves nothing out but the salt, which is the server's.
func TestRecordMessage(t *testing.T) {
	r := &gov.Record{
		Key: "k", Content: gov.Digest{1}, Size: 1, MediaType: "m", Attributes: map[string]string{"a": "b"}, Split: "s", Salt: [16]byte{1},
		Labels: []gov.Label{{ID: "1", Name: "n", Geometry: &gov.Geometry{Kind: gov.Box, Parts: [][]int64{{1, 2, 3, 4}}}}},
		Facts:  &gov.ImageFacts{Width: 1, Height: 2, PHash: 3, Sharpness: 4, Blur: 5, Dark: 6, Light: 7, Entropy: 8, Gray: true},
	}
	var missing []string
	var walk func(m protoreflect.Message)
	walk = func(m protoreflect.Message) {
		for i := range m.Descriptor().Fields().Len() {
			f := m.Descriptor().Fields().Get(i)
			switch {
			case !m.Has(f):
				missing = append(missing, string(f.FullName()))
			case f.IsList() && f.Message() != nil:
				walk(m.Get(f).List().Get(0).Message())
			case f.Message() != nil && !f.IsMap():
				walk(m.Get(f).Message())
			}
		}
	}
	walk(recordMessage(r).ProtoReflect())
	if want := []string{"govd.v1.Record.salt"}; !slices.Equal(missing, want) {
		t.Errorf("not sent: %v, want %v", missing, want)
	}
	if got := viewGeometry(recordMessage(r).GetLabels()[0].GetGeometry()); got.Kind != "box" || got.words() != "box at 0.001,0.002 of 0.003x0.004" {
		t.Errorf("geometry is shown as %+v, %s", got, got.words())
	}
}

// A recorder takes the messages of a push.
type recorder struct {
	batches []*govdv1.RecordBatch
}

func (r *recorder) send(b *govdv1.RecordBatch) error {
	r.batches = append(r.batches, b)
	return nil
}

// Batches keep the order of the edits and stay within both bounds.
func TestBatch(t *testing.T) {
	for _, test := range []struct {
		name    string
		edits   int
		split   string // a long one makes large records
		batches int
	}{
		{"none", 0, "", 0},
		{"one", 1, "", 1},
		{"full", batchRecords, "", 1},
		{"one more", batchRecords + 1, "", 2},
		{"large", 10, strings.Repeat("x", batchBytes/2), 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &recorder{}
			b := batch{send: r.send}
			for i := range test.edits {
				e := ingest.Change{Key: "k", Record: &gov.Record{Key: "k", Split: test.split}}
				if i%2 == 1 && test.split == "" {
					e.Record = nil
				}
				if err := b.add(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.flush(); err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, b := range r.batches {
				n += len(b.GetPuts()) + len(b.GetDeletes())
			}
			if len(r.batches) != test.batches || n != test.edits {
				t.Errorf("%d edits in %d batches, want %d in %d", n, len(r.batches), test.edits, test.batches)
			}
		})
	}
}
