package store

import (
	"iter"

	"govd/internal/gov"
)

// PutLabelVotes adds annotators' votes on a version.
func (tx *Tx) PutLabelVotes(v gov.LabelVotes) error {
	return labelVotes.put(tx, labelVotes.keyOf(v), v)
}

// LabelVotes yields the votes on a version, newest first; on all versions of the
// dataset, the newest first, if the number is 0.
func (tx *Tx) LabelVotes(dataset gov.DatasetName, number uint64) iter.Seq2[gov.LabelVotes, error] {
	return labelVotes.list(tx, newestOf(dataset, number))
}

// PutDoubts adds what predictions spoke against.
func (tx *Tx) PutDoubts(d gov.Doubts) error { return doubts.put(tx, doubts.keyOf(d), d) }

// Doubts yields what predictions spoke against in a version, newest first.
func (tx *Tx) Doubts(dataset gov.DatasetName, number uint64) iter.Seq2[gov.Doubts, error] {
	return doubts.list(tx, newestOf(dataset, number))
}

var labelVotes = &table[versionPart, gov.LabelVotes]{
	bucket: labelVoteTable, noun: "votes", missing: "NO_VOTES", key: versionPart.key,
	keyOf: func(v gov.LabelVotes) versionPart { return versionPart{v.Dataset, v.Number, v.Entry} },
	codec: jsonValue[gov.LabelVotes](),
}

var doubts = &table[versionPart, gov.Doubts]{
	bucket: doubtTable, noun: "doubts", missing: "NO_DOUBTS", key: versionPart.key,
	keyOf: func(d gov.Doubts) versionPart { return versionPart{d.Dataset, d.Number, d.Entry} },
	codec: jsonValue[gov.Doubts](),
}
