package store

import (
	"bytes"
	"fmt"
	"slices"
)

// A stateTable is what can be done with a table of any type.
type stateTable interface {
	name() string
	at() bucket
	check(tx *Tx, report func(format string, args ...any))
}

// The tables that are a fold of the log, those that lie beside it, and those
// that are caches.
var (
	folded = []stateTable{
		persons, credentials, grants, projects, datasets, versions, tags,
		changes, changeRevisions, votes, evidence, ruleSets, sshKeys, inspections, inspectionAnswers, reports, readings, promotions, labelVotes, doubts, lots,
		lineageNodes, lineageRows, lineageCells, lineageEvents, lineageDrops, runs, models, modelTags, deployments, batches, outputBlocks, outputRuns, dataHolds, erasures, erased, requests, revisions, counters,
	}
	cached = []stateTable{memos, indexes}
	beside = []stateTable{texts, documents, salts, secrets, outputChunks}
)

// Dump calls fn with everything in the tables, in order: not with the log, the
// nodes, the caches and the indexes, which follow from the rest. The slices are valid
// until the transaction ends.
func (tx *Tx) Dump(fn func(table string, key, value []byte) error) error {
	for _, t := range slices.Concat(folded, beside) {
		for k, v := range tx.scan(t.at(), span{}) {
			if err := fn(t.name(), k, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// Load puts what Dump gave for a table beside the log: a log can be replayed
// into another store once these are there.
func (tx *Tx) Load(table string, key, value []byte) error {
	i := slices.IndexFunc(beside, func(t stateTable) bool { return t.name() == table })
	if i < 0 {
		return fmt.Errorf("store: table %q does not lie beside the log", table)
	}
	tx.put(beside[i].at(), bytes.Clone(key), bytes.Clone(value))
	return nil
}

// Beside reports whether the table that Dump named lies beside the log.
func Beside(table string) bool {
	return slices.ContainsFunc(beside, func(t stateTable) bool { return t.name() == table })
}
