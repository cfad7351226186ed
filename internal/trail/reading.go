package trail

import (
	"fmt"
	"io"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
)

// A Topic is a kind of thing that claims are about.
type Topic string

// The topics, in the order in which a reader asks about them.
const (
	OfLog         Topic = "log"
	OfErasures    Topic = "erasure"
	OfRecords     Topic = "record"
	OfOutputs     Topic = "output"
	OfDeployments Topic = "deployment"
	OfModels      Topic = "model"
	OfRuns        Topic = "run"
	OfVersions    Topic = "version"
	OfPromotions  Topic = "promotion"
	OfChanges     Topic = "change"
	OfChecks      Topic = "check"
	OfInspections Topic = "inspection"
	OfPlaces      Topic = "place" // projects, datasets, their rules
	OfPeople      Topic = "person"
	OfOthers      Topic = "other"
)

// Topics lists all topics, in their order.
func Topics() []Topic {
	return []Topic{
		OfLog, OfErasures, OfRecords, OfOutputs, OfDeployments, OfModels, OfRuns, OfVersions,
		OfPromotions, OfChanges, OfChecks, OfInspections, OfPlaces, OfPeople, OfOthers,
	}
}

// A Finding is a claim, and what it is about.
type Finding struct {
	Claim
	Topic Topic
	Thing string // which one of its topic: "hands/parts@v8"; empty if that goes without saying
	Lacks bool   // it holds, and tells what the file does not show
}

// A Reading is what was found in a file.
type Reading struct {
	Kind     string           // "a trail"; empty if it cannot be told
	Subject  string           // what it is about; empty if it says nothing, or did not get so far
	Head     audit.Checkpoint // the signed head that it leads to; zero if it leads to none
	Newest   time.Time        // when the newest entry was written that is in it
	People   []Person         // who were added to the log, in this file
	Findings []Finding        // each resting on those before it
}

// Claims returns what the file says, each claim resting on those before it.
func (r *Reading) Claims() (all []Claim) {
	for _, f := range r.Findings {
		all = append(all, f.Claim)
	}
	return all
}

// Examine checks a file as [Verify] does. The reading is there in any case; the
// error says whether all of it is proven.
func Examine(r io.ReaderAt, size int64, o Options) (*Reading, error) {
	v, err := newVerifier(o)
	if err != nil {
		return &Reading{}, err
	}
	first := make([]byte, min(size, tarBlock))
	if _, err := r.ReadAt(first, 0); err != nil && err != io.EOF {
		return &v.read, err
	}
	file := io.NewSectionReader(r, 0, size)
	switch {
	case isLog(first):
		err = v.log(file)
	case isBundle(first):
		_, err = v.bundle(file)
	default:
		err = v.small(file)
	}
	return &v.read, err
}

// Findings collect claims, each resting on those before it.
type findings struct {
	read  Reading
	topic Topic // of the claims to come
	thing string
}

// on says what the claims to come are about.
func (f *findings) on(t Topic, thing string) { f.topic, f.thing = t, thing }

// holds records a claim that was proven.
func (f *findings) holds(claim, format string, evidence ...any) {
	f.record(Claim{claim, true, fmt.Sprintf(format, evidence...)})
}

// lacks records a claim that was proven, and that tells of something which the
// file does not show.
func (f *findings) lacks(claim, format string, evidence ...any) {
	f.holds(claim, format, evidence...)
	f.read.Findings[len(f.read.Findings)-1].Lacks = true
}

// fails records a claim that was not proven, and returns the error to end with.
func (f *findings) fails(claim string, why error) error {
	f.record(Claim{claim, false, why.Error()})
	return gov.Because(why, gov.Invalid, "NOT_PROVEN", "not proven: %s", claim)
}

func (f *findings) record(c Claim) {
	f.read.Findings = append(f.read.Findings, Finding{Claim: c, Topic: f.topic, Thing: f.thing})
}
