package ctl

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// done is what is printed of a command that only did something.
type done struct {
	AuditIndex uint64 `json:"audit_index"`
}

func yesFlag(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVarP(yes, "yes", "y", false, "do not ask")
}

// confirm asks a person at a terminal whether they mean it. A script means it.
func (a *app) confirm(yes bool, what string, args ...any) error {
	_, asked := terminal(a.stdin)
	if yes || !asked {
		return nil
	}
	fmt.Fprintf(a.stderr, "govctl: %s? [y/N] ", clean(fmt.Sprintf(what, args...)))
	answer, _ := bufio.NewReader(a.stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return complain(exitError, "NOT_CONFIRMED", "nothing was done")
}

// secret reads one line: from a terminal without showing it.
func (a *app) secret(prompt string) (string, error) {
	if fd, ok := terminal(a.stdin); ok {
		fmt.Fprint(a.stderr, prompt)
		b, err := term.ReadPassword(fd)
		fmt.Fprintln(a.stderr)
		return strings.TrimSpace(string(b)), err
	}
	const most = 4096
	line, err := bufio.NewReader(io.LimitReader(a.stdin, most)).ReadString('\n')
	if err == io.EOF {
		err = nil
	}
	return strings.TrimSpace(line), err
}
