package ctl

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

func outputCmd(a *app) *cobra.Command {
	return group("output", "Record what a model gave, by digest, and find it again",
		outputRecordCmd(a), outputBatchCmd(a), outputFindCmd(a), outputReceiptCmd(a))
}

// A batchView says how outputs were recorded.
type batchView struct {
	Batch      uint64 `json:"batch"`
	Root       string `json:"root"`
	Count      uint64 `json:"count"`
	AuditIndex uint64 `json:"audit_index"`
	Digest     string `json:"digest,omitempty"` // of a single output
}

func outputRecordCmd(a *app) *cobra.Command {
	var id, deployment string
	cmd := &cobra.Command{
		Use:   "record PROJECT/NAME:v3 FILE | -",
		Short: "Record one output of a model",
		Long: `Record one output of a model. It is hashed here; the server learns its digest
and the id you give it, never its content.`,
		Example: `  govctl output record hands/pose:v3 answer.json --id request-7
  curl -s ... | govctl output record hands/pose:v3 - --deployment clinic`,
		Args: args(2, 2),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			h := sha256.New()
			if err := a.readInto(h, args[1]); err != nil {
				return err
			}
			var d gov.Digest
			h.Sum(d[:0])
			v, err := c.recordOutputs(ctx, args[0], deployment, []gov.Output{{Digest: d, Name: id}})
			if err != nil {
				return err
			}
			v.Digest = d.String()
			return a.tell(v, v.Digest, "output %s is recorded in log entry %d", v.Digest, v.AuditIndex)
		}),
	}
	cmd.Flags().StringVar(&id, "id", "", "an id of your own for it")
	deploymentFlag(cmd, &deployment)
	return cmd
}

func deploymentFlag(cmd *cobra.Command, deployment *string) {
	cmd.Flags().StringVar(deployment, "deployment", "", "what gave them: the name of a site where the model serves, or\na deployment such as hands/clinic#2, which may have ended")
}

// readInto copies a file, or stdin for "-".
func (a *app) readInto(w io.Writer, path string) error {
	if path == "-" {
		_, err := io.Copy(w, a.stdin)
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// recordOutputs records a batch.
func (c *client) recordOutputs(ctx context.Context, model, deployment string, all []gov.Output) (v batchView, err error) {
	h := &govdv1.RecordOutputsHeader{RequestId: requestID(), Model: model, Deployment: deployment}
	var resp *govdv1.RecordOutputsResponse
	err = c.link.retry(ctx, func(ctx context.Context) (err error) {
		resp, err = c.sendOutputs(ctx, h, all)
		return err
	})
	return batchView{Batch: resp.GetBatch(), Root: resp.GetRoot(), Count: resp.GetCount(), AuditIndex: resp.GetAuditIndex()}, err
}

func (c *client) sendOutputs(ctx context.Context, h *govdv1.RecordOutputsHeader, all []gov.Output) (*govdv1.RecordOutputsResponse, error) {
	const part = 10_000 // outputs in a message
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := c.RecordOutputs(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Send(&govdv1.RecordOutputsRequest{Part: &govdv1.RecordOutputsRequest_Header{Header: h}})
	for ; len(all) > 0 && err == nil; all = all[min(part, len(all)):] {
		b := &govdv1.OutputBatch{}
		for _, o := range all[:min(part, len(all))] {
			b.Sha256 = append(b.Sha256, o.Digest[:]...)
			b.Ids = append(b.Ids, o.Name)
		}
		err = s.Send(&govdv1.RecordOutputsRequest{Part: &govdv1.RecordOutputsRequest_Batch{Batch: b}})
	}
	if err != nil && !errors.Is(err, io.EOF) { // EOF: the server has answered already
		return nil, err
	}
	return s.CloseAndRecv()
}

// batchOutputs is how many outputs are recorded by one log entry.
const batchOutputs = 100_000

func outputBatchCmd(a *app) *cobra.Command {
	var deployment string
	cmd := &cobra.Command{
		Use:   "batch PROJECT/NAME:v3 FILE.ndjson | -",
		Short: "Record many outputs of a model, one on each line",
		Long: `Record many outputs of a model. Each line of the file is one, and is hashed as
it stands, without its end. A line that is an object with a "digest"
(sha256:...) is the output with that digest instead, and its "id" is the id of
the output. 100,000 outputs cost one log entry.`,
		Example: `  govctl output batch hands/pose:v3 answers.ndjson`,
		Args:    args(2, 2),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			in, err := a.open(args[1])
			if err != nil {
				return err
			}
			defer in.Close()
			return list(a, "outputs", []column[batchView]{
				{name: "BATCH", value: func(b batchView) any { return b.Batch }},
				{name: "OUTPUTS", value: func(b batchView) any { return b.Count }, right: true},
				{name: "ROOT", value: func(b batchView) any { return digest(b.Root) }},
				{name: "ENTRY", value: func(b batchView) any { return b.AuditIndex }, right: true},
			}, func(yield func(batchView, error) bool) { c.recordLines(ctx, args[0], deployment, in, yield) })
		}),
	}
	deploymentFlag(cmd, &deployment)
	return cmd
}

// open opens a file, or stdin for "-".
func (a *app) open(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(a.stdin), nil
	}
	return os.Open(path)
}

