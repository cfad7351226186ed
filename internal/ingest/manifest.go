package ingest

import (
	"context"
	"iter"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"govd/internal/gov"
)

// A Manifest is the records of a directory.
type Manifest struct {
	// Problems are the files that cannot be records, ascending by key. The
	// caller decides whether to go on without them.
	Problems []Problem

	// CacheErr is why the cache could not be written. The manifest is sound;
	// reading the directory again will take as long as it did.
	CacheErr error

	listing *Listing
	items   []item // of the listing's files, in their order
	notes   notes  // what the label file says; nil without one
	sums    []sum  // of the records, in their order
	settled bool   // the fingerprint vouches for the records
}

// Read reads the label file, then the files that the cache does not know, and
// writes the cache, also when it is stopped. The first culprit
// is named and the rest counted in errors of kind gov.Invalid: BAD_LABELS for
// a label file that is not well formed, LABEL_WITHOUT_FILE, FILE_WITHOUT_LABEL,
// and BAD_RECORD for what no record may hold.
func (l *Listing) Read(ctx context.Context) (*Manifest, error) {
	m := &Manifest{listing: l, items: make([]item, len(l.files))}
	var err error
	if m.notes, err = l.options.Labels.read(ctx); err != nil {
		return nil, err
	}
	if err := m.match(); err != nil {
		return nil, err
	}
	start := l.options.clock()
	stale := recall(l, m.items)
	err = m.readFiles(ctx, stale)
	if len(stale) > 0 {
		m.CacheErr = keep(l, m.items, start)
	}
	if err != nil {
		return nil, err
	}
	m.settle(start)
	return m, m.sumRecords(ctx)
}

// readFiles reads the files of the given indexes.
func (m *Manifest) readFiles(ctx context.Context, stale []int) error {
	g, ctx := errgroup.WithContext(ctx)
	o := &m.listing.options
	pixels := semaphore.NewWeighted(pixelBudget)
	var next atomic.Int64
	p := progress{total: len(stale), report: o.Progress}
	for range min(o.workers(), len(stale)) {
		g.Go(func() error {
			r := reader{pixels: pixels}
			for {
				n := int(next.Add(1)) - 1
				if n >= len(stale) {
					return nil
				}
				i := stale[n]
				f := m.listing.files[i]
				it, err := r.read(ctx, filepath.Join(o.Dir, filepath.FromSlash(f.key)), f)
				if err != nil {
					return err
				}
				m.items[i] = it
				p.add(f.size)
			}
		})
	}
	return g.Wait()
}

// progress counts what has been read.
type progress struct {
	total  int
	report func(done, total int, bytes int64)

	mu    sync.Mutex
	done  int
	bytes int64
}

func (p *progress) add(size int64) {
	if p.report == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.bytes += size
	p.report(p.done, p.total, p.bytes)
}

// match finds labels without a file and files without a word in the label file.
func (m *Manifest) match() error {
	if m.notes == nil {
		return nil
	}
	without, bare := complaints{reason: "LABEL_WITHOUT_FILE"}, complaints{reason: "FILE_WITHOUT_LABEL"}
	matched := 0
	for _, f := range m.listing.files {
		if _, ok := m.notes[f.key]; ok {
			matched++
		} else if !m.listing.options.AllowUnlabelled {
			bare.at(0, f.key, "the label file does not mention this file")
		}
	}
	if matched < len(m.notes) {
		m.findStrays(&without)
	}
	if err := without.err(); err != nil {
		return err
	}
	return bare.err()
}

// findStrays complains about each key of the label file that is no file.
func (m *Manifest) findStrays(c *complaints) {
	files := make(map[string]bool, len(m.listing.files))
	for _, f := range m.listing.files {
		files[f.key] = true
	}
	for key, n := range m.notes {
		if !files[key] {
			c.at(n.line, m.listing.options.Labels.place(n.line), "there is no file %q in the directory", key)
		}
	}
}

// settle collects the problems and decides whether the listing's fingerprint
// vouches for the manifest: each file was read, is the one that was walked,
// and had settled.
func (m *Manifest) settle(start time.Time) {
	l := m.listing
	m.settled = l.labels.settled(start)
	for i, it := range m.items {
		if it.problem != nil {
			m.Problems = append(m.Problems, *it.problem)
		}
		m.settled = m.settled && !it.moved && l.files[i].settled(start)
	}
}

// Len returns the number of records.
func (m *Manifest) Len() int { return len(m.items) - len(m.Problems) }

// Bytes returns the size of the records' content.
func (m *Manifest) Bytes() (n int64) {
	for _, it := range m.items {
		n += it.size
	}
	return n
}

// Records yields the records, ascending by key. They have passed Check, and
// their labels and facts must not be changed.
func (m *Manifest) Records() iter.Seq[*gov.Record] {
	return func(yield func(*gov.Record) bool) {
		for i := range m.items {
			if m.items[i].problem == nil && !yield(m.record(i)) {
				return
			}
		}
	}
}

// record makes the record of the ith file.
func (m *Manifest) record(i int) *gov.Record {
	key, it := m.listing.files[i].key, &m.items[i]
	r := &gov.Record{Key: key, Content: it.content, Size: uint64(it.size), MediaType: it.media, Facts: it.facts}
	said := ""
	if n := m.notes[key]; n != nil {
		r.Labels, r.Attributes, said = n.labels, n.attributes, n.split
	}
	if label := folderLabel(key); label != "" && m.listing.options.Labels.kind == folders {
		r.Labels = []gov.Label{{ID: "1", Name: label}}
	}
	r.Split = m.listing.options.Split.of(key, said)
	return r
}
