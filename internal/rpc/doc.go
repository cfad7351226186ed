// Package rpc is the gRPC face of govd: it proves who calls, bounds what they
// send, translates messages to words and back, and turns errors into statuses.
// Whether a caller may do a thing is decided in package govern.
package rpc
