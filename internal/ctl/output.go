package ctl

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"
)

// A column shows one thing about each T of a listing. The same columns make
// the table of a terminal and the tab-separated values of a pipe.
type column[T any] struct {
	name  string
	value func(T) any // what cell can show
	wide  bool        // only for pipes: a terminal has no room for it
	right bool        // numbers, which line up at their right end
	prose bool        // gives way before others do where a row is too wide
}

// list prints items: a table on a terminal, tab-separated values into a pipe,
// one JSON object a line with --json. What a T has for JSON keys is a contract.
// Where there is nothing, a terminal is told that there are no things.
func list[T any](a *app, things string, columns []column[T], items iter.Seq2[T, error]) error {
	if a.json {
		return printJSON(a.stdout, items)
	}
	if !a.screen.terminal {
		return printTabs(a.stdout, columns, items)
	}
	n, err := printTable(a, a.screen.width, columns, items)
	if err == nil && n == 0 {
		a.note("no %s", things)
	}
	return err
}

// show prints one thing: a line for each column, nothing shortened.
func show[T any](a *app, columns []column[T], v T) error {
	if a.json {
		return a.printObject(v)
	}
	type field struct {
		name  string
		value any
	}
	var fields []field
	for _, c := range columns {
		value := c.value(v)
		if d, ok := value.(digest); ok {
			value = string(d)
		}
		if !a.screen.terminal || !c.wide && a.cell(value) != "" {
			fields = append(fields, field{strings.ToLower(c.name), value})
		}
	}
	lines := []column[field]{
		{value: func(f field) any { return f.name }},
		{value: func(f field) any { return f.value }},
	}
	if !a.screen.terminal {
		return printTabs(a.stdout, lines, seq(fields))
	}
	_, err := printTable(a, math.MaxInt, lines, seq(fields))
	return err
}

// tell reports what a command did. A terminal gets the words, a pipe the line
// unless it is empty, --json gets v.
func (a *app) tell(v any, line, words string, args ...any) error {
	switch {
	case a.json:
		return a.printObject(v)
	case a.screen.terminal:
		line = a.screen.wrapAll(fmt.Sprintf(words, args...))
	}
	if line == "" {
		return nil
	}
	_, err := fmt.Fprintln(a.stdout, line)
	return err
}

// note tells the user something that is not the result.
func (a *app) note(format string, args ...any) {
	line := "govctl: " + clean(fmt.Sprintf(format, args...))
	if a.margin.terminal {
		line = a.margin.wrap(line)
	}
	fmt.Fprintln(a.stderr, line)
}

func (a *app) printObject(v any) error {
	return printJSON(a.stdout, func(yield func(any, error) bool) { yield(v, nil) })
}

func printJSON[T any](w io.Writer, items iter.Seq2[T, error]) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for v, err := range items {
		if err == nil {
			err = enc.Encode(v)
		}
		if err != nil {
			return errors.Join(out.Flush(), err)
		}
	}
	return out.Flush()
}

func printTabs[T any](w io.Writer, columns []column[T], items iter.Seq2[T, error]) error {
	out := bufio.NewWriter(w)
	line := make([]string, len(columns))
	for v, err := range items {
		if err != nil {
			return errors.Join(out.Flush(), err)
		}
		for i, c := range columns {
			line[i] = plain(c.value(v))
		}
		if _, err := fmt.Fprintln(out, strings.Join(line, "\t")); err != nil {
			return err
		}
	}
	return out.Flush()
}

// seq makes a listing of what is at hand.
func seq[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range items {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// convert turns each item of a listing into what is shown of it.
func convert[T, V any](items iter.Seq2[T, error], view func(T) V) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for item, err := range items {
			var v V
			if err == nil {
				v = view(item)
			}
			if !yield(v, err) {
				return
			}
		}
	}
}
