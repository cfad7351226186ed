package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"

	"govd/examples/hands"
)

// training is a model that learns from the hand, and what it says.
func (p *player) training() error {
	p.say("A training job asks before it learns. Data that was checked for training is not\nfor advertising, and a version that was never promoted is for nothing.")
	err := steps(
		p.fails("trainer-1", refused, "run", "start", "--job", "train-parts", "--purpose", "advertising", "--input", parts),
		p.fails("trainer-1", refused, "run", "start", "--job", "train-parts", "--purpose", "training", "--input", parts+"@v1"),
	)
	if err != nil {
		return err
	}
	run, err := p.startRun("trainer-1", "--job", "train-parts", "--input", parts, "--param", "thumbnail=16")
	if err != nil {
		return err
	}
	if err := p.train(); err != nil {
		return err
	}
	return steps(
		p.do("trainer-1", "run", "finish", run, "--output", "model:hands/parts-model", "--file", p.in("weights.json")),
		p.answers,
	)
}

// train makes the model and lets it look at pictures that it did not learn from.
func (p *player) train() error {
	model, err := learn(p.in("photos"))
	if err != nil {
		return err
	}
	if err := model.save(p.in("weights.json")); err != nil {
		return err
	}
	var answer []byte
	var all bytes.Buffer
	for _, class := range hands.Classes() {
		names, err := pictures(p.in("photos"), "test", class)
		if err != nil {
			return err
		}
		for _, name := range names {
			if answer, err = p.answer(model, name); err != nil {
				return err
			}
			all.Write(append(answer, '\n'))
		}
	}
	if err := os.WriteFile(p.in("answer.json"), answer, 0o644); err != nil {
		return err
	}
	return os.WriteFile(p.in("answers.ndjson"), all.Bytes(), 0o644)
}

// answer is what the model says of a picture.
func (p *player) answer(model centroid, name string) ([]byte, error) {
	key, err := filepath.Rel(p.in("photos"), name)
	if err != nil {
		return nil, err
	}
	says, err := model.says(name)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{"picture": filepath.ToSlash(key), "says": says})
}

// answers records what the model said, and asks where one answer came from.
func (p *player) answers() error {
	answer, err := os.ReadFile(p.in("answer.json"))
	if err != nil {
		return err
	}
	p.say("The model looks at pictures that it has not seen. The server learns digests of\nits answers, never the answers: one log entry for all of them. Weeks later somebody\nholds one in their hand,\n  %s\nand asks where it came from.", answer)
	var found struct{ Digest string }
	return steps(
		p.do("trainer-1", "output", "batch", "hands/parts-model:v1", p.in("answers.ndjson")),
		func() error { return p.ask("audra", &found, "output", "find", p.in("answer.json")) },
		func() error { return p.as("audra", "lineage", "trace", "output:"+found.Digest) },
		func() error { return p.as("audra", "trail", "export", "output:"+found.Digest, "-o", p.in("trail.zip")) },
	)
}

// trail is what the auditor does at home.
func (p *player) trail() error {
	p.say("The auditor takes the trail home. The server is stopped: all she has is the\nfile, and the key that she had from someone she trusts.")
	key, err := p.verifierKey()
	if err != nil {
		return err
	}
	if err := p.server.stop(); err != nil {
		return err
	}
	if err := p.as("audra", "verify", p.in("trail.zip"), "--key", key); err != nil {
		return err
	}
	p.say("One bit of it is flipped, and it proves nothing any more.")
	if err := flip(p.in("trail.zip")); err != nil {
		return err
	}
	return p.refused("audra", failed, "verify", p.in("trail.zip"), "--key", key)
}

// flip flips a bit in the middle of a file.
func flip(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	b[len(b)/2] ^= 1
	return os.WriteFile(name, b, 0o644)
}
