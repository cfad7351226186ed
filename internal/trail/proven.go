package trail

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/lineage"
)

// Proven is what the entries of a trail have shown so far. Each claim is made
// from an entry's bytes alone, and from what entries before it have shown.
type proven struct {
	*verifier
	documents map[gov.Digest][]byte
	texts     map[gov.Digest]string

	versions map[gov.Digest]gov.Node // by digest
	models   map[gov.Digest]gov.Node // by digest
	batches  map[uint64]batch        // by log entry
	changes  map[gov.ChangeID]*proposed
	keys     map[string]signer // by fingerprint
	rules    map[ruling]*agreement
	madeBy   map[gov.Node]gov.ChangeID     // by version; 0: it was registered
	owners   map[gov.PersonID]gov.PersonID // of machines

	registered  map[gov.Node]gov.Registration // versions
	registrars  map[gov.Node]gov.PersonID     // who registered them, if no change made them
	inspections map[gov.InspectionID]*inspected
	commitments map[gov.Digest]uint64 // to secrets of inspections, by the entry that published them

	words        map[promotion][]*word // given so far
	promoted     map[promotedTo]uint64 // by what was promoted: the log entry
	lastPromoted map[gov.DatasetName]uint64

	erasures map[gov.ErasureID]*erasing
	erased   map[place]gov.Digest // the entry hashes in the place of values
	absent   map[place]bool

	head  audit.Checkpoint        // of the log that the entries are in
	heads map[uint64][]gov.Digest // that signers saw, by size: how the log continues them
	seen  map[uint64]bool         // those that a signature names

	nodes map[gov.Node]shown
	edges map[[2]gov.Node]map[lineage.EdgeKind]bool
	from  map[gov.Node][]gov.Node // what a node was made from, in the order of the log
}

// Shown is where a node stands in the log, and its digest if it has one.
type shown struct {
	entry  uint64
	digest gov.Digest
}

func newProven(v *verifier) *proven {
	return &proven{
		verifier: v, documents: map[gov.Digest][]byte{}, texts: map[gov.Digest]string{},
		versions: map[gov.Digest]gov.Node{}, models: map[gov.Digest]gov.Node{}, batches: map[uint64]batch{},
		changes: map[gov.ChangeID]*proposed{}, keys: map[string]signer{}, rules: map[ruling]*agreement{}, heads: map[uint64][]gov.Digest{}, seen: map[uint64]bool{},
		madeBy: map[gov.Node]gov.ChangeID{}, owners: map[gov.PersonID]gov.PersonID{},
		registered: map[gov.Node]gov.Registration{}, registrars: map[gov.Node]gov.PersonID{},
		inspections: map[gov.InspectionID]*inspected{}, commitments: map[gov.Digest]uint64{},
		words: map[promotion][]*word{}, promoted: map[promotedTo]uint64{}, lastPromoted: map[gov.DatasetName]uint64{},
		erasures: map[gov.ErasureID]*erasing{}, erased: map[place]gov.Digest{}, absent: map[place]bool{},
		nodes: map[gov.Node]shown{}, edges: map[[2]gov.Node]map[lineage.EdgeKind]bool{}, from: map[gov.Node][]gov.Node{},
	}
}

// A line is an entry of the log that is being told.
type line struct {
	*audit.Entry
	index uint64
}

// said says who did it and when.
func (l line) said() string {
	return fmt.Sprintf("by %s at %s (log entry %d)", l.Who, l.Time.Format(time.RFC3339), l.index)
}

