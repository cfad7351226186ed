// Package trail makes the files that a stranger verifies offline, and verifies
// them: proofs about a record, about a log entry, about the growth of the log,
// and the whole log in one file.
//
// [Verify] is pinned to a key from outside the file and trusts nothing in it.
// Every format has one form: what was read is written again and must give the
// same bytes, so that no byte can differ without being noticed.
package trail
