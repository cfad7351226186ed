// Package tree keeps the records of a dataset version as a map from key to
// value in a search tree whose nodes are named by what they hold: the same
// records give the same root, in whatever order they came, and two versions
// share every node that did not change.
//
// A leaf holds records in ascending order of key; an inner node holds, for each
// child, its last key, its id, and how many records and bytes are below it.
// Where a node ends is decided by a keyed hash of the keys and by the sizes seen
// since the last end, so the cut depends on the sorted records alone and an edit
// moves few cuts.
//
// The hash layer (hash.go), the cut (params.go) and the JSON of a Proof are
// frozen. How a node is stored (frame.go) is not hashed and may change.
//
// The package does no I/O of its own: nodes come from a Source and go to a Sink.
package tree
