package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/tree"
)

// A RecordProof is the file that proves that a record is, or is not, in a
// version of a dataset.
type RecordProof struct {
	Format  string           `json:"format"`  // RecordFormat
	Key     string           `json:"key"`     // of the record
	Version gov.Registration `json:"version"` // what the version is
	Tree    *tree.Proof      `json:"tree"`    // that its tree holds the key, or does not; full if it does not
	Log     Inclusion        `json:"log"`     // that it was registered
}

// NewRecordProof returns the file that proves what p says about the version
// that the log's entry registered. p must be a proof from that version's tree,
// and a full one if the key is absent.
func NewRecordProof(h Head, entry uint64, p *tree.Proof) ([]byte, error) {
	in, err := NewInclusion(h, entry)
	if err != nil {
		return nil, err
	}
	e, err := audit.DecodeEntry([]byte(in.Entry))
	if err != nil {
		return nil, err
	}
	r, err := registration(e)
	if err != nil {
		return nil, err
	}
	return encode(RecordProof{RecordFormat, string(p.Key), r.Registration, p, in})
}

// registered is the event "version.registered" as entries have it.
type registered struct {
	gov.Registration
	Skipped uint64 `json:"skipped,omitempty"` // files left out because they could not be read
}

// acceptedLot is the event "lot.accepted" as entries have it: it registers the
// version that took the lot up.
type acceptedLot struct {
	gov.Registration
	Lot        string           `json:"lot"`
	Inspection gov.InspectionID `json:"inspection,omitempty"`
}

// applied is the event "change.applied" as entries have it: it registers the
// version that a change became.
type applied struct {
	gov.Registration
	Change    gov.ChangeID    `json:"change"`
	Revision  gov.Digest      `json:"revision"`
	Rules     gov.Digest      `json:"rules"`
	Approvers []gov.PersonID  `json:"approvers,omitempty"`
	Glass     bool            `json:"glass,omitempty"`
	Due       time.Time       `json:"due,omitzero"`
	Alarms    json.RawMessage `json:"alarms,omitempty"`
}

// made is a version, how it came to be, and what was left out of it, in words.
type made struct {
	gov.Registration
	how, left string
}

// registration returns the version that an entry records, after having checked
// that it does (a refusal has no event) and that its digest commits to it.
func registration(e *audit.Entry) (r made, err error) {
	switch {
	case e.Event == "version.registered" && e.Do == gov.VersionRegister:
		var ev registered
		err = decodeWhole(e, &ev)
		r = made{Registration: ev.Registration, how: "registered"}
		if ev.Skipped > 0 {
			r.left = "; without " + count(ev.Skipped, "file") + " that could not be read"
		}
	case e.Event == "change.applied" && e.Do == gov.ChangeApply:
		var ev applied
		err = decodeWhole(e, &ev)
		r = made{Registration: ev.Registration, how: fmt.Sprintf("made of change %s", ev.Change)}
	case e.Event == "lot.accepted" && e.Do == gov.LotDecide:
		var ev acceptedLot
		err = decodeWhole(e, &ev)
		r = made{Registration: ev.Registration, how: "made by accepting lot " + ev.Lot}
	default:
		err = badFile("the log entry is no registration of a version")
	}
	if err != nil {
		return r, err
	}
	if _, err := gov.ParseDatasetName(string(r.Dataset)); err != nil || e.At != gov.Place(r.Dataset) || r.Number == 0 {
		return r, badFile("the log entry registers a version of another dataset, or none")
	}
	if r.ComputeDigest() != r.Digest {
		return r, badFile("the version's digest does not commit to what the log entry says of it")
	}
	return r, nil
}

// decodeWhole decodes the event of an entry, which must say nothing that the
// struct does not hold.
func decodeWhole(e *audit.Entry, ev any) error {
	if json.Unmarshal(e.Data, ev) != nil {
		return badFile("the log entry does not say which version it registered")
	}
	if again, err := json.Marshal(ev); err != nil || !bytes.Equal(again, e.Data) {
		return badFile("the log entry says more or less of a version than is known here")
	}
	return nil
}

// record checks a record proof.
func (v *verifier) record(b []byte) error {
	var p RecordProof
	if err := decode(b, &p); err != nil {
		return err
	}
	if p.Tree == nil {
		return badFile("the proof has no tree")
	}
	e, err := v.inclusion(p.Log)
	if err != nil {
		return err
	}
	if err := v.registration(&p, e); err != nil {
		return err
	}
	v.read.Subject = fmt.Sprintf("record %s of %s", quote(p.Key), p.Version.Ref())
	return v.treeHas(&p)
}

// registration checks that the entry registered the version.
func (v *verifier) registration(p *RecordProof, e *audit.Entry) error {
	r, err := registration(e)
	if err == nil && !sameRegistration(r.Registration, p.Version) {
		err = fmt.Errorf("the file says something else of the version than its log entry")
	}
	if err != nil {
		return v.fails(fmt.Sprintf("log entry %d registered the version", p.Log.Index), err)
	}
	v.on(OfVersions, r.Ref().String())
	v.holds(fmt.Sprintf("version %s was %s by %s at %s (log entry %d)", r.Ref(), r.how, e.Who, e.Time.Format(time.RFC3339), p.Log.Index),
		"digest %s commits to the root %s of %s%s", r.Digest, r.Tree.Root, count(r.Tree.Records, "record"), r.left)
	return nil
}

// sameRegistration compares all fields, as they are written.
func sameRegistration(a, b gov.Registration) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// treeHas checks that the key is in the version's tree, or that it is not.
func (v *verifier) treeHas(p *RecordProof) error {
	ref := p.Version.Ref()
	v.on(OfRecords, ref.String())
	value, present, err := p.Tree.Verify(p.Version.Tree, []byte(p.Key))
	if err != nil {
		return v.fails(fmt.Sprintf("record %s is, or is not, in %s", quote(p.Key), ref), err)
	}
	if !present {
		claim := fmt.Sprintf("record %s is not in %s", quote(p.Key), ref)
		if !p.Tree.Full {
			return v.fails(claim, fmt.Errorf("a compact proof of absence trusts whoever built the tree; ask for a full one"))
		}
		v.holds(claim, "%s on the way to its place, without such a key", count(len(p.Tree.Steps), "whole node"))
		return nil
	}
	claim := fmt.Sprintf("record %s is in %s", quote(p.Key), ref)
	r, err := gov.DecodeRecord(p.Key, value)
	if err != nil {
		return v.fails(claim, err)
	}
	trust := ""
	if !p.Tree.Full {
		trust = "; that no other record has this key rests on whoever built the tree, since the proof is compact: --full asks for whole nodes"
	}
	v.holds(claim, "%s%s", describe(r), trust)
	return nil
}

// describe says what a record is.
func describe(r *gov.Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "content %s, %d bytes", r.Content, r.Size)
	if r.MediaType != "" {
		fmt.Fprintf(&b, ", %s", quote(r.MediaType))
	}
	if r.Split != "" {
		fmt.Fprintf(&b, ", split %s", quote(r.Split))
	}
	for i, l := range r.Labels {
		if i == mostLabels {
			fmt.Fprintf(&b, " and %d more", len(r.Labels)-i)
			break
		}
		fmt.Fprintf(&b, ", label %s %s", quote(l.ID), quote(l.Name))
	}
	return b.String()
}

// mostLabels is how many labels of a record are told.
const mostLabels = 20
