package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeShowsTheDemo: the story plays to its end, and the README's lines of
// it come in this order in what it really prints. "…" stands for lines left out.
func TestReadmeShowsTheDemo(t *testing.T) {
	var out bytes.Buffer
	if status := run(context.Background(), []string{"demo", "-once", "-listen", "none"}, &out, &out); status != exitDone {
		t.Fatalf("exit status %d\n%s", status, out.String())
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- demo -->\n```\n")
	block, _, found := strings.Cut(rest, "```\n<!-- end of demo -->")
	if !found {
		t.Fatal("README.md has no demo")
	}
	shown := strings.Split(steady(out.String()), "\n")
	for _, line := range strings.Split(steady(block), "\n") {
		if line == "…" || line == "" {
			continue
		}
		at := 0
		for at < len(shown) && shown[at] != line {
			at++
		}
		if at == len(shown) {
			t.Fatalf("the demo does not print, at its place:\n%s\nafter which it prints\n%s", line, strings.Join(shown[:min(5, len(shown))], "\n"))
		}
		shown = shown[at+1:]
	}
}

// What differs from one run to the next.
var varying = regexp.MustCompile(`sha256:[0-9a-f]+(…[0-9a-f]+)?|govd/[0-9a-f]{12}(\+\S+)?|\d{4}-\d\d-\d\dT[0-9:.]+Z|log entry [0-9,]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|size \d+`)

func steady(s string) string { return varying.ReplaceAllString(s, "~") }
