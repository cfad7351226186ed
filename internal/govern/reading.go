package govern

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"iter"
	"slices"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate"
	"govd/internal/validate/measure"
)

// ContentsRead: contents of a version were read again, where they lie.
type ContentsRead struct {
	Dataset  gov.DatasetName `json:"dataset"`
	Number   uint64          `json:"number"`
	Version  gov.Digest      `json:"version"`
	Of       uint64          `json:"of"`
	Read     uint64          `json:"read"`
	Failed   uint64          `json:"failed"`
	Wrong    uint64          `json:"wrong"`
	Broken   uint64          `json:"broken"`
	Document gov.Digest      `json:"document"`
	Server   bool            `json:"server,omitempty"` // it read them itself; else the caller's client did
}

func (*ContentsRead) name() string { return "contents.read" }

func (e *ContentsRead) apply(tx *store.Tx, o origin) error { return tx.PutReading(e.reading(o)) }

func (e *ContentsRead) reading(o origin) gov.Reading {
	return gov.Reading{
		Dataset: e.Dataset, Number: e.Number, Version: e.Version, Of: e.Of, Read: e.Read, Failed: e.Failed, Wrong: e.Wrong, Broken: e.Broken,
		Document: e.Document, Server: e.Server, By: o.who, Time: o.time, Entry: o.index,
	}
}

// A Drawn is the contents of a version that are to be read again for a stage:
// none, a random sample or all of them.
type Drawn struct {
	Version gov.Version
	Size    uint64
	Records iter.Seq2[Row, error] // in order of key
}

// DrawContents draws what is to be read. The same version gives the same sample;
// nobody can tell before it is registered which records that will be.
func (s *Service) DrawContents(ctx context.Context, c Call, ref gov.Ref, stage gov.Stage) (d Drawn, err error) {
	r, err := s.beginCheck(ctx, c, Check{Ref: ref, Stage: stage})
	if err != nil {
		return d, err
	}
	d.Version = r.version
	if d.Size, err = r.policy.Content.SampleSize(r.version.Tree.Records); err != nil || d.Size == 0 {
		d.Records = func(func(Row, error) bool) {}
		return d, err
	}
	if d.Size > measure.MaxBottom {
		d.Size = r.version.Tree.Records
	}
	if d.Size == r.version.Tree.Records {
		d.Records, err = s.Records(ctx, c, r.version.Ref(), Span{})
		return d, err
	}
	keys, err := r.sample(d.Size)
	d.Records = r.rows(keys)
	return d, err
}

// sample returns the keys of so many records, in order.
func (r *checkup) sample(n uint64) ([]string, error) {
	salt, err := r.requestSalt(r.ctx)
	if err != nil {
		return nil, err
	}
	seed := hmac.New(sha256.New, salt[:])
	seed.Write([]byte("govd/contents/1"))
	seed.Write(r.version.Digest[:])
	drawn := measure.Sample{Seed: [32]byte(seed.Sum(nil)), K: int(n)}
	p, err := measure.NewSet(drawn).Fold(nodes{r.ctx, r.Service}, nil, r.version.Tree)
	if err != nil {
		return nil, err
	}
	keys := drawn.In(p).Keys()
	slices.Sort(keys)
	return keys, nil
}

