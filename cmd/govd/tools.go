package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"govd/internal/daemon"
	"govd/internal/fsck"
)

// check runs fsck on a data directory.
func check(ctx context.Context, fs *flag.FlagSet, args []string, stdout, stderr io.Writer) error {
	data := fs.String("data", "", "data `directory` of a stopped daemon")
	if err := parse(fs, args, "data"); err != nil {
		return err
	}
	return report(ctx, daemon.Dir(*data).Store(), daemon.Dir(*data), stdout, stderr)
}

// report checks a store and prints what was looked at and what was found.
func report(ctx context.Context, path string, d daemon.Dir, stdout, stderr io.Writer) error {
	found := 0
	sum, err := fsck.Check(ctx, path, func(format string, a ...any) {
		found++
		fmt.Fprintf(stderr, "fault: "+format+"\n", a...)
	}, progress(stderr))
	if err != nil {
		return err
	}
	if err := daemon.CheckAnchor(ctx, path, d); err != nil {
		found++
		fmt.Fprintf(stderr, "fault: %v\n", err)
	}
	fmt.Fprintf(stdout, "%d log entries, %d versions, %d records, %d nodes, %d outputs looked at\n", sum.Entries, sum.Versions, sum.Records, sum.Nodes, sum.Outputs)
	if found > 0 {
		fmt.Fprintf(stdout, "%d faults\n", found)
		return errFailed
	}
	fmt.Fprintln(stdout, "no faults")
	return nil
}

// progress returns a function that says on a terminal what is being done.
func progress(w io.Writer) func(what string) {
	if !isTerminal(w) {
		return func(string) {}
	}
	return func(what string) { fmt.Fprintf(w, "… %s\n", what) }
}

// restore makes a data directory of a backup, if that is without fault.
func restore(ctx context.Context, fs *flag.FlagSet, args []string, stdout, stderr io.Writer) error {
	from := fs.String("from", "", "backup `file`, as govctl backup writes it")
	data := fs.String("data", "", "data `directory` to make")
	origin := fs.String("origin", "", "`name` of the log from now on; drawn at random if left out")
	if err := parse(fs, args, "from", "data"); err != nil {
		return err
	}
	key, err := daemon.Restore(ctx, *from, daemon.Dir(*data), *origin, func(path string) error {
		return report(ctx, path, "", stdout, stderr)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "restored into %s\nThe log goes on under a new name; give auditors its verifier key:\n%s\n", *data, key)
	return nil
}

// compact rewrites the store without its free space.
func compact(ctx context.Context, fs *flag.FlagSet, args []string, stdout, stderr io.Writer) error {
	data := fs.String("data", "", "data `directory` of a stopped daemon")
	if err := parse(fs, args, "data"); err != nil {
		return err
	}
	before, after, err := daemon.Compact(ctx, daemon.Dir(*data), func(path string) error {
		return report(ctx, path, "", stdout, stderr)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d bytes before, %d after\n", before, after)
	return nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
