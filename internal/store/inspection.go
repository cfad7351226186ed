package store

import (
	"iter"

	"govd/internal/gov"
)

// Inspection returns an inspection. Returns gov.NotFound if there is none.
func (tx *Tx) Inspection(id gov.InspectionID) (gov.Inspection, error) { return inspections.get(tx, id) }

// PutInspection inserts or replaces an inspection.
func (tx *Tx) PutInspection(i gov.Inspection) error { return inspections.put(tx, i.ID, i) }

// Inspections yields every inspection, newest first, from the one before a
// number; 0 is from the newest.
func (tx *Tx) Inspections(before gov.InspectionID) iter.Seq2[gov.Inspection, error] {
	return inspections.list(tx, down(nil, uint64(before)))
}

// InspectionsOf yields the inspections of a dataset, newest first, from the one
// before a number; 0 is from the newest.
func (tx *Tx) InspectionsOf(dataset gov.DatasetName, before gov.InspectionID) iter.Seq2[gov.Inspection, error] {
	return inspections.via(tx, inspectionByDataset, down(key(nil).dataset(dataset), uint64(before)))
}

// PutInspectionAnswer adds an answer.
func (tx *Tx) PutInspectionAnswer(a gov.InspectionAnswer) error {
	return inspectionAnswers.put(tx, inspectionPart{a.Inspection, a.Entry}, a)
}

// InspectionAnswers yields the answers of an inspection, the oldest first.
func (tx *Tx) InspectionAnswers(id gov.InspectionID) iter.Seq2[gov.InspectionAnswer, error] {
	return inspectionAnswers.list(tx, under(key(nil).uint64(uint64(id))))
}
