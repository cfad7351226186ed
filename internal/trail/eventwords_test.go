package trail

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"govd/internal/audit"
	"govd/internal/gov"
)

// eventExamples returns an event of each kind that a log can hold.
func eventExamples(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	b, err := os.ReadFile("../govern/testdata/events.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]json.RawMessage{}
	for line := range bytes.Lines(b) {
		kind, data, _ := bytes.Cut(line, []byte(" "))
		all[string(kind)] = bytes.TrimSpace(data)
	}
	return all
}

// TestEveryEventHasWords holds that no entry is shown to people as JSON.
func TestEveryEventHasWords(t *testing.T) {
	examples := eventExamples(t)
	for kind, data := range examples {
		l := line{&audit.Entry{Who: "user:2", Do: "some.thing", At: "hands", Event: kind, Data: data}, 7}
		if said := l.words(); sentences[kind] == "" || strings.ContainsAny(said, "{}") || strings.Contains(said, kind) || strings.Contains(said, unsaid) {
			t.Errorf("%s: %q", kind, said)
		}
	}
	for kind := range sentences {
		if examples[kind] == nil {
			t.Errorf("there are words for %s, which is no event", kind)
		}
	}
	for kind := range readers() {
		if examples[kind] == nil {
			t.Errorf("there are claims of %s, which is no event", kind)
		}
	}
}

// TestWordsOfStrangers: an event that lacks what its words name is told without,
// one of another time by its name, and what strangers wrote is quoted.
func TestWordsOfStrangers(t *testing.T) {
	tag := func(data string) line {
		return line{&audit.Entry{Who: "user:2", Do: "tag.set", At: "hands/stage1", Event: "tag.set", Data: json.RawMessage(data)}, 7}
	}
	later := tag(`{"dataset":"hands/stage1"}`)
	later.Event = "tag.moved"
	for want, l := range map[string]line{
		`user:2 set the tag (unsaid) of hands/stage1 to v(unsaid)`:                    tag(`{"dataset":"hands/stage1"}`),
		`user:2 set the tag "a\x1b[2J {number}" of hands/stage1 to v9007199254740993`: tag(`{"dataset":"hands/stage1","name":"a\u001b[2J {number}","number":9007199254740993}`),
		`user:2 did tag.set in hands/stage1: tag.moved`:                               later,
	} {
		if said := l.words(); said != want {
			t.Errorf("%q, want %q", said, want)
		}
	}
}

// TestBootstrapped tells the first admin's name as it tells others'.
func TestBootstrapped(t *testing.T) {
	name := gov.SaltText{Salt: [16]byte{3}, Text: "alice"}
	e := entryOf("sys:bootstrap", "*", "server.bootstrapped", map[string]any{"person": map[string]any{"id": "user:1", "name": name.Digest()}})
	p := newProven(&verifier{origin: "log.example/hands"})
	p.texts[name.Digest()] = name.Text
	if err := p.tell(line{&e, 1}); err != nil {
		t.Fatal(err)
	}
	f := p.read.Findings[0]
	if !strings.HasPrefix(f.Claim.Claim, "user:1, the first admin, was added under the name alice by sys:bootstrap") || f.Topic != OfPeople {
		t.Errorf("%+v", f)
	}
	if len(p.read.People) != 1 || p.read.People[0] != (Person{ID: "user:1", Name: "alice"}) {
		t.Errorf("%+v", p.read.People)
	}
}
