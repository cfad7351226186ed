// Command govd is the dataset governance and lineage daemon, and the tools for
// its data directory.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"govd/internal/daemon"
	"govd/internal/gov"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Exit statuses, as govctl's.
const (
	exitDone     = 0
	exitError    = 1
	exitUsage    = 2
	exitNotFound = 3
	exitConflict = 5
	exitFailed   = 7 // a check found something
)

// A command is a subcommand of govd.
type command struct {
	name, usage, short string
	run                func(ctx context.Context, fs *flag.FlagSet, args []string, stdout, stderr io.Writer) error
}

// commands lists the subcommands.
func commands() []command {
	return []command{
		{"serve", "[-data DIR] [-listen HOST:PORT] [-config FILE]", "serve a data directory", serve},
		{"demo", "[-once] [-listen HOST:PORT]", "play the story of a dataset on a server of its own", demo},
		{"fsck", "-data DIR", "check every invariant of a stopped data directory", check},
		{"restore", "-from FILE -data DIR", "make a data directory of a backup", restore},
		{"compact", "-data DIR", "give back the free space of a stopped data directory", compact},
		{"version", "", "print the program's version", version},
	}
}

// errUsage ends a command whose flags or arguments are wrong; its usage has
// been printed.
var errUsage = errors.New("usage")

// errFailed ends a command whose check found something; it has been printed.
var errFailed = errors.New("check failed")

// run is main without the process around it. It returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || isHelp(args[0]) || args[0] == "help" {
		usage(stdout)
		return exitDone
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return status(c.name, runCommand(ctx, c, args[1:], stdout, stderr), stderr)
		}
	}
	fmt.Fprintf(stderr, "govd: no command %q\n", args[0])
	usage(stderr)
	return exitUsage
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

func runCommand(ctx context.Context, c command, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	if slices.ContainsFunc(args, isHelp) { // asked for, it is what the command prints
		fs.SetOutput(stdout)
	}
	fs.Usage = func() {
		fmt.Fprintf(fs.Output(), "usage: govd %s %s\n\n%s\n\n", c.name, c.usage, c.short)
		fs.PrintDefaults()
	}
	return c.run(ctx, fs, args, stdout, stderr)
}

// status prints what went wrong and returns the exit status.
func status(name string, err error, stderr io.Writer) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, errFailed):
		return exitFailed
	}
	fmt.Fprintf(stderr, "govd %s: %v\n", name, err)
	switch {
	case errors.Is(err, gov.NotFound), errors.Is(err, fs.ErrNotExist):
		return exitNotFound
	case errors.Is(err, gov.Conflict), errors.Is(err, gov.Exists):
		return exitConflict
	}
	return exitError
}

// parse parses the flags of a command that takes no arguments and needs some
// flags to be set.
func parse(fs *flag.FlagSet, args []string, needed ...string) error {
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	complain := func(format string, a ...any) error {
		fmt.Fprintf(fs.Output(), "govd %s: %s\n", fs.Name(), fmt.Sprintf(format, a...))
		fs.Usage()
		return errUsage
	}
	if fs.NArg() > 0 {
		return complain("unexpected argument %q", fs.Arg(0))
	}
	for _, name := range needed {
		if fs.Lookup(name).Value.String() == "" {
			return complain("-%s is needed", name)
		}
	}
	return nil
}

func usage(w io.Writer) {
	fmt.Fprint(w, "govd keeps what each dataset version is, who changed it, and proves it.\n\nusage: govd COMMAND [FLAGS]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-8s  %s\n", c.name, c.short)
	}
	fmt.Fprint(w, "\n\"govd COMMAND -help\" says more of one. The client is govctl.\n")
}

func version(_ context.Context, fs *flag.FlagSet, args []string, stdout, _ io.Writer) error {
	if err := parse(fs, args); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "govd", daemon.Version())
	return nil
}
