package ingest

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"govd/internal/gov"
)

// A Source says where labels come from. The zero Source is folder.
type Source struct {
	kind sourceKind
	path string
}

type sourceKind string

const (
	folders   sourceKind = ""
	noLabels  sourceKind = "none"
	csvFile   sourceKind = "csv"
	jsonlFile sourceKind = "jsonl"
	cocoFile  sourceKind = "coco"
)

// ParseSource parses a source of labels:
//
//	folder      a file's last directory is its label (the default)
//	csv:FILE    a row a label; see readCSV
//	jsonl:FILE  a line a file; see readJSONL
//	coco:FILE   the object detection format of the COCO dataset; see readCOCO
//	none        no record has a label
func ParseSource(s string) (Source, error) {
	switch s {
	case "", "folder":
		return Source{}, nil
	case "none":
		return Source{kind: noLabels}, nil
	}
	kind, file, _ := strings.Cut(s, ":")
	switch k := sourceKind(kind); k {
	case csvFile, jsonlFile, cocoFile:
		if file != "" {
			return Source{k, file}, nil
		}
	}
	return Source{}, gov.Errorf(gov.Invalid, "BAD_LABELS", "%q is no source of labels: want folder, csv:FILE, jsonl:FILE, coco:FILE or none", s)
}

// String returns the form that ParseSource parses.
func (s Source) String() string {
	switch s.kind {
	case folders:
		return "folder"
	case noLabels:
		return "none"
	}
	return string(s.kind) + ":" + s.path
}

// A note is what a label file says of one file.
type note struct {
	labels     []gov.Label
	attributes map[string]string
	split      string
	line       int // where it is said first; in COCO files, which image it is
}

// Notes are what a label file says, by key.
type notes map[string]*note

// read reads the label file; nil if there is none.
func (s Source) read(ctx context.Context) (notes, error) {
	if s.kind == folders || s.kind == noLabels {
		return nil, nil
	}
	f, err := os.Open(s.path)
	if err != nil {
		return nil, pathError(err)
	}
	defer f.Close()
	return s.parse(ctx, f)
}

// parse parses a label file. What it says wrongly is an error of kind Invalid
// with the reason BAD_LABELS.
func (s Source) parse(ctx context.Context, f io.Reader) (notes, error) {
	b := &bounded{ctx: ctx, r: f, left: maxPiece}
	r := bufio.NewReaderSize(b, 1<<16)
	if mark, _ := r.Peek(3); string(mark) == "\xef\xbb\xbf" { // as some editors begin a file
		r.Discard(3)
	}
	p := &parser{source: s, in: b, notes: notes{}, words: map[string]string{}, bad: complaints{reason: "BAD_LABELS"}}
	var err error
	switch s.kind {
	case csvFile:
		err = p.readCSV(r)
	case jsonlFile:
		err = p.readJSONL(r)
	case cocoFile:
		err = p.readCOCO(r)
	}
	if err = cmp.Or(err, p.bad.err()); err != nil {
		return nil, err
	}
	for _, n := range p.notes {
		slices.SortFunc(n.labels, func(a, b gov.Label) int { return strings.Compare(a.ID, b.ID) })
	}
	return p.notes, nil
}

// place names a line of the label file, or an image of a COCO file.
func (s Source) place(line int) string {
	if s.kind == cocoFile {
		return fmt.Sprintf("%s: image %d", s.name(), line)
	}
	return fmt.Sprintf("%s:%d", s.name(), line)
}

// name returns the label file's name.
func (s Source) name() string { return filepath.Base(s.path) }

// A parser gathers notes.
type parser struct {
	source Source
	in     *bounded
	notes  notes
	words  map[string]string // label names and the like, to hold each once
	bad    complaints
}

// complain complains about a line.
func (p *parser) complain(line int, format string, args ...any) {
	p.bad.at(line, p.source.place(line), format, args...)
}

// broken returns the error for a file that cannot be read on from a line.
func (p *parser) broken(line int, err error) error {
	if ctxErr := p.in.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	p.complain(line, "%v", err)
	return p.bad.err()
}

// word returns s, held once however often it comes.
func (p *parser) word(s string) string {
	if w, ok := p.words[s]; ok {
		return w
	}
	s = strings.Clone(s)
	p.words[s] = s
	return s
}

// add notes what a line says of a file. It is an error to speak twice of one.
func (p *parser) add(key string, n *note) {
	key = cleanKey(key)
	if err := gov.CheckKey(key); err != nil {
		p.complain(n.line, "%v", err)
		return
	}
	if first := p.notes[key]; first != nil {
		p.complain(n.line, "file %q is in %s already", key, p.source.place(first.line))
		return
	}
	p.notes[strings.Clone(key)] = n
}

// more adds a further label of a file. What else the line says must be what
// was said before.
func (p *parser) more(first, n *note) {
	switch {
	case first.split != n.split || !maps.Equal(first.attributes, n.attributes):
		p.complain(n.line, "another split or attributes than in %s", p.source.place(first.line))
	case len(first.labels) == 0 || len(n.labels) == 0:
		p.complain(n.line, "the file has no label in this row or in %s, and then needs no other", p.source.place(first.line))
	case len(first.labels) == gov.MaxLabels:
		p.complain(n.line, "more than %d labels for one file", gov.MaxLabels)
	case slices.ContainsFunc(first.labels, func(l gov.Label) bool { return l.ID == n.labels[0].ID }):
		p.complain(n.line, "a second label with the id %q for the same file", n.labels[0].ID)
	default:
		first.labels = append(first.labels, n.labels...)
	}
}

// cleanKey gives a path in a label file the form of a key.
func cleanKey(p string) string {
	if p == "" {
		return ""
	}
	return path.Clean(p)
}

// A bounded reader ends a file whose next piece would not fit into memory:
// parsers of pieces call begin before each.
type bounded struct {
	ctx  context.Context
	r    io.Reader
	left int
}

// maxPiece is how many bytes a row, a line or an annotation may have, give or
// take what the readers on the way hold.
const maxPiece = 16 << 20

func (b *bounded) begin() { b.left = maxPiece }

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left <= 0 {
		return 0, fmt.Errorf("a row, line or object of more than %d bytes", maxPiece)
	}
	n, err := b.r.Read(p)
	b.left -= n
	return n, err
}
