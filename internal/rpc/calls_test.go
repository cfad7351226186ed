package rpc_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"govd/internal/gov"
	"govd/internal/govtest"
	"govd/internal/rpc"
	v1 "govd/proto/govd/v1"
)

// An ask is one call of the matrix, about a dataset.
type ask struct {
	*govtest.Client
	ctx context.Context
	w   *world
	at  gov.DatasetName
	n   int // of the call, so that names are new
}

func (a ask) id() string      { return a.w.Request().String() }
func (a ask) project() string { return string(a.at.Project()) }
func (a ask) ref() string     { return string(a.at) + "@v1" }
func (a ask) name() string    { return fmt.Sprint("n", a.n) }

// someone adds a person to whom things can be done.
func (a ask) someone() *govtest.Actor { return a.w.Person(a.name(), "", "") }

// sue returns a client of who is steward everywhere.
func (a ask) sue() *govtest.Client { return a.w.As(a.w.sue) }

// edit adds a label of its own to record a.
func (a ask) edit() *v1.EditBatch {
	return &v1.EditBatch{Edits: []*v1.LabelEdit{{Key: "a", Label: a.name(), To: "palm"}}}
}

// change is one by sue whose result is meant for a stage: 1 needs no approval.
func (a ask) change(stage uint32) *v1.Change {
	stream, err := a.sue().Changes.ProposeChange(context.Background())
	if err != nil {
		panic(err)
	}
	h := &v1.ProposeChangeHeader{RequestId: a.id(), Ref: string(a.at), Stage: stage}
	stream.Send(&v1.ProposeChangeRequest{Part: &v1.ProposeChangeRequest_Header{Header: h}})
	stream.Send(&v1.ProposeChangeRequest{Part: &v1.ProposeChangeRequest_Batch{Batch: a.edit()}})
	done, err := stream.CloseAndRecv()
	if err != nil {
		panic(err)
	}
	return done.Change
}

// rules are some that the first admin proposed.
func (a ask) rules() *v1.RuleSet {
	req := &v1.SetRulesRequest{RequestId: a.id(), Place: a.project(), Document: []byte("{}")}
	done, err := a.w.As(a.w.Admin()).Rules.SetRules(context.Background(), req)
	if err != nil {
		panic(err)
	}
	return done.Rules
}

// report is the version's, by sue.
func (a ask) report() string {
	stream, err := a.sue().Checks.RunChecks(context.Background(), &v1.RunChecksRequest{RequestId: a.id(), Ref: a.ref()})
	if err == nil {
		err = all(stream, nil)
	}
	if err != nil {
		panic(err)
	}
	return a.ref()
}

// key is a public key of its own.
func (a ask) key() string {
	public := ed25519.NewKeyFromSeed(fmt.Appendf(nil, "%-32s", a.name())).Public()
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		panic(err)
	}
	return string(ssh.MarshalAuthorizedKey(key))
}

// draw is a request for an inspection.
func (a ask) draw(ref string, dryRun bool) *v1.DrawInspectionRequest {
	return &v1.DrawInspectionRequest{
		RequestId: a.id(), Ref: ref, DryRun: dryRun, Design: &v1.InspectionDesign{
			Limit: 200_000, Confidence: 800_000, Reviewers: 1, Sensitivity: 500_000, MinGold: 1, MinAccuracy: 100_000,
		},
	}
}

// inspection is the open one of the project's samples.
func (a ask) inspection() uint64 {
	ctx := context.Background()
	open, err := a.sue().Inspections.ListInspections(ctx, &v1.ListInspectionsRequest{Place: a.project() + "/samples", PageSize: 1})
	if err != nil {
		panic(err)
	}
	if all := open.GetInspections(); len(all) > 0 && all[0].GetStatus().GetState() == "open" {
		return all[0].GetNumber()
	}
	done, err := a.sue().Inspections.DrawInspection(ctx, a.draw(a.project()+"/samples", false))
	if err != nil {
		panic(err)
	}
	return done.GetInspection()
}

// hold is one by sue on a record that no run uses.
func (a ask) hold() uint64 {
	req := &v1.PlaceHoldRequest{RequestId: a.id(), On: a.project() + "/samples", Keys: []string{"fist.png"}, Reason: "a case"}
	done, err := a.sue().Holds.PlaceHold(context.Background(), req)
	if err != nil {
		panic(err)
	}
	return done.GetHold().GetNumber()
}

func (a ask) erase() *v1.RequestErasureRequest {
	return &v1.RequestErasureRequest{RequestId: a.id(), Project: a.project(), Where: `record.key == "fist.png"`, Reason: "article 17"}
}

// erasure is one that sue asked for and nobody approved.
func (a ask) erasure() uint64 {
	done, err := a.sue().Erasures.RequestErasure(context.Background(), a.erase())
	if err != nil {
		panic(err)
	}
	return done.GetErasure().GetNumber()
}

