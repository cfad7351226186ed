package ctl

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// A suspectView is a record whose label a model doubts.
type suspectView struct {
	Key    string `json:"key"`
	Given  string `json:"given"`
	Likely string `json:"likely"`
	Margin micro  `json:"margin"`
	Sure   bool   `json:"sure"`
}

func viewSuspect(s *govdv1.Suspect) suspectView {
	return suspectView{s.GetKey(), s.GetGiven(), s.GetLikely(), micro(s.GetMargin()), s.GetSure()}
}

func suspectColumns() []column[suspectView] {
	return []column[suspectView]{
		{name: "KEY", value: func(v suspectView) any { return v.Key }},
		{name: "GIVEN", value: func(v suspectView) any { return v.Given }},
		{name: "LIKELY", value: func(v suspectView) any { return v.Likely }},
		{name: "MARGIN", value: func(v suspectView) any { return v.Margin.String() }, right: true},
		{name: "SURE", value: func(v suspectView) any { return v.Sure }},
	}
}

func changeSuggestCmd(a *app) *cobra.Command {
	var file, message string
	var propose, sure bool
	h := &govdv1.SuggestChangeHeader{}
	cmd := &cobra.Command{
		Use:   "suggest REF",
		Short: "List the labels that a model's predictions speak against",
		Long: `List the labels that a model's predictions speak against, by confident learning,
the largest margin first. The version's reports show the first of them. With
--propose, the list becomes a change, which needs approval like any other: a
model is no proof.

The predictions are CSV whose first row names the label names after key, and
whose rows sum to one. The model must not have learned from these records:

  key,fist,palm
  train/fist/0001.png,0.9,0.1`,
		Example: `  govctl change suggest hands/signs --predictions p.csv
  govctl change suggest hands/signs --predictions p.csv --sure --propose`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			h.Ref, h.RequestId = args[0], requestID()
			resp, err := a.doubt(ctx, c, h, file)
			if err != nil {
				return err
			}
			suspects := resp.GetSuspects()
			if sure {
				suspects = slices.DeleteFunc(suspects, func(s *govdv1.Suspect) bool { return !s.GetSure() })
			}
			if propose {
				return a.proposeSuspects(ctx, c, resp.GetRef(), suspects, first(message, "suggested by "+filepath.Base(file)))
			}
			if more := resp.GetMore(); more > 0 {
				a.note("%s more are not shown", thousands(more))
			}
			return list(a, "suspects", suspectColumns(), convert(seq(suspects), viewSuspect))
		}),
	}
	f := cmd.Flags()
	f.StringVar(&file, "predictions", "", "CSV file of predictions")
	f.Uint32Var(&h.Limit, "limit", 0, "at most so many (default 20000)")
	f.BoolVar(&sure, "sure", false, "only where the model is sure")
	f.BoolVar(&propose, "propose", false, "propose the likely labels as a change")
	f.StringVarP(&message, "message", "m", "", "of the change")
	required(cmd, "predictions")
	return cmd
}

// proposeSuspects proposes the likely label of each suspect.
func (a *app) proposeSuspects(ctx context.Context, c *client, ref string, suspects []*govdv1.Suspect, message string) error {
	if len(suspects) == 0 {
		return complain(exitError, "NO_EDITS", "no label is in doubt: there is nothing to propose")
	}
	slices.SortFunc(suspects, func(x, y *govdv1.Suspect) int { return cmp.Compare(x.GetKey(), y.GetKey()) })
	var edits []edit
	for _, s := range suspects {
		edits = append(edits, edit{LabelEdit: &govdv1.LabelEdit{Key: s.GetKey(), From: s.GetGiven(), To: s.GetLikely()}})
	}
	h := &govdv1.ProposeChangeHeader{RequestId: requestID(), Ref: ref, Message: message}
	resp, err := a.propose(ctx, c, h, edits)
	if err != nil {
		return refused(err, resp.GetChange().GetNumber())
	}
	return a.proposed(false, resp)
}

// doubt streams a file of predictions and returns what they speak against.
func (a *app) doubt(ctx context.Context, c *client, h *govdv1.SuggestChangeHeader, path string) (*govdv1.SuggestChangeResponse, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows := csv.NewReader(f)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil || len(header) < 3 || header[0] != "key" {
		return nil, complain(exitError, "BAD_PREDICTIONS", "%s: the first row names the columns: key, then two label names or more", filepath.Base(path))
	}
	for _, name := range header[1:] {
		h.Classes = append(h.Classes, strings.Clone(name))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := c.SuggestChange(ctx)
	if err != nil {
		return nil, err
	}
	err = s.Send(&govdv1.SuggestChangeRequest{Part: &govdv1.SuggestChangeRequest_Header{Header: h}})
	if err == nil {
		err = sendPredictions(filepath.Base(path), rows, s.Send)
	}
	if err != nil && !errors.Is(err, io.EOF) { // EOF: the server has answered already
		return nil, err
	}
	return s.CloseAndRecv()
}

// sendPredictions sends the rows of a file in messages of batchRecords.
func sendPredictions(name string, rows *csv.Reader, send func(*govdv1.SuggestChangeRequest) error) error {
	var next []*govdv1.Prediction
	flush := func() error {
		batch := &govdv1.PredictionBatch{Predictions: next}
		next = nil
		return send(&govdv1.SuggestChangeRequest{Part: &govdv1.SuggestChangeRequest_Batch{Batch: batch}})
	}
	for {
		cells, err := rows.Read()
		if err == io.EOF {
			return flush()
		}
		line, _ := rows.FieldPos(0)
		if err != nil {
			return complain(exitError, "BAD_PREDICTIONS", "%s: %v", name, err)
		}
		p, err := prediction(cells)
		if err != nil {
			return complain(exitError, "BAD_PREDICTIONS", "%s:%d: %v", name, line, err)
		}
		if next = append(next, p); len(next) == batchRecords {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

// prediction reads a row, whose numbers must sum to one within what files round.
func prediction(cells []string) (*govdv1.Prediction, error) {
	const slack = 1e-3
	p, sum := &govdv1.Prediction{Key: strings.Clone(cells[0])}, 0.0
	for _, cell := range cells[1:] {
		x, err := strconv.ParseFloat(cell, 64)
		if err != nil || !(x >= 0 && x <= 1+slack) {
			return nil, fmt.Errorf("%q is no probability", cell)
		}
		p.Probabilities = append(p.Probabilities, x)
		sum += x
	}
	if sum < 1-slack || sum > 1+slack {
		return nil, fmt.Errorf("the probabilities of %q sum to %.4g, not to one", p.GetKey(), sum)
	}
	return p, nil
}
