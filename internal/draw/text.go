package draw

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns s on one line, with every character that does not print, or
// that turns the direction of writing, shown by its code.
func Clean(s string) string {
	if !strings.ContainsFunc(s, unclean) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unclean(r) {
			code := strconv.QuoteRuneToASCII(r)
			b.WriteString(code[1 : len(code)-1])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func unclean(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }

// columns returns how wide s is, in columns of a terminal: characters of East
// Asian scripts and emoji take two, marks above others none.
func columns(s string) (n int) {
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x3fffd):
		return 2
	}
	return 1
}

// fit cuts the middle out of s if it is wider than that many columns: names
// differ at their ends.
func fit(s string, most int) string {
	if columns(s) <= most {
		return s
	}
	runes := []rune(s)
	head, width := 0, 1 // of the dots
	for head < len(runes) && width+runeColumns(runes[head]) <= (most+1)/2 {
		width += runeColumns(runes[head])
		head++
	}
	tail := len(runes)
	for tail > head && width+runeColumns(runes[tail-1]) <= most {
		tail--
		width += runeColumns(runes[tail])
	}
	return string(runes[:head]) + "…" + string(runes[tail:])
}

// escape makes s text in XML.
func escape(s string) string { return html.EscapeString(Clean(s)) }

// says returns all that a node says, for who points at it.
func (n *Node) says() string {
	lines := []string{n.Kind + " " + n.Label}
	if n.Note != "" {
		lines = append(lines, n.Note)
	}
	for _, m := range n.Marks {
		lines = append(lines, m.Word)
	}
	return strings.Join(lines, " · ")
}

// name returns a short name for the nth node in languages that name nodes.
func name(n int) string { return fmt.Sprintf("n%d", n) }
