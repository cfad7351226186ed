// Package report is a document for people, and its renderings: text for a
// terminal, JSON for programs, HTML to read and print, CSV for a sheet.
//
// A document is made once, of titles, verdicts, facts, tables and graphs, so
// that every report of govd looks alike and none carries markup of its own. It
// knows nothing of what it reports.
package report

import "govd/internal/draw"

// A Document is a report. Verdicts come first wherever it is shown.
type Document struct {
	Title    string    `json:"title"`
	Subject  string    `json:"subject,omitempty"`  // what it is about
	Verdicts []Verdict `json:"verdicts,omitempty"` // what a reader must know first
	Facts    []Fact    `json:"facts,omitempty"`
	Sections []Section `json:"sections,omitempty"`
	Foot     string    `json:"foot,omitempty"` // as of when it holds, and what it rests on
}

// A Verdict is one thing that is right or wrong.
type Verdict struct {
	Says  string `json:"says"`
	Holds bool   `json:"holds"`
	Why   string `json:"why,omitempty"`
}

// A Fact is a name and what it stands for.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Section is a part of a document; what is not set is not shown.
type Section struct {
	Title string      `json:"title"`
	Text  []string    `json:"text,omitempty"` // paragraphs
	Facts []Fact      `json:"facts,omitempty"`
	Table *Table      `json:"table,omitempty"`
	Graph *draw.Graph `json:"graph,omitempty"`
}

// A Table has as many cells in each row as columns.
type Table struct {
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
	Empty   string     `json:"empty,omitempty"` // what it means that there are no rows
}
