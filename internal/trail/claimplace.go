package trail

import (
	"fmt"
	"time"

	"govd/internal/gov"
)

// projectCreated tells of a project, and remembers the commitment to the secret
// of its first inspection.
func (p *proven) projectCreated(l line) error {
	var e struct {
		Name  gov.Project `json:"name"`
		Ahead gov.Digest  `json:"ahead"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.on(OfPlaces, string(e.Name))
	if e.Ahead.IsZero() {
		p.holds(fmt.Sprintf("project %s was created %s", quote(string(e.Name)), l.said()), "the entry says so")
		return nil
	}
	p.commitments[e.Ahead] = l.index
	p.holds(fmt.Sprintf("project %s was created %s", quote(string(e.Name)), l.said()), "the entry commits to the secret of its first inspection: %s", e.Ahead)
	return nil
}

// datasetCreated tells of a dataset, at which stage it began, and by which
// taxonomy.
func (p *proven) datasetCreated(l line) error {
	var e struct {
		Name     gov.DatasetName `json:"name"`
		Stage    gov.Stage       `json:"stage"`
		Taxonomy gov.Digest      `json:"taxonomy"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	if l.At != gov.Place(e.Name) {
		return badFile("the log entry speaks of another dataset")
	}
	p.on(OfPlaces, string(e.Name))
	taxonomy := "any label name goes"
	if _, there := p.documents[e.Taxonomy]; there {
		taxonomy = fmt.Sprintf("its taxonomy %s is in this file", e.Taxonomy)
	} else if !e.Taxonomy.IsZero() {
		taxonomy = fmt.Sprintf("its taxonomy is %s", e.Taxonomy)
	}
	p.holds(fmt.Sprintf("dataset %s was created %s", quote(string(e.Name)), l.said()), "at stage %d; %s", e.Stage, taxonomy)
	return nil
}

// trailExported tells who took lineage home; see [proven.exported].
func (p *proven) trailExported(l line) error {
	var e struct {
		Node    gov.Node   `json:"node"`
		AsOf    uint64     `json:"as_of"`
		Content gov.Digest `json:"content"`
	}
	if err := decodeEvent(l, &e); err != nil {
		return err
	}
	p.on(OfLog, "")
	p.holds(fmt.Sprintf("%s exported the lineage of %s at %s (log entry %d)", l.Who, quote(e.Node.String()), l.Time.Format(time.RFC3339), l.index),
		"as of the first %d log entries; the digest of what it shows is %s", e.AsOf, e.Content)
	return nil
}
