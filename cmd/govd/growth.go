package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"govd/examples/hands"
)

// What is drawn for the story. Pictures from stage 3 on have as few pixels on
// each side as show its freckles, and films few frames, so that it is told soon.
const (
	seed   = 1
	pixels = 160
	frames = 4
)

// features is the way to stage 3: new pictures come in as a lot.
func (p *player) features() error {
	p.say("Stage 3 asks for nails, knuckles and veins at a higher resolution: the pictures\nare taken again. A second lot shows the other side of each finger; it waits in\nquarantine until somebody has looked at it, and somebody else lets it in.")
	if _, err := p.draw(hands.Options{Stage: 3, Size: pixels}); err != nil {
		return err
	}
	if err := p.setAside("lot-2", regexp.MustCompile(`b\.png$`)); err != nil {
		return err
	}
	return steps(
		p.push("nails, knuckles and veins"),
		p.takes("lot-2"),
		p.fails("carol", refused, "intake", "accept", parts, "lot-2"),
		p.fails("dora", refused, "intake", "accept", parts, "lot-2"),
		p.looks("3", "--lot", "lot-2", "--limit", "1%", "--accept", "2"),
		p.do("dora", "intake", "accept", parts, "lot-2", "-m", "the other sides"),
		func() error { return p.bringBack("lot-2") },
		p.votes(),
		p.looks("4", "--limit", "0.5%"),
		p.looks("5", "--asks", "relevance", "--limit", "2%"),
		p.checked("3"),
		p.promotes("3", "S1.size", "S2.change"),
	)
}

// takes makes a step of bringing what was set aside as a lot.
func (p *player) takes(lot string) func() error {
	return p.do("carol", "dataset", "intake", parts, p.in(lot), "--lot", lot, "--labels", "jsonl:"+p.in(lot+".jsonl"))
}

// skin is the way to stage 4: tone, and whether it is treated evenly.
func (p *player) skin() error {
	p.say("Stage 4 adds the texture of skin, and asks whether light, medium and dark hands\nare treated alike. Each person declared a tone, and two annotators saw one.")
	if _, err := p.draw(hands.Options{Stage: 4, Size: pixels}); err != nil {
		return err
	}
	return steps(
		p.push("texture and tone"),
		p.votes(),
		p.looks("6", "--limit", "0.5%"),
		p.looks("7", "--limit", "1%", "--by", "tone_group"),
		p.looks("8", "--asks", "relevance", "--limit", "2%"),
		p.checked("4"),
		p.promotes("4", "S1.size", "S2.change"),
	)
}

// ownPolicy is the project's own policy of stage 5.
//
//go:embed stage5.yaml
var ownPolicy []byte

// policy brings the project's own policy into force.
func (p *player) policy() error {
	p.say("What stage 5 asks for is not all fit for drawings. A project may have a policy of\nits own, if two admins agree; it holds from a second later on.")
	if err := os.WriteFile(p.in("stage5.yaml"), ownPolicy, 0o644); err != nil {
		return err
	}
	return steps(
		p.do("alice", "person", "add", "amir"),
		p.do("alice", "role", "grant", "amir", "admin", "*"),
		func() error { return p.join("amir") },
		p.do("alice", "stage", "policy", "set", "hands", p.in("stage5.yaml"), "--stage", "5"),
		p.do("amir", "rules", "approve", "hands", "1", "--of", "stage-5", "--yes"),
	)
}

// motion is the way to stage 5: gestures over time, and the run that made them.
func (p *player) motion() error {
	p.say("Stage 5 adds motion: gestures before two cameras, under several lights. A job\ncuts the films into frames; each frame names the picture and the run it is from.")
	run, err := p.startRun("trainer-1", "--job", "cut-frames", "--input", parts)
	if err != nil {
		return err
	}
	if _, err := p.draw(hands.Options{Stage: 5, Size: pixels, Frames: frames}); err != nil {
		return err
	}
	if err := p.setAside("lot-3", films); err != nil {
		return err
	}
	return steps(
		func() error { return p.nameRun("lot-3.jsonl", run) },
		p.takes("lot-3"),
		p.looks("9", "--lot", "lot-3", "--limit", "1%", "--accept", "2"),
		p.do("dora", "intake", "accept", parts, "lot-3", "-m", "gestures over time"),
		func() error { return p.bringBack("lot-3") },
		p.do("trainer-1", "run", "finish", run, "--output", parts),
		p.votes(),
		p.looks("10", "--limit", "0.5%"),
		p.looks("11", "--limit", "1%", "--by", "tone_group"),
		p.looks("12", "--asks", "relevance", "--limit", "2%"),
		p.checked("5"),
		p.promotes("5", "S5.volume", "S5.drift"),
	)
}

// films are the keys of frames.
var films = regexp.MustCompile(`/s\d{4}-`)

// push makes a step of registering the pictures of the story with their labels.
func (p *player) push(message string) func() error {
	return p.do("bob", "dataset", "push", parts, p.in("photos"), "--labels", "jsonl:"+p.in("labels.jsonl"), "-m", message)
}

// votes makes a step of recording what the annotators said.
func (p *player) votes() func() error {
	return p.do("bob", "dataset", "votes", parts, p.in("votes.csv"))
}

// checked makes a step of the checks of a stage.
func (p *player) checked(stage string) func() error {
	return p.do("bob", "check", "run", parts, "--stage", stage, "--verify", p.in("photos"))
}

// promotes makes a step of two stewards' words, who accept what some checks warn
// of.
func (p *player) promotes(to string, waive ...string) func() error {
	args := []string{"dataset", "promote", parts, "--to", to}
	for _, id := range waive {
		args = append(args, "--waive", id)
	}
	return func() error { return steps(p.fails("bob", refused, args...), p.do("dora", args...)) }
}

// looks makes a step of an inspection that is drawn and answered.
func (p *player) looks(number string, args ...string) func() error {
	return func() error {
		if err := p.brief("bob", append([]string{"inspect", "draw", parts}, args...)...); err != nil {
			return err
		}
		return p.inspect("erin", number, p.eyes)
	}
}

// brief runs a command and shows the first and the last line of what it prints.
func (p *player) brief(who string, args ...string) error {
	fmt.Fprintf(p.out, "\n%s$ govctl %s\n", who, p.show(args))
	var out bytes.Buffer
	if status := p.govctl(who, strings.NewReader(""), &out, p.out, args...); status != 0 {
		return fmt.Errorf("govctl %s: exit status %d", p.show(args), status)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	_, err := fmt.Fprintf(p.out, "%s\n…\n%s\n", lines[0], lines[len(lines)-1])
	return err
}

// startRun starts a run and returns its id.
func (p *player) startRun(who string, args ...string) (id string, err error) {
	var made struct{ Run string }
	err = p.ask(who, &made, append([]string{"run", "start", "--purpose", "training"}, args...)...)
	return made.Run, err
}

// ask runs a command, shows it, and reads what it answers with --json.
func (p *player) ask(who string, answer any, args ...string) error {
	args = append(args, "--json")
	fmt.Fprintf(p.out, "\n%s$ govctl %s\n", who, p.show(args))
	var out bytes.Buffer
	if status := p.govctl(who, strings.NewReader(""), io.MultiWriter(&out, p.out), p.out, args...); status != 0 {
		return fmt.Errorf("govctl %s: exit status %d", p.show(args), status)
	}
	return json.Unmarshal(out.Bytes(), answer)
}
