package ctl

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// maxEditLine is how many bytes a line of an edit file may have.
const maxEditLine = 1 << 20

// An edit is a label edit and the line that says it; 0 for none.
type edit struct {
	*govdv1.LabelEdit
	line int
}

// An editFile gathers the edits of a file.
type editFile struct {
	edits []edit
	bad   faults
}

// An editLine is a line of JSON that says one edit, and how an edit is printed.
type editLine struct {
	Key          string        `json:"key"`
	LabelID      string        `json:"label_id,omitempty"`
	Op           string        `json:"op,omitempty"` // add, rename, remove or reshape; follows from the rest
	From         string        `json:"from"`
	To           string        `json:"to"`
	FromGeometry *geometryView `json:"from_geometry,omitempty"`
	ToGeometry   *geometryView `json:"to_geometry,omitempty"`
}

// readEdits reads the file of edits at path; "-" is stdin.
func (a *app) readEdits(path string) ([]edit, error) {
	if path == "-" {
		return parseEdits("stdin", a.stdin)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseEdits(filepath.Base(path), f)
}

// parseEdits parses a file of edits, which it returns in the order that the
// server wants. A file whose first character is a brace is JSON lines of the
// form of editLine; any other is CSV, whose first row names the columns key,
// label_id (which may be left out), from and to.
func parseEdits(name string, r io.Reader) ([]edit, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" { // as some editors begin a file
		in.Discard(3)
	}
	f := &editFile{bad: faults{reason: "BAD_EDITS", file: name}}
	var err error
	if begin, _ := in.Peek(1); string(begin) == "{" {
		err = f.readLines(in)
	} else {
		err = f.readCSV(in)
	}
	if err != nil {
		return nil, err
	}
	f.sort()
	if err := f.bad.err(); err != nil {
		return nil, err
	}
	if len(f.edits) == 0 {
		return nil, complain(exitError, "NO_EDITS", "%s says no edits", name)
	}
	return f.edits, nil
}

// readLines reads one JSON object a line.
func (f *editFile) readLines(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEditLine)
	n := 0
	for lines.Scan() {
		if n++; len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var l editLine
		if err := decodeLine(lines.Bytes(), &l); err != nil {
			f.bad.at(n, "%v", err)
			continue
		}
		f.add(n, l)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		f.bad.at(n+1, "a line of more than %d bytes", maxEditLine)
		return nil
	}
	return lines.Err()
}

// decodeLine decodes one JSON object of known fields and nothing after it.
func decodeLine(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("field %q does not take a %s", e.Field, e.Value)
	}
	if err != nil {
		return fmt.Errorf("not an edit: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one object on the line")
	}
	return nil
}

// readCSV reads rows below a header.
func (f *editFile) readCSV(r io.Reader) error {
	return readRows(r, &f.bad, []string{"key", "from", "to"}, []string{"label_id"}, func(line int, cell func(string) string) {
		f.add(line, editLine{Key: cell("key"), LabelID: cell("label_id"), From: cell("from"), To: cell("to")})
	})
}

