package ctl

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// An editSource says where the edits of a change come from.
type editSource struct {
	file       string
	relabels   []string
	fromLabels string
}

func (e *editSource) flags(cmd *cobra.Command, a *app) {
	f := cmd.Flags()
	f.StringVar(&e.file, "edits", "", "file of edits, CSV or JSON lines; - is stdin")
	f.StringArrayVar(&e.relabels, "relabel", nil, "'KEYGLOB:FROM=TO': rename the labels FROM of the records whose\nkeys match; repeat for more")
	f.StringVar(&e.fromLabels, "from-labels", "", "csv:FILE, jsonl:FILE or coco:FILE: what the label file says\ndifferently")
	cmd.MarkFlagsOneRequired("edits", "relabel", "from-labels")
	cmd.MarkFlagsMutuallyExclusive("edits", "relabel", "from-labels")
	if err := cmd.RegisterFlagCompletionFunc("relabel", a.completeRelabel); err != nil {
		panic(err) // there is no such flag: a mistake right above
	}
}

// read returns the edits, against a version.
func (e *editSource) read(ctx context.Context, a *app, c *client, ref string) ([]edit, error) {
	switch {
	case e.file != "":
		return a.readEdits(e.file)
	case e.fromLabels != "":
		edits, unnamed, err := c.labelFileEdits(ctx, ref, e.fromLabels)
		if err == nil && unnamed > 0 {
			a.note("%s not in %s: they stay as they are", areWords(unnamed, "record"), e.fromLabels)
		}
		return edits, err
	}
	var rules []relabel
	for _, s := range e.relabels {
		r, err := parseRelabel(s)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return c.relabelEdits(ctx, ref, rules)
}

// areWords says "1 record is" or "2 records are".
func areWords(n uint64, thing string) string {
	if n == 1 {
		return count(n, thing) + " is"
	}
	return count(n, thing) + " are"
}

const editsLong = `
A file of edits is CSV whose first row names the columns key, label_id (which
may be left out), from and to:

  key,from,to
  train/fist/0001.png,fist,palm     # rename
  train/fist/0002.png,,thumb        # add
  train/fist/0003.png,fist,         # remove

or JSON lines with the same names, and with from_geometry and to_geometry where
geometry is concerned, as 'change show --diff --json' prints them:

  {"key":"a.png","label_id":"3","from":"palm","to":"palm",
   "from_geometry":{"kind":"box","parts":[[0,0,9000,9000]]},
   "to_geometry":{"kind":"box","parts":[[0,0,9500,9000]]}}

Each edit says what it expects: where the version holds something else, nothing
is proposed and the record is named. Without a label id, the edit is about the
one label of the record that has the old name.`

func changeProposeCmd(a *app) *cobra.Command {
	var source editSource
	h := &govdv1.ProposeChangeHeader{}
	cmd := &cobra.Command{
		Use:   "propose REF",
		Short: "Propose label edits against a version",
		Long:  "Propose label edits against a version of a dataset.\n" + editsLong,
		Example: `  govctl change propose hands/signs --edits edits.csv -m "mirrored hands"
  govctl change propose hands/signs --relabel 'train/fist/*:fist=palm' --dry-run
  govctl change propose hands/signs --from-labels coco:fixed.json --to-stage 2`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			base, err := c.GetVersion(ctx, &govdv1.GetVersionRequest{Ref: args[0]})
			if err != nil {
				return err
			}
			h.RequestId, h.Ref = requestID(), base.GetVersion().GetRef()
			edits, err := source.read(ctx, a, c, h.Ref)
			if err != nil {
				return err
			}
			var resp *govdv1.ProposeChangeResponse
			err = c.link.retry(ctx, func(ctx context.Context) (err error) {
				resp, err = a.propose(ctx, c, h, edits)
				return err
			})
			if err != nil {
				return refused(err, resp.GetChange().GetNumber())
			}
			return a.proposed(h.DryRun, resp)
		}),
	}
	source.flags(cmd, a)
	f := cmd.Flags()
	f.StringVarP(&h.Message, "message", "m", "", "why")
	f.Uint32Var(&h.Stage, "to-stage", 0, "the stage that the result is meant for (default the dataset's)")
	f.StringArrayVar(&h.Evidence, "evidence", nil, "digest of what speaks for it, such as a report; repeat for more")
	f.StringVar(&h.OnBehalfOf, "on-behalf-of", "", "person whose work it is; they cannot approve it")
	f.BoolVar(&h.DryRun, "dry-run", false, "check everything and say what it would need, but change nothing")
	return cmd
}

