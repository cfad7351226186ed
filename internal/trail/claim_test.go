package trail

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/signature"
)

// told tells entries to a verifier of log.example/hands, and returns the claims
// and the error of the last.
func told(t *testing.T, documents [][]byte, entries ...audit.Entry) ([]string, error) {
	t.Helper()
	claims, err := toldClaims(documents, entries...)
	return text(claims), err
}

// toldClaims is told with what proves the claims.
func toldClaims(documents [][]byte, entries ...audit.Entry) ([]Claim, error) {
	return toldWith(nil, documents, entries...)
}

// toldWith is toldClaims with texts.
func toldWith(texts []gov.SaltText, documents [][]byte, entries ...audit.Entry) ([]Claim, error) {
	p := newProven(&verifier{origin: "log.example/hands"})
	for _, d := range documents {
		p.documents[gov.DocumentDigest(d)] = d
	}
	for _, t := range texts {
		p.texts[t.Digest()] = t.Text
	}
	var err error
	for i := range entries {
		e := entries[i]
		e.V, e.Time = 1, time.Date(2026, 3, 4, 5, 6, i, 0, time.UTC)
		if err = p.tell(line{&e, uint64(i) + 100}); err != nil {
			break
		}
	}
	return p.read.Claims(), err
}

func entryOf(who gov.PersonID, at gov.Place, event string, data any) audit.Entry {
	b, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return audit.Entry{Who: who, Do: "some.thing", At: at, Event: event, Data: b}
}

// appliedEntry is the entry of change 17, applied.
func appliedEntry(s *story, r gov.Registration, glass bool) audit.Entry {
	e := entryOf("user:2", "hands/stage1", "change.applied", struct {
		gov.Registration
		Change   gov.ChangeID `json:"change"`
		Revision gov.Digest   `json:"revision"`
		Rules    gov.Digest   `json:"rules"`
		Glass    bool         `json:"glass,omitempty"`
	}{r, 17, s.change.Digest, s.change.Rules, glass})
	e.Do = gov.ChangeApply
	return e
}

// TestApprovals counts each person's approval of the revision once, before it
// was applied, not the author's own, and none that was taken back.
func TestApprovals(t *testing.T) {
	old, now := gov.Digest{1}, gov.Digest{2}
	c := &proposed{author: "user:1", votes: []cast{
		{"user:1", gov.Approve, now, 1},
		{"user:2", gov.Approve, old, 2},
		{"user:3", gov.Approve, now, 3},
		{"user:3", gov.Approve, now, 4},
		{"user:4", gov.Approve, now, 5},
		{"user:4", gov.Lift, now, 6},
		{"user:5", gov.Approve, now, 7},
		{"user:5", gov.Veto, now, 8},
		{"user:6", gov.Comment, now, 9},
		{"user:7", gov.Approve, now, 10},
		{"user:8", gov.Approve, now, 12},
	}}
	who, where := c.approvals(now, 11)
	if diff := cmp.Diff([][]string{{"user:3", "user:7"}, {"3", "10"}}, [][]string{who, where}); diff != "" {
		t.Error(diff)
	}
}

// TestReopened holds that votes before a change was reopened are void.
func TestReopened(t *testing.T) {
	s := newStory(t, nil)
	proposal := entryOf("user:2", "hands/stage1", "change.proposed", s.change)
	vote := entryOf("user:4", "hands/stage1", "change.voted", map[string]any{"change": 17, "revision": s.change.Digest, "kind": "approve"})
	reopened := entryOf("user:2", "hands/stage1", "change.reopened", map[string]any{"change": 17})
	applied := appliedEntry(s, s.v2, false)
	for want, entries := range map[string][]audit.Entry{
		"change 17 of user:2 touched version hands/stage1@v2, approved by user:4":                                 {proposal, vote, applied},
		"change 17 of user:2 touched version hands/stage1@v2; nobody else approved it, as far as this file shows": {proposal, vote, reopened, applied},
		"change 17 touched version hands/stage1@v2":                                                               {applied},
	} {
		claims, err := told(t, nil, entries...)
		if err != nil || claims[len(claims)-1] != want {
			t.Errorf("%v: %s, want %s", err, strings.Join(claims, "\n"), want)
		}
	}
	broken := appliedEntry(s, s.v2, true)
	if claims, err := told(t, nil, proposal, broken); err != nil || !strings.Contains(claims[len(claims)-1], "the glass was broken") {
		t.Errorf("%v: %s", err, claims[len(claims)-1])
	}
	forged := s.v2
	forged.Tree.Records++
	elsewhere := applied
	elsewhere.At = "hands/other"
	for _, e := range []audit.Entry{elsewhere, appliedEntry(s, forged, false)} {
		if claims, err := told(t, nil, e); gov.ReasonOf(err) != "NOT_PROVEN" {
			t.Errorf("%v: %s", err, claims)
		}
	}
}

