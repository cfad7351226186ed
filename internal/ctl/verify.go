package ctl

import (
	"errors"
	"fmt"
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

Each claim is printed with whether it holds. The exit status is 7 if one does
not.`,
		Example: `  govctl audit verify log.ndjson --key VKEY --since monday.checkpoint`,
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := a.verifyOptions(key, since)
			if err != nil {
				return err
			}
			claims, err := verifyFile(args[0], o)
			if printErr := a.printClaims(claims); printErr != nil {
				return printErr
			}
			return verdict(args[0], err)
		},
	}
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
	if since != "" {
		o.Since, err = os.ReadFile(since)
	}
	return o, err
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
		return "", hint(usage("a verifier key is needed: --key VKEY"), "'govctl status' prints the server's")
	}
	a.note("verifying with the key that %s told when context %q was saved", t.Addr, t.Name)
	return t.VerifierKey, nil
}

func verifyFile(path string, o trail.Options) ([]trail.Claim, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return trail.Verify(f, size, o)
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

func (a *app) printClaims(claims []trail.Claim) error {
	if a.json {
		return printJSON(a.stdout, seq(claims))
	}
	for _, c := range claims {
		line := fmt.Sprintf("%s\t%s\t%s\n", map[bool]string{true: "holds", false: "fails"}[c.Holds], clean(c.Claim), clean(c.Evidence))
		if a.screen.terminal {
			line = a.screen.tick(c.Holds) + a.screen.wrap(" "+clean(c.Claim)) + "\n " + a.screen.wrap(" "+clean(c.Evidence)) + "\n"
		}
		if _, err := fmt.Fprint(a.stdout, line); err != nil {
			return err
		}
	}
	return nil
}

func (s screen) tick(holds bool) string {
	if holds {
		return s.paint(green, "✓")
	}
	return s.paint(red, "✗")
}