// rows yields the records of keys.
func (r *checkup) rows(keys []string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, key := range keys {
			row := Row{Key: key}
			value, err := tree.Get(nodes{r.ctx, r.Service}, r.version.Tree, []byte(key))
			if err == nil {
				row.Record, err = gov.DecodeRecord(key, value)
			}
			if gov.ReasonOf(err) == "ERASED" {
				err = nil
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// A Finding is what reading one content found.
type Finding struct {
	Key       string
	Content   gov.Digest
	Size      uint64
	MediaType string
	Decodes   bool
	Unread    bool // the content could not be read; then the rest is not set
}

// foundContents is the document of a reading: its witnesses.
type foundContents struct {
	Wrong  []string `json:"wrong,omitempty"`
	Broken []string `json:"broken,omitempty"`
}

// ReadContents records what reading the drawn contents found. The findings must
// be of what DrawContents drew, in its order.
func (s *Service) ReadContents(ctx context.Context, c Call, ref gov.Ref, stage gov.Stage, findings iter.Seq2[Finding, error]) (gov.Reading, error) {
	d, err := s.DrawContents(ctx, c, ref, stage)
	if err != nil {
		return gov.Reading{}, err
	}
	ev, found := beginReading(d), foundContents{}
	if err := ev.collect(d, findings, &found); err != nil {
		return gov.Reading{}, err
	}
	return s.recordReading(ctx, c, ev, &found)
}

func beginReading(d Drawn) *ContentsRead {
	return &ContentsRead{Dataset: d.Version.Dataset, Number: d.Version.Number, Version: d.Version.Digest, Of: d.Version.Tree.Records}
}

func (s *Service) recordReading(ctx context.Context, c Call, ev *ContentsRead, found *foundContents) (gov.Reading, error) {
	doc, err := json.Marshal(found)
	if err != nil {
		return gov.Reading{}, err
	}
	ev.Document = gov.DocumentDigest(doc)
	done, err := write(ctx, s, c, action{do: gov.CheckRun, at: gov.Place(ev.Dataset), args: ev}, func(tx *store.Tx) (*ContentsRead, error) {
		return ev, tx.PutDocument(ev.Document, doc)
	})
	if err != nil {
		return gov.Reading{}, err
	}
	return done.Event.reading(origin{index: done.Index, time: done.Time, who: c.Actor.Person}), nil
}

// collect compares findings with the records that were drawn.
func (e *ContentsRead) collect(d Drawn, findings iter.Seq2[Finding, error], found *foundContents) error {
	next, stop := iter.Pull2(findings)
	defer stop()
	for row, err := range d.Records {
		if err != nil {
			return err
		}
		if row.Record == nil { // erased: there is nothing to compare with
			continue
		}
		f, err, more := next()
		switch {
		case err != nil:
			return err
		case !more || f.Key != row.Key:
			return gov.Errorf(gov.Invalid, "NOT_DRAWN", "record %q was drawn, and there is no finding of it in its place", row.Key)
		}
		e.add(&f, row.Record, found)
	}
	if f, err, more := next(); more {
		if err == nil {
			err = gov.Errorf(gov.Invalid, "NOT_DRAWN", "record %q was not drawn", f.Key)
		}
		return err
	}
	return nil
}

// add counts what was found of one content.
func (e *ContentsRead) add(f *Finding, r *gov.Record, found *foundContents) {
	if f.Unread {
		e.Failed++
		return
	}
	e.Read++
	if f.Content != r.Content || f.Size != r.Size || f.MediaType != r.MediaType {
		if e.Wrong++; e.Wrong <= validate.MaxWitnesses {
			found.Wrong = append(found.Wrong, f.Key)
		}
	}
	if !f.Decodes {
		if e.Broken++; e.Broken <= validate.MaxWitnesses {
			found.Broken = append(found.Broken, f.Key)
		}
	}
}

// readingOf returns what the newest reading of a version's contents found, the
// newest of the server's own if the policy asks for that; nil if there is none.
func readingOf(tx *store.Tx, v gov.Version, by validate.Reader) (*validate.Contents, error) {
	var last *validate.Contents
	for row, err := range tx.Readings(v.Dataset, v.Number) {
		if err != nil {
			return nil, err
		}
		if by == validate.ByServer && !row.Server && last != nil {
			continue
		}
		doc, err := tx.Document(row.Document)
		if err != nil {
			return nil, err
		}
		var found foundContents
		if err := json.Unmarshal(doc, &found); err != nil {
			return nil, err
		}
		read := &validate.Contents{
			Of: row.Of, Read: row.Read, Failed: row.Failed, Wrong: found.Wrong, Broken: found.Broken, WrongAll: row.Wrong, BrokenAll: row.Broken,
			Server: row.Server, By: string(row.By),
		}
		if by != validate.ByServer || row.Server {
			return read, nil
		}
		last = read // which is not enough, and is told
	}
	return last, nil
}
