package ctl

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// A votedView is what was recorded of votes.
type votedView struct {
	Version    string `json:"version"`
	Votes      uint64 `json:"votes"`
	Records    uint64 `json:"records"`
	Gold       uint64 `json:"gold"`
	Annotators uint64 `json:"annotators"`
	AuditIndex uint64 `json:"audit_index"`
}

func datasetVotesCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "votes REF FILE.csv",
		Short: "Record what annotators said that records show, for the checks",
		Long: `Record what annotators outside of govd said that records of a version show, such
as the votes that its labels were made of. The checks of agreement (S2.agree)
and of reviewers (S2.reviewer) judge them, beside the answers of inspections.

The file is CSV whose first row names the columns, in any order; truth may be
left out:

  key,annotator,label,truth
  train/fist/0001.png,worker-17,fist,
  train/fist/0002.png,worker-17,palm,fist

A truth is what the record really shows, where that is known for certain: such
records measure annotators. An annotator is a name of the file's own. A file
takes the place of those before it, so bring all votes; of a later version they
count on the records that are the same.`,
		Example:           `  govctl dataset votes hands/signs@v2 votes.csv`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			votes, err := a.readLabelVotes(args[1])
			if err != nil {
				return err
			}
			h := &govdv1.RecordVotesHeader{RequestId: requestID(), Ref: args[0]}
			var resp *govdv1.RecordVotesResponse
			err = c.link.retry(ctx, func(ctx context.Context) (err error) {
				resp, err = sendLabelVotes(ctx, c, h, votes)
				return err
			})
			if err != nil {
				return err
			}
			v := votedView{resp.GetRef(), resp.GetVotes(), resp.GetRecords(), resp.GetGold(), resp.GetAnnotators(), resp.GetAuditIndex()}
			return a.tell(v, "", "%s votes of %s annotators on %s records of %s, %s of them gold; recorded as log entry %d",
				thousands(v.Votes), thousands(v.Annotators), thousands(v.Records), v.Version, thousands(v.Gold), v.AuditIndex)
		}),
	}
}

// readLabelVotes reads a file of votes; "-" is stdin.
func (a *app) readLabelVotes(path string) ([]*govdv1.LabelVote, error) {
	if path == "-" {
		return parseLabelVotes("stdin", a.stdin)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseLabelVotes(filepath.Base(path), f)
}

// parseLabelVotes parses a file of votes. What they say is for the server to
// judge, which names their lines.
func parseLabelVotes(name string, r io.Reader) (votes []*govdv1.LabelVote, err error) {
	bad := faults{reason: "BAD_VOTES", file: name}
	err = readRows(r, &bad, []string{"key", "annotator", "label"}, []string{"truth"}, func(line int, cell func(string) string) {
		votes = append(votes, &govdv1.LabelVote{
			Key: cell("key"), Annotator: cell("annotator"), Label: cell("label"), Truth: cell("truth"), Line: uint64(line),
		})
	})
	if err == nil {
		err = bad.err()
	}
	return votes, err
}

// sendLabelVotes streams votes once.
func sendLabelVotes(ctx context.Context, c *client, h *govdv1.RecordVotesHeader, votes []*govdv1.LabelVote) (*govdv1.RecordVotesResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := c.RecordVotes(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Send(&govdv1.RecordVotesRequest{Part: &govdv1.RecordVotesRequest_Header{Header: h}})
	for len(votes) > 0 && err == nil {
		n := min(len(votes), batchRecords)
		err = s.Send(&govdv1.RecordVotesRequest{Part: &govdv1.RecordVotesRequest_Batch{Batch: &govdv1.LabelVoteBatch{Votes: votes[:n]}}})
		votes = votes[n:]
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return s.CloseAndRecv()
}