// readRows reads comma-separated values, quoted as RFC 4180 says, whose first
// row names the columns in any order. Cells of columns that are not there are
// empty.
func readRows(r io.Reader, bad *faults, need, may []string, row func(line int, cell func(string) string)) error {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	c.FieldsPerRecord = -1
	header, err := c.Read()
	if err == io.EOF {
		bad.at(1, "the file is empty; its first row names the columns %s", strings.Join(need, ", "))
		return nil
	}
	at := map[string]int{}
	for i, name := range header {
		if _, twice := at[name]; twice || !slices.Contains(need, name) && !slices.Contains(may, name) {
			bad.at(1, "no use for a column %q: the columns are %s", name, strings.Join(slices.Concat(need, may), ", "))
			return nil
		}
		at[strings.Clone(name)] = i
	}
	for _, name := range need {
		if _, there := at[name]; !there && err == nil {
			bad.at(1, "there is no column %q", name)
			return nil
		}
	}
	width := len(header)
	for err == nil {
		var cells []string
		if cells, err = c.Read(); err != nil {
			break
		}
		line, _ := c.FieldPos(0)
		if len(cells) != width {
			bad.at(line, "%d columns, the header has %d", len(cells), width)
			continue
		}
		row(line, func(name string) string {
			if i, there := at[name]; there {
				return strings.Clone(cells[i])
			}
			return ""
		})
	}
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		bad.at(e.Line, "%v", e.Err) // what follows cannot be told from it
		return nil
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// add adds what a line says.
func (f *editFile) add(line int, l editLine) {
	from, err := l.FromGeometry.geometry()
	to, err2 := l.ToGeometry.geometry()
	if err = errors.Join(err, err2); err != nil {
		f.bad.at(line, "%v", err)
		return
	}
	e := gov.LabelEdit{
		Key: l.Key, Label: first(l.LabelID, "1"), Op: opOf(l), From: l.From, To: l.To, FromGeometry: from, ToGeometry: to,
	}
	switch err := e.Check(); {
	case l.From == "" && l.To == "":
		f.bad.at(line, "neither from nor to is a label")
	case e.Op == gov.RenameLabel && l.From == l.To:
		f.bad.at(line, "from and to are both %q: nothing changes", l.From)
	case err != nil:
		f.bad.at(line, "%v", err)
	case l.Op != "" && l.Op != e.Op.String():
		f.bad.at(line, "op is %q, but the rest says %s", l.Op, e.Op)
	default:
		f.edits = append(f.edits, edit{editMessage(&e, l.LabelID), line})
	}
}

// opOf says what an edit does, which follows from what it sets.
func opOf(l editLine) gov.EditOp {
	switch {
	case l.From == "":
		return gov.AddLabel
	case l.To == "":
		return gov.RemoveLabel
	case l.FromGeometry != nil || l.ToGeometry != nil:
		return gov.ReshapeLabel
	}
	return gov.RenameLabel
}

// editMessage relies on the operations having the same numbers on the wire. The
// label is as the file says, which may leave it to the server to find.
func editMessage(e *gov.LabelEdit, label string) *govdv1.LabelEdit {
	return &govdv1.LabelEdit{
		Key: e.Key, Label: label, Op: govdv1.EditOp(e.Op), From: e.From, To: e.To,
		FromGeometry: geometryMessage(e.FromGeometry), ToGeometry: geometryMessage(e.ToGeometry),
	}
}

// geometry is the reverse of viewGeometry.
func (g *geometryView) geometry() (*gov.Geometry, error) {
	if g == nil {
		return nil, nil
	}
	kind := govdv1.GeometryKind_value["GEOMETRY_KIND_"+strings.ToUpper(g.Kind)]
	if kind == 0 {
		return nil, fmt.Errorf("no geometry %q: want box, polygon, mask, keypoints or interval", g.Kind)
	}
	return &gov.Geometry{Kind: gov.GeometryKind(kind), Parts: g.Parts}, nil
}

// sort puts the edits into the order of their tree and finds those that speak
// of the same label.
func (f *editFile) sort() {
	slices.SortStableFunc(f.edits, func(x, y edit) int { return strings.Compare(treeKey(x), treeKey(y)) })
	for i := 1; i < len(f.edits); i++ {
		x, y := f.edits[i-1], f.edits[i]
		if x.GetKey() == y.GetKey() && x.GetLabel() == y.GetLabel() && (x.GetLabel() != "" || x.GetFrom() == y.GetFrom() && x.GetFrom() != "") {
			f.bad.at(max(x.line, y.line), "edits the same label of %q as line %d", x.GetKey(), min(x.line, y.line))
		}
	}
}

// treeKey orders edits by record, label id and old name.
func treeKey(e edit) string { return e.GetKey() + "\x00" + e.GetLabel() + "\x00" + e.GetFrom() }