func changeReviseCmd(a *app) *cobra.Command {
	var source editSource
	h := &govdv1.ReviseChangeHeader{}
	cmd := &cobra.Command{
		Use:   "revise CHANGE",
		Short: "Replace the edits of a change; approvals count no more",
		Long:  "Replace the edits of a change by a new revision against the same base. Approvals\nof earlier revisions count no more; vetoes stand.\n" + editsLong,
		Example: `  govctl change revise 7 --edits edits.csv
  govctl change show 7 --diff --json | jq -c 'select(.key != "x")' |
    govctl change revise 7 --edits -`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeChange,
		RunE: a.with(func(ctx context.Context, c *client, args []string) (err error) {
			h.RequestId = requestID()
			if h.Change, err = changeID(args[0]); err != nil {
				return err
			}
			got, err := c.GetChange(ctx, &govdv1.GetChangeRequest{Change: h.Change})
			if err != nil {
				return refused(err, h.Change)
			}
			if h.ExpectedDigest != "" {
				if h.ExpectedDigest, err = expected(h.ExpectedDigest, got.GetChange().GetDigest()); err != nil {
					return refused(err, h.Change)
				}
			}
			edits, err := source.read(ctx, a, c, got.GetChange().GetBase())
			if err != nil {
				return err
			}
			var resp *govdv1.ReviseChangeResponse
			err = c.link.retry(ctx, func(ctx context.Context) (err error) {
				resp, err = a.revise(ctx, c, h, edits)
				return err
			})
			if err != nil {
				return refused(err, h.Change)
			}
			return a.tellRevision(resp.GetChange(), resp.GetRevision(), resp.GetVerdict(), resp.GetAuditIndex())
		}),
	}
	source.flags(cmd, a)
	f := cmd.Flags()
	f.StringVarP(&h.Message, "message", "m", "", "why (default as before)")
	f.Uint32Var(&h.Stage, "to-stage", 0, "the stage that the result is meant for (default as before)")
	f.StringArrayVar(&h.Evidence, "evidence", nil, "digest of what speaks for it; repeat for more (default as before)")
	f.StringVar(&h.OnBehalfOf, "on-behalf-of", "", "person whose work it is; they cannot approve it")
	f.StringVar(&h.ExpectedDigest, "expect", "", "digest of the revision that this replaces, or its beginning")
	return cmd
}

// A proposedView is what became of a proposal.
type proposedView struct {
	Change   uint64 `json:"change"` // 0 in a dry run
	Revision uint64 `json:"revision"`
	Digest   string `json:"digest"`
	State    string `json:"state"`
	Edits    uint64 `json:"edits"`
	Base     string `json:"base"`
}

func viewProposed(ch *govdv1.Change, r *govdv1.Revision) proposedView {
	return proposedView{ch.GetNumber(), r.GetNumber(), r.GetDigest(), ch.GetState(), r.GetEdits(), r.GetBase()}
}

func (v proposedView) line() string {
	return fmt.Sprintf("%d\t%d\t%s\t%s\t%d\t%s", v.Change, v.Revision, v.Digest, v.State, v.Edits, v.Base)
}

func (a *app) proposed(dryRun bool, resp *govdv1.ProposeChangeResponse) error {
	ch, r := resp.GetChange(), resp.GetRevision()
	if !dryRun {
		return a.tellRevision(ch, r, resp.GetVerdict(), resp.GetAuditIndex())
	}
	v := viewProposed(ch, r)
	v.Digest = "" // which only what is proposed has
	words := "would propose " + sizeWords(r) + "\n"
	if missing := missingWords(nil, resp.GetVerdict(), names(resp.GetVerdict().GetNames())); missing != "" {
		words += missing + "\n"
	}
	return a.tell(v, v.line(), "%snothing was changed", words)
}

// tellRevision tells what became of a new revision, and what it needs.
func (a *app) tellRevision(ch *govdv1.Change, r *govdv1.Revision, verdict *govdv1.Verdict, index uint64) error {
	v := viewProposed(ch, r)
	missing := missingWords(ch, verdict, names(verdict.GetNames()))
	if verdictHas(verdict, "BLOCKED_NO_QUORUM") && !a.screen.terminal {
		a.note("%s", strings.ReplaceAll(missing, "\n", "; "))
	}
	return a.tell(v, v.line(), "change %d, revision %d  %s\n%s for stage %d\n%s\nlog entry %d", v.Change, v.Revision, short(v.Digest),
		sizeWords(r), r.GetStage(), missing, index)
}

// sizeWords says how much a revision edits, and of what.
func sizeWords(r *govdv1.Revision) string {
	return fmt.Sprintf("%s of %s of %s", count(r.GetEdits(), "label"), count(r.GetRecords(), "record"), r.GetBase())
}

// missingWords says in a line or two what is missing until a change can be
// applied, or ratified where it is. One that is not proposed yet has no number.
func missingWords(ch *govdv1.Change, v *govdv1.Verdict, n names) string {
	switch {
	case v.GetReady() && ch.GetNumber() == 0:
		return "it would need no approval"
	case v.GetReady() && ch.GetRatification() != "":
		return fmt.Sprintf("'govctl change ratify %d' records that the approvals have followed", ch.GetNumber())
	case v.GetReady():
		return fmt.Sprintf("it needs nothing more: 'govctl change apply %d' makes the version", ch.GetNumber())
	}
	var lines []string
	for _, f := range v.GetFactors() {
		if f.GetMissing() == 0 {
			continue
		}
		line := fmt.Sprintf("needs %s (%s)", count(uint64(f.GetMissing()), "more "+f.GetRole()), strings.TrimSpace(f.GetRule()+" "+f.GetUnder()))
		if len(f.GetCould()) > 0 {
			line += " from " + someOf(n.all(f.GetCould()))
		}
		lines = append(lines, line)
	}
	for _, b := range v.GetReasons() {
		if b.GetReason() != "QUORUM" || len(lines) == 0 {
			lines = append(lines, b.GetReason()+": "+withNames(b.GetSays(), n))
		}
	}
	return strings.Join(lines, "\n")
}

// someOf lists a few people, and how many others there are.
func someOf(people []string) string {
	const few = 5
	if len(people) <= few {
		return strings.Join(people, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(people[:few], ", "), len(people)-few)
}

func verdictHas(v *govdv1.Verdict, reason string) bool {
	for _, b := range v.GetReasons() {
		if b.GetReason() == reason {
			return true
		}
	}
	return false
}
