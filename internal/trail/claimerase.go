package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"govd/internal/gov"
)

// An erasing is what the entries have shown of an erasure.
type erasing struct {
	project gov.Project
	asked   gov.Digest // the list that was asked for
	by      gov.PersonID
	where   gov.Digest
	reason  gov.Digest
	found   gov.ErasureCount
	begun   uint64           // the log entry
	list    *gov.ErasureList // nil: not in this file
	steps   []CertifiedStep  // so far
}

// step remembers what an entry did for an erasure.
func (e *erasing) step(l line) {
	e.steps = append(e.steps, CertifiedStep{Event: l.Event, By: l.Who, Time: l.Time, Entry: l.index})
}

// did reports whether a step of an erasure was done.
func (e *erasing) did(event string) bool {
	_, done := (&Certificate{Steps: e.steps}).step(event)
	return done
}

// erasureOf returns the erasure that an entry continues, if the steps before are
// in this file, in their order.
func (p *proven) erasureOf(l line, id gov.ErasureID, after string) (*erasing, error) {
	e := p.erasures[id]
	switch {
	case e == nil || !e.did(after):
		return nil, badFile("no entry before it here is the %s of erasure %s", after, id)
	case l.At != gov.Place(e.project):
		return nil, badFile("the log entry is of another project than erasure %s", id)
	case e.did(l.Event):
		return nil, badFile("erasure %s has a %s already", id, l.Event)
	}
	e.step(l)
	return e, nil
}

// erasureRequested tells who asked for which values to be erased.
func (p *proven) erasureRequested(l line) error {
	var e struct {
		Erasure gov.ErasureID    `json:"erasure"`
		Project gov.Project      `json:"project"`
		Where   gov.Digest       `json:"where"`
		Reason  gov.Digest       `json:"reason"`
		List    gov.Digest       `json:"list"`
		Found   gov.ErasureCount `json:"found"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	if _, twice := p.erasures[e.Erasure]; twice || e.Erasure == 0 || l.At != gov.Place(e.Project) {
		return badFile("the log entry asks for no erasure, for one of another project, or for one that was asked for before")
	}
	p.on(OfErasures, e.Erasure.String())
	row := &erasing{project: e.Project, asked: e.List, by: l.Who, where: e.Where, reason: e.Reason}
	row.step(l)
	p.erasures[e.Erasure] = row
	evidence := fmt.Sprintf("%s of %s were found", count(e.Found.Values, "value"), count(e.Found.Records, "record"))
	for _, t := range []struct {
		what string
		of   gov.Digest
	}{{"which are those with", e.Where}, {"because", e.Reason}} {
		if text, here := p.texts[t.of]; here {
			evidence += fmt.Sprintf(", %s %s", t.what, quote(text))
		}
	}
	p.holds(fmt.Sprintf("erasure %s of records of project %s was asked for %s", e.Erasure, quote(string(e.Project)), l.said()), "%s", evidence)
	return nil
}

// erasureApproved tells that another person agreed to what was found.
func (p *proven) erasureApproved(l line) error {
	var e struct {
		Erasure gov.ErasureID `json:"erasure"`
		List    gov.Digest    `json:"list"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.on(OfErasures, e.Erasure.String())
	row, err := p.erasureOf(l, e.Erasure, "erasure.requested")
	if err != nil {
		return err
	}
	claim := fmt.Sprintf("erasure %s was approved %s, who did not ask for it", e.Erasure, l.said())
	switch {
	case p.human(l.Who) == p.human(row.by):
		return p.fails(claim, fmt.Errorf("%s asked for it, and is or answers for who approved it", row.by))
	case e.List != row.asked:
		return p.fails(claim, fmt.Errorf("what was approved is another list than what was asked for"))
	}
	p.holds(claim, "%s asked for it, and the digest %s of what was found is the same", row.by, e.List)
	return nil
}

// erasureBegun tells what is erased: the entry commits to the hashes of the
// values, and to the list of which record each of them was, while they were
// there.
func (p *proven) erasureBegun(l line) error {
	var e struct {
		Erasure gov.ErasureID    `json:"erasure"`
		List    gov.Digest       `json:"list"`
		Hashes  gov.Digest       `json:"hashes"`
		Found   gov.ErasureCount `json:"found"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.on(OfErasures, e.Erasure.String())
	row, err := p.erasureOf(l, e.Erasure, "erasure.approved")
	if err != nil {
		return err
	}
	row.begun, row.found = l.index, e.Found
	claim := fmt.Sprintf("erasure %s of %s of %s in %s was begun %s", e.Erasure, count(e.Found.Values, "value"), count(e.Found.Records, "record"), count(e.Found.Versions, "version"), l.said())
	doc, there := p.documents[e.Hashes]
	text, here := p.texts[e.List]
	if !there || !here {
		p.lacks(claim, "which records those are is not in this file; their hashes have the digest %s", e.Hashes)
		return nil
	}
	row.list = &gov.ErasureList{}
	if json.Unmarshal([]byte(text), row.list) != nil {
		return p.fails(claim, fmt.Errorf("the list of them cannot be read"))
	}
	n := row.list.Count()
	n.Looked, n.Failed = e.Found.Looked, e.Found.Failed
	if n != e.Found || !bytes.Equal(row.list.Hashes(), doc) {
		return p.fails(claim, fmt.Errorf("the list of them is of others than the entry and its hashes say"))
	}
	p.holds(claim, "the entry commits to the list of them, with key, versions and entry hash of each, and to the hashes; both are in this file and agree")
	return nil
}

// erasureDone tells that the values are gone from the server's trees.
func (p *proven) erasureDone(l line) error {
	var e struct {
		Erasure gov.ErasureID `json:"erasure"`
		Nodes   uint64        `json:"nodes"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.on(OfErasures, e.Erasure.String())
	if _, err := p.erasureOf(l, e.Erasure, "erasure.begun"); err != nil {
		return err
	}
	p.holds(fmt.Sprintf("erasure %s was done %s", e.Erasure, l.said()), "the server says so: no node of its trees holds one of the values any more; %s were written anew for it", count(e.Nodes, "node"))
	return nil
}

// serverCompacted tells that the file was written anew.
func (p *proven) serverCompacted(l line) error {
	var e struct {
		Size uint64 `json:"size"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.on(OfLog, "")
	for _, row := range p.erasures {
		if done, is := (&Certificate{Steps: row.steps}).step("erasure.done"); is && done.Entry < e.Size && !row.did(l.Event) {
			row.step(l)
		}
	}
	p.holds(fmt.Sprintf("the server's file was written anew, without free pages in which something erased could stand, %s", l.said()), "the server says so: it was done when the log had %d entries", e.Size)
	return nil
}

// erasureCertified tells who took a certificate. What it commits to is checked
// before anything else; see exported.
func (p *proven) erasureCertified(l line) error {
	var e struct {
		Erasure gov.ErasureID `json:"erasure"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.on(OfErasures, e.Erasure.String())
	p.holds(fmt.Sprintf("the certificate of erasure %s was issued to %s at %s (log entry %d)", e.Erasure, l.Who, l.Time.Format(time.RFC3339), l.index), "the log entry says so")
	return nil
}