// readers makes claims of each event that is known here.
func readers() map[string]func(*proven, line) error {
	return map[string]func(*proven, line) error{
		"project.created":     (*proven).projectCreated,
		"dataset.created":     (*proven).datasetCreated,
		"trail.exported":      (*proven).trailExported,
		"version.registered":  (*proven).versionRegistered,
		"lot.accepted":        (*proven).versionRegistered,
		"change.proposed":     (*proven).changeProposed,
		"change.revised":      (*proven).changeRevised,
		"change.voted":        (*proven).changeVoted,
		"change.reopened":     (*proven).changeReopened,
		"change.applied":      (*proven).changeApplied,
		"key.added":           (*proven).keyAdded,
		"key.revoked":         (*proven).keyRevoked,
		"person.added":        (*proven).personAdded,
		"server.bootstrapped": (*proven).bootstrapped,
		"run.started":         (*proven).runStarted,
		"run.finished":        (*proven).runEnded,
		"run.failed":          (*proven).runEnded,
		"model.registered":    (*proven).modelRegistered,
		"model.deployed":      (*proven).modelDeployed,
		"model.undeployed":    (*proven).modelUndeployed,
		"outputs.recorded":    (*proven).outputsRecorded,
		"check.reported":      (*proven).checkReported,
		"contents.read":       (*proven).contentsRead,
		"inspection.drawn":    (*proven).inspectionDrawn,
		"inspection.answered": (*proven).inspectionEnded,
		"inspection.stopped":  (*proven).inspectionEnded,
		"promotion.asked":     (*proven).promotionAsked,
		"dataset.promoted":    (*proven).datasetPromoted,
		"rules.proposed":      (*proven).rulesProposed,
		"rules.consented":     (*proven).rulesConsented,
		"glass.asked":         (*proven).glassAsked,
		"change.ratified":     (*proven).changeRatified,
		"erasure.requested":   (*proven).erasureRequested,
		"erasure.approved":    (*proven).erasureApproved,
		"erasure.begun":       (*proven).erasureBegun,
		"erasure.done":        (*proven).erasureDone,
		"erasure.certified":   (*proven).erasureCertified,
		"server.compacted":    (*proven).serverCompacted,
	}
}

// tell makes the claims of one entry. What is not known here is told as it
// stands.
func (p *proven) tell(l line) error {
	p.on(OfOthers, "")
	if read, known := readers()[l.Event]; known {
		err := read(p, l)
		if err != nil && gov.ReasonOf(err) != "NOT_PROVEN" { // which has been told
			err = p.fails(fmt.Sprintf("log entry %d is a %s that can be read", l.index, l.Event), err)
		}
		return err
	}
	p.holds(fmt.Sprintf("log entry %d says: %s, at %s", l.index, l.words(), l.Time.Format(time.RFC3339)), "%s", clipped(string(l.Data)))
	return nil
}

// clipped shortens evidence for people.
func clipped(s string) string {
	const most = 300
	if len(s) > most {
		return quote(s[:most] + "…")
	}
	return s
}

// decodeEvent reads an entry's event. Events of a newer govd may say more than v
// holds. Names must be in lower case, since encoding/json would take others for
// the same.
func decodeEvent(l line, v any) error {
	d := json.NewDecoder(strings.NewReader(string(l.Data)))
	if err := lowerNames(d); err != nil {
		return err
	}
	if err := json.Unmarshal(l.Data, v); err != nil {
		return badFile("a field of the event is missing or of another type")
	}
	return nil
}

// lowerNames reads a value and checks the names of its objects' members.
func lowerNames(d *json.Decoder) error {
	type level struct{ object, name bool } // in an object; a name comes next
	stack := []level{{}}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return badFile("the event is not JSON")
		}
		top := &stack[len(stack)-1]
		if name, text := token.(string); top.name && text {
			if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
				return badFile("the event has a member %s", quote(name))
			}
			top.name = false
			continue
		}
		top.name = top.object
		switch token {
		case json.Delim('{'):
			stack = append(stack, level{true, true})
		case json.Delim('['):
			stack = append(stack, level{})
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
			stack[len(stack)-1].name = stack[len(stack)-1].object
		}
	}
}

// node remembers that an entry made a node.
func (p *proven) node(n gov.Node, l line, d gov.Digest) { p.nodes[n] = shown{l.index, d} }

// edge remembers that a node was made from another.
func (p *proven) edge(from gov.Node, kind lineage.EdgeKind, to gov.Node) {
	pair := [2]gov.Node{from, to}
	if p.edges[pair] == nil {
		p.edges[pair] = map[lineage.EdgeKind]bool{}
	}
	if !p.edges[pair][kind] {
		p.edges[pair][kind] = true
		p.from[from] = append(p.from[from], to)
	}
}

// where says in which entry a node stands, or that no entry here says so.
func (p *proven) where(n gov.Node) string {
	if s, ok := p.nodes[n]; ok {
		return fmt.Sprintf("log entry %d made it", s.entry)
	}
	return "no entry in this file made it"
}
