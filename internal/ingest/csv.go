package ingest

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"govd/internal/gov"
)

// Columns are where the cells of a row are; -1 where there is none.
type columns struct {
	key, label, id, split int
	box                   [4]int // x, y, width, height; all or none
	attributes            map[int]string
}

// readCSV reads comma-separated values, quoted as RFC 4180 says. The first row
// names the columns:
//
//	key          the file, relative to the directory; or file, filename, path
//	label        the label's name; empty where the file has none
//	id           the label's id (optional); a file of several rows needs it
//	split        the split (optional)
//	x y w h      a box in pixels (optional)
//	attr.NAME    an attribute (optional); empty is none
func (p *parser) readCSV(r io.Reader) error {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	header, err := c.Read()
	if err == io.EOF {
		err = errors.New("the file is empty; its first row names the columns")
	}
	if err != nil {
		return p.broken(1, csvError(err))
	}
	cols, err := parseHeader(header)
	if err != nil {
		return p.broken(1, err)
	}
	width := len(header)
	for {
		p.in.begin()
		row, err := c.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil && !errors.Is(err, csv.ErrFieldCount) {
			return p.broken(csvLine(err), csvError(err))
		}
		line, _ := c.FieldPos(0)
		if len(row) != width {
			p.complain(line, "%d columns, the header has %d", len(row), width)
			continue
		}
		p.row(line, row, cols)
	}
}

// csvError takes the line out of an error, where it is said already.
func csvError(err error) error {
	if e := (*csv.ParseError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

func csvLine(err error) int {
	if e := (*csv.ParseError)(nil); errors.As(err, &e) {
		return e.Line
	}
	return 0
}

func parseHeader(header []string) (*columns, error) {
	c := &columns{key: -1, label: -1, id: -1, split: -1, box: [4]int{-1, -1, -1, -1}, attributes: map[int]string{}}
	for i, name := range header {
		at := c.column(name)
		switch {
		case at != nil && *at < 0:
			*at = i
		case at != nil:
			return nil, fmt.Errorf("two columns say %q", name)
		case len(name) > len("attr.") && strings.HasPrefix(name, "attr."):
			c.attributes[i] = strings.Clone(name[len("attr."):])
		default:
			return nil, fmt.Errorf("column %q is not known: want key, label, id, split, x, y, w, h or attr.NAME", name)
		}
	}
	switch {
	case c.key < 0 || c.label < 0:
		return nil, errors.New("there must be a column key (or file, filename, path) and a column label")
	case slices.Max(c.box[:]) >= 0 && slices.Min(c.box[:]) < 0:
		return nil, errors.New("a box needs all of the columns x, y, w, h")
	}
	return c, nil
}

func (c *columns) column(name string) *int {
	switch name {
	case "key", "file", "filename", "path":
		return &c.key
	case "label":
		return &c.label
	case "id":
		return &c.id
	case "split":
		return &c.split
	case "x", "y", "w", "h":
		return &c.box[strings.Index("xywh", name)]
	}
	return nil
}

// row takes in one row.
func (p *parser) row(line int, row []string, c *columns) {
	n := &note{line: line, split: p.word(c.cell(row, c.split)), attributes: p.attributes(row, c)}
	name, id := row[c.label], c.cell(row, c.id)
	box, err := c.geometry(row)
	switch {
	case err != nil:
		p.complain(line, "the box: %v", err)
		return
	case name == "" && (id != "" || box != nil):
		p.complain(line, "an id or a box without a label")
		return
	case name != "" && c.id >= 0 && id == "":
		p.complain(line, "a label without an id, though there is a column for it")
		return
	case name != "":
		if c.id < 0 {
			id = "1"
		}
		n.labels = []gov.Label{{ID: p.word(id), Name: p.word(name), Geometry: box}}
	}
	if first := p.notes[cleanKey(row[c.key])]; first != nil && c.id >= 0 {
		p.more(first, n)
		return
	}
	p.add(row[c.key], n)
}

// cell returns a cell of a column that may not be there.
func (c *columns) cell(row []string, i int) string {
	if i < 0 {
		return ""
	}
	return row[i]
}

func (p *parser) attributes(row []string, c *columns) map[string]string {
	var attributes map[string]string
	for i, name := range c.attributes {
		if row[i] == "" {
			continue
		}
		if attributes == nil {
			attributes = make(map[string]string, len(c.attributes))
		}
		attributes[name] = p.word(row[i])
	}
	return attributes
}

// geometry returns the row's box, or nil if there is none.
func (c *columns) geometry(row []string) (*gov.Geometry, error) {
	if c.box[0] < 0 || row[c.box[0]]+row[c.box[1]]+row[c.box[2]]+row[c.box[3]] == "" {
		return nil, nil
	}
	box := make([]int64, 4)
	for i, at := range c.box {
		v, err := milli(row[at])
		if err != nil {
			return nil, fmt.Errorf("%q is %w", row[at], err)
		}
		box[i] = v
	}
	return &gov.Geometry{Kind: gov.Box, Parts: [][]int64{box}}, nil
}
