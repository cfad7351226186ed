package ctl

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/trail"
)

func verifyCmd(a *app) *cobra.Command {
	cmd := auditVerifyCmd(a)
	cmd.Short = "Verify a trail, a proof, an exported log or a checkpoint, offline"
	cmd.Example = `  govctl verify proof.json --key data.example.org/govd+1a2b3c4d+AQ…
  govctl verify log.ndjson --key VKEY --since monday.checkpoint`
	return cmd
}

func auditVerifyCmd(a *app) *cobra.Command {
	var key, since string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "The same as 'govctl verify'",
		Long: `Verify a trail, a proof, an exported log or a checkpoint. No server is asked,
and nothing in the file is trusted: it must lead to a checkpoint that the
verifier key has signed. Take the key from whoever runs the server, by a way you
trust; 'govctl status' prints it. Without --key it is the one that the server
told when the context in use was saved.

--since names a file with a checkpoint that you kept: the file must then show
that the log only grew since.

A terminal is first told in a few lines what the file is, whether it is proven
and what it does not show, then the claims by what they are about: ✓ for one
that holds, – for one that tells what the file does not show, ✗ for one that
does not hold. Into a pipe goes a line for each claim: holds or fails, the claim
and what proves it. The exit status is 7 if a claim does not hold, or if the
file is not what was written.`,
		Example: `  govctl audit verify log.ndjson --key VKEY --since monday.checkpoint`,
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := a.verifyOptions(key, since)
			if err != nil {
				return err
			}
			read, err := verifyFile(args[0], o)
			if printErr := a.printReading(args[0], o.VerifierKey, read, verbose); printErr != nil {
				return printErr
			}
			return advise(verdict(args[0], err), since)
		},
	}
	cmd.Flags().BoolVar(&verbose, "verbose", false, "on a terminal, what proves each claim, and whole digests")
	verifyFlags(cmd, &key, &since)
	return cmd
}

func verifyFlags(cmd *cobra.Command, key, since *string) {
	cmd.Flags().StringVar(key, "key", "", "the verifier key of the log")
	cmd.Flags().StringVar(since, "since", "", "file of a checkpoint that you kept")
}

func (a *app) verifyOptions(key, since string) (o trail.Options, err error) {
	if key == "" {
		if key, err = a.savedKey(); err != nil {
			return o, err
		}
	}
	if _, err := audit.CheckVerifierKey(key); err != nil {
		return o, usage("%v", err)
	}
	o.VerifierKey = key
	if since == "" {
		return o, nil
	}
	if o.Since, err = os.ReadFile(since); err != nil {
		return o, err
	}
	_, err = audit.ParseCheckpoint(o.Since, key)
	return o, verdict(since, err)
}

// savedKey returns the verifier key of the context in use and says so: it is
// only as good as the server was on that day.
func (a *app) savedKey() (string, error) {
	config, err := a.loadConfig()
	if err != nil {
		return "", err
	}
	t, err := config.get(a.flags.Name)
	if err != nil {
		return "", err
	}
	if t.VerifierKey == "" {
		return "", hint(usage("a verifier key is needed: --key VKEY"), "have it told by someone you trust who can reach the server: 'govctl status' prints it")
	}
	a.note("verifying with the key that %s told when context %q was saved", t.Addr, t.Name)
	return t.VerifierKey, nil
}

func verifyFile(path string, o trail.Options) (*trail.Reading, error) {
	f, size, err := openFile(path)
	if err != nil {
		return &trail.Reading{}, err
	}
	defer f.Close()
	return trail.Examine(f, size, o)
}

// openFile opens a regular file, and returns its size.
func openFile(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = complain(exitError, "NOT_A_FILE", "%s is not a file", path)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// verdict makes every way in which a file can be found wanting a failed
// verification.
func verdict(path string, err error) error {
	if e, ok := errors.AsType[*gov.Error](err); ok && e.Kind == gov.Invalid {
		return complain(exitFailed, e.Reason, "%s: %s", path, e.Msg)
	}
	return err
}

// advise says what to make of a file that is found wanting.
func advise(err error, since string) error {
	if err == nil {
		return nil
	}
	switch c := complaintOf(err); {
	case c.exit != exitFailed:
		return err
	case c.reason == "NOT_PROVEN" && since != "":
		return hint(err, "is the checkpoint the right one? the file shows that its log continues it only if the same was named with --since when it was written")
	case c.reason == "NOT_PROVEN":
		return hint(err, "believe nothing of it; ask for the file and the key again, by another way")
	}
	return hint(err, "the file is not what was written: believe nothing of it, and ask for it again")
}
