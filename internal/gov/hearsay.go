package gov

import "time"

// LabelVotes are what annotators outside of govd said that records of a version
// show. They are evidence for its checks, and count for nothing else.
type LabelVotes struct {
	Dataset    DatasetName `json:"dataset"`
	Number     uint64      `json:"number"`  // of the version
	Version    Digest      `json:"version"` // its digest
	Votes      Digest      `json:"votes"`   // of the text that holds them
	Count      uint64      `json:"count"`
	Records    uint64      `json:"records"` // voted on
	Gold       uint64      `json:"gold"`    // of those, whose truth is known
	Annotators uint64      `json:"annotators"`
	By         PersonID    `json:"by"`
	Time       time.Time   `json:"time"`
	Entry      uint64      `json:"entry"` // the log entry that holds them
}

// Doubts are the labels of a version that a model's predictions spoke against.
type Doubts struct {
	Dataset  DatasetName `json:"dataset"`
	Number   uint64      `json:"number"`
	Version  Digest      `json:"version"`
	Records  uint64      `json:"records"`  // that predictions and labels were there for
	Errors   int64       `json:"errors"`   // the share of wrong labels that they suggest, in millionths
	Count    uint64      `json:"count"`    // of suspects
	Suspects Digest      `json:"suspects"` // of the text that holds the first of them
	By       PersonID    `json:"by"`
	Time     time.Time   `json:"time"`
	Entry    uint64      `json:"entry"`
}
