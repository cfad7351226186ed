package govern

import (
	"bytes"
	"context"
	"slices"

	"govd/internal/gov"
)

// A Tally counts by word. It holds maxTally words at most: a stranger chooses them.
type Tally map[string]uint64

const maxTally = 4096

func (t Tally) add(word string) error {
	if _, known := t[word]; !known && len(t) == maxTally {
		return gov.Errorf(gov.Exhausted, "TOO_MANY_VALUES", "there are more than %d different labels, splits or media types", maxTally)
	}
	t[word]++
	return nil
}

// A Stats counts the records of a version.
type Stats struct {
	Version      VersionInfo
	Labels       Tally
	Splits       Tally
	MediaTypes   Tally
	Unlabelled   uint64
	ContentBytes uint64
	Distinct     uint64 // different contents; estimated above 4096, standard error 1.6 %
	Images       uint64
	Min, Max     [2]uint32 // width and height of the images
	Erased       uint64
}

// Stats counts the records of a version by what they carry.
func (s *Service) Stats(ctx context.Context, c Call, ref gov.Ref) (st Stats, err error) {
	if st.Version, err = s.Version(ctx, c, ref); err != nil {
		return st, err
	}
	rows, err := s.Records(ctx, c, st.Version.Ref(), Span{})
	if err != nil {
		return st, err
	}
	st.Labels, st.Splits, st.MediaTypes = Tally{}, Tally{}, Tally{}
	var d distinct
	for row, err := range rows {
		if err != nil {
			return st, err
		}
		if row.Record == nil {
			st.Erased++
			continue
		}
		d.add(row.Record.Content)
		if err := st.add(row.Record); err != nil {
			return st, err
		}
	}
	st.Distinct = d.count()
	return st, nil
}

func (st *Stats) add(r *gov.Record) error {
	st.ContentBytes += r.Size
	if len(r.Labels) == 0 {
		st.Unlabelled++
	}
	for _, l := range r.Labels {
		if err := st.Labels.add(l.Name); err != nil {
			return err
		}
	}
	if f := r.Facts; f != nil {
		st.addImage([2]uint32{f.Width, f.Height})
	}
	if err := st.Splits.add(r.Split); err != nil {
		return err
	}
	return st.MediaTypes.add(r.MediaType)
}

func (st *Stats) addImage(size [2]uint32) {
	if st.Images == 0 {
		st.Min = size
	}
	st.Images++
	for i := range size {
		st.Min[i], st.Max[i] = min(st.Min[i], size[i]), max(st.Max[i], size[i])
	}
}

// distinct counts different digests by the k smallest of them (KMV, Bar-Yossef
// et al. 2002): exact up to k, then (k-1) divided by the share of the range
// that holds k.
type distinct struct {
	least []gov.Digest // the k smallest, then some more not yet looked at
}

const kmv = 4096

func (d *distinct) add(x gov.Digest) {
	if d.least = append(d.least, x); len(d.least) == 4*kmv {
		d.prune()
	}
}

func (d *distinct) prune() {
	slices.SortFunc(d.least, func(a, b gov.Digest) int { return bytes.Compare(a[:], b[:]) })
	d.least = slices.Compact(d.least)
	d.least = d.least[:min(len(d.least), kmv)]
}

func (d *distinct) count() uint64 {
	d.prune()
	if len(d.least) < kmv {
		return uint64(len(d.least))
	}
	var kth uint64
	for _, b := range d.least[kmv-1][:8] {
		kth = kth<<8 | uint64(b)
	}
	return uint64(float64(kmv-1) / (float64(kth) / (1 << 32) / (1 << 32)))
}