// TestKeys lets a signed vote rest on keys that are another's, revoked, named
// wrongly, or bound twice.
func TestKeys(t *testing.T) {
	s := newStory(t, nil)
	public, err := signature.ParsePublicKey(string(ssh.MarshalAuthorizedKey(sshSigner(s, 1).PublicKey())))
	s.must(err)
	key := map[string]any{"fingerprint": public.Fingerprint(), "public": public.String()}
	other := map[string]any{"fingerprint": "SHA256:x", "public": public.String()}
	vote := entryOf("user:3", "hands/stage1", "change.voted", map[string]any{
		"change": 17, "revision": s.change.Digest, "kind": "approve", "signature": gov.DocumentDigest([]byte(s.vote)), "key": public.Fingerprint(),
	})
	add := func(who gov.PersonID, data any) audit.Entry { return entryOf(who, "*", "key.added", data) }
	revoke := entryOf("user:3", "*", "key.revoked", map[string]any{"fingerprint": public.Fingerprint()})
	good := "the vote in log entry 101 is signed by the key " + public.Fingerprint() + ", which the log bound to user:3"
	for name, c := range map[string]struct {
		entries []audit.Entry
		holds   bool
		last    string
	}{
		"good":          {[]audit.Entry{add("user:3", key), vote}, true, good},
		"another's":     {[]audit.Entry{add("user:4", key), vote}, false, "NOT: " + good},
		"not bound":     {[]audit.Entry{revoke, vote}, false, "NOT: " + good},
		"revoked":       {[]audit.Entry{add("user:3", key), revoke, vote}, false, "NOT: " + strings.Replace(good, "101", "102", 1)},
		"revoked after": {[]audit.Entry{add("user:3", key), vote, revoke}, true, "the key " + public.Fingerprint() + " was revoked by user:3 at 2026-03-04T05:06:02Z (log entry 102)"},
		"named wrongly": {[]audit.Entry{add("user:3", other)}, false, "NOT: log entry 100 is a key.added that can be read"},
		"bound twice":   {[]audit.Entry{add("user:3", key), add("user:4", key)}, false, "NOT: log entry 101 is a key.added that can be read"},
	} {
		claims, err := told(t, [][]byte{[]byte(s.vote)}, c.entries...)
		if (err == nil) != c.holds || claims[len(claims)-1] != c.last {
			t.Errorf("%s: %v: %s", name, err, claims[len(claims)-1])
		}
	}
}

// TestUnknownEvents tells what is not known here as it stands, and refuses names
// that a reader could take for others.
func TestUnknownEvents(t *testing.T) {
	claims, err := told(t, nil, entryOf("user:2", "hands", "moon.landed", map[string]any{"Eagle": 1}), audit.Entry{Who: "user:2", Do: "run.start", At: "hands", Refused: "NOT_PROMOTED"})
	want := []string{
		"log entry 100 says: user:2 did some.thing in hands: moon.landed, at 2026-03-04T05:06:00Z",
		"log entry 101 says: user:2 asked for run.start in hands and was refused: NOT_PROMOTED, at 2026-03-04T05:06:01Z",
	}
	if diff := cmp.Diff(want, claims); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	for _, data := range []string{`{"Change":1}`, `{"change":1,"x":{"Revision":1}}`, `{"change":1,"x":[{"revi\u017fion":1}]}`, `{"change":1,"x":[1,{"a":2},{"B":1}]}`} {
		e := entryOf("user:2", "hands", "change.reopened", json.RawMessage(data))
		if _, err := told(t, nil, e); err == nil {
			t.Errorf("taken: %s", data)
		}
	}
	e := entryOf("user:2", "hands", "change.reopened", json.RawMessage(`{"change":1,"new_1":{"a":[{"b":"Upper"}]},"z":"Upper"}`))
	if _, err := told(t, nil, e); err != nil {
		t.Errorf("a newer event: %v", err)
	}
}

