package ctl

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// A blameView says where a label of a record comes from.
type blameView struct {
	LabelID     string    `json:"label_id"`
	Name        string    `json:"name"`
	Was         string    `json:"was"`
	Version     string    `json:"version"`
	Change      uint64    `json:"change"` // 0 where the version was registered whole
	Author      string    `json:"author"`
	AuthorID    string    `json:"author_id"`
	Approvers   []string  `json:"approvers"`
	ApproverIDs []string  `json:"approver_ids"`
	Message     string    `json:"message"`
	Time        time.Time `json:"time"`
	AuditIndex  uint64    `json:"audit_index"`
	GlassBroken bool      `json:"glass_broken"`
}

func viewBlame(b *govdv1.LabelBlame) blameView {
	v := blameView{
		b.GetLabel(), b.GetName(), b.GetWas(), b.GetVersion(), b.GetChange(), first(b.GetAuthorName(), b.GetAuthor()), b.GetAuthor(),
		nonNil(b.GetApproverNames()), nonNil(b.GetApprovers()), b.GetMessage(), when(b.GetTime()), b.GetAuditIndex(), b.GetGlassBroken(),
	}
	if len(v.Approvers) != len(v.ApproverIDs) {
		v.Approvers = v.ApproverIDs
	}
	return v
}

// origin says by what a label got its value.
func (v blameView) origin() string {
	switch {
	case v.GlassBroken:
		return fmt.Sprintf("change %d, glass broken", v.Change)
	case v.Change > 0:
		return fmt.Sprintf("change %d", v.Change)
	}
	return "registered"
}

func datasetBlameCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "blame REF KEY",
		Short: "Say of each label who changed it, who approved that, and why",
		Example: `  govctl dataset blame hands/signs train/fist/0001.png
  govctl dataset blame hands/signs@v4 train/fist/0001.png --json`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.BlameRecord(ctx, &govdv1.BlameRecordRequest{Ref: args[0], Key: args[1]})
			if err != nil {
				return err
			}
			return list(a, "labels", blameColumns(), convert(seq(resp.GetLabels()), viewBlame))
		}),
	}
}

func blameColumns() []column[blameView] {
	return []column[blameView]{
		{name: "LABEL", value: func(v blameView) any { return v.LabelID }},
		{name: "NAME", value: func(v blameView) any { return v.Name }},
		{name: "WAS", value: func(v blameView) any { return v.Was }},
		{name: "SINCE", value: func(v blameView) any { return afterAt(v.Version) }},
		{name: "BY", value: func(v blameView) any { return v.origin() }},
		{name: "CHANGE", value: func(v blameView) any { return strconv.FormatUint(v.Change, 10) }, wide: true},
		{name: "AUTHOR", value: func(v blameView) any { return v.Author }},
		{name: "APPROVED BY", value: func(v blameView) any { return v.Approvers }},
		{name: "WHEN", value: func(v blameView) any { return v.Time }},
		{name: "ENTRY", value: func(v blameView) any { return v.AuditIndex }, wide: true},
		{name: "WHY", value: func(v blameView) any { return v.Message }, prose: true},
	}
}
