package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	govdv1 "govd/proto/govd/v1"
)

func auditCmd(a *app) *cobra.Command {
	return group("audit", "Read, prove, export and verify the audit log",
		auditListCmd(a), auditShowCmd(a), auditCheckpointCmd(a), auditProveCmd(a), auditExportCmd(a), auditVerifyCmd(a))
}

// An entryView is an entry of the log as listed.
type entryView struct {
	Index   uint64          `json:"index"`
	Time    time.Time       `json:"time"`
	Who     string          `json:"who"`
	WhoName string          `json:"who_name"`
	Action  string          `json:"action"`
	Place   string          `json:"place"`
	Refused string          `json:"refused"`
	Event   string          `json:"event"`
	Line    json.RawMessage `json:"line,omitempty"` // exactly as hashed
}

func viewEntry(e *govdv1.Entry) entryView {
	return entryView{
		Index: e.GetIndex(), Time: when(e.GetTime()), Who: e.GetWho(), WhoName: e.GetWhoName(),
		Action: e.GetAction(), Place: e.GetPlace(), Refused: e.GetRefused(), Event: e.GetEvent(),
	}
}

func entryColumns() []column[entryView] {
	return []column[entryView]{
		{name: "ENTRY", value: func(e entryView) any { return strconv.FormatUint(e.Index, 10) }},
		{name: "TIME", value: func(e entryView) any { return e.Time }},
		{name: "WHO", value: func(e entryView) any { return first(e.WhoName, e.Who) }},
		{name: "ACTION", value: func(e entryView) any { return e.Action }},
		{name: "PLACE", value: func(e entryView) any { return e.Place }},
		{name: "REFUSED", value: func(e entryView) any { return e.Refused }},
		{name: "EVENT", value: func(e entryView) any { return e.Event }, wide: true},
	}
}

func auditListCmd(a *app) *cobra.Command {
	var limit uint
	var since string
	req := &govdv1.ListEntriesRequest{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List entries of the log, newest first",
		Example: `  govctl audit list
  govctl audit list --place hands --since 7d
  govctl audit list --refused --person bob -n 0`,
		Args: args(0, 0),
		RunE: a.with(func(ctx context.Context, c *client, _ []string) error {
			if since != "" {
				t, err := parseMoment(since, -1, a.now())
				if err != nil {
					return err
				}
				req.Since = timestamppb.New(t)
			}
			return list(a, "entries", entryColumns(), convert(head(c.entries(ctx, req, limit), limit, a.cut), viewEntry))
		}),
	}
	f := cmd.Flags()
	f.StringVar(&req.Place, "place", "", "only in this project or dataset")
	f.StringVar(&req.Person, "person", "", "only by this person: a name or an id")
	f.StringVar(&req.Action, "action", "", "only this action, such as version.register")
	f.BoolVar(&req.Refused, "refused", false, "only what was refused")
	f.StringVar(&since, "since", "", "only since then: a span such as 7d or 12h, a date, or RFC 3339")
	limitFlag(cmd, &limit, 50)
	return cmd
}

func (c *client) entries(ctx context.Context, req *govdv1.ListEntriesRequest, limit uint) iter.Seq2[*govdv1.Entry, error] {
	return pages(func(token string) ([]*govdv1.Entry, string, error) {
		req.PageSize, req.PageToken = pageOf(limit), token
		resp, err := c.ListEntries(ctx, req)
		return resp.GetEntries(), resp.GetNextPageToken(), err
	})
}

func auditShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show INDEX",
		Short: "Print one entry of the log",
		Long: `Print one entry of the log, indented for reading. The log hashes it without
the indentation: --json prints it so, in "line".`,
		Example: `  govctl audit show 7`,
		Args:    args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			index, err := parseIndex(args[0])
			if err != nil {
				return err
			}
			resp, err := c.GetEntry(ctx, &govdv1.GetEntryRequest{Index: index})
			if err != nil {
				return err
			}
			line := resp.GetEntry().GetLine()
			if a.json {
				v := viewEntry(resp.GetEntry())
				v.Line = line
				return a.printObject(v)
			}
			var b bytes.Buffer
			if err := json.Indent(&b, line, "", "  "); err != nil {
				return complain(exitError, "BAD_ANSWER", "entry %d is not JSON: %v", index, err)
			}
			_, err = fmt.Fprintln(a.stdout, strings.TrimSpace(b.String()))
			return err
		}),
	}
}

func parseIndex(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, usage("%q is not the number of an entry", s)
	}
	return n, nil
}

// outputFlag adds -o, which must be given.
func outputFlag(cmd *cobra.Command, out *string) {
	cmd.Flags().StringVarP(out, "output", "o", "", "file to write; - is stdout")
	required(cmd, "output")
}

func auditExportCmd(a *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "export -o FILE",
		Short: "Write the whole log to a file that verifies offline",
		Example: `  govctl audit export -o log.tar
  govctl verify log.tar --key VKEY --since monday.checkpoint`,
		Args:                  args(0, 0),
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, _ []string) error {
			return a.download(ctx, c, out, 0o666, exportPieces(c, &govdv1.ExportLogRequest{RequestId: requestID()}))
		}),
	}
	outputFlag(cmd, &out)
	return cmd
}
