package ctl

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	"govd/internal/trail"
	govdv1 "govd/proto/govd/v1"
)

func inspectRedrawCmd(a *app) *cobra.Command {
	var from, records, key, since string
	cmd := &cobra.Command{
		Use:   "redraw INSPECTION --from TRAIL",
		Short: "Draw the sample of an inspection again, from its revealed secret",
		Long: `Draw the sample of an inspection that is over again, and compare it with what
was looked at. TRAIL is a bundle of the version from 'govctl trail export'. It
is verified first, as 'govctl verify' does, and gives the secret, the design and
what was looked at. The draw then takes the key of every record of the version,
and everything is computed here.

The records come from the server, or, with --records, from a file and without
any server: a JSON object on each line with the fields "key" and "attributes",
in ascending order of keys, as 'govctl dataset ls --json' prints them. That they
are the version's is for you to know: it is checked that there are as many, and
the trail proves it of those that were looked at.

The exit status is 7 if the trail or the sample does not hold.`,
		Example: `  govctl trail export hands/signs@v2 -o trail.zip
  govctl inspect redraw 3 --from trail.zip
  govctl dataset ls hands/signs@v2 --json > records.jsonl
  govctl inspect redraw 3 --from trail.zip --records records.jsonl --key VKEY`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeInspection,
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := inspectionID(args[0])
			if err != nil {
				return err
			}
			o, err := a.verifyOptions(key, since)
			if err != nil {
				return err
			}
			r, err := a.openRedraw(from, o, gov.InspectionID(id))
			if err != nil {
				return err
			}
			return a.redraw(cmd.Context(), r, from, records)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "a trail of the version, with the inspection")
	cmd.Flags().StringVar(&records, "records", "", "file of all records of the version; - is stdin")
	required(cmd, "from")
	verifyFlags(cmd, &key, &since)
	return cmd
}

// openRedraw verifies the trail. What it claims is printed if something of it
// does not hold.
func (a *app) openRedraw(path string, o trail.Options, id gov.InspectionID) (*trail.Redraw, error) {
	f, size, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, claims, err := trail.OpenRedraw(f, size, o, id)
	if gov.ReasonOf(err) == "NOT_PROVEN" {
		if err := a.printClaims(claims); err != nil {
			return nil, err
		}
	}
	if err == nil {
		a.note("%d claims of %s hold: 'govctl verify' prints them", len(claims), path)
	}
	return r, verdict(path, err)
}

func (a *app) redraw(ctx context.Context, r *trail.Redraw, from, records string) error {
	list, err := a.recordList(ctx, r.Version(), records)
	if err != nil {
		return err
	}
	for v, err := range list {
		if err == nil {
			err = r.Add(v.Key, v.Attributes, v.Erased)
		}
		if err != nil {
			return err
		}
	}
	claim, err := r.Close()
	if printErr := a.printClaims([]trail.Claim{claim}); printErr != nil {
		return printErr
	}
	return verdict(from, err)
}

// recordList yields the records of a version, from a file or from the server.
func (a *app) recordList(ctx context.Context, version, path string) (iter.Seq2[recordView, error], error) {
	switch path {
	case "":
		c, err := a.connect()
		if err != nil {
			return nil, err
		}
		return c.records(ctx, &govdv1.ListRecordsRequest{Ref: version})
	case "-":
		return readRecords(a.stdin, "stdin"), nil
	}
	return func(yield func(recordView, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(recordView{}, err)
			return
		}
		defer f.Close()
		readRecords(f, filepath.Base(path))(yield)
	}, nil
}

// maxRecordLine bounds a record as JSON: its labels can have many points.
const maxRecordLine = 64 << 20

// readRecords reads the keys and attributes of records, one on a line.
func readRecords(from io.Reader, name string) iter.Seq2[recordView, error] {
	return func(yield func(recordView, error) bool) {
		lines := bufio.NewScanner(from)
		lines.Buffer(nil, maxRecordLine)
		for n := 1; lines.Scan(); n++ {
			var v recordView
			if json.Unmarshal(lines.Bytes(), &v) != nil || v.Key == "" {
				yield(v, complain(exitError, "BAD_LIST", "%s:%d: not a JSON object with a \"key\" and \"attributes\"", name, n))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(recordView{}, complain(exitError, "BAD_LIST", "%s: %v", name, err))
		}
	}
}
