package gov

import "time"

// A Report says that the checks of a stage were run on a version. What they
// found is a document beside the log.
type Report struct {
	Dataset DatasetName `json:"dataset"`
	Number  uint64      `json:"number"`  // of the version
	Version Digest      `json:"version"` // its digest
	Stage   Stage       `json:"stage"`   // whose policy was asked
	Policy  Digest      `json:"policy"`  // of that policy's document
	Digest  Digest      `json:"digest"`  // of the report's document
	Verdict string      `json:"verdict"` // pass, warn, unknown or fail
	Records uint64      `json:"records"`
	Partial bool        `json:"partial,omitempty"` // it does not speak for the whole version
	Against uint64      `json:"against,omitempty"` // number of the version it was compared with; 0: none
	By      PersonID    `json:"by"`
	Time    time.Time   `json:"time"`
	Entry   uint64      `json:"entry"` // the log entry that recorded it
}

// A Reading says that contents of a version were read again, where they lie, and
// compared with their records. What was found is a document beside the log.
type Reading struct {
	Dataset  DatasetName `json:"dataset"`
	Number   uint64      `json:"number"`
	Version  Digest      `json:"version"`
	Of       uint64      `json:"of"`     // records that the version has
	Read     uint64      `json:"read"`   // contents that could be read
	Failed   uint64      `json:"failed"` // that could not
	Wrong    uint64      `json:"wrong"`  // that are others than their records say
	Broken   uint64      `json:"broken"` // that do not decode
	Document Digest      `json:"document"`
	Server   bool        `json:"server,omitempty"` // it read them itself; else By's client did
	By       PersonID    `json:"by"`               // who asked for it
	Time     time.Time   `json:"time"`
	Entry    uint64      `json:"entry"`
}

// A Promotion is one person's word that a version may go up to a stage. With
// Approvers it was the last that was needed, and the dataset is at the stage.
type Promotion struct {
	Dataset   DatasetName `json:"dataset"`
	Number    uint64      `json:"number"`
	Version   Digest      `json:"version"`
	To        Stage       `json:"to"`
	Report    Digest      `json:"report"`           // that the word is about
	Policy    Digest      `json:"policy"`           // of the stage
	Waived    []string    `json:"waived,omitempty"` // checks whose warnings are accepted
	Why       Digest      `json:"why,omitzero"`     // of a text
	Approvers []PersonID  `json:"approvers,omitempty"`
	By        PersonID    `json:"by"`
	Time      time.Time   `json:"time"`
	Entry     uint64      `json:"entry"`
}
