// Command govctl is the client of govd. It registers dataset versions from
// directories, manages who may do what, reads the audit log, and verifies
// proofs without a server.
//
// One file holds one noun. A command is a function that returns it. What goes
// to stdout is in output.go, errors and exit statuses in error.go.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}
