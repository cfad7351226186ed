package ctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// An exited error is the exit status of a command that govctl ran, which is
// passed through without a word.
type exited struct{ status int }

func (e exited) Error() string { return fmt.Sprintf("exit status %d", e.status) }

func execCmd(a *app) *cobra.Command {
	var outputs, files []string
	cmd := &cobra.Command{
		Use:   "exec --job NAME --purpose P --input REF -- COMMAND",
		Short: "Run a command as a run: start, command, finish or fail",
		Long: `Run a command as a run. The run is started as 'govctl run start' does; if the
gates hold it up, the command is not started. The command finds the run in
GOVD_RUN and the server in GOVD_ADDR and GOVCTL_ADDR. Signals are passed on to
it, and its exit status is govctl's: 0 finishes the run, any other fails it.

--output and --file say what a good run made, as for 'govctl run finish'.`,
		Example: `  govctl exec --job train-pose --purpose research --input hands/signs@v3 \
    --output model:hands/pose --file weights.bin -- python train.py`,
		Args:                  args(1, 1<<20),
		DisableFlagsInUseLine: true,
	}
	flags := newRunFlags(cmd)
	cmd.Flags().StringArrayVar(&outputs, "output", nil, "what it made; repeat for more")
	cmd.Flags().StringArrayVar(&files, "file", nil, "a file, or a directory of files, of the model; repeat for more")
	cmd.RunE = a.with(func(ctx context.Context, c *client, args []string) error {
		req, err := flags.request()
		if err != nil {
			return err
		}
		path, err := exec.LookPath(args[0])
		if err != nil {
			return complain(exitNotFound, "NO_FILE", "no command %q", args[0])
		}
		resp, err := c.StartRun(ctx, req)
		if err != nil {
			return err
		}
		run := resp.GetRun().GetId()
		a.note("run %s has started", run)
		status, why := a.command(path, args, run, c.target.Addr)
		ctx = context.WithoutCancel(ctx) // an interrupt has ended the command; the run is to be ended too
		if status != 0 {
			_, err := c.FailRun(ctx, &govdv1.FailRunRequest{RequestId: requestID(), Run: run, Status: uint32(status), Reason: why})
			if err == nil {
				err = exited{status}
			}
			return err
		}
		return a.finishQuietly(ctx, c, run, outputs, files)
	})
	return cmd
}

// finishQuietly ends the run; stdout is the command's.
func (a *app) finishQuietly(ctx context.Context, c *client, run string, outputs, files []string) error {
	quiet := *a
	quiet.stdout = a.stderr
	return quiet.finishRun(ctx, c, run, outputs, files)
}

// command runs a command to its end and returns its exit status: 128 and the
// signal's number if a signal ended it, as in shells.
func (a *app) command(path string, args []string, run, addr string) (status int, why string) {
	cmd := exec.Command(path, args[1:]...)
	cmd.Args[0] = args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.stdin, a.stdout, a.stderr
	cmd.Env = append(os.Environ(), "GOVD_RUN="+run, "GOVD_ADDR="+addr, "GOVCTL_ADDR="+addr)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 126, "the command did not start"
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			cmd.Process.Signal(s)
		case err := <-ended:
			return exitOf(err)
		}
	}
}

// exitOf returns the exit status of a command that ended.
func exitOf(err error) (status int, why string) {
	if err == nil {
		return 0, ""
	}
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		if w, ok := e.Sys().(syscall.WaitStatus); ok && w.Signaled() {
			return 128 + int(w.Signal()), "ended by signal: " + w.Signal().String()
		}
		return e.ExitCode(), ""
	}
	return 1, "its output could not be passed on"
}
