package validate

import (
	"crypto/sha256"
	"net/http"
	"testing"

	"govd/examples/hands"
	"govd/internal/gov"
	"govd/internal/imagefacts"
)

// Pictures that were really painted, and facts that were really measured: every
// fault of a picture is found, all at once. Others may be too: a picture that is
// flat is a copy of the next flat one, and a steep shadow can look blurred.
func TestPaintedHands(t *testing.T) {
	if testing.Short() {
		t.Skip("paints pictures")
	}
	o := hands.Options{Seed: 5, Stage: 3, PerClass: 6}
	checks := map[string][]hands.Fault{
		"S1.hash": {hands.WrongHash, hands.WrongSize, hands.WrongType}, "S1.decode": {hands.Truncated}, "S3.blur": {hands.Blur},
		"S3.dark": {hands.Dark}, "S3.light": {hands.Light}, "S3.lowInfo": {hands.Flat}, "S3.gray": {hands.Gray},
		"S3.nearDup": {hands.NearDuplicate, hands.Duplicate}, "S1.exactDup": {hands.Duplicate},
	}
	o.Faults = map[hands.Fault]int{}
	for _, faults := range checks {
		for _, f := range faults {
			o.Faults[f] = 2
		}
	}
	set := drawnHands(t, o)
	r := judgePainted(t, set)
	for id, faults := range checks {
		var want []string
		for _, f := range faults {
			want = append(want, set.Truth()[f]...)
		}
		if got := r.Finding(id).Witnesses; !subset(want, got) {
			t.Errorf("%s shows %v and not all of %v", id, got, want)
		}
	}
}

func judgePainted(t *testing.T, set *hands.Set) *Report {
	t.Helper()
	records, err := set.Paint("")
	must(t, err)
	suite, err := NewSuite(handPolicy(t, 3, "", ""), handTaxonomy(t))
	must(t, err)
	e := measured(t, suite, records, nil)
	people(t, e, set)
	e.Content = readAll(t, set, records)
	return suite.Judge(e)
}

// readAll reads every content and compares it with its record.
func readAll(t *testing.T, set *hands.Set, records []*gov.Record) *Contents {
	t.Helper()
	c := &Contents{Of: uint64(len(records)), Read: uint64(len(records))}
	for _, r := range records {
		b, err := set.File(r.Key)
		must(t, err)
		if gov.Digest(sha256.Sum256(b)) != r.Content || uint64(len(b)) != r.Size || http.DetectContentType(b) != r.MediaType {
			c.Wrong = append(c.Wrong, r.Key)
			c.WrongAll++
		}
		if _, err := imagefacts.Decode(b, imagefacts.MaxPixels); err != nil {
			c.Broken = append(c.Broken, r.Key)
			c.BrokenAll++
		}
	}
	return c
}
