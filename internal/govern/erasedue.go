package govern

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
)

// ages knows when records of a dataset were registered: with the first version
// that has their key and content, whatever their labels were since. It must be
// asked about all of them, the oldest version first. What it remembers of a record
// is the beginning of its tag, which is also what keeps it out when it is erased.
// Values that are gone tell nothing: a record of which an expression took some is as
// old as the first of the others.
type ages struct {
	of    *holding
	at    int                // the version that is looked at
	first map[[16]byte]int32 // the version that had a record first
}

func newAges(h *holding) *ages { return &ages{of: h, first: map[[16]byte]int32{}} }

// record returns when a record was registered, and whether it is seen for the
// first time.
func (a *ages) record(r *gov.Record) (registered time.Time, isNew bool) {
	tag := stayOut(a.of.salt, r.Key, r.Content)
	t := [16]byte(tag[:])
	first, known := a.first[t]
	if !known {
		first = int32(a.at)
		a.first[t] = first
	}
	return a.of.versions[first].Created, !known
}

// A DueDataset is a dataset of which records may only be kept for so long, and
// what has reached that limit.
type DueDataset struct {
	Dataset gov.DatasetName
	gov.Retention
	Cutoff  time.Time // what was registered up to then is due
	Records uint64
	First   []DueRecord // the oldest
	reached bool        // some version is that old
}

// A DueRecord is a record that is due.
type DueRecord struct {
	Key        string
	Registered time.Time
}

const maxDueRecords = 20 // that are named of a dataset

// Due returns the datasets of a project whose records may only be kept for so long,
// by name, and what of them is due now.
func (s *Service) Due(ctx context.Context, c Call, project gov.Project) (all []DueDataset, err error) {
	at := gov.Place(project)
	err = s.see(ctx, c, gov.EraseRead, at, func(tx *store.Tx) error {
		if err := placeExists(tx, at); err != nil {
			return err
		}
		all, err = limitsIn(tx, project)
		return err
	})
	if err != nil || len(all) == 0 {
		return all, err
	}
	held, err := s.holdings(ctx, project)
	for i := 0; err == nil && i < len(held); i++ {
		at := slices.IndexFunc(all, func(d DueDataset) bool { return d.reached && d.Dataset == held[i].dataset.Name })
		if at >= 0 {
			err = s.countDue(ctx, &all[at], &held[i])
		}
	}
	return all, err
}

// limitsIn returns the datasets of a project with a limit, and its cutoff now.
func limitsIn(tx *store.Tx, project gov.Project) (all []DueDataset, err error) {
	for d, err := range tx.Datasets(project, "") {
		if err != nil {
			return nil, err
		}
		r, err := retentionOf(tx, d.Name)
		if err != nil {
			return nil, err
		}
		if r.Erase == 0 {
			continue
		}
		due := DueDataset{Dataset: d.Name, Retention: r, Cutoff: r.Cutoff(tx.Now)}
		if d.Versions > 0 {
			v, err := tx.Version(d.Name, 1)
			if err != nil {
				return nil, err
			}
			due.reached = !v.Created.After(due.Cutoff)
		}
		all = append(all, due)
	}
	return all, nil
}

// countDue looks through the versions that are old enough.
func (s *Service) countDue(ctx context.Context, d *DueDataset, h *holding) error {
	age := newAges(h)
	look := tree.NewLooker(nodes{ctx, s}, func(e tree.Entry) (int, error) {
		if e.Erased {
			return -1, nil
		}
		r, err := gov.DecodeRecord(string(e.Key), e.Value)
		if err != nil {
			return -1, err
		}
		if registered, isNew := age.record(r); isNew {
			if d.Records++; len(d.First) < maxDueRecords {
				d.First = append(d.First, DueRecord{r.Key, registered})
			}
		}
		return -1, nil
	})
	for i := range h.versions {
		if age.at = i; h.versions[i].Created.After(d.Cutoff) {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := look.Look(h.versions[i].Tree); err != nil {
			return err
		}
	}
	return nil
}

// whereDue writes the expression that picks, of what an erasure is asked for, what
// is due now.
func whereDue(tx *store.Tx, in RequestErasure) (string, error) {
	limits, err := limitsIn(tx, in.Project)
	if err != nil {
		return "", err
	}
	var cutoffs []time.Time
	names := map[time.Time][]string{} // of the datasets with a cutoff
	for _, d := range limits {
		if !d.reached {
			continue
		}
		if names[d.Cutoff] == nil {
			cutoffs = append(cutoffs, d.Cutoff)
		}
		names[d.Cutoff] = append(names[d.Cutoff], strconv.Quote(string(d.Dataset)))
	}
	if len(cutoffs) == 0 {
		return "", gov.Errorf(gov.NotFound, "NOTHING_DUE", "nothing of %s is due: no dataset has records as old as its retention allows", in.Project)
	}
	var terms []string
	for _, t := range cutoffs {
		terms = append(terms, fmt.Sprintf("dataset in [%s] && %s", strings.Join(names[t], ", "), registeredBy(t)))
	}
	where := strings.Join(terms, " || ")
	if in.Where != "" {
		where = "(" + where + ") && (" + in.Where + ")"
	}
	return where, nil
}

func registeredBy(t time.Time) string {
	return fmt.Sprintf("record.registered <= timestamp(%q)", t.UTC().Format(time.RFC3339))
}
