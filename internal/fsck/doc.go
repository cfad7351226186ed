// Package fsck checks every invariant of a store: that the file is sound, that
// the log is what its checkpoint signs, that the tables are what the log folds
// to, and that every version is the tree it says it is.
package fsck
