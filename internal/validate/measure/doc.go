// Package measure computes from the records of a version what its checks
// judge, and judges nothing itself.
//
// A Measure is a question with its parameters; its State is the answer for some
// records: integers, with one canonical encoding. States of records apart from
// each other merge into the state of them all, so a version can be folded by
// subtrees, in any grouping, and the states of subtrees can be kept in a Memo
// under the subtree's id. Most states can also be taken apart: a version's
// state is then its parent's, less what the diff removes, plus what it adds.
// The states of a Set of measures make a Profile.
//
// An Index answers what takes records that are far apart, such as duplicates.
// It keeps what it needs in a tree of its own, which the diff keeps up.
//
// The package reads through tree.Source, starts no goroutine and reads no clock.
package measure
