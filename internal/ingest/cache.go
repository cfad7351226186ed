package ingest

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"time"

	"govd/internal/gov"
	"govd/internal/imagefacts"
)

// The frame of a directory's files holds an entry for each that had settled
// when it was read, ascending by key:
//
//	key | stamp | content (32) | media type (uvarint length, bytes) |
//	0, or 1 and the facts as uvarints in the order of gov.ImageFacts
//
// Listing and frame have the same order, so a lookup is a merge.

// filesMagic also names the version of the facts, which are worth nothing
// under another.
func filesMagic() string { return fmt.Sprintf("govd files 1.%d\n", imagefacts.Version) }

// filesPath returns where the frame of the listing's directory is.
func filesPath(l *Listing) string {
	dir, err := filepath.Abs(l.options.Dir)
	if err != nil {
		dir = l.options.Dir
	}
	return framePath(l.options.Cache, "files", dir)
}

// recall fills in the items of files that are as the cache knows them, and
// returns the indexes of the others.
func recall(l *Listing, items []item) (stale []int) {
	c := &entries{known: map[string]string{}}
	if l.options.Cache != "" {
		c.b, _ = readFrame(filesPath(l), filesMagic())
	}
	c.next()
	for i, f := range l.files {
		for c.ok && string(c.key) < f.key {
			c.next()
		}
		if c.ok && string(c.key) == f.key && c.stamp == f.stamp {
			items[i] = c.item
		} else {
			stale = append(stale, i)
		}
	}
	return stale
}

// keep writes the frame. Reading began at start.
func keep(l *Listing, items []item, start time.Time) error {
	if l.options.Cache == "" {
		return nil
	}
	return writeFrame(filesPath(l), filesMagic(), appendEntries(nil, l.files, items, start))
}

func appendEntries(b []byte, files []file, items []item, start time.Time) []byte {
	before := ""
	for i, f := range files {
		it := &items[i]
		if it.moved || it.content.IsZero() || !f.settled(start) {
			continue
		}
		b = appendKey(b, before, f.key)
		b = f.stamp.append(b)
		b = append(b, it.content[:]...)
		b = binary.AppendUvarint(b, uint64(len(it.media)))
		b = append(b, it.media...)
		b = appendFacts(b, it.facts)
		before = f.key
	}
	return b
}

func appendFacts(b []byte, f *gov.ImageFacts) []byte {
	if f == nil {
		return append(b, 0)
	}
	b = append(b, 1)
	for _, v := range [...]uint64{
		uint64(f.Width), uint64(f.Height), f.PHash, f.Sharpness,
		uint64(f.Blur), uint64(f.Dark), uint64(f.Light), uint64(f.Entropy),
	} {
		b = binary.AppendUvarint(b, v)
	}
	if f.Gray {
		return append(b, 1)
	}
	return append(b, 0)
}

// Entries walk over a frame's entries.
type entries struct {
	cursor
	ok    bool // there is an entry: key, stamp and item
	stamp stamp
	item  item
	known map[string]string // media types met, to hold each once
}

func (e *entries) next() {
	if e.ok = len(e.b) > 0; !e.ok {
		return
	}
	e.nextKey()
	e.stamp = stamp{size: int64(e.u64()), mtime: int64(e.u64()), ctime: int64(e.u64()), inode: e.u64()}
	e.item = item{size: e.stamp.size}
	copy(e.item.content[:], e.take(32))
	e.item.media = e.media()
	e.item.facts = e.facts()
	e.ok = !e.bad
}

func (e *entries) media() string {
	b := e.take(e.uvarint())
	if s, ok := e.known[string(b)]; ok {
		return s
	}
	s := string(b)
	e.known[s] = s
	return s
}

func (c *cursor) facts() *gov.ImageFacts {
	if b := c.take(1); len(b) == 0 || b[0] == 0 {
		return nil
	}
	f := &gov.ImageFacts{
		Width: uint32(c.uvarint()), Height: uint32(c.uvarint()), PHash: c.uvarint(), Sharpness: c.uvarint(),
		Blur: uint32(c.uvarint()), Dark: uint32(c.uvarint()), Light: uint32(c.uvarint()), Entropy: uint32(c.uvarint()),
	}
	f.Gray = c.uvarint() == 1
	return f
}
