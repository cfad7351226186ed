// Package inspect holds the rules of inspections: people look at a random
// sample of a version's records, and their answers certify a bound on the rate
// of wrong labels. Nothing else does.
//
// An inspection goes through these hands, none of which needs to be trusted
// with more than it has:
//
//	Design      what is to be shown, how surely, by how many; its digest is published first
//	Commitment  to a secret of the server, published before the version's root is known
//	Draw        sees every key once, in any order, and keeps those of lowest rank
//	Sheet       the sample, with gold items at places that the seed decides
//	Inspection  a fold of answers: what is next for whom, what they certify
//	Carry       what is left of a guarantee after the labels have changed
//
// The seed is the digest of root, design and secret. Who makes a version cannot
// know the secret and so not steer the sample; who holds the secret had committed
// to it; and when it is revealed, anyone can draw the sample again.
//
// Everything here is pure: people, answers and times come from the caller.
package inspect
