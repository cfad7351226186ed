package govern

import (
	"context"
	"io"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/trail"
)

// A Line is one entry of the log, and where it is.
type Line struct {
	Index uint64
	Bytes []byte // exactly as hashed
	audit.Entry
}

// A Filter says which entries are wanted. Zero fields want any.
type Filter struct {
	Place   gov.Place // this and what lies within; the server if none
	Person  string    // a name or an id
	Do      gov.Action
	Refused bool // refusals only
	Since   time.Time
}

// maxLooked bounds how many entries one call looks through, and maxPageBytes how
// many bytes of them it returns, but for the last.
const (
	maxLooked    = 50_000
	maxPageBytes = 2 << 20
)

// Entries returns up to n entries that the filter wants, newest first, from
// before the given index on. next is where to go on: 0 when there are no more.
func (s *Service) Entries(ctx context.Context, c Call, f Filter, before uint64, n int) (page []Line, next uint64, err error) {
	if f.Place == "" {
		f.Place = gov.Server
	}
	err = s.see(ctx, c, gov.AuditRead, f.Place, func(tx *store.Tx) error {
		var who gov.PersonID
		if f.Person != "" {
			p, err := findPerson(tx, f.Person)
			if err != nil {
				return err
			}
			who = p.ID
		}
		next = min(before, tx.LogSize())
		size := 0
		for looked := 0; next > 0 && len(page) < n && looked < maxLooked && size < maxPageBytes; looked++ {
			next--
			l, err := line(tx, next)
			if err != nil {
				return err
			}
			if l.Time.Before(f.Since) {
				next = 0
			} else if f.wants(l, who) {
				page = append(page, l)
				size += len(l.Bytes)
			}
		}
		return nil
	})
	return page, next, err
}

func (f Filter) wants(l Line, who gov.PersonID) bool {
	return f.Place.Holds(l.At) && (who == "" || l.Who == who) && (f.Do == "" || l.Do == f.Do) && (!f.Refused || l.Refused != "")
}

// line reads one entry.
func line(tx *store.Tx, index uint64) (Line, error) {
	b, err := tx.Entry(index)
	if err != nil {
		return Line{}, err
	}
	e, err := audit.DecodeEntry(b)
	if err != nil {
		return Line{}, err
	}
	return Line{Index: index, Bytes: append([]byte(nil), b...), Entry: *e}, nil
}

// Entry returns one entry.
func (s *Service) Entry(ctx context.Context, c Call, index uint64) (l Line, err error) {
	// Who may not read the entry is refused as for the whole log, whether there
	// is such an entry or not: so nobody learns where others' entries belong, or
	// where the log ends.
	at := gov.Server
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if index >= tx.LogSize() {
			return nil
		}
		l, err := line(tx, index)
		if err != nil {
			return err
		}
		reads, err := s.reads(tx, c, gov.AuditRead, l.At)
		if reads {
			at = l.At
		}
		return err
	})
	if err != nil {
		return Line{}, err
	}
	err = s.see(ctx, c, gov.AuditRead, at, func(tx *store.Tx) error {
		l, err = line(tx, index)
		return err
	})
	return l, err
}

// Checkpoint returns the newest signed checkpoint, which everyone may have: the
// more people keep one, the harder history is to rewrite.
func (s *Service) Checkpoint(ctx context.Context) (cp []byte, err error) {
	// A View may see a commit before it is on the disk, and a head that a power
	// cut takes back must never be told. The writer runs a function only when
	// the commits before it are durable, and one that writes nothing costs none.
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		cp = tx.Checkpoint()
		return nil
	})
	return cp, err
}

// withHead runs fn on a transaction with the newest signed head that is durable.
// Whatever was visible before is in it. since is the size of a log that the
// reader knows, 0 for none.
func (s *Service) withHead(ctx context.Context, since uint64, fn func(*store.Tx, trail.Head) error) error {
	cp, err := s.Checkpoint(ctx)
	if err != nil {
		return err
	}
	c, err := audit.ParseCheckpoint(cp, s.key.VerifierKey())
	if err == nil && since > c.Size {
		err = gov.Errorf(gov.Invalid, "LOG_SHORTER", "the log has %d entries, and never had %d", c.Size, since)
	}
	if err != nil {
		return err
	}
	return s.store.View(ctx, func(tx *store.Tx) error {
		h, err := trail.NewHead(s.seal.edge.Load().Over(tx), cp, s.key.VerifierKey(), since)
		if err != nil {
			return err
		}
		return fn(tx, h)
	})
}

// Names returns the names of people by id; an id that is no person's is left out.
func (s *Service) Names(ctx context.Context, ids []gov.PersonID) (names map[gov.PersonID]string, err error) {
	names = make(map[gov.PersonID]string, len(ids))
	err = s.store.View(ctx, func(tx *store.Tx) error {
		for _, id := range ids {
			if p, err := tx.Person(id); err == nil {
				names[id] = p.Name
			}
		}
		return nil
	})
	return names, err
}

// LogExported: the whole log was handed out.
type LogExported struct {
	Size uint64 `json:"size"` // entries in the export
}

func (*LogExported) name() string { return "log.exported" }

func (*LogExported) apply(*store.Tx, origin) error { return nil }

// ExportLog records that the caller takes the log, and writes it, that entry
// included, as one file that verifies offline.
func (s *Service) ExportLog(ctx context.Context, c Call, w io.Writer) error {
	_, err := write(ctx, s, c, action{do: gov.AuditExport, at: gov.Server}, func(tx *store.Tx) (*LogExported, error) {
		return &LogExported{tx.LogSize() + 1}, nil
	})
	if err != nil {
		return err
	}
	checkpoint, err := s.Checkpoint(ctx)
	if err != nil {
		return err
	}
	h, err := trail.NewHead(logReader{ctx, s.store}, checkpoint, s.key.VerifierKey(), 0)
	if err != nil {
		return err
	}
	return trail.WriteLog(w, h)
}

// logReader reads the log in a transaction each, as nodes does the trees.
type logReader struct {
	ctx   context.Context
	store *store.Store
}

// LogSize returns how many entries the log has.
func (r logReader) LogSize() (n uint64) {
	r.store.View(r.ctx, func(tx *store.Tx) error {
		n = tx.LogSize()
		return nil
	})
	return n
}

// Entry returns a copy of an entry.
func (r logReader) Entry(i uint64) (b []byte, err error) {
	err = r.store.View(r.ctx, func(tx *store.Tx) error {
		line, err := tx.Entry(i)
		b = append(b, line...)
		return err
	})
	return b, err
}

// Tile returns a copy of a full tile.
func (r logReader) Tile(level int, index uint64) (b []byte, err error) {
	err = r.store.View(r.ctx, func(tx *store.Tx) error {
		tile, err := tx.Tile(level, index)
		b = append(b, tile...)
		return err
	})
	return b, err
}
