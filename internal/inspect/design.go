package inspect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// Limits of a design.
const (
	MaxStrata    = 64
	MaxReviewers = 9
	MaxItems     = 200_000 // on a sheet
	maxDesign    = 64 << 10
)

// A Design says what an inspection is to show and how. It is fixed before the
// sample is drawn, and its digest is part of the seed: another design, another
// sample.
type Design struct {
	Asks string `json:"asks,omitempty"` // what inspectors are asked; "": whether the labels are right

	Limit      stat.Micro `json:"limit"`      // the rate of wrong records that must not pass
	Confidence stat.Micro `json:"confidence"` // in the whole statement: all strata and the gold items together

	Accept uint64     `json:"accept,omitempty"` // a fixed plan: the errors each stratum may have
	Good   stat.Micro `json:"good,omitempty"`   // a sequential plan, if not 0: the rate that should pass
	Risk   stat.Micro `json:"risk,omitempty"`   // of a sequential plan: of failing at the good rate

	By     string     `json:"by,omitempty"`     // the attribute that makes the strata
	Strata []string   `json:"strata,omitempty"` // its values, ascending; each stratum keeps the limit by itself
	Except gov.Digest `json:"except,omitzero"`  // of the list of keys left out, such as suspects who are looked at one by one

	Reviewers   uint32     `json:"reviewers"`    // independent answers an item needs
	Gold        stat.Micro `json:"gold"`         // share of gold items on the sheet
	Sensitivity stat.Micro `json:"sensitivity"`  // planned: of the wrong items, the share that is noticed
	MinGold     uint64     `json:"min_gold"`     // gold answers from which on a reviewer is measured
	MinAccuracy stat.Micro `json:"min_accuracy"` // a measured reviewer whose lower bound is less does not count
}

// What inspectors are asked.
const (
	Labels    = "label"     // whether a record's labels are right: of a design ""
	Relevance = "relevance" // whether what the labels name can be seen
	Intake    = "intake"    // whether a record of a lot is fit to come in
)

// Question returns what inspectors are asked.
func (d *Design) Question() string { return cmp.Or(d.Asks, Labels) }

// Document returns the canonical bytes of the design.
func (d *Design) Document() ([]byte, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	return json.Marshal(d)
}

// Digest returns the digest of the document.
func (d *Design) Digest() (gov.Digest, error) {
	doc, err := d.Document()
	return gov.DocumentDigest(doc), err
}

// ParseDesign parses exactly what Document returns. Returns gov.Invalid for all
// else.
func ParseDesign(doc []byte) (*Design, error) {
	if len(doc) > maxDesign {
		return nil, badDesign("has %d bytes, %d at most", len(doc), maxDesign)
	}
	var d Design
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, gov.Because(err, gov.Invalid, "BAD_DESIGN", "not a design")
	}
	again, err := d.Document()
	if err == nil && !bytes.Equal(again, doc) {
		err = badDesign("is not canonical")
	}
	return &d, err
}

// Sequential reports whether the plan stops by itself.
func (d *Design) Sequential() bool { return d.Good != 0 }

// Check reports the first thing that is wrong with the design.
func (d *Design) Check() error {
	switch {
	case d.Asks != "" && d.Asks != Relevance && d.Asks != Intake:
		return badDesign("asks for label, relevance or intake, not %.40q", d.Asks)
	case !share(d.Limit) || !share(d.Confidence) || !share(d.goldConfidence()):
		return badDesign("has a limit and a confidence between 0 and 1")
	case d.Sequential() && d.Accept != 0 || !d.Sequential() && d.Risk != 0:
		return badDesign("is either fixed, and accepts some errors, or sequential, with a good rate and a risk")
	case d.Reviewers < 1 || d.Reviewers > MaxReviewers:
		return badDesign("asks for 1 to %d reviewers of each item", MaxReviewers)
	case !share(d.Gold) || d.Gold > stat.One/2:
		return badDesign("has gold items, up to half of all: without them nobody knows what inspectors overlook")
	case !share(d.Sensitivity):
		return badDesign("plans for a sensitivity between 0 and 1: nobody sees everything")
	case d.MinGold < 1 || !share(d.MinAccuracy):
		return badDesign("measures reviewers by gold items, and asks for an accuracy between 0 and 1")
	}
	if err := d.checkStrata(); err != nil {
		return err
	}
	_, err := d.plan("", 0)
	return err
}

func share(m stat.Micro) bool { return m > 0 && m < stat.One }

func (d *Design) checkStrata() error {
	if (d.By == "") != (len(d.Strata) == 0) || len(d.Strata) > MaxStrata || len(d.By) > gov.MaxText || !utf8.ValidString(d.By) {
		return badDesign("names an attribute and 1 to %d of its values, or neither", MaxStrata)
	}
	for i, s := range d.Strata {
		if len(s) > gov.MaxText || !utf8.ValidString(s) || i > 0 && d.Strata[i-1] >= s {
			return badDesign("has strata out of order, twice, too long or not UTF-8")
		}
	}
	return nil
}

// strata returns the names of the strata; a design without has one, named "".
func (d *Design) strata() []string {
	if d.By == "" {
		return []string{""}
	}
	return slices.Clone(d.Strata)
}

func badDesign(format string, args ...any) error {
	return gov.Errorf(gov.Invalid, "BAD_DESIGN", "a design "+format, args...)
}
