package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"

	"govd/internal/draw"
)

// JSON returns the document as one JSON object, indented and ended by a newline.
func (d *Document) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(d)
	return b.Bytes(), err
}

// CSV returns the tables of the document, each under its header; a section's
// title stands before its table and an empty line after it if there are more
// than one.
func (d *Document) CSV() []byte {
	var tables []Section
	for _, s := range d.Sections {
		if s.Table != nil {
			tables = append(tables, s)
		}
	}
	var b bytes.Buffer
	for i, s := range tables {
		if len(tables) > 1 {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.Write((&Table{Columns: []string{s.Title}}).CSV())
		}
		b.Write(s.Table.CSV())
	}
	return b.Bytes()
}

// CSV returns the table with its header (RFC 4180, lines ended by a newline
// alone).
func (t *Table) CSV() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, row := range append([][]string{t.Columns}, t.Rows...) {
		out := make([]string, len(row))
		for i, cell := range row {
			out[i] = harmless(draw.Clean(cell))
		}
		w.Write(out) // a buffer takes everything
	}
	w.Flush()
	return b.Bytes()
}

// harmless keeps a spreadsheet from taking a stranger's text for a formula: such
// a cell begins with an apostrophe.
func harmless(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@") {
		return "'" + s
	}
	return s
}
