package main

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"govd/examples/hands"
)

// The files of the story: pictures lie in photos, their labels in labels.jsonl.

// draw draws the hands of a stage and a file of their labels. Faults are in the
// labels alone; what is right is remembered.
func (p *player) draw(o hands.Options) (*hands.Set, error) {
	o.Seed = seed
	set, err := hands.New(o)
	if err != nil {
		return nil, err
	}
	if _, err := set.Paint(p.in("photos")); err != nil {
		return nil, err
	}
	o.Faults = nil
	right, err := hands.New(o)
	if err != nil {
		return nil, err
	}
	p.eyes, p.edits = inspectorOf(right), map[string][][2]string{}
	for _, key := range set.Truth()[hands.WrongLabel] {
		p.edits[key] = renamed(set.Records(), right.Records(), key)
		p.wrong = key
	}
	if err := p.write("votes.csv", set.WriteVotes); err != nil {
		return nil, err
	}
	return set, p.write("labels.jsonl", set.WriteLabels)
}

// write writes a file of the story.
func (p *player) write(name string, content func(io.Writer) error) error {
	f, err := os.Create(p.in(name))
	if err != nil {
		return err
	}
	defer f.Close()
	return content(f)
}

// setAside moves pictures that have such keys into a directory of their own, and
// their labels into a file beside it.
func (p *player) setAside(dir string, keys *regexp.Regexp) error {
	if err := p.move("photos", dir, keys); err != nil {
		return err
	}
	all, err := os.ReadFile(p.in("labels.jsonl"))
	if err != nil {
		return err
	}
	var stay, leave []byte
	for line := range bytes.Lines(all) {
		if key, _, _ := bytes.Cut(bytes.TrimPrefix(line, []byte(`{"key":"`)), []byte(`"`)); keys.Match(key) {
			leave = append(leave, line...)
		} else {
			stay = append(stay, line...)
		}
	}
	if err := os.WriteFile(p.in(dir+".jsonl"), leave, 0o644); err != nil {
		return err
	}
	return os.WriteFile(p.in("labels.jsonl"), stay, 0o644)
}

// bringBack undoes setAside.
func (p *player) bringBack(dir string) error {
	stay, err := os.ReadFile(p.in("labels.jsonl"))
	if err != nil {
		return err
	}
	leave, err := os.ReadFile(p.in(dir + ".jsonl"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(p.in("labels.jsonl"), append(stay, leave...), 0o644); err != nil {
		return err
	}
	return p.move(dir, "photos", regexp.MustCompile(""))
}

// move moves the pictures with such keys from one directory to another.
func (p *player) move(from, to string, keys *regexp.Regexp) error {
	return filepath.WalkDir(p.in(from), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		key, err := filepath.Rel(p.in(from), path)
		if err != nil || !keys.MatchString(filepath.ToSlash(key)) {
			return err
		}
		target := filepath.Join(p.in(to), key)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.Rename(path, target)
	})
}

// nameRun lets all frames in a file of labels say that this run made them.
func (p *player) nameRun(labels, run string) error {
	all, err := os.ReadFile(p.in(labels))
	if err != nil {
		return err
	}
	return os.WriteFile(p.in(labels), drawnRun.ReplaceAll(all, []byte(`"run":"`+run+`"`)), 0o644)
}

var drawnRun = regexp.MustCompile(`"run":"run-\d+"`)
