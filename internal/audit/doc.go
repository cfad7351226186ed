// Package audit is the log of every decision that changed, or was refused to
// change, the state: what an entry is, how entries hash into a Merkle tree
// (RFC 6962), how the tree's head is signed (C2SP tlog-checkpoint), and how a
// stranger checks that an entry is in the log or that one log continues
// another.
//
// The package does no I/O. It reads a stored log through [Source] and gives
// back what to store, see [Appender.Append].
//
// Hashes are kept in tiles of 256 (C2SP tlog-tiles). Only full tiles are
// stored, once and for ever; what lies right of them is rebuilt when needed
// from at most 255 entries and the roots of full tiles.
package audit
