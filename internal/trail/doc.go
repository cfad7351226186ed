// Package trail writes lineage for others and makes the files that a stranger
// verifies offline.
//
// A [Chain] is a piece of lineage as plain data. [Export] writes it in the
// formats of others, and reports tell it to people. A [Bundle] is the trail that
// an auditor takes home: a chain, the log entries that prove it, and what lies
// beside the log. There are also proofs about one record, about one log entry
// and about the growth of the log, and the whole log in one file.
//
// [Verify] checks all of these. It is pinned to a key from outside the file and
// trusts nothing in it. Every format has one form: what was read is written
// again and must give the same bytes, so that no byte can differ without being
// noticed.
package trail