// take brings a lot of one record.
func (a ask) take(c *govtest.Client, lot string) error {
	stream, err := c.Intakes.TakeLot(context.Background())
	r := govtest.Record("lot/"+lot+".png", "fist")
	return sendAll(stream, err,
		&v1.TakeLotRequest{Part: &v1.TakeLotRequest_Header{Header: &v1.TakeLotHeader{RequestId: a.id(), Dataset: string(a.at), Lot: lot}}},
		&v1.TakeLotRequest{Part: &v1.TakeLotRequest_Batch{Batch: &v1.RecordBatch{Puts: []*v1.Record{rpc.RecordToProto(r)}}}})
}

// lot is one that waits, brought by sue.
func (a ask) lot() string {
	if err := a.take(a.sue(), a.name()); err != nil {
		panic(err)
	}
	return a.name()
}

// sendAll sends messages and returns the error of the answer.
func sendAll[Q, R any](stream grpc.ClientStreamingClient[Q, R], err error, messages ...*Q) error {
	if err != nil {
		return err
	}
	for _, m := range messages {
		if stream.Send(m) != nil {
			break // the answer says why
		}
	}
	return errOf(stream.CloseAndRecv())
}

// calls makes a call of each method that is right but for who makes it.
var calls = map[string]func(a ask) error{
	healthpb.Health_Check_FullMethodName: func(a ask) error {
		return errOf(healthpb.NewHealthClient(a.Conn).Check(a.ctx, &healthpb.HealthCheckRequest{}))
	},
	healthpb.Health_List_FullMethodName: func(a ask) error {
		return errOf(healthpb.NewHealthClient(a.Conn).List(a.ctx, &healthpb.HealthListRequest{}))
	},
	healthpb.Health_Watch_FullMethodName: func(a ask) error {
		w, err := healthpb.NewHealthClient(a.Conn).Watch(a.ctx, &healthpb.HealthCheckRequest{})
		return first(w, err)
	},

	v1.ServerService_Bootstrap_FullMethodName: func(a ask) error {
		return errOf(a.Server.Bootstrap(a.ctx, &v1.BootstrapRequest{RequestId: a.id(), Name: a.name(), SecretDigest: make([]byte, 32)}))
	},
	v1.ServerService_GetStatus_FullMethodName: func(a ask) error {
		return errOf(a.Server.GetStatus(a.ctx, &v1.GetStatusRequest{}))
	},
	v1.ServerService_Backup_FullMethodName: func(a ask) error {
		return all(a.Server.Backup(a.ctx, &v1.BackupRequest{RequestId: a.id()}))
	},

	v1.PersonService_AddPerson_FullMethodName: func(a ask) error {
		return errOf(a.Persons.AddPerson(a.ctx, &v1.AddPersonRequest{RequestId: a.id(), Name: a.name()}))
	},
	v1.PersonService_ListPersons_FullMethodName: func(a ask) error {
		return errOf(a.Persons.ListPersons(a.ctx, &v1.ListPersonsRequest{}))
	},
	v1.PersonService_DisablePerson_FullMethodName: func(a ask) error {
		return errOf(a.Persons.DisablePerson(a.ctx, &v1.DisablePersonRequest{RequestId: a.id(), Person: a.someone().Name}))
	},
	v1.PersonService_LinkPerson_FullMethodName: func(a ask) error {
		subject := &v1.LinkPersonRequest_Uid{Uid: uint32(a.n)}
		return errOf(a.Persons.LinkPerson(a.ctx, &v1.LinkPersonRequest{RequestId: a.id(), Person: a.someone().Name, Subject: subject}))
	},
	v1.PersonService_CreateToken_FullMethodName: func(a ask) error {
		return errOf(a.Persons.CreateToken(a.ctx, &v1.CreateTokenRequest{RequestId: a.id(), Person: a.someone().Name, SecretDigest: fmt.Appendf(nil, "%32d", a.n)}))
	},
	v1.PersonService_ListTokens_FullMethodName: func(a ask) error {
		return errOf(a.Persons.ListTokens(a.ctx, &v1.ListTokensRequest{}))
	},
	v1.PersonService_RevokeToken_FullMethodName: func(a ask) error {
		return errOf(a.Persons.RevokeToken(a.ctx, &v1.RevokeTokenRequest{RequestId: a.id(), Id: string(a.someone().Token.ID)}))
	},

	v1.PolicyService_GrantRole_FullMethodName: func(a ask) error {
		return errOf(a.Policy.GrantRole(a.ctx, &v1.GrantRoleRequest{RequestId: a.id(), Person: a.someone().Name, Role: "viewer", Place: a.project()}))
	},
	v1.PolicyService_RevokeRole_FullMethodName: func(a ask) error {
		p := a.w.Person(a.name(), gov.Viewer, gov.Place(a.project()))
		return errOf(a.Policy.RevokeRole(a.ctx, &v1.RevokeRoleRequest{RequestId: a.id(), Person: p.Name, Role: "viewer", Place: a.project()}))
	},
	v1.PolicyService_ShowPolicy_FullMethodName: func(a ask) error {
		return errOf(a.Policy.ShowPolicy(a.ctx, &v1.ShowPolicyRequest{Place: a.project()}))
	},
	v1.PolicyService_CheckAccess_FullMethodName: func(a ask) error {
		return errOf(a.Policy.CheckAccess(a.ctx, &v1.CheckAccessRequest{Person: "ann", Action: "version.read", Place: a.project()}))
	},
	v1.PolicyService_WhoCan_FullMethodName: func(a ask) error {
		return errOf(a.Policy.WhoCan(a.ctx, &v1.WhoCanRequest{Action: "version.read", Place: a.project()}))
	},
	v1.PolicyService_WhatCan_FullMethodName: func(a ask) error {
		return errOf(a.Policy.WhatCan(a.ctx, &v1.WhatCanRequest{Person: "ann", Place: a.project()}))
	},

	v1.DatasetService_CreateProject_FullMethodName: func(a ask) error {
		return errOf(a.Datasets.CreateProject(a.ctx, &v1.CreateProjectRequest{RequestId: a.id(), Name: a.name()}))
	},
	v1.DatasetService_ListProjects_FullMethodName: func(a ask) error {
		return errOf(a.Datasets.ListProjects(a.ctx, &v1.ListProjectsRequest{}))
	},
	v1.DatasetService_CreateDataset_FullMethodName: func(a ask) error {
		return errOf(a.Datasets.CreateDataset(a.ctx, &v1.CreateDatasetRequest{RequestId: a.id(), Name: a.project() + "/" + a.name()}))
	},
	v1.DatasetService_GetDataset_FullMethodName: func(a ask) error {
		return errOf(a.Datasets.GetDataset(a.ctx, &v1.GetDatasetRequest{Name: string(a.at)}))
	},
	v1.DatasetService_ListDatasets_FullMethodName: func(a ask) error {
		return errOf(a.Datasets.ListDatasets(a.ctx, &v1.ListDatasetsRequest{Project: a.project()}))
	},

	v1.VersionService_RegisterVersion_FullMethodName: func(a ask) error {
		_, err := send(a.ctx, a.Client, header(&v1.RegisterVersionHeader{RequestId: a.id(), Dataset: string(a.at), Parent: a.w.Newest(a.w.sue, a.at).String(), Delta: true}), batch(govtest.Record(a.name())))
		return err
	},
	v1.VersionService_GetVersion_FullMethodName: func(a ask) error {
		return errOf(a.Versions.GetVersion(a.ctx, &v1.GetVersionRequest{Ref: a.ref()}))
	},
	v1.VersionService_ListVersions_FullMethodName: func(a ask) error {
		return errOf(a.Versions.ListVersions(a.ctx, &v1.ListVersionsRequest{Ref: string(a.at)}))
	},
	v1.VersionService_ListRecords_FullMethodName: func(a ask) error {
		return all(a.Versions.ListRecords(a.ctx, &v1.ListRecordsRequest{Ref: a.ref()}))
	},
	v1.VersionService_GetRecord_FullMethodName: func(a ask) error {
		return errOf(a.Versions.GetRecord(a.ctx, &v1.GetRecordRequest{Ref: a.ref(), Key: "a"}))
	},
	v1.VersionService_DiffVersions_FullMethodName: func(a ask) error {
		return all(a.Versions.DiffVersions(a.ctx, &v1.DiffVersionsRequest{Ref: a.ref()}))
	},
	v1.VersionService_GetStats_FullMethodName: func(a ask) error {
		return errOf(a.Versions.GetStats(a.ctx, &v1.GetStatsRequest{Ref: a.ref()}))
	},
	v1.VersionService_SetTag_FullMethodName: func(a ask) error {
		return errOf(a.Versions.SetTag(a.ctx, &v1.SetTagRequest{RequestId: a.id(), Ref: a.ref(), Tag: a.name()}))
	},
	v1.VersionService_RemoveTag_FullMethodName: func(a ask) error {
		a.w.tag(a.at, a.name())
		return errOf(a.Versions.RemoveTag(a.ctx, &v1.RemoveTagRequest{RequestId: a.id(), Dataset: string(a.at), Tag: a.name()}))
	},
	v1.VersionService_ListTags_FullMethodName: func(a ask) error {
		return errOf(a.Versions.ListTags(a.ctx, &v1.ListTagsRequest{Dataset: string(a.at)}))
	},
	v1.VersionService_ProveRecord_FullMethodName: func(a ask) error {
		return errOf(a.Versions.ProveRecord(a.ctx, &v1.ProveRecordRequest{Ref: a.ref(), Key: "a"}))
	},

	v1.ChangeService_ProposeChange_FullMethodName: func(a ask) error {
		stream, err := a.Changes.ProposeChange(a.ctx)
		return sendAll(stream, err,
			&v1.ProposeChangeRequest{Part: &v1.ProposeChangeRequest_Header{Header: &v1.ProposeChangeHeader{RequestId: a.id(), Ref: string(a.at)}}},
			&v1.ProposeChangeRequest{Part: &v1.ProposeChangeRequest_Batch{Batch: a.edit()}})
	},
	v1.ChangeService_ReviseChange_FullMethodName: func(a ask) error {
		stream, err := a.Changes.ReviseChange(a.ctx)
		return sendAll(stream, err,
			&v1.ReviseChangeRequest{Part: &v1.ReviseChangeRequest_Header{Header: &v1.ReviseChangeHeader{RequestId: a.id(), Change: a.change(2).Number}}},
			&v1.ReviseChangeRequest{Part: &v1.ReviseChangeRequest_Batch{Batch: a.edit()}})
	},
	v1.ChangeService_RebaseChange_FullMethodName: func(a ask) error {
		return errOf(a.Changes.RebaseChange(a.ctx, &v1.RebaseChangeRequest{RequestId: a.id(), Change: a.change(2).Number}))
	},
	v1.ChangeService_WithdrawChange_FullMethodName: func(a ask) error {
		return errOf(a.Changes.WithdrawChange(a.ctx, &v1.WithdrawChangeRequest{RequestId: a.id(), Change: a.change(2).Number}))
	},
	v1.ChangeService_ReopenChange_FullMethodName: func(a ask) error {
		n := a.change(2).Number
		a.sue().Changes.WithdrawChange(a.ctx, &v1.WithdrawChangeRequest{RequestId: a.id(), Change: n})
		return errOf(a.Changes.ReopenChange(a.ctx, &v1.ReopenChangeRequest{RequestId: a.id(), Change: n}))
	},
	v1.ChangeService_CastVote_FullMethodName: func(a ask) error {
		ch := a.change(2)
		return errOf(a.Changes.CastVote(a.ctx, &v1.CastVoteRequest{RequestId: a.id(), Change: ch.Number, ExpectedDigest: ch.Digest, Kind: "approve"}))
	},
	v1.ChangeService_ExplainChange_FullMethodName: func(a ask) error {
		return errOf(a.Changes.ExplainChange(a.ctx, &v1.ExplainChangeRequest{Change: a.change(2).Number}))
	},
	v1.ChangeService_ApplyChange_FullMethodName: func(a ask) error {
		return errOf(a.Changes.ApplyChange(a.ctx, &v1.ApplyChangeRequest{RequestId: a.id(), Change: a.change(1).Number}))
	},
	v1.ChangeService_BreakGlass_FullMethodName: func(a ask) error {
		ch := a.change(2)
		return errOf(a.Changes.BreakGlass(a.ctx, &v1.BreakGlassRequest{
			RequestId: a.id(), Change: ch.Number, ExpectedDigest: ch.Digest, Reason: "the model is live and wrong", Ticket: "OPS-7",
		}))
	},
	v1.ChangeService_RatifyChange_FullMethodName: func(a ask) error {
		return errOf(a.Changes.RatifyChange(a.ctx, &v1.RatifyChangeRequest{RequestId: a.id(), Change: a.change(2).Number}))
	},
	v1.ChangeService_ImportVotes_FullMethodName: func(a ask) error {
		ch := a.change(2)
		stream, err := a.Changes.ImportVotes(a.ctx)
		return sendAll(stream, err,
			&v1.ImportVotesRequest{Part: &v1.ImportVotesRequest_Header{Header: &v1.ImportVotesHeader{RequestId: a.id(), Change: ch.Number, ExpectedDigest: ch.Digest}}},
			&v1.ImportVotesRequest{Part: &v1.ImportVotesRequest_Votes{Votes: &v1.OutsideVotes{Votes: []*v1.OutsideVote{{Item: "a", Reviewer: "x", Vote: "palm"}}}}})
	},
	v1.ChangeService_SuggestChange_FullMethodName: func(a ask) error {
		stream, err := a.Changes.SuggestChange(a.ctx)
		return sendAll(stream, err,
			&v1.SuggestChangeRequest{Part: &v1.SuggestChangeRequest_Header{Header: &v1.SuggestChangeHeader{Ref: a.ref(), Classes: []string{"fist", "palm"}}}},
			&v1.SuggestChangeRequest{Part: &v1.SuggestChangeRequest_Batch{Batch: &v1.PredictionBatch{Predictions: []*v1.Prediction{{Key: "a", Probabilities: []float64{0.5, 0.5}}}}}})
	},
	v1.ChangeService_GetChange_FullMethodName: func(a ask) error {
		return errOf(a.Changes.GetChange(a.ctx, &v1.GetChangeRequest{Change: a.change(2).Number}))
	},
	v1.ChangeService_ListChanges_FullMethodName: func(a ask) error {
		return errOf(a.Changes.ListChanges(a.ctx, &v1.ListChangesRequest{Place: a.project()}))
	},
	v1.ChangeService_ListEdits_FullMethodName: func(a ask) error {
		return all(a.Changes.ListEdits(a.ctx, &v1.ListEditsRequest{Change: a.change(2).Number}))
	},
	v1.ChangeService_StatChange_FullMethodName: func(a ask) error {
		return errOf(a.Changes.StatChange(a.ctx, &v1.StatChangeRequest{Change: a.change(2).Number}))
	},
	v1.ChangeService_BlameRecord_FullMethodName: func(a ask) error {
		return errOf(a.Changes.BlameRecord(a.ctx, &v1.BlameRecordRequest{Ref: a.ref(), Key: "a"}))
	},

	v1.RulesService_GetRules_FullMethodName: func(a ask) error {
		return errOf(a.Rules.GetRules(a.ctx, &v1.GetRulesRequest{Place: a.project()}))
	},
	v1.RulesService_SetRules_FullMethodName: func(a ask) error {
		return errOf(a.Rules.SetRules(a.ctx, &v1.SetRulesRequest{RequestId: a.id(), Place: a.project(), Document: []byte("{}")}))
	},
	v1.RulesService_ConsentToRules_FullMethodName: func(a ask) error {
		r := a.rules()
		return errOf(a.Rules.ConsentToRules(a.ctx, &v1.ConsentToRulesRequest{RequestId: a.id(), Place: r.Place, Number: r.Number, ExpectedDigest: r.Digest}))
	},
	v1.RulesService_WithdrawRules_FullMethodName: func(a ask) error {
		r := a.rules()
		return errOf(a.Rules.WithdrawRules(a.ctx, &v1.WithdrawRulesRequest{RequestId: a.id(), Place: r.Place, Number: r.Number}))
	},
	v1.RulesService_ListRules_FullMethodName: func(a ask) error {
		return errOf(a.Rules.ListRules(a.ctx, &v1.ListRulesRequest{Place: a.project()}))
	},

	v1.CheckService_RunChecks_FullMethodName: func(a ask) error {
		return all(a.Checks.RunChecks(a.ctx, &v1.RunChecksRequest{RequestId: a.id(), Ref: a.ref()}))
	},
	v1.CheckService_PlanChecks_FullMethodName: func(a ask) error {
		return errOf(a.Checks.PlanChecks(a.ctx, &v1.PlanChecksRequest{Ref: a.ref()}))
	},
	v1.CheckService_DrawContents_FullMethodName: func(a ask) error {
		return all(a.Checks.DrawContents(a.ctx, &v1.DrawContentsRequest{Ref: a.ref(), Stage: 3}))
	},
	v1.CheckService_ReadContents_FullMethodName: func(a ask) error {
		stream, err := a.Checks.ReadContents(a.ctx)
		return sendAll(stream, err,
			&v1.ReadContentsRequest{Part: &v1.ReadContentsRequest_Header{Header: &v1.ReadContentsHeader{RequestId: a.id(), Ref: a.ref()}}})
	},
	v1.CheckService_RecordVotes_FullMethodName: func(a ask) error {
		stream, err := a.Checks.RecordVotes(a.ctx)
		return sendAll(stream, err,
			&v1.RecordVotesRequest{Part: &v1.RecordVotesRequest_Header{Header: &v1.RecordVotesHeader{RequestId: a.id(), Ref: a.ref()}}},
			&v1.RecordVotesRequest{Part: &v1.RecordVotesRequest_Batch{Batch: &v1.LabelVoteBatch{Votes: []*v1.LabelVote{{Key: "a", Annotator: "w", Label: "fist"}}}}})
	},
	v1.CheckService_ListReports_FullMethodName: func(a ask) error {
		return errOf(a.Checks.ListReports(a.ctx, &v1.ListReportsRequest{Ref: string(a.at)}))
	},
	v1.CheckService_GetReport_FullMethodName: func(a ask) error {
		return errOf(a.Checks.GetReport(a.ctx, &v1.GetReportRequest{Report: a.report()}))
	},
	v1.CheckService_ExportReport_FullMethodName: func(a ask) error {
		return errOf(a.Checks.ExportReport(a.ctx, &v1.ExportReportRequest{Report: a.report(), Format: "html"}))
	},
	v1.CheckService_DiffReports_FullMethodName: func(a ask) error {
		return errOf(a.Checks.DiffReports(a.ctx, &v1.DiffReportsRequest{Was: a.report(), Is: a.report()}))
	},

	v1.StageService_GetStage_FullMethodName: func(a ask) error {
		return errOf(a.Stages.GetStage(a.ctx, &v1.GetStageRequest{Stage: 2, Project: a.project()}))
	},
	v1.StageService_PlanStage_FullMethodName: func(a ask) error {
		return errOf(a.Stages.PlanStage(a.ctx, &v1.PlanStageRequest{Ref: a.ref()}))
	},
	v1.StageService_PromoteDataset_FullMethodName: func(a ask) error {
		err := errOf(a.Stages.PromoteDataset(a.ctx, &v1.PromoteDatasetRequest{RequestId: a.id(), Ref: a.ref(), To: 2}))
		if err != nil && strings.Contains(err.Error(), "cannot be promoted") {
			return nil // who may is told what is missing
		}
		return err
	},
	v1.StageService_ExplainPromotion_FullMethodName: func(a ask) error {
		return errOf(a.Stages.ExplainPromotion(a.ctx, &v1.ExplainPromotionRequest{Ref: a.ref()}))
	},

	v1.KeyService_AddKey_FullMethodName: func(a ask) error {
		return errOf(a.Keys.AddKey(a.ctx, &v1.AddKeyRequest{RequestId: a.id(), PublicKey: a.key()}))
	},
	v1.KeyService_ListKeys_FullMethodName: func(a ask) error {
		return errOf(a.Keys.ListKeys(a.ctx, &v1.ListKeysRequest{Person: a.someone().Name}))
	},
	v1.KeyService_RevokeKey_FullMethodName: func(a ask) error {
		done, err := a.w.As(a.someone()).Keys.AddKey(a.ctx, &v1.AddKeyRequest{RequestId: a.id(), PublicKey: a.key()})
		if err != nil {
			return err
		}
		return errOf(a.Keys.RevokeKey(a.ctx, &v1.RevokeKeyRequest{RequestId: a.id(), Fingerprint: done.Key.Fingerprint}))
	},

	v1.InspectionService_DrawInspection_FullMethodName: func(a ask) error {
		return errOf(a.Inspections.DrawInspection(a.ctx, a.draw(a.ref(), true)))
	},
	v1.InspectionService_NextTask_FullMethodName: func(a ask) error {
		return errOf(a.Inspections.NextTask(a.ctx, &v1.NextTaskRequest{Inspection: a.inspection()}))
	},
	v1.InspectionService_AnswerTask_FullMethodName: func(a ask) error {
		id := a.inspection()
		task, err := a.w.As(a.w.una).Inspections.NextTask(a.ctx, &v1.NextTaskRequest{Inspection: id})
		if err != nil {
			panic(err)
		}
		return errOf(a.Inspections.AnswerTask(a.ctx, &v1.AnswerTaskRequest{RequestId: a.id(), Inspection: id, Item: task.Item, Verdict: "ok"}))
	},
	v1.InspectionService_StopInspection_FullMethodName: func(a ask) error {
		return errOf(a.Inspections.StopInspection(a.ctx, &v1.StopInspectionRequest{RequestId: a.id(), Inspection: a.inspection()}))
	},
	v1.InspectionService_GetInspection_FullMethodName: func(a ask) error {
		return errOf(a.Inspections.GetInspection(a.ctx, &v1.GetInspectionRequest{Inspection: a.inspection()}))
	},
	v1.InspectionService_ListInspections_FullMethodName: func(a ask) error {
		return errOf(a.Inspections.ListInspections(a.ctx, &v1.ListInspectionsRequest{Place: string(a.at)}))
	},

	v1.IntakeService_TakeLot_FullMethodName: func(a ask) error { return a.take(a.Client, a.name()) },
	v1.IntakeService_ListLots_FullMethodName: func(a ask) error {
		return errOf(a.Intakes.ListLots(a.ctx, &v1.ListLotsRequest{Dataset: string(a.at)}))
	},
	v1.IntakeService_AcceptLot_FullMethodName: func(a ask) error {
		err := errOf(a.Intakes.AcceptLot(a.ctx, &v1.AcceptLotRequest{RequestId: a.id(), Dataset: string(a.at), Lot: a.lot()}))
		if err != nil && strings.Contains(err.Error(), "you brought") {
			return nil // who may is told that it is theirs
		}
		return err
	},
	v1.IntakeService_RejectLot_FullMethodName: func(a ask) error {
		return errOf(a.Intakes.RejectLot(a.ctx, &v1.RejectLotRequest{RequestId: a.id(), Dataset: string(a.at), Lot: a.lot(), Message: "no hands"}))
	},

	v1.RunService_StartRun_FullMethodName: func(a ask) error {
		_, err := a.run()
		return err
	},
	v1.RunService_FinishRun_FullMethodName: func(a ask) error {
		id, err := a.run()
		if err != nil {
			return err
		}
		return errOf(a.Runs.FinishRun(a.ctx, &v1.FinishRunRequest{RequestId: a.id(), Run: id}))
	},
	v1.RunService_FailRun_FullMethodName: func(a ask) error {
		id, err := a.run()
		if err != nil {
			return err
		}
		return errOf(a.Runs.FailRun(a.ctx, &v1.FailRunRequest{RequestId: a.id(), Run: id, Status: 1}))
	},
	v1.RunService_GetRun_FullMethodName: func(a ask) error {
		id, err := ask{a.sue(), a.ctx, a.w, a.at, a.n}.run()
		if err != nil {
			panic(err)
		}
		return errOf(a.Runs.GetRun(a.ctx, &v1.GetRunRequest{Run: id}))
	},
	v1.RunService_ListRuns_FullMethodName: func(a ask) error {
		return errOf(a.Runs.ListRuns(a.ctx, &v1.ListRunsRequest{Project: a.project()}))
	},

	v1.ModelService_RegisterModel_FullMethodName: func(a ask) error {
		_, err := a.model(a.Client)
		return err
	},
	v1.ModelService_GetModel_FullMethodName: func(a ask) error {
		return errOf(a.Models.GetModel(a.ctx, &v1.GetModelRequest{Model: a.theModel()}))
	},
	v1.ModelService_ListModels_FullMethodName: func(a ask) error {
		return errOf(a.Models.ListModels(a.ctx, &v1.ListModelsRequest{Place: a.project()}))
	},
	v1.ModelService_TagModel_FullMethodName: func(a ask) error {
		return errOf(a.Models.TagModel(a.ctx, &v1.TagModelRequest{RequestId: a.id(), Model: a.theModel(), Tag: a.name()}))
	},
	v1.ModelService_UntagModel_FullMethodName: func(a ask) error {
		ref := a.theModel()
		if err := errOf(a.sue().Models.TagModel(context.Background(), &v1.TagModelRequest{RequestId: a.id(), Model: ref, Tag: a.name()})); err != nil {
			panic(err)
		}
		return errOf(a.Models.UntagModel(a.ctx, &v1.UntagModelRequest{RequestId: a.id(), Model: a.project() + "/" + a.name(), Tag: a.name()}))
	},
	v1.ModelService_DeployModel_FullMethodName: func(a ask) error {
		return errOf(a.Models.DeployModel(a.ctx, &v1.DeployModelRequest{RequestId: a.id(), Model: a.trainedModel(), Site: a.name()}))
	},
	v1.ModelService_UndeployModel_FullMethodName: func(a ask) error {
		return errOf(a.Models.UndeployModel(a.ctx, &v1.UndeployModelRequest{RequestId: a.id(), Site: a.deployment()}))
	},
	v1.ModelService_ListDeployments_FullMethodName: func(a ask) error {
		return errOf(a.Models.ListDeployments(a.ctx, &v1.ListDeploymentsRequest{Place: a.project()}))
	},

	v1.OutputService_RecordOutputs_FullMethodName: func(a ask) error { return a.record(a.Client, a.theModel()) },
	v1.OutputService_FindOutput_FullMethodName: func(a ask) error {
		if err := a.record(a.tim(), a.theModel()); err != nil {
			panic(err)
		}
		return errOf(a.Outputs.FindOutput(a.ctx, &v1.FindOutputRequest{Digest: a.digest().String()}))
	},

	v1.LineageService_WalkLineage_FullMethodName: func(a ask) error {
		return all(a.Lineage.WalkLineage(a.ctx, &v1.WalkLineageRequest{Node: "version:" + a.ref()}))
	},
	v1.LineageService_RecordImpact_FullMethodName: func(a ask) error {
		return all(a.Lineage.RecordImpact(a.ctx, &v1.RecordImpactRequest{Ref: a.ref(), Key: "a"}))
	},
	v1.LineageService_ListPaths_FullMethodName: func(a ask) error {
		return errOf(a.Lineage.ListPaths(a.ctx, &v1.ListPathsRequest{From: "version:" + a.ref(), To: "version:" + a.ref()}))
	},
	v1.LineageService_DiffLineage_FullMethodName: func(a ask) error {
		return errOf(a.Lineage.DiffLineage(a.ctx, &v1.DiffLineageRequest{A: "version:" + a.ref(), B: "version:" + a.ref()}))
	},
	v1.LineageService_ListGaps_FullMethodName: func(a ask) error {
		return errOf(a.Lineage.ListGaps(a.ctx, &v1.ListGapsRequest{Project: a.project()}))
	},
	v1.LineageService_ExportLineage_FullMethodName: func(a ask) error {
		return all(a.Lineage.ExportLineage(a.ctx, &v1.ExportLineageRequest{RequestId: a.id(), Project: a.project()}))
	},
	v1.LineageService_ImportLineage_FullMethodName: func(a ask) error {
		event := fmt.Appendf(nil, `{"eventTime":"2026-03-01T10:00:00Z","producer":"https://example.com","schemaURL":"https://example.com","job":{"namespace":"etl","name":%q}}`, a.name())
		return errOf(a.Lineage.ImportLineage(a.ctx, &v1.ImportLineageRequest{RequestId: a.id(), Project: a.project(), Events: [][]byte{event}}))
	},

	v1.HoldService_PlaceHold_FullMethodName: func(a ask) error {
		return errOf(a.Holds.PlaceHold(a.ctx, &v1.PlaceHoldRequest{RequestId: a.id(), On: a.project() + "/samples", Keys: []string{"fist.png"}, Reason: "a case"}))
	},
	v1.HoldService_LiftHold_FullMethodName: func(a ask) error {
		return errOf(a.Holds.LiftHold(a.ctx, &v1.LiftHoldRequest{RequestId: a.id(), Number: a.hold(), Reason: "it is settled"}))
	},
	v1.HoldService_GetHold_FullMethodName: func(a ask) error {
		return errOf(a.Holds.GetHold(a.ctx, &v1.GetHoldRequest{Number: a.hold()}))
	},
	v1.HoldService_ListHolds_FullMethodName: func(a ask) error {
		return errOf(a.Holds.ListHolds(a.ctx, &v1.ListHoldsRequest{Place: a.project()}))
	},

	v1.EraseService_RequestErasure_FullMethodName: func(a ask) error {
		return errOf(a.Erasures.RequestErasure(a.ctx, a.erase()))
	},
	v1.EraseService_ApproveErasure_FullMethodName: func(a ask) error {
		return errOf(a.Erasures.ApproveErasure(a.ctx, &v1.ApproveErasureRequest{RequestId: a.id(), Number: a.erasure()}))
	},
	v1.EraseService_RunErasure_FullMethodName: func(a ask) error {
		return errOf(a.Erasures.RunErasure(a.ctx, &v1.RunErasureRequest{RequestId: a.id(), Number: a.erasure()}))
	},
	v1.EraseService_GetErasure_FullMethodName: func(a ask) error {
		return errOf(a.Erasures.GetErasure(a.ctx, &v1.GetErasureRequest{Number: a.erasure()}))
	},
	v1.EraseService_ListErasures_FullMethodName: func(a ask) error {
		return errOf(a.Erasures.ListErasures(a.ctx, &v1.ListErasuresRequest{Project: a.project()}))
	},
	v1.EraseService_CertifyErasure_FullMethodName: func(a ask) error {
		return all(a.Erasures.CertifyErasure(a.ctx, &v1.CertifyErasureRequest{RequestId: a.id(), Number: a.erasure()}))
	},
	v1.EraseService_ErasureImpact_FullMethodName: func(a ask) error {
		return errOf(a.Erasures.ErasureImpact(a.ctx, &v1.ErasureImpactRequest{Number: a.erasure()}))
	},
	v1.EraseService_ListDue_FullMethodName: func(a ask) error {
		return errOf(a.Erasures.ListDue(a.ctx, &v1.ListDueRequest{Project: a.project()}))
	},

	v1.AuditService_ListEntries_FullMethodName: func(a ask) error {
		return errOf(a.Audit.ListEntries(a.ctx, &v1.ListEntriesRequest{Place: a.project()}))
	},
	v1.AuditService_GetEntry_FullMethodName: func(a ask) error {
		return errOf(a.Audit.GetEntry(a.ctx, &v1.GetEntryRequest{Index: a.w.entries[a.at]}))
	},
	v1.AuditService_GetCheckpoint_FullMethodName: func(a ask) error {
		return errOf(a.Audit.GetCheckpoint(a.ctx, &v1.GetCheckpointRequest{}))
	},
	v1.AuditService_ProveEntry_FullMethodName: func(a ask) error {
		return errOf(a.Audit.ProveEntry(a.ctx, &v1.ProveEntryRequest{Index: a.w.entries[a.at]}))
	},
	v1.AuditService_ExportLog_FullMethodName: func(a ask) error {
		return all(a.Audit.ExportLog(a.ctx, &v1.ExportLogRequest{RequestId: a.id()}))
	},

	v1.TrailService_ExportTrail_FullMethodName: func(a ask) error {
		return all(a.Trails.ExportTrail(a.ctx, &v1.ExportTrailRequest{RequestId: a.id(), Node: a.ref(), Format: "bundle"}))
	},
	v1.TrailService_GetReceipt_FullMethodName: func(a ask) error {
		if err := a.record(a.tim(), a.theModel()); err != nil {
			panic(err)
		}
		return all(a.Trails.GetReceipt(a.ctx, &v1.GetReceiptRequest{Digest: a.digest().String()}))
	},
}
