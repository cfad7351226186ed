package ctl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// A piece is a part of a file that the server sends.
type piece struct {
	data   []byte
	total  uint64 // of the whole file, if known
	sha256 []byte // of the whole file, in the last piece, if the server says
}

// pieces opens a download and returns what receives its pieces until io.EOF.
type pieces func(context.Context) (func() (piece, error), error)

func exportPieces(c *client, req *govdv1.ExportLogRequest) pieces {
	return func(ctx context.Context) (func() (piece, error), error) {
		s, err := c.ExportLog(ctx, req)
		return func() (piece, error) {
			m, err := s.Recv()
			return piece{data: m.GetData()}, err
		}, err
	}
}

func backupPieces(c *client, req *govdv1.BackupRequest) pieces {
	return func(ctx context.Context) (func() (piece, error), error) {
		s, err := c.Backup(ctx, req)
		return func() (piece, error) {
			m, err := s.Recv()
			return piece{m.GetData(), m.GetTotal(), m.GetSha256()}, err
		}, err
	}
}

func backupCmd(a *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "backup -o FILE",
		Short: "Write a consistent copy of the server's store to a file",
		Long: `Write a consistent copy of the server's store to a file that only you can read,
while the server goes on. It holds all that the server knows, names and salts
included, but neither tokens nor the log's signing key. Restore it with
'govd restore -from FILE -data DIR'.`,
		Example:               `  govctl backup -o govd-monday.db`,
		Args:                  args(0, 0),
		DisableFlagsInUseLine: true,
		RunE: a.with(func(ctx context.Context, c *client, _ []string) error {
			if out == "-" && a.screen.terminal {
				return usage("a backup is not for a terminal: name a file with -o")
			}
			return a.download(ctx, c, out, 0o600, backupPieces(c, &govdv1.BackupRequest{RequestId: requestID()}))
		}),
	}
	outputFlag(cmd, &out)
	return cmd
}

// download writes a file that the server sends. A server that goes away in the
// middle is asked again; the file is there in whole or not at all.
func (a *app) download(ctx context.Context, c *client, path string, perm os.FileMode, open pieces) error {
	var sum gov.Digest
	var size uint64
	if path == "-" {
		_, _, err := a.receive(ctx, a.stdout, open)
		return c.link.explain(err)
	}
	err := c.link.retry(ctx, func(ctx context.Context) error {
		return writeFile(path, perm, func(w io.Writer) (err error) {
			sum, size, err = a.receive(ctx, w, open)
			return err
		})
	})
	if err != nil {
		return err
	}
	v := struct {
		File   string `json:"file"`
		Bytes  uint64 `json:"bytes"`
		SHA256 string `json:"sha256"`
	}{path, size, sum.String()}
	return a.tell(v, v.SHA256, "%s  %s  %s", path, bytesWords(size), v.SHA256)
}

// receive writes the pieces to w, and checks their sum if the server says it.
func (a *app) receive(ctx context.Context, w io.Writer, open pieces) (sum gov.Digest, size uint64, err error) {
	next, err := open(ctx)
	if err != nil {
		return sum, 0, err
	}
	hash := sha256.New()
	bar := a.newBar("receiving", bytesWords)
	defer bar.stop()
	var want []byte
	for {
		p, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return sum, size, err
		}
		if _, err := io.MultiWriter(w, hash).Write(p.data); err != nil {
			return sum, size, err
		}
		size += uint64(len(p.data))
		bar.set(size, p.total)
		want = append(want, p.sha256...)
	}
	hash.Sum(sum[:0])
	if len(want) > 0 && !bytes.Equal(want, sum[:]) {
		return sum, size, complain(exitFailed, "BAD_SUM", "the copy arrived damaged: its SHA-256 is not the one that the server computed")
	}
	return sum, size, nil
}
