// Package govern holds the operations of govd: everything that changes its
// state, and every read that policy guards.
//
// State is a fold of the log, so each noun's file holds three kinds of code side
// by side: an event (what happened, a small struct with a frozen JSON form), its
// apply (how it changes the tables; deterministic, given only the transaction
// and the event) and the operation (who asks, may they, do the rules hold: the
// event). write is the one way to change anything; see is the one way to read.
package govern
