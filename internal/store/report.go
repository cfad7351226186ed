package store

import (
	"iter"

	"govd/internal/gov"
)

// PutReport adds a report.
func (tx *Tx) PutReport(r gov.Report) error { return reports.put(tx, reports.keyOf(r), r) }

// Reports yields the reports of a version, newest first; of all versions of the
// dataset, the newest first, if the number is 0.
func (tx *Tx) Reports(dataset gov.DatasetName, number uint64) iter.Seq2[gov.Report, error] {
	return reports.list(tx, newestOf(dataset, number))
}

// ReportsByDigest yields the reports with a digest, the oldest first.
func (tx *Tx) ReportsByDigest(d gov.Digest) iter.Seq2[gov.Report, error] {
	return reports.via(tx, reportByDigest, under(key(nil).digest(d)))
}

// PutReading adds a reading of contents.
func (tx *Tx) PutReading(r gov.Reading) error { return readings.put(tx, readings.keyOf(r), r) }

// Readings yields the readings of a version's contents, newest first.
func (tx *Tx) Readings(dataset gov.DatasetName, number uint64) iter.Seq2[gov.Reading, error] {
	return readings.list(tx, newestOf(dataset, number))
}

// PutPromotion adds somebody's word for a promotion.
func (tx *Tx) PutPromotion(p gov.Promotion) error { return promotions.put(tx, promotions.keyOf(p), p) }

// Promotions yields what was said for promoting a version, newest first; any
// version of the dataset if the number is 0.
func (tx *Tx) Promotions(dataset gov.DatasetName, number uint64) iter.Seq2[gov.Promotion, error] {
	return promotions.list(tx, newestOf(dataset, number))
}

// newestOf is the span of what belongs to a version, or to any of a dataset if
// the number is 0, the newest first.
func newestOf(dataset gov.DatasetName, number uint64) span {
	k := key(nil).dataset(dataset)
	if number != 0 {
		k = k.uint64(number)
	}
	s := under(k)
	s.reverse = true
	return s
}
