// Package ctl holds the commands of govctl, the client of govd. They register
// dataset versions from directories, manage who may do what, read the audit
// log, and verify proofs without a server.
//
// One file holds one noun. A command is a function that returns it. What goes
// to stdout is in output.go, errors and exit statuses in error.go.
package ctl
