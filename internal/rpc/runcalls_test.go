package rpc_test

import (
	"context"
	"crypto/sha256"

	"govd/internal/gov"
	"govd/internal/govtest"
	v1 "govd/proto/govd/v1"
)

// run starts a run of the caller's, which nothing holds up as it uses nothing.
func (a ask) run() (string, error) {
	done, err := a.Runs.StartRun(a.ctx, &v1.StartRunRequest{RequestId: a.id(), Project: a.project(), Job: "train", Purpose: "research"})
	return done.GetRun().GetId(), err
}

// tim returns a client of who is a trainer everywhere.
func (a ask) tim() *govtest.Client { return a.w.As(a.w.tim) }

func (a ask) digest() gov.Digest { return sha256.Sum256([]byte(a.name())) }

// model registers one.
func (a ask) model(by *govtest.Client) (string, error) {
	d := a.digest()
	req := &v1.RegisterModelRequest{RequestId: a.id(), Model: a.project() + "/" + a.name(), Files: []*v1.ModelFile{{Name: "weights", Sha256: d[:]}}}
	done, err := by.Models.RegisterModel(context.WithoutCancel(a.ctx), req)
	return done.GetModel().GetRef(), err
}

// theModel is one that tim registered.
func (a ask) theModel() string {
	ref, err := a.model(a.tim())
	if err != nil {
		panic(err)
	}
	return ref
}

// record records an output.
func (a ask) record(by *govtest.Client, model string) error {
	d := a.digest()
	stream, err := by.Outputs.RecordOutputs(a.ctx)
	return sendAll(stream, err,
		&v1.RecordOutputsRequest{Part: &v1.RecordOutputsRequest_Header{Header: &v1.RecordOutputsHeader{RequestId: a.id(), Model: model}}},
		&v1.RecordOutputsRequest{Part: &v1.RecordOutputsRequest_Batch{Batch: &v1.OutputBatch{Sha256: d[:]}}})
}

// trainedModel is one that a run of tim's made, so that it may be deployed.
func (a ask) trainedModel() string {
	ctx, tim, d := context.WithoutCancel(a.ctx), a.tim(), a.digest()
	run, err := tim.Runs.StartRun(ctx, &v1.StartRunRequest{RequestId: a.id(), Project: a.project(), Job: "train", Purpose: "research"})
	if err != nil {
		panic(err)
	}
	req := &v1.RegisterModelRequest{
		RequestId: a.id(), Model: a.project() + "/" + a.name(), Run: run.GetRun().GetId(), Files: []*v1.ModelFile{{Name: "weights", Sha256: d[:]}},
	}
	done, err := tim.Models.RegisterModel(ctx, req)
	if err != nil {
		panic(err)
	}
	return done.GetModel().GetRef()
}

// deployment is one that sue made.
func (a ask) deployment() string {
	req := &v1.DeployModelRequest{RequestId: a.id(), Model: a.trainedModel(), Site: a.name()}
	done, err := a.sue().Models.DeployModel(context.WithoutCancel(a.ctx), req)
	if err != nil {
		panic(err)
	}
	return done.GetDeployment().GetRef()
}
