package ctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func changeImportVotesCmd(a *app) *cobra.Command {
	var expect string
	cmd := &cobra.Command{
		Use:   "import-votes CHANGE FILE.csv",
		Short: "Record outside reviewers' votes as evidence; they never count",
		Long: `Record the votes of reviewers outside of govd, such as a crowd's or a labelling
tool's, as evidence on a change. They never count towards its approvals. Told is
how far they agree with each other (Krippendorff's alpha) and with the change.

The file is CSV whose first row names the columns, in any order; time may be
left out:

  item,reviewer,vote,time
  train/fist/0001.png,worker-17,palm,2026-05-04T12:00:00Z

An item is the key of a record that the change touches, a vote a label name.`,
		Example:           `  govctl change import-votes 7 crowd.csv`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeChange,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			id, err := changeID(args[0])
			if err != nil {
				return err
			}
			votes, err := a.readVotes(args[1])
			if err != nil {
				return err
			}
			got, err := c.GetChange(ctx, &govdv1.GetChangeRequest{Change: id})
			if err != nil {
				return refused(err, id)
			}
			h := &govdv1.ImportVotesHeader{RequestId: requestID(), Change: id}
			if h.ExpectedDigest, err = expected(expect, got.GetChange().GetDigest()); err != nil {
				return refused(err, id)
			}
			var resp *govdv1.ImportVotesResponse
			err = c.link.retry(ctx, func(ctx context.Context) (err error) {
				resp, err = sendVotes(ctx, c, h, votes)
				return err
			})
			if err != nil {
				return refused(err, id)
			}
			v := viewEvidence(resp.GetEvidence(), names{})
			v.AuditIndex = resp.GetAuditIndex()
			return a.tell(v, v.Digest, "%s\nrecorded as log entry %d; they count for nothing", v.words(), v.AuditIndex)
		}),
	}
	cmd.Flags().StringVar(&expect, "expect", "", "digest of the revision that they are about, or its beginning (default the newest)")
	return cmd
}

// readVotes reads a file of votes; "-" is stdin.
func (a *app) readVotes(path string) ([]*govdv1.OutsideVote, error) {
	if path == "-" {
		return parseVotes("stdin", a.stdin)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseVotes(filepath.Base(path), f)
}

func parseVotes(name string, r io.Reader) (votes []*govdv1.OutsideVote, err error) {
	bad := faults{reason: "BAD_VOTES", file: name}
	err = readRows(r, &bad, []string{"item", "reviewer", "vote"}, []string{"time"}, func(line int, cell func(string) string) {
		v, err := outsideVote(cell)
		if err != nil {
			bad.at(line, "%v", err)
			return
		}
		votes = append(votes, v)
	})
	switch {
	case err != nil:
		return nil, err
	case bad.n > 0:
		return nil, bad.err()
	case len(votes) == 0:
		return nil, complain(exitError, "NO_VOTES", "%s has no votes", name)
	}
	return votes, nil
}

func outsideVote(cell func(string) string) (*govdv1.OutsideVote, error) {
	v := &govdv1.OutsideVote{Item: cell("item"), Reviewer: cell("reviewer"), Vote: cell("vote")}
	if err := gov.CheckKey(v.GetItem()); err != nil {
		return nil, err
	}
	for _, c := range []struct{ name, text string }{{"reviewer", v.GetReviewer()}, {"vote", v.GetVote()}} {
		if c.text == "" || len(c.text) > gov.MaxText {
			return nil, fmt.Errorf("the %s is empty or has more than %d bytes", c.name, gov.MaxText)
		}
	}
	if s := cell("time"); s != "" {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return nil, fmt.Errorf("%q is not a time: want RFC 3339, such as 2026-05-04T12:00:00Z", s)
		}
		v.Time = timestamppb.New(t)
	}
	return v, nil
}

// sendVotes streams votes once.
func sendVotes(ctx context.Context, c *client, h *govdv1.ImportVotesHeader, votes []*govdv1.OutsideVote) (*govdv1.ImportVotesResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := c.ImportVotes(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Send(&govdv1.ImportVotesRequest{Part: &govdv1.ImportVotesRequest_Header{Header: h}})
	for len(votes) > 0 && err == nil {
		n := min(len(votes), batchRecords)
		err = s.Send(&govdv1.ImportVotesRequest{Part: &govdv1.ImportVotesRequest_Votes{Votes: &govdv1.OutsideVotes{Votes: votes[:n]}}})
		votes = votes[n:]
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return s.CloseAndRecv()
}