// TestBundleFork gives the reader of a trail a checkpoint of another history.
func TestBundleFork(t *testing.T) {
	s := newStory(t, nil)
	fork := newWorld(t)
	fork.fill(1)
	fork.register(fork.registration(9, fork.tree(1)))
	fork.fill(40)
	for _, since := range []int{2, 10, 30, 40} {
		claims, err := verify(s.receipt(), fork.options(since))
		if gov.ReasonOf(err) != "NOT_PROVEN" || claims[len(claims)-1].Holds {
			t.Errorf("fork at %d: %v", since, err)
		}
	}
	_, other, err := audit.GenerateKey("log.example/hands", bytes.NewReader(bytes.Repeat([]byte{8}, 32)))
	s.must(err)
	if claims, err := verify(s.receipt(), Options{VerifierKey: other}); err == nil || claims[0].Holds {
		t.Errorf("another key: %v", err)
	}
}

// TestDocumentName holds that a document lies under its own digest.
func TestDocumentName(t *testing.T) {
	s := newStory(t, nil)
	parts, err := unzipped(s.receipt())
	s.must(err)
	last := &parts[len(parts)-1]
	last.name = documentParts + strings.Repeat("f", 64)
	renamed, err := zipped(parts)
	s.must(err)
	if _, err := verify(renamed, s.options(0)); gov.ReasonOf(err) != "BAD_PROOF_FILE" {
		t.Errorf("a renamed document: %v", err)
	}
}

// TestStrict changes the parts of a trail and makes the container good again.
func TestStrict(t *testing.T) {
	w := newWorld(t)
	w.fill(1)
	file, err := (&Bundle{Entries: []uint64{0}}).Encode(w.head(1, 0))
	w.must(err)
	for name, c := range map[string]struct {
		change func([]part) []part
		want   string
	}{
		"as it is":       {func(p []part) []part { return p }, ""},
		"another index":  {partly(entriesPart, "0 {", "5 {"), "not proven: 1 log entries are in the log of log.example/hands at size 1"},
		"another number": {partly(entriesPart, "0 {", "00 {"), "not a trail in its one form: parts, their order or what is between them differ"},
		"no entries":     {func(p []part) []part { p[2].data = nil; return p }, "not proven: 0 log entries are in the log of log.example/hands at size 1"},
		"twice":          {func(p []part) []part { p[2].data = append(p[2].data, p[2].data...); return p }, "the trail's entries do not ascend"},
		"a hash more":    {func(p []part) []part { p[3].data = []byte(gov.Digest{}.String() + "\n"); return p }, "not proven: 1 log entries are in the log of log.example/hands at size 1"},
		"format":         {partly(manifestPart, "trail/1", "trail/2"), "no format govd/trail/2 is known here; a newer govctl may know it"},
		"kind":           {partly(manifestPart, "receipt", "export"), "not a trail in its one form: parts, their order or what is between them differ"},
		"a page":         {func(p []part) []part { return append(p, part{pagePart, []byte("x")}) }, "the trail has a page and no chain"},
		"unknown part":   {func(p []part) []part { return append(p, part{"x", []byte("x")}) }, "the trail has a part x that is not known here"},
		"order":          {func(p []part) []part { slices.Reverse(p); return p }, "not a trail in its one form: parts, their order or what is between them differ"},
		"empty list":     {func(p []part) []part { return append(p, part{outputsPart, nil}) }, "the trail's part outputs.json is empty"},
		"list spaced":    {func(p []part) []part { return append(p, part{outputsPart, []byte(`{"entry": 0}` + "\n")}) }, "a list of the trail is not in its one form"},
		"name of a document": {func(p []part) []part {
			return append(p, part{documentParts + strings.Repeat("0", 64), []byte("x")})
		}, "the trail holds a document " + strings.Repeat("0", 64) + " that is changed, or that no entry of it names"},
	} {
		parts, err := unzipped(file)
		w.must(err)
		again, err := zipped(c.change(parts))
		w.must(err)
		_, err = verify(again, w.options(0))
		if got := message(err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	var deflated bytes.Buffer
	z := zip.NewWriter(&deflated)
	f, err := z.Create(manifestPart)
	w.must(err)
	f.Write([]byte("x"))
	w.must(z.Close())
	if _, err := verify(deflated.Bytes(), w.options(0)); message(err) != "the trail's part manifest.json is compressed or larger than the file" {
		t.Errorf("compressed: %v", err)
	}
}

func partly(name, old, new string) func([]part) []part {
	return func(parts []part) []part {
		for i := range parts {
			if parts[i].name == name {
				parts[i].data = bytes.Replace(parts[i].data, []byte(old), []byte(new), 1)
			}
		}
		return parts
	}
}

// message returns what a caller sees of an error.
func message(err error) string {
	if e, ok := err.(*gov.Error); ok {
		return e.Msg
	}
	return ""
}
