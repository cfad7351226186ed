package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"govd/examples/hands"
)

// An inspector knows what the pictures show, since the story drew them, and
// judges items in place of a person with eyes.
type inspector map[string]string // key → names of the labels that are right

// inspectorOf returns one who knows the pictures of a set without faults.
func inspectorOf(set *hands.Set) inspector {
	in := inspector{}
	for _, r := range set.Records() {
		var names []string
		for _, l := range r.Labels {
			names = append(names, l.Name)
		}
		in[r.Key] = sorted(names)
	}
	return in
}

func sorted(names []string) string {
	slices.Sort(names)
	return strings.Join(names, " ")
}

// An item is a line of 'govctl inspect review --json'.
type item struct {
	Item   string `json:"item"`
	Key    string `json:"key"`
	Record *struct {
		Labels []struct{ Name string } `json:"labels"`
	} `json:"record"`
}

func (it *item) names() string {
	var names []string
	for _, l := range it.Record.Labels {
		names = append(names, l.Name)
	}
	return sorted(names)
}

// judge answers each item that it reads, until there is none for it.
func (in inspector) judge(items io.Reader, answers io.WriteCloser) (judged int, err error) {
	defer func() { err = errors.Join(err, answers.Close()) }()
	for lines := bufio.NewScanner(items); lines.Scan(); judged++ {
		var it item
		if err := json.Unmarshal(lines.Bytes(), &it); err != nil || it.Item == "" {
			return judged, err
		}
		answer := "n"
		if it.Record != nil && it.names() == in[it.Key] {
			answer = "y"
		}
		if _, err := fmt.Fprintln(answers, answer); err != nil {
			return judged, err
		}
	}
	return judged, nil
}

// inspect lets a person judge all items of an inspection, one after another.
func (p *player) inspect(who string, inspection string, in inspector) error {
	args := []string{"inspect", "review", inspection, "--json"}
	fmt.Fprintf(p.out, "\n%s$ govctl %s        # in a program that shows the pictures\n", who, p.show(args))
	questions, asks := io.Pipe()
	answers, says := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- p.govctl(who, answers, asks, p.out, args...)
		asks.Close()
	}()
	judged, err := in.judge(questions, says)
	_, err2 := io.Copy(io.Discard, questions)
	if got := <-status; got != 0 {
		return fmt.Errorf("inspection %s: exit status %d", inspection, got)
	}
	fmt.Fprintf(p.out, "… %d pictures\n", judged)
	return errors.Join(err, err2, p.ctx.Err())
}
