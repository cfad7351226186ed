package ctl

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// A bar shows progress on the last line of a terminal. A nil bar shows nothing.
type bar struct {
	out   io.Writer
	now   func() time.Time
	doing string
	words func(uint64) string // says an amount
	begun time.Time
	drawn time.Time // when last; zero: never
}

const (
	barDelay = 300 * time.Millisecond // keeps bars away from what is quickly done
	barPause = 100 * time.Millisecond // between two drawings
	barWidth = 24
)

// newBar returns a bar on stderr; nil unless that is a terminal.
func (a *app) newBar(doing string, words func(uint64) string) *bar {
	if _, ok := terminal(a.stderr); !ok {
		return nil
	}
	return &bar{out: a.stderr, now: a.now, doing: doing, words: words, begun: a.now()}
}

// set says how far things are, of a total that may be unknown (0).
func (b *bar) set(done, total uint64) {
	if b == nil {
		return
	}
	now := b.now()
	if now.Sub(b.begun) < barDelay || now.Sub(b.drawn) < barPause {
		return
	}
	b.drawn = now
	fmt.Fprintf(b.out, "\r%s\x1b[K", b.line(done, total, now.Sub(b.begun)))
}

func (b *bar) line(done, total uint64, took time.Duration) string {
	speed := b.words(uint64(float64(done)/took.Seconds())) + "/s"
	if total == 0 {
		return fmt.Sprintf("%s  %s  %s", b.doing, b.words(done), speed)
	}
	full := int(barWidth * min(float64(done)/float64(total), 1))
	return fmt.Sprintf("%s  [%s%s] %s of %s  %s", b.doing, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full),
		b.words(done), b.words(total), speed)
}

// stop takes the bar away.
func (b *bar) stop() {
	if b != nil && !b.drawn.IsZero() {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
