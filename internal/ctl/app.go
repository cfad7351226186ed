package ctl

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
)

// An app is what every command shares: the world around the process, and what
// the flags before the command say.
type app struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	screen, margin screen // what stdout and stderr are

	flags target // the flags that say which server, and as whom
	json  bool

	started    bool // a command's own code runs: errors are no longer about usage
	incomplete bool // a listing ended before its end

	conn *grpc.ClientConn // nil until a command asks for the server
}

// Run is main without the process around it. It returns the exit status.
func Run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now}
	a.screen, a.margin = screenOf(stdout, getenv), screenOf(stderr, getenv)
	defer a.close()
	root := rootCmd(a)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return a.finish(cmd, err)
}

const rootLong = `govctl is the client of govd. It registers dataset versions, proposes, reviews
and approves label changes, manages who may do what, reads the audit log, and
verifies proofs without a server.

The server is taken from --addr, GOVCTL_ADDR, the context in use, or else
unix:govd-data/govd.sock; an address is unix:PATH or host:port. The token is
taken from GOVCTL_TOKEN, from the file named by GOVCTL_TOKEN_FILE, or from the
context. Contexts are kept in the file GOVCTL_CONFIG, else in govctl/config.yaml
in your config directory.

A terminal gets tables. A pipe gets tab-separated values with whole digests and
RFC 3339 times, without a header. --json gives one object a line.

Exit status: 0 done, 1 error, 2 usage, 3 not found, 4 refused, 5 conflict,
6 server unreachable, 7 verification failed.`

func rootCmd(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "govctl",
		Short: "Govern datasets: what a version is, who may do what, and proof of it",
		Long:  rootLong,
		Example: `  govctl bootstrap alice
  govctl dataset push hands/signs ./photos --labels folder -m "first photos"
  govctl dataset diff hands/signs@v2
  govctl change propose hands/signs --relabel 'train/fist/*:fist=palm'
  govctl change review 7`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.Version = program().Version
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetUsageTemplate(usageTemplate)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	a.globalFlags(root)
	root.AddGroup(
		&cobra.Group{ID: "data", Title: "Data:"},
		&cobra.Group{ID: "use", Title: "Training and lineage:"},
		&cobra.Group{ID: "access", Title: "People and access:"},
		&cobra.Group{ID: "proof", Title: "Record and proof:"},
		&cobra.Group{ID: "server", Title: "Server:"},
	)
	for id, cmds := range map[string][]*cobra.Command{
		"data":   {projectCmd(a), datasetCmd(a), changeCmd(a), intakeCmd(a), inspectCmd(a), rulesCmd(a), checkCmd(a), reportCmd(a), stageCmd(a)},
		"access": {bootstrapCmd(a), personCmd(a), tokenCmd(a), roleCmd(a), policyCmd(a), keyCmd(a)},
		"use":    {runCmd(a), execCmd(a), modelCmd(a), outputCmd(a), lineageCmd(a)},
		"proof":  {auditCmd(a), trailCmd(a), complianceCmd(a), verifyCmd(a), holdCmd(a), retentionCmd(a), eraseCmd(a)},
		"server": {loginCmd(a), contextCmd(a), statusCmd(a), backupCmd(a)},
	} {
		for _, cmd := range cmds {
			cmd.GroupID = id
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(versionCmd(a))
	a.wrap(root)
	return root
}

// usageTemplate is cobra's, for 80 columns and without the flags that every
// command has.
const usageTemplate = `Usage:{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND{{else}}
  {{.UseLine}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{$cmds := .Commands}}{{range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if and (eq .GroupID $group.ID) .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableSubCommands}}

{{if .Groups}}Other:{{else}}Commands:{{end}}{{range $cmds}}{{if and (eq .GroupID "") (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 80 | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

'{{.CommandPath}} COMMAND --help' tells more about a command.{{end}}{{if .HasAvailableInheritedFlags}}

'govctl --help' lists the flags that every command has.{{end}}
`

func (a *app) globalFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&a.flags.Addr, "addr", "", "the server: unix:PATH or host:port")
	f.StringVar(&a.flags.Name, "context", "", "use this saved context")
	f.StringVar(&a.flags.CA, "ca", "", "file of certificates that may sign the server's; the system's if none")
	f.StringVar(&a.flags.ServerName, "server-name", "", "name that the server's certificate must carry")
	f.StringVar(&a.flags.Cert, "client-cert", "", "file of the client certificate to show the server")
	f.StringVar(&a.flags.Key, "client-key", "", "file of its private key")
	f.BoolVar(&a.json, "json", false, "print one JSON object a line")
}

// wrap marks the moment when a command's own code begins, in cmd and all below
// it: whatever fails before is a mistake in how the command was called.
func (a *app) wrap(cmd *cobra.Command) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.started = true
			return run(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		a.wrap(sub)
	}
}

// group returns a command that only holds others.
func group(use, short string, cmds ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			err := fmt.Errorf("no command %q for %q", args[0], cmd.CommandPath())
			for _, like := range cmd.SuggestionsFor(args[0]) {
				err = hint(err, "did you mean '%s %s'?", cmd.CommandPath(), like)
			}
			return err
		},
		RunE:                       func(cmd *cobra.Command, args []string) error { return cmd.Help() },
		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(cmds...)
	return cmd
}

// args lets a command take between least and most arguments.
func args(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch n := len(args); {
		case n < least:
			return fmt.Errorf("too few arguments: want %s", useLine(cmd))
		case n > most:
			return fmt.Errorf("too many arguments at %q: want %s", args[most], useLine(cmd))
		}
		return nil
	}
}

// required marks a flag that must be given.
func required(cmd *cobra.Command, flag string) {
	if err := cmd.MarkFlagRequired(flag); err != nil {
		panic(err) // there is no such flag: a mistake of the caller
	}
}

func useLine(cmd *cobra.Command) string { return strings.TrimSuffix(cmd.UseLine(), " [flags]") }

// with is the body of a command that calls the server.
func (a *app) with(do func(ctx context.Context, c *client, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := a.connect()
		if err != nil {
			return err
		}
		return do(cmd.Context(), c, args)
	}
}

func (a *app) close() {
	if a.conn != nil {
		a.conn.Close()
	}
}
