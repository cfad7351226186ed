package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"

	"govd/examples/hands"
	"govd/internal/gov"
)

// parts is the dataset of the story.
const parts = "hands/parts"

// renamed returns which names of a picture's labels are other than they should
// be: what they are, and what is right.
func renamed(is, right []*gov.Record, key string) (edits [][2]string) {
	at := slices.IndexFunc(is, func(r *gov.Record) bool { return r.Key == key })
	for i, l := range is[at].Labels {
		edits = append(edits, [2]string{l.Name, right[at].Labels[i].Name})
	}
	return slices.DeleteFunc(edits, func(e [2]string) bool { return e[0] == e[1] })
}

// tell makes a step of what the story says.
func (p *player) tell(format string, args ...any) func() error {
	return func() error { p.say(format, args...); return nil }
}

// fails makes a step of a command that must end with an exit status.
func (p *player) fails(who string, status int, args ...string) func() error {
	return func() error { return p.refused(who, status, args...) }
}

// inspects makes a step of all answers to an inspection.
func (p *player) inspects(who, inspection string) func() error {
	return func() error { return p.inspect(who, inspection, p.eyes) }
}

func (p *player) colleagues() error {
	return steps(
		p.tell("Four more people come: Carol labels, Dora is a steward too, and Erin and Finn\nlook at what others have labelled."),
		p.do("alice", "person", "add", "carol"),
		p.do("alice", "role", "grant", "carol", "annotator", "hands"),
		p.do("alice", "person", "add", "dora"),
		p.do("alice", "role", "grant", "dora", "steward", "hands"),
		p.do("alice", "person", "add", "erin"),
		p.do("alice", "role", "grant", "erin", "annotator", "hands"),
		func() error { return p.join("carol") },
		func() error { return p.join("dora") },
		func() error { return p.join("erin") },
	)
}

// segments is the way to stage 2, up to where it is barred.
func (p *player) segments() error {
	p.say("On to stage 2: fifty hands, the segments of their fingers, the lines of their\npalms. Somebody called some fingers by others' names.")
	set, err := p.draw(hands.Options{Stage: 2, Faults: map[hands.Fault]int{hands.WrongLabel: 4}})
	if err != nil {
		return err
	}
	if err := p.write("gold.csv", func(w io.Writer) error { return p.gold(w, set) }); err != nil {
		return err
	}
	if err := p.write("predictions.csv", set.WritePredictions); err != nil {
		return err
	}
	return steps(
		p.push("segments of fifty hands"),
		p.votes(),
		p.fails("bob", failed, "check", "run", parts, "--stage", "2"),
		p.tell("No program can tell a wrong label that is consistent. People who look can: Dora\ndraws all pictures but 49 of which she knows the truth, to see what Erin overlooks."),
		p.do("dora", "inspect", "draw", parts, "--limit", "0.25%", "--gold", p.in("gold.csv")),
		p.inspects("erin", "1"),
		p.do("dora", "inspect", "show", "1"),
		p.fails("dora", refused, "dataset", "promote", parts, "--to", "2"),
	)
}

// gold writes a file of pictures of which the truth is known, shown with another
// name than they have.
func (p *player) gold(w io.Writer, set *hands.Set) error {
	rows := csv.NewWriter(w)
	rows.Write([]string{"key", "truth", "shown"})
	for i, r := range set.Records() {
		if i%8 != 0 || p.edits[r.Key] != nil {
			continue
		}
		classes := hands.Classes()
		other := classes[(slices.Index(classes, r.Labels[0].Name)+1)%len(classes)]
		rows.Write([]string{r.Key, "wrong", other})
	}
	rows.Flush()
	return rows.Error()
}

// mend mends the label that stood in the way.
func (p *player) mend() error {
	p.say("Which are they? A model that did not learn from these pictures has an idea. A\nmodel is no proof, so Carol proposes the change, and two stewards look at it.")
	if err := p.write("fix.csv", p.fix); err != nil {
		return err
	}
	return steps(
		p.do("carol", "change", "suggest", parts, "--predictions", p.in("predictions.csv")),
		p.do("carol", "change", "propose", parts, "--edits", p.in("fix.csv"), "--to-stage", "2", "-m", "other fingers"),
		p.fails("carol", refused, "change", "approve", "1"),
		p.do("bob", "change", "show", "1", "--stat"),
		p.do("bob", "change", "approve", "1", "-m", "so it is"),
		p.fails("carol", refused, "change", "apply", "1"),
		p.do("carol", "change", "explain", "1"),
		p.do("dora", "change", "approve", "1"),
		p.do("carol", "change", "apply", "1"),
		p.do("dora", "dataset", "blame", parts, p.wrong),
		p.do("bob", "inspect", "draw", parts, "--limit", "0.5%"),
		p.inspects("erin", "2"),
		p.do("dora", "check", "run", parts, "--stage", "2"),
		p.do("dora", "dataset", "promote", parts, "--to", "2", "--waive", "S1.size", "-m", "inspected, and mended"),
	)
}

// fix writes what makes the wrong labels right.
func (p *player) fix(w io.Writer) error {
	_, err := fmt.Fprintln(w, "key,from,to")
	for _, key := range slices.Sorted(maps.Keys(p.edits)) {
		for _, e := range p.edits[key] {
			fmt.Fprintf(w, "%s,%s,%s\n", key, e[0], e[1])
		}
	}
	return err
}
