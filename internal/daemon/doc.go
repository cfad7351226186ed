// Package daemon opens a data directory, wires the parts of govd together and
// serves until told to stop. It is what cmd/govd runs and what tests start.
package daemon
