package ingest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"govd/internal/gov"
)

// A jsonNote is one line: what is said of one file.
type jsonNote struct {
	Key        string            `json:"key"`
	Labels     []jsonLabel       `json:"labels"`
	Attributes map[string]string `json:"attributes"`
	Split      string            `json:"split"`
}

type jsonLabel struct {
	ID        string    `json:"id"` // the label's position from 1 on, if there is none
	Name      string    `json:"name"`
	Box       millis    `json:"box"`       // x, y, width, height in pixels
	Polygon   rings     `json:"polygon"`   // rings: x, y, x, y, … in pixels
	Keypoints millis    `json:"keypoints"` // x, y in pixels and visibility 0, 1 or 2, for each
	Interval  []int64   `json:"interval"`  // begin and end in microseconds
	Mask      *jsonMask `json:"mask"`
}

// A jsonMask is a mask as COCO writes it.
type jsonMask struct {
	Size   []int64 `json:"size"` // height, width
	Counts runs    `json:"counts"`
}

// readJSONL reads one JSON object a line, of the form of jsonNote; a label has
// at most one geometry. Empty lines are passed over, fields that are not known
// are errors.
func (p *parser) readJSONL(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxPiece)
	line := 0
	for lines.Scan() {
		p.in.begin()
		line++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		n, key, err := p.parseLine(lines.Bytes())
		if err != nil {
			p.complain(line, "%v", plainly(err))
			continue
		}
		n.line = line
		p.add(key, n)
	}
	if err := lines.Err(); err != nil {
		return p.broken(line+1, err)
	}
	return nil
}

func (p *parser) parseLine(line []byte) (*note, string, error) {
	var j jsonNote
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return nil, "", err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, "", errors.New("more than one object on the line")
	}
	n := &note{attributes: j.Attributes, split: p.word(j.Split)}
	for i, l := range j.Labels {
		geometry, err := l.geometry()
		if err != nil {
			return nil, "", err
		}
		if l.ID == "" {
			l.ID = strconv.Itoa(i + 1)
		}
		n.labels = append(n.labels, gov.Label{ID: p.word(l.ID), Name: p.word(l.Name), Geometry: geometry})
	}
	return n, j.Key, nil
}

// plainly says of a JSON value of the wrong type where it is, without the names
// that it has in this program.
func plainly(err error) error {
	if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) {
		return fmt.Errorf("field %q does not take a %s", e.Field, e.Value)
	}
	return err
}

// geometry returns the label's one geometry, or nil if it has none.
func (l *jsonLabel) geometry() (*gov.Geometry, error) {
	var found []*gov.Geometry
	if l.Box != nil {
		found = append(found, &gov.Geometry{Kind: gov.Box, Parts: [][]int64{l.Box}})
	}
	if l.Polygon != nil {
		found = append(found, polygon(l.Polygon))
	}
	if l.Keypoints != nil {
		if err := l.Keypoints.visibilities(); err != nil {
			return nil, err
		}
		found = append(found, &gov.Geometry{Kind: gov.Keypoints, Parts: [][]int64{l.Keypoints}})
	}
	if l.Interval != nil {
		found = append(found, &gov.Geometry{Kind: gov.Interval, Parts: [][]int64{l.Interval}})
	}
	if l.Mask != nil {
		found = append(found, l.Mask.geometry())
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	}
	return nil, errors.New("a label has one geometry at most")
}

func polygon(r rings) *gov.Geometry {
	g := &gov.Geometry{Kind: gov.Polygon, Parts: make([][]int64, len(r))}
	for i, ring := range r {
		g.Parts[i] = ring
	}
	return g
}

func (m *jsonMask) geometry() *gov.Geometry {
	return &gov.Geometry{Kind: gov.Mask, Parts: [][]int64{m.Size, m.Counts}}
}
