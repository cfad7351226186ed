// Package gov holds the words of govd: what a person, a dataset, a version and
// a record are, how each is named, and how a record is encoded so that it can
// be hashed.
//
// Every other package of the module may import gov; gov imports none of them.
// Strings are parsed here, at the edge, and are right from then on. Zero values
// mean "none". Times are UTC.
package gov
