package ctl

import (
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// A screen says what stdout is: a terminal of some width, with or without
// colour, or something else.
type screen struct {
	terminal bool
	colour   bool
	width    int
}

// screenOf looks at w. GOVCTL_TERMINAL=80 makes it a terminal of 80 columns,
// so that the output for people can be kept in a file.
func screenOf(w io.Writer, getenv func(string) string) (s screen) {
	if n, err := strconv.Atoi(getenv("GOVCTL_TERMINAL")); err == nil && n > 0 {
		return screen{terminal: true, width: n}
	}
	fd, ok := terminal(w)
	if !ok {
		return s
	}
	s = screen{terminal: true, width: 80, colour: getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(fd); err == nil && width > 0 {
		s.width = width
	}
	return s
}

// terminal returns the file descriptor of v if it is a terminal.
func terminal(v any) (fd int, ok bool) {
	f, ok := v.(*os.File)
	if !ok {
		return 0, false
	}
	return int(f.Fd()), term.IsTerminal(int(f.Fd()))
}

// tableRows is after how many rows a table is printed, so that a listing of
// any length is shown as it comes.
const tableRows = 500

const gap = "  "

// printTable prints items with aligned columns and returns how many there
// were. Columns that are empty in every row, and those for pipes, are left out;
// the widest gives way where a row would be wider than the screen.
func printTable[T any](a *app, width int, columns []column[T], items iter.Seq2[T, error]) (n int, err error) {
	t := table{screen: width, out: a.stdout}
	for _, c := range columns {
		t.header, t.right, t.prose = append(t.header, c.name), append(t.right, c.right), append(t.prose, c.prose)
	}
	for v, err := range items {
		if err != nil {
			t.flush()
			return n, err
		}
		row := make([]string, len(columns))
		for i, c := range columns {
			if !c.wide {
				row[i] = a.cell(c.value(v))
			}
		}
		if err := t.add(row); err != nil {
			return n, err
		}
		n++
	}
	return n, t.flush()
}

type table struct {
	screen int // columns of the terminal
	out    io.Writer
	header []string
	right  []bool // which columns line up at their right end
	prose  []bool // which give way first
	rows   [][]string
	width  []int // of each column; 0 leaves it out. Grows from flush to flush.
	begun  bool
}

func (t *table) add(row []string) error {
	t.rows = append(t.rows, row)
	if len(t.rows) < tableRows {
		return nil
	}
	return t.flush()
}

func (t *table) flush() error {
	if len(t.rows) == 0 {
		return nil
	}
	t.measure()
	var b strings.Builder
	if !t.begun && strings.Join(t.header, "") != "" {
		t.line(&b, t.header)
	}
	for _, row := range t.rows {
		t.line(&b, row)
	}
	t.begun, t.rows = true, nil
	_, err := io.WriteString(t.out, b.String())
	return err
}

// What is left of a column that gives way.
const (
	leastProse = 16
	leastWidth = 8
)

// measure widens the columns to their contents and then takes what the screen
// has no room for: from prose first, and then from the widest.
func (t *table) measure() {
	if t.width == nil {
		t.width = make([]int, len(t.header))
	}
	for i := range t.width {
		for _, row := range t.rows {
			t.width[i] = max(t.width[i], utf8.RuneCountInString(row[i]))
		}
		if t.width[i] > 0 {
			t.width[i] = max(t.width[i], len(t.header[i]))
		}
	}
	over, widest := -len(gap)-t.screen, 0
	for _, w := range t.width {
		if w > 0 {
			over += w + len(gap)
		}
	}
	for i := range t.width {
		if t.prose[i] {
			over = t.narrow(i, over, leastProse)
		}
		if t.width[i] > t.width[widest] {
			widest = i
		}
	}
	t.narrow(widest, over, leastWidth)
}

// narrow takes from a column, and returns what is left to take.
func (t *table) narrow(i, over, least int) int {
	take := max(0, min(over, t.width[i]-least))
	t.width[i] -= take
	return over - take
}

func (t *table) line(b *strings.Builder, row []string) {
	last := len(row) - 1
	for last > 0 && (t.width[last] == 0 || row[last] == "") {
		last--
	}
	for i := 0; i <= last; i++ {
		if t.width[i] == 0 {
			continue
		}
		s := fit(row[i], t.width[i])
		space := strings.Repeat(" ", t.width[i]-utf8.RuneCountInString(s))
		if t.right[i] {
			s, space = space+s, ""
		}
		b.WriteString(s)
		if i < last {
			b.WriteString(space + gap)
		}
	}
	b.WriteByte('\n')
}

// fit shortens s to width runes: prose at its end, anything else in the middle,
// since both ends of a key or a path tell more.
func fit(s string, width int) string {
	r := []rune(s)
	if len(r) <= width {
		return s
	}
	head := (width - 1) / 2
	if strings.Contains(s, " ") {
		head = width - 1
	}
	return string(r[:head]) + "…" + string(r[len(r)-(width-1-head):])
}

// wrap breaks a line between words where the screen ends, and indents what
// follows by two. A word that is wider than the screen stays whole.
func (s screen) wrap(line string) string {
	var b strings.Builder
	at := 0
	for i, word := range strings.Split(line, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at > 2 && at+1+n > s.width-1:
			b.WriteString("\n  ")
			at = 2
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}

// wrapAll wraps each line of a text.
func (s screen) wrapAll(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = s.wrap(lines[i])
	}
	return strings.Join(lines, "\n")
}

// The colours of a diff.
const (
	green  = "\x1b[32m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
)

func (s screen) paint(colour, text string) string {
	if !s.colour {
		return text
	}
	return colour + text + "\x1b[0m"
}
