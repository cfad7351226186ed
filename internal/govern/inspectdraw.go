package govern

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/lineage"
	"govd/internal/store"
	"govd/internal/tree"
	"govd/internal/validate/stat"
)

// InspectionDrawn: a sample of a version was drawn. What is on it is secret.
type InspectionDrawn struct {
	Inspection gov.InspectionID `json:"inspection"`
	Dataset    gov.DatasetName  `json:"dataset"`
	Number     uint64           `json:"number"` // of the version; 0: it is of a lot
	Lot        string           `json:"lot,omitempty"`
	Root       gov.Digest       `json:"root"`
	Design     gov.Digest       `json:"design"`
	Sheet      gov.Digest       `json:"sheet"`
	Gold       gov.Digest       `json:"gold"`
	Commitment gov.Digest       `json:"commitment"` // to the secret that drew it
	Ahead      gov.Digest       `json:"ahead"`      // to that of the project's next inspection
}

func (*InspectionDrawn) name() string { return "inspection.drawn" }

func (e *InspectionDrawn) apply(tx *store.Tx, o origin) error {
	tx.Next(inspectionCounter)
	published, err := spend(tx, e.Dataset.Project(), e.Commitment, e.Ahead, o)
	if err != nil {
		return err
	}
	n := gov.NumberedNode(gov.InspectionNode, uint64(e.Inspection))
	var checked []lineage.Edge
	if e.Lot == "" {
		checked = append(checked, lineage.Edge{From: gov.VersionOf(e.Dataset, e.Number), Kind: lineage.CheckedBy, To: n})
	}
	return errors.Join(known(tx, o, n), link(tx, o, checked...), tx.PutInspection(gov.Inspection{
		ID: e.Inspection, Dataset: e.Dataset, Number: e.Number, Lot: e.Lot, Root: e.Root, State: gov.InspectionOpen,
		Design: e.Design, Sheet: e.Sheet, Gold: e.Gold, Commitment: e.Commitment, Committed: published,
		By: o.who, Drawn: o.time, Entry: o.index,
	}))
}

// DrawInspection is a request for an inspection. Of the design, the strata and
// the share of gold are filled in.
type DrawInspection struct {
	Ref    gov.Ref
	Lot    string // that waits, of the dataset that Ref names; "": it is of a version
	Design inspect.Design
	Gold   []Gold // if none, govd plants errors
	DryRun bool   // plan it, draw nothing
}

// An InspectionPlan is what comes of it.
type InspectionPlan struct {
	Inspection gov.InspectionID // 0 of a dry run
	Version    gov.Version
	Design     inspect.Design
	Plans      []inspect.Plan
	Curves     [][]stat.Point // of each plan: how often it passes, at which rates
	Golds      uint64         // gold items among the sample
	Index      uint64         // the log entry
}

// DrawInspection draws a sample of a version, or of a lot that waits, for people
// to look at. Returns
// gov.Conflict if another inspection of the same records is open, and
// gov.Denied, which is recorded, if one has failed.
func (s *Service) DrawInspection(ctx context.Context, c Call, in DrawInspection) (d InspectionPlan, err error) {
	at := gov.Place(in.Ref.Dataset)
	var secret inspect.Secret
	var refused error
	err = s.see(ctx, c, gov.InspectDraw, at, func(tx *store.Tx) error {
		if d.Version, err = inspectable(tx, &in); err != nil {
			return err
		}
		if secret, err = secretAhead(tx, at.Project()); err != nil {
			return err
		}
		if _, again, err := tx.Request(c.Actor.Person, c.Request); err != nil || again {
			return err
		}
		refused = mayInspect(tx, d.Version, &in.Design)
		return nil
	})
	w := drawing{InspectionPlan: d, from: nodes{ctx, s}, secret: secret}
	if err == nil && refused == nil {
		err = s.lay(ctx, &w, in)
	}
	if err != nil || in.DryRun {
		return w.InspectionPlan, errors.Join(err, refused)
	}
	done, err := write(ctx, s, c, action{do: gov.InspectDraw, at: at, args: in}, func(tx *store.Tx) (*InspectionDrawn, error) {
		if refused != nil {
			return nil, refused
		}
		if err := mayInspect(tx, w.Version, &w.Design); err != nil {
			return nil, err
		}
		if err := stillAhead(tx, at.Project(), secret); err != nil {
			return nil, err
		}
		if _, err := inspectable(tx, &in); err != nil {
			return nil, err
		}
		ev, err := w.event(tx)
		if err == nil {
			ev.Lot = in.Lot
		}
		return ev, err
	})
	w.Inspection, w.Index = 0, done.Index
	if err == nil {
		w.Inspection = done.Event.Inspection
	}
	return w.InspectionPlan, err
}