const maxLine = 16 << 20 // bytes

// recordLines records the outputs on the lines of a file, batch by batch.
func (c *client) recordLines(ctx context.Context, model, deployment string, in io.Reader, yield func(batchView, error) bool) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var all []gov.Output
	send := func() bool {
		v, err := c.recordOutputs(ctx, model, deployment, all)
		all = all[:0]
		return yield(v, err) && err == nil
	}
	for n := 1; lines.Scan(); n++ {
		o, err := outputLine(lines.Bytes())
		if err != nil {
			yield(batchView{}, complain(exitError, "BAD_LINE", "line %d: %v", n, err))
			return
		}
		if all = append(all, o); len(all) == batchOutputs && !send() {
			return
		}
	}
	if err := lines.Err(); err != nil {
		yield(batchView{}, err)
		return
	}
	if len(all) > 0 {
		send()
	}
}

// outputLine is the output on a line.
func outputLine(line []byte) (o gov.Output, err error) {
	o.Digest = sha256.Sum256(line)
	if !bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("{")) {
		return o, nil
	}
	var said struct {
		ID     string `json:"id"`
		Digest string `json:"digest"`
	}
	if json.Unmarshal(line, &said) != nil {
		return o, nil // not ours to judge: it is hashed as it stands
	}
	o.Name = said.ID
	if said.Digest != "" {
		o.Digest, err = gov.ParseDigest(said.Digest)
	}
	return o, err
}

func outputFindCmd(a *app) *cobra.Command {
	type foundView struct {
		Digest     string    `json:"digest"`
		ID         string    `json:"id"`
		Model      string    `json:"model"`
		Batch      uint64    `json:"batch"`
		Index      uint32    `json:"index"`
		Recorded   time.Time `json:"recorded"`
		AuditIndex uint64    `json:"audit_index"`
	}
	return &cobra.Command{
		Use:   "find DIGEST | FILE",
		Short: "Find where an output was recorded",
		Example: `  govctl output find sha256:9f86d081884c7d65...
  govctl output find answer.json`,
		Args: args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			d, err := a.outputDigest(args[0])
			if err != nil {
				return err
			}
			resp, err := c.FindOutput(ctx, &govdv1.FindOutputRequest{Digest: d.String()})
			if err != nil {
				return err
			}
			return list(a, "outputs", []column[foundView]{
				{name: "DIGEST", value: func(f foundView) any { return digest(f.Digest) }},
				{name: "ID", value: func(f foundView) any { return f.ID }},
				{name: "MODEL", value: func(f foundView) any { return f.Model }},
				{name: "BATCH", value: func(f foundView) any { return f.Batch }, right: true},
				{name: "INDEX", value: func(f foundView) any { return f.Index }, right: true},
				{name: "RECORDED", value: func(f foundView) any { return f.Recorded }},
				{name: "ENTRY", value: func(f foundView) any { return f.AuditIndex }, right: true},
			}, convert(seq(resp.GetFound()), func(f *govdv1.FoundOutput) foundView {
				return foundView{f.GetDigest(), f.GetId(), f.GetModel(), f.GetBatch(), f.GetIndex(), when(f.GetRecorded()), f.GetAuditIndex()}
			}))
		}),
	}
}
