// Package lineage is the graph of what was made from what: sources, dataset
// versions, label changes, runs, models, outputs. It walks the graph in both
// directions as of any log index, says whether an answer is complete, and turns
// OpenLineage events into edges and back.
//
// An edge reads "From kind To" and points from what was made to what it was
// made from: run used version. Trace follows edges, impact goes against them.
// An edge is never rewritten: Since is the log index that made it, Until the one
// that ended it, and Time is when it happened in the world. As of index i the
// graph has the edges with Since <= i and not Until <= i, whatever came later.
//
// The caller owns storage. It keeps rows of edges (Row), gives nodes numbers in
// the order of the log, and answers Graph; of imported events it keeps the bytes
// by digest and the cells that Fold returns.
package lineage