// inspectable returns what is to be inspected: a version or, as if it were one
// without a number, a lot that waits.
func inspectable(tx *store.Tx, in *DrawInspection) (v gov.Version, err error) {
	if in.Lot == "" {
		if in.Design.Asks == inspect.Intake {
			return v, gov.Errorf(gov.Invalid, "NO_LOT", "an inspection of intake is of a lot: name it")
		}
		return resolve(tx, in.Ref)
	}
	in.Design.Asks = inspect.Intake
	lot, err := waitingLot(tx, in.Ref.Dataset, in.Lot)
	v.Dataset, v.Tree, v.Entry = lot.Dataset, lot.Tree, lot.Entry
	return v, err
}

// mayInspect refuses a second chance: who could ask the same again after a
// failure, or with several samples at once, could certify anything.
func mayInspect(tx *store.Tx, v gov.Version, d *inspect.Design) error {
	for row, err := range tx.InspectionsOf(v.Dataset, 0) {
		if err != nil {
			return err
		}
		if row.Root != v.Tree.Root || row.State != gov.InspectionOpen && row.State != gov.InspectionFailed {
			continue
		}
		other, err := designOf(tx, row)
		if err != nil {
			return err
		}
		switch {
		case other.Question() != d.Question():
		case row.State == gov.InspectionOpen:
			return gov.Errorf(gov.Conflict, "INSPECTION_OPEN", "inspection %s of the same records is open", row.ID)
		case row.State == gov.InspectionFailed:
			return gov.Errorf(gov.Denied, "INSPECTION_FAILED", "inspection %s of the same records has failed: mend the labels, and inspect the version that comes of it", row.ID)
		}
	}
	return nil
}

// A drawing is a sample being drawn.
type drawing struct {
	InspectionPlan
	from   tree.Source
	secret inspect.Secret
	seed   gov.Digest
	pool   goldPool
	sheet  *inspect.Sheet
	doc    []byte // of the design
}

// lay plans the inspection and, unless it is only to be planned, draws the
// sample.
func (s *Service) lay(ctx context.Context, w *drawing, in DrawInspection) (err error) {
	w.Design = in.Design
	if w.pool, err = checkGold(w.from, w.Version, in.Gold); err != nil {
		return err
	}
	totals, err := w.stratify()
	if err != nil {
		return err
	}
	n, err := w.plan(totals)
	if err != nil || in.DryRun {
		return err
	}
	if w.doc, err = w.Design.Document(); err != nil {
		return err
	}
	w.seed = w.secret.Seed(w.Version.Tree.Root, gov.DocumentDigest(w.doc))
	if len(in.Gold) == 0 {
		names, err := s.namesUsed(ctx, w)
		if err != nil {
			return err
		}
		if w.pool, err = planted(w.from, w.Version, w.seed, int(n+n/8+2), names); err != nil {
			return err
		}
	}
	return w.draw()
}

