package govern

import (
	"bytes"
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

// LineageImported: another system's OpenLineage events were taken in. They lie
// beside the log in one document, one on each line, as they were sent.
type LineageImported struct {
	Events gov.Digest `json:"events"`
	Count  uint64     `json:"count"`
	Own    string     `json:"own"` // the namespace by which they name this server's own things
}

func (*LineageImported) name() string { return "lineage.imported" }

func (e *LineageImported) apply(tx *store.Tx, o origin) error { return e.take(tx, o, nil) }

// An importing is the event on its way to the log, with the events that were
// read when they were asked to be taken in.
type importing struct {
	*LineageImported
	read []readEvent
}

func (e *importing) apply(tx *store.Tx, o origin) error { return e.take(tx, o, e.read) }

// A readEvent is what is needed of an event to take it in.
type readEvent struct {
	digest gov.Digest
	claims *lineage.Claims
}

func newReadEvent(e *lineage.Event, own string) readEvent { return readEvent{e.Digest, e.Claims(own)} }

// take takes in the events of the document. They are read from it unless they
// have been read.
func (e *LineageImported) take(tx *store.Tx, o origin, read []readEvent) error {
	doc, err := tx.Document(e.Events)
	if err != nil {
		return err
	}
	l := newLinker(tx, o)
	offset := 0
	for line := range bytes.Lines(doc) {
		at := store.EventPlace{Entry: o.index, Offset: uint32(offset), Length: uint32(len(line) - 1)}
		if offset += len(line); len(read) == 0 {
			event, err := lineage.ParseEvent(line[:len(line)-1])
			if err != nil {
				return err
			}
			read = append(read, newReadEvent(event, e.Own))
		}
		if err := l.fold(read[0], at); err != nil {
			return err
		}
		read = read[1:]
	}
	return l.end()
}

// fold takes in an event. One that was taken in before changes nothing, nor does
// one whose lists would grow beyond all bounds.
func (l *linker) fold(e readEvent, at store.EventPlace) error {
	if _, again, err := l.tx.Event(e.digest); err != nil || again {
		return err
	}
	effect, err := e.claims.Fold(cells{l.tx})
	if errors.Is(err, gov.Exhausted) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, c := range effect.Cells {
		l.tx.PutCell(c.Key, c.Value)
	}
	if err := errors.Join(l.tx.PutEvent(e.digest, at), l.unlink(effect.Ended), l.link(effect.Begun)); err != nil {
		return err
	}
	for _, d := range effect.Dropped {
		if err := l.tx.PutDrop(store.Drop{Dataset: d.Dataset, Entry: l.o.index}, d.Time); err != nil {
			return err
		}
	}
	for _, n := range effect.Resolved {
		if err := l.known(n); err != nil {
			return err
		}
	}
	return nil
}

// How much one entry imports.
const (
	MaxImportEvents = 2000
	MaxImportBytes  = 4 << 20
)

// Imported says what became of events that were sent.
type Imported struct {
	Count    uint64 // events
	Again    uint64 // of them, that were known already
	Warnings uint64 // faults in facets, which were left out
	Index    uint64 // the log entry; 0 if every event was known
}

// ImportLineage takes in OpenLineage events, all or none: the first that cannot
// be is named by its number, counted from 1, and the others that cannot be are
// counted. An event that is known already is left out.
func (s *Service) ImportLineage(ctx context.Context, c Call, project gov.Project, lines [][]byte) (in Imported, err error) {
	if len(lines) > MaxImportEvents {
		return in, gov.Errorf(gov.Exhausted, "TOO_MANY_EVENTS", "%d events at once, %d at most", len(lines), MaxImportEvents)
	}
	events, err := parseEvents(lines)
	if err != nil {
		return in, err
	}
	in.Count = uint64(len(events))
	ev := &importing{LineageImported: &LineageImported{Own: "govd://" + s.key.Origin()}}
	var doc bytes.Buffer
	err = s.see(ctx, c, gov.LineageImport, gov.Place(project), func(tx *store.Tx) error {
		seen := map[gov.Digest]bool{}
		for i, e := range events {
			in.Warnings += uint64(len(e.Warnings))
			if err := s.mayImport(tx, c, i, e); err != nil {
				return err
			}
			_, again, err := tx.Event(e.Digest)
			if err != nil {
				return err
			}
			if again || seen[e.Digest] {
				in.Again++
				continue
			}
			seen[e.Digest] = true
			ev.read = append(ev.read, newReadEvent(e, ev.Own))
			doc.Write(oneLine(lines[i]))
			doc.WriteByte('\n')
		}
		return nil
	})
	if err != nil || doc.Len() == 0 {
		return in, err
	}
	if doc.Len() > MaxImportBytes {
		return in, gov.Errorf(gov.Exhausted, "TOO_MANY_EVENTS", "%d bytes of events at once, %d at most", doc.Len(), MaxImportBytes)
	}
	ev.Events, ev.Count = gov.DocumentDigest(doc.Bytes()), in.Count-in.Again
	done, err := write(ctx, s, c, action{do: gov.LineageImport, at: gov.Place(project), args: ev.LineageImported}, func(tx *store.Tx) (*importing, error) {
		if _, err := tx.Project(project); err != nil {
			return nil, err
		}
		return ev, tx.PutDocument(ev.Events, doc.Bytes())
	})
	in.Index = done.Index
	return in, err
}

// oneLine takes out line breaks, which in JSON lie between its parts alone.
func oneLine(line []byte) []byte {
	if !bytes.ContainsAny(line, "\n\r") {
		return line
	}
	return bytes.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return ' '
		}
		return r
	}, line)
}

// parseEvents parses events, and names the first that is none.
func parseEvents(lines [][]byte) (events []*lineage.Event, err error) {
	bad := 0
	for i, line := range lines {
		e, fault := lineage.ParseEvent(line)
		if fault != nil {
			if bad++; bad == 1 {
				err = gov.Errorf(gov.Invalid, gov.ReasonOf(fault), "event %d: %v", i+1, fault)
			}
			continue
		}
		events = append(events, e)
	}
	if bad > 1 {
		err = gov.Errorf(gov.Invalid, gov.ReasonOf(err), "%v (and %d more)", err, bad-1)
	}
	return events, err
}

// mayImport refuses events about a run of this server from all but who started
// it, and the facets of govd from all but who may back it up: they can say
// anything of anything.
func (s *Service) mayImport(tx *store.Tx, c Call, i int, e *lineage.Event) error {
	if e.Kind == lineage.RunEvent {
		r, err := tx.Run(e.Run)
		if err == nil {
			err = mustOwn(c, r)
		}
		if err != nil && !errors.Is(err, gov.NotFound) {
			return err
		}
	}
	if !e.DeclaresEdges() {
		return nil
	}
	may, err := s.reads(tx, c, gov.ServerBackup, gov.Server)
	if err == nil && !may {
		err = gov.Errorf(gov.Denied, "OWN_EDGES", "event %d declares edges in the facets of govd, which is for who restores a history", i+1)
	}
	return err
}
