package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"govd/examples/hands"
)

// Exit statuses of govctl that the story comes to.
const (
	notFound = 3
	refused  = 4
	failed   = 7
)

// story is the story of stage 1.
func (p *player) story() error {
	for _, chapter := range []func() error{p.people, p.firstVersion, p.secondVersion, p.badInput, p.colleagues, p.segments, p.mend, p.access, p.features, p.skin, p.policy, p.motion, p.proofs, p.training, p.trail} {
		if err := chapter(); err != nil {
			return err
		}
	}
	return nil
}

// steps runs commands until one fails.
func steps(cmds ...func() error) error {
	for _, cmd := range cmds {
		if err := cmd(); err != nil {
			return err
		}
	}
	return nil
}

// do makes a step of a command.
func (p *player) do(who string, args ...string) func() error {
	return func() error { return p.as(who, args...) }
}

// firstRules are milder than those that govd comes with, by which nobody's vote
// counts in their first week: in a demo everyone is new.
//
//go:embed rules.json
var firstRules []byte

func (p *player) people() error {
	p.say("A new server has no admin. Whoever can read its data directory makes the first\none. Admins manage people and roles; data is not theirs to read.")
	if err := os.WriteFile(p.in("rules.json"), firstRules, 0o644); err != nil {
		return err
	}
	return steps(
		p.do("alice", "bootstrap", "alice", "--rules", p.in("rules.json")),
		p.do("alice", "project", "create", "hands"),
		p.do("alice", "person", "add", "bob"),
		p.do("alice", "role", "grant", "bob", "steward", "hands"),
		func() error { return p.join("bob") },
	)
}

func (p *player) firstVersion() error {
	p.say("Bob draws a first dataset: eight parts of a hand, twelve pictures each, in\nfolders SPLIT/LABEL. Its first version is what lies there now.")
	if err := hands.Draw(p.in("photos"), hands.Options{Seed: 1, PerClass: 12}); err != nil {
		return err
	}
	if err := os.WriteFile(p.in("taxonomy.yaml"), hands.Taxonomy(), 0o644); err != nil {
		return err
	}
	return steps(
		p.do("bob", "dataset", "create", "hands/parts", "--taxonomy", p.in("taxonomy.yaml"), "--purpose", "training", "--license", "CC0-1.0"),
		p.do("bob", "dataset", "push", "hands/parts", p.in("photos"), "-m", "first drawings"),
		p.do("bob", "dataset", "stats", "hands/parts"),
		func() error { p.say("Pushing it again makes no version: nothing has changed."); return nil },
		p.do("bob", "dataset", "push", "hands/parts", p.in("photos")),
	)
}

func (p *player) secondVersion() error {
	p.say("Then the dataset grows by a picture of each part, one picture goes, and one\nhad the wrong label: the labels are in a CSV file now.")
	if err := p.change(); err != nil {
		return err
	}
	return steps(
		p.do("bob", "dataset", "push", "hands/parts", p.in("photos"), "--labels", "csv:"+p.in("labels.csv"), "-m", "more drawings, one label mended"),
		p.do("bob", "dataset", "diff", "hands/parts"),
		p.do("bob", "dataset", "tag", "hands/parts", "reviewed"),
		p.do("bob", "dataset", "log", "hands/parts"),
	)
}

// change changes the pictures and writes their labels to a file, one of them
// another than before.
func (p *player) change() error {
	if err := hands.Draw(p.in("photos"), hands.Options{Seed: 1, PerClass: 13}); err != nil {
		return err
	}
	if err := os.Remove(p.in("photos/train/wrist/0000.png")); err != nil {
		return err
	}
	var labels bytes.Buffer
	if err := hands.WriteLabels(&labels, p.in("photos")); err != nil {
		return err
	}
	text := strings.Replace(labels.String(), "train/palm/0001.png,palm,", "train/palm/0001.png,back,", 1)
	return os.WriteFile(p.in("labels.csv"), []byte(text), 0o644)
}

func (p *player) badInput() error {
	p.say("Bad input never loses anything. A file that was cut off, and a label that is\nnot in the taxonomy:")
	if err := hands.Draw(p.in("broken"), hands.Options{Seed: 2, PerClass: 2}); err != nil {
		return err
	}
	if err := hands.Truncate(p.in("broken"), "train/palm/0000.png"); err != nil {
		return err
	}
	err := p.refused("bob", 1, "dataset", "push", "hands/parts", p.in("broken"))
	if err != nil {
		return err
	}
	if err := os.Rename(p.in("broken/train/ring"), p.in("broken/train/toe")); err != nil {
		return err
	}
	return p.refused("bob", 1, "dataset", "push", "hands/parts", p.in("broken"), "--skip-unreadable")
}

func (p *player) access() error {
	p.say("A training job may read and register versions, and nothing else. Vera works\nin another project: for her, hands/parts does not exist.")
	return steps(
		p.do("alice", "person", "add", "trainer-1", "--machine", "--owner", "bob"),
		p.do("alice", "role", "grant", "trainer-1", "trainer", "hands"),
		p.do("alice", "project", "create", "feet"),
		p.do("alice", "person", "add", "vera"),
		p.do("alice", "role", "grant", "vera", "viewer", "feet"),
		func() error { return p.join("trainer-1", "hands") },
		func() error { return p.join("vera") },
		p.do("trainer-1", "dataset", "ls", "hands/parts@reviewed", "train/palm/", "--limit", "3"),
		func() error { return p.refused("trainer-1", refused, "dataset", "tag", "hands/parts", "mine") },
		func() error { return p.refused("vera", notFound, "dataset", "log", "hands/parts") },
		func() error { return p.refused("alice", refused, "dataset", "ls", "hands/parts") },
		p.do("bob", "policy", "explain", "trainer-1", "version.tag", "hands/parts"),
		p.do("bob", "policy", "who-can", "version.register", "hands/parts"),
	)
}

func (p *player) proofs() error {
	p.say("An auditor takes proofs home. They are checked without the server: with the\nverifier key alone, which she had from someone she trusts.")
	key, err := p.verifierKey()
	if err != nil {
		return err
	}
	return steps(
		p.do("alice", "person", "add", "audra"),
		p.do("alice", "role", "grant", "audra", "auditor", "*"),
		func() error { return p.join("audra") },
		p.do("audra", "audit", "list", "--place", "hands", "--limit", "5"),
		p.do("audra", "dataset", "prove", "hands/parts", "train/palm/0001.png", "-o", p.in("proof.json")),
		p.do("audra", "verify", p.in("proof.json"), "--key", key),
		p.do("audra", "dataset", "prove", "hands/parts@v2", "train/wrist/0000.png", "-o", p.in("absent.json")),
		p.do("audra", "verify", p.in("absent.json"), "--key", key),
		p.do("audra", "audit", "export", "-o", p.in("log.tar")),
		p.do("audra", "verify", p.in("log.tar"), "--key", key),
		p.do("alice", "backup", "-o", p.in("backup.db")),
	)
}

func (p *player) verifierKey() (string, error) {
	var out bytes.Buffer
	if status := p.govctl("alice", strings.NewReader(""), &out, p.out, "status", "--json"); status != 0 {
		return "", fmt.Errorf("govctl status: exit status %d", status)
	}
	var st struct {
		Key string `json:"verifier_key"`
	}
	err := json.Unmarshal(out.Bytes(), &st)
	return st.Key, err
}
