package gov

import "time"

// Evidence is what reviewers outside of govd said of a change, and what their
// votes show. It counts for nothing and informs those who count.
type Evidence struct {
	Change    ChangeID  `json:"change"`
	Revision  Digest    `json:"revision"`
	Votes     Digest    `json:"votes"` // of the text that holds them
	Count     uint64    `json:"count"` // of votes
	Items     uint64    `json:"items"` // records voted on
	Reviewers uint64    `json:"reviewers"`
	Alpha     int32     `json:"alpha"`           // Krippendorff's, nominal, in ten-thousandths
	Known     bool      `json:"known,omitempty"` // Alpha says something
	Agree     uint64    `json:"agree"`           // items of which most votes name the label that the change gives
	By        PersonID  `json:"by"`
	Time      time.Time `json:"time"`
	Entry     uint64    `json:"entry"` // the log entry that holds it
}