// namesUsed returns the label names in use among the records: nobody has counted
// those of a lot.
func (s *Service) namesUsed(ctx context.Context, w *drawing) ([]string, error) {
	if w.Version.Number > 0 {
		uses, err := s.labelUses(ctx, w.Version)
		return slices.Sorted(maps.Keys(uses)), err
	}
	names := map[string]bool{}
	for r, err := range recordsOf(w.from, w.Version.Tree) {
		if err != nil {
			return nil, err
		}
		for _, l := range r.Labels {
			names[l.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// stratify counts the records of each stratum, and sets the design's.
func (w *drawing) stratify() (totals []uint64, err error) {
	by := map[string]uint64{}
	for r, err := range recordsOf(w.from, w.Version.Tree) {
		if err != nil {
			return nil, err
		}
		if !w.pool.has(r.Key) {
			by[w.stratum(r)]++
		}
		if len(by) > inspect.MaxStrata {
			return nil, gov.Errorf(gov.Exhausted, "TOO_MANY_STRATA", "%s has more than %d values: inspect by a coarser attribute", w.Design.By, inspect.MaxStrata)
		}
	}
	names := slices.Sorted(maps.Keys(by))
	if w.Design.By != "" {
		w.Design.Strata = names
	}
	for _, name := range names {
		totals = append(totals, by[name])
	}
	if len(totals) == 0 {
		err = gov.Errorf(gov.Invalid, "EMPTY_STRATUM", "%s has no records to draw from", w.Version.Ref())
	}
	return totals, err
}

func (w *drawing) stratum(r *gov.Record) string {
	if w.Design.By == "" {
		return ""
	}
	return r.Attributes[w.Design.By]
}

// plan sizes the sample, and the gold among it: all that somebody brings, or as
// much as it takes to show the planned sensitivity.
func (w *drawing) plan(totals []uint64) (plants uint64, err error) {
	d := &w.Design
	d.Gold = 1 // the least there can be, until the size of the sample is known
	if w.Plans, err = d.Plans(totals); err != nil {
		return 0, err
	}
	others := uint64(0)
	for i := range w.Plans {
		others += w.Plans[i].Items()
		w.Curves = append(w.Curves, d.Curve(&w.Plans[i], d.Rates()))
	}
	if w.Golds = uint64(len(w.pool.Items)); w.Golds > 0 {
		d.Gold = inspect.ShareOf(w.Golds, others)
	} else {
		w.Golds, d.Gold = d.GoldFor(w.Plans)
		if records := w.Version.Tree.Records; w.Golds > records/2 {
			return 0, gov.Errorf(gov.Invalid, "TOO_FEW_RECORDS", "of %d records, the plan would use %d for planted errors: bring gold items, or plan for a lower sensitivity", records, w.Golds)
		}
	}
	_, err = d.Plans(totals) // with the gold, it may be too long
	return w.Golds, err
}

// draw draws the sample.
func (w *drawing) draw() error {
	sample, err := inspect.NewDraw(&w.Design, w.seed, w.pool.has)
	if err != nil {
		return err
	}
	for r, err := range recordsOf(w.from, w.Version.Tree) {
		if err == nil {
			err = sample.Add(r.Key, w.stratum(r))
		}
		if err != nil {
			return err
		}
	}
	if w.sheet, err = sample.Close(w.pool.items()); err != nil {
		return err
	}
	if shows := w.Design.Shows(w.sheet); shows < w.Design.Sensitivity {
		return gov.Errorf(gov.Invalid, "TOO_LITTLE_GOLD",
			"the gold items can show a sensitivity of %v at best, and the plan counts on %v: bring more that are wrong, or plan for less", shows, w.Design.Sensitivity)
	}
	w.Plans = w.sheet.Plans
	return nil
}

// event lays what is secret beside the log.
func (w *drawing) event(tx *store.Tx) (ev *InspectionDrawn, err error) {
	ev = &InspectionDrawn{
		Inspection: gov.InspectionID(tx.Counter(inspectionCounter) + 1), Dataset: w.Version.Dataset, Number: w.Version.Number,
		Root: w.Version.Tree.Root, Design: gov.DocumentDigest(w.doc), Commitment: w.secret.Commitment(),
	}
	if ev.Sheet, err = sealed(tx, w.sheet); err != nil {
		return nil, err
	}
	if ev.Gold, err = sealed(tx, w.pool); err != nil {
		return nil, err
	}
	if ev.Ahead, err = newSecret(tx); err != nil {
		return nil, err
	}
	return ev, errors.Join(tx.PutDocument(ev.Design, w.doc), tx.PutSecret(ev.Commitment, w.secret))
}

// recordsOf yields the records of a tree but for those that were erased.
func recordsOf(from tree.Source, root gov.Tree) iter.Seq2[*gov.Record, error] {
	return func(yield func(*gov.Record, error) bool) {
		for e, err := range tree.Range(from, root, nil, nil) {
			if err == nil && e.Erased {
				continue
			}
			var r *gov.Record
			if err == nil {
				r, err = gov.DecodeRecord(string(e.Key), e.Value)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func recordAt(from tree.Source, root gov.Tree, key string) (*gov.Record, error) {
	value, err := tree.Get(from, root, []byte(key))
	if err != nil {
		return nil, err
	}
	return gov.DecodeRecord(key, value)
}
