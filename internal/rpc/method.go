package rpc

import (
	"context"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionalpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"

	"govd/internal/gov"
	v1 "govd/proto/govd/v1"
)

// A method is what the server knows of an RPC before it runs: how long it may
// take, and who may call it without being a person.
type method struct {
	limit time.Duration
	open  bool // to anyone: says nothing of the data
	boot  bool // to the bootstrap token, and to it alone
}

// How long calls may take.
const (
	quick = 30 * time.Second
	long  = 10 * time.Minute
	bulk  = 2 * time.Hour
)

// methods lists every RPC. One that is not here is refused before its handler
// is reached, so a new one must be placed on purpose.
var methods = map[string]method{
	healthpb.Health_Check_FullMethodName: {limit: quick, open: true},
	healthpb.Health_Watch_FullMethodName: {limit: long, open: true},
	healthpb.Health_List_FullMethodName:  {limit: quick, open: true},

	reflectionpb.ServerReflection_ServerReflectionInfo_FullMethodName:    {limit: long}, // registered only if asked for
	reflectionalpha.ServerReflection_ServerReflectionInfo_FullMethodName: {limit: long},

	v1.ServerService_Bootstrap_FullMethodName: {limit: quick, boot: true},
	v1.ServerService_GetStatus_FullMethodName: {limit: quick},
	v1.ServerService_Backup_FullMethodName:    {limit: bulk},

	v1.PersonService_AddPerson_FullMethodName:     {limit: quick},
	v1.PersonService_ListPersons_FullMethodName:   {limit: quick},
	v1.PersonService_DisablePerson_FullMethodName: {limit: quick},
	v1.PersonService_LinkPerson_FullMethodName:    {limit: quick},
	v1.PersonService_CreateToken_FullMethodName:   {limit: quick},
	v1.PersonService_ListTokens_FullMethodName:    {limit: quick},
	v1.PersonService_RevokeToken_FullMethodName:   {limit: quick},

	v1.PolicyService_GrantRole_FullMethodName:   {limit: quick},
	v1.PolicyService_RevokeRole_FullMethodName:  {limit: quick},
	v1.PolicyService_ShowPolicy_FullMethodName:  {limit: quick},
	v1.PolicyService_CheckAccess_FullMethodName: {limit: quick},
	v1.PolicyService_WhoCan_FullMethodName:      {limit: quick},
	v1.PolicyService_WhatCan_FullMethodName:     {limit: quick},

	v1.DatasetService_CreateProject_FullMethodName: {limit: quick},
	v1.DatasetService_ListProjects_FullMethodName:  {limit: quick},
	v1.DatasetService_CreateDataset_FullMethodName: {limit: quick},
	v1.DatasetService_GetDataset_FullMethodName:    {limit: quick},
	v1.DatasetService_ListDatasets_FullMethodName:  {limit: quick},

	v1.VersionService_RegisterVersion_FullMethodName: {limit: bulk},
	v1.VersionService_GetVersion_FullMethodName:      {limit: quick},
	v1.VersionService_ListVersions_FullMethodName:    {limit: quick},
	v1.VersionService_ListRecords_FullMethodName:     {limit: bulk},
	v1.VersionService_GetRecord_FullMethodName:       {limit: quick},
	v1.VersionService_DiffVersions_FullMethodName:    {limit: bulk},
	v1.VersionService_GetStats_FullMethodName:        {limit: long},
	v1.VersionService_SetTag_FullMethodName:          {limit: quick},
	v1.VersionService_RemoveTag_FullMethodName:       {limit: quick},
	v1.VersionService_ListTags_FullMethodName:        {limit: quick},
	v1.VersionService_ProveRecord_FullMethodName:     {limit: quick},

	v1.ChangeService_ProposeChange_FullMethodName:  {limit: bulk},
	v1.ChangeService_ReviseChange_FullMethodName:   {limit: bulk},
	v1.ChangeService_RebaseChange_FullMethodName:   {limit: long},
	v1.ChangeService_WithdrawChange_FullMethodName: {limit: quick},
	v1.ChangeService_ReopenChange_FullMethodName:   {limit: quick},
	v1.ChangeService_CastVote_FullMethodName:       {limit: quick},
	v1.ChangeService_ExplainChange_FullMethodName:  {limit: quick},
	v1.ChangeService_ApplyChange_FullMethodName:    {limit: long},
	v1.ChangeService_BreakGlass_FullMethodName:     {limit: quick},
	v1.ChangeService_RatifyChange_FullMethodName:   {limit: quick},
	v1.ChangeService_ImportVotes_FullMethodName:    {limit: long},
	v1.ChangeService_SuggestChange_FullMethodName:  {limit: bulk},
	v1.ChangeService_GetChange_FullMethodName:      {limit: quick},
	v1.ChangeService_ListChanges_FullMethodName:    {limit: quick},
	v1.ChangeService_ListEdits_FullMethodName:      {limit: bulk},
	v1.ChangeService_StatChange_FullMethodName:     {limit: long},
	v1.ChangeService_BlameRecord_FullMethodName:    {limit: long},

	v1.RulesService_GetRules_FullMethodName:       {limit: quick},
	v1.RulesService_SetRules_FullMethodName:       {limit: quick},
	v1.RulesService_ConsentToRules_FullMethodName: {limit: quick},
	v1.RulesService_WithdrawRules_FullMethodName:  {limit: quick},
	v1.RulesService_ListRules_FullMethodName:      {limit: quick},

	v1.CheckService_RunChecks_FullMethodName:    {limit: bulk},
	v1.CheckService_PlanChecks_FullMethodName:   {limit: quick},
	v1.CheckService_DrawContents_FullMethodName: {limit: long},
	v1.CheckService_ReadContents_FullMethodName: {limit: bulk},
	v1.CheckService_RecordVotes_FullMethodName:  {limit: long},
	v1.CheckService_ListReports_FullMethodName:  {limit: quick},
	v1.CheckService_GetReport_FullMethodName:    {limit: quick},
	v1.CheckService_ExportReport_FullMethodName: {limit: quick},
	v1.CheckService_DiffReports_FullMethodName:  {limit: quick},

	v1.StageService_GetStage_FullMethodName:         {limit: quick},
	v1.StageService_PlanStage_FullMethodName:        {limit: long},
	v1.StageService_PromoteDataset_FullMethodName:   {limit: quick},
	v1.StageService_ExplainPromotion_FullMethodName: {limit: quick},

	v1.KeyService_AddKey_FullMethodName:    {limit: quick},
	v1.KeyService_ListKeys_FullMethodName:  {limit: quick},
	v1.KeyService_RevokeKey_FullMethodName: {limit: quick},

	v1.InspectionService_DrawInspection_FullMethodName:  {limit: bulk},
	v1.InspectionService_NextTask_FullMethodName:        {limit: quick},
	v1.InspectionService_AnswerTask_FullMethodName:      {limit: quick},
	v1.InspectionService_StopInspection_FullMethodName:  {limit: quick},
	v1.InspectionService_GetInspection_FullMethodName:   {limit: quick},
	v1.InspectionService_ListInspections_FullMethodName: {limit: quick},

	v1.IntakeService_TakeLot_FullMethodName:   {limit: bulk},
	v1.IntakeService_ListLots_FullMethodName:  {limit: quick},
	v1.IntakeService_AcceptLot_FullMethodName: {limit: bulk},
	v1.IntakeService_RejectLot_FullMethodName: {limit: quick},

	v1.RunService_StartRun_FullMethodName:          {limit: quick},
	v1.RunService_FinishRun_FullMethodName:         {limit: quick},
	v1.RunService_FailRun_FullMethodName:           {limit: quick},
	v1.RunService_GetRun_FullMethodName:            {limit: quick},
	v1.RunService_ListRuns_FullMethodName:          {limit: quick},
	v1.ModelService_RegisterModel_FullMethodName:   {limit: quick},
	v1.ModelService_GetModel_FullMethodName:        {limit: quick},
	v1.ModelService_ListModels_FullMethodName:      {limit: quick},
	v1.ModelService_TagModel_FullMethodName:        {limit: quick},
	v1.ModelService_UntagModel_FullMethodName:      {limit: quick},
	v1.ModelService_DeployModel_FullMethodName:     {limit: quick},
	v1.ModelService_UndeployModel_FullMethodName:   {limit: quick},
	v1.ModelService_ListDeployments_FullMethodName: {limit: quick},
	v1.OutputService_RecordOutputs_FullMethodName:  {limit: long},
	v1.OutputService_FindOutput_FullMethodName:     {limit: quick},
	v1.LineageService_WalkLineage_FullMethodName:   {limit: long},
	v1.LineageService_RecordImpact_FullMethodName:  {limit: long},
	v1.LineageService_ListPaths_FullMethodName:     {limit: long},
	v1.LineageService_DiffLineage_FullMethodName:   {limit: long},
	v1.LineageService_ListGaps_FullMethodName:      {limit: long},
	v1.LineageService_ImportLineage_FullMethodName: {limit: long},
	v1.LineageService_ExportLineage_FullMethodName: {limit: bulk},

	v1.HoldService_PlaceHold_FullMethodName: {limit: quick},
	v1.HoldService_LiftHold_FullMethodName:  {limit: quick},
	v1.HoldService_GetHold_FullMethodName:   {limit: quick},
	v1.HoldService_ListHolds_FullMethodName: {limit: quick},

	v1.EraseService_RequestErasure_FullMethodName: {limit: bulk},
	v1.EraseService_ApproveErasure_FullMethodName: {limit: quick},
	v1.EraseService_RunErasure_FullMethodName:     {limit: bulk},
	v1.EraseService_CertifyErasure_FullMethodName: {limit: long},
	v1.EraseService_GetErasure_FullMethodName:     {limit: quick},
	v1.EraseService_ListErasures_FullMethodName:   {limit: quick},
	v1.EraseService_ErasureImpact_FullMethodName:  {limit: long},
	v1.EraseService_ListDue_FullMethodName:        {limit: bulk},

	v1.AuditService_ListEntries_FullMethodName:   {limit: quick},
	v1.AuditService_GetEntry_FullMethodName:      {limit: quick},
	v1.AuditService_GetCheckpoint_FullMethodName: {limit: quick},
	v1.AuditService_ProveEntry_FullMethodName:    {limit: quick},
	v1.AuditService_ExportLog_FullMethodName:     {limit: bulk},

	v1.TrailService_ExportTrail_FullMethodName: {limit: long},
	v1.TrailService_GetReceipt_FullMethodName:  {limit: long},
}

// known refuses methods that are not in the table and bounds the others' time.
func known(ctx context.Context, name string, next func(context.Context) error) error {
	m, ok := methods[name]
	if !ok {
		return gov.Errorf(gov.Denied, "UNKNOWN_METHOD", "no such method")
	}
	ctx, cancel := context.WithTimeout(ctx, m.limit)
	defer cancel()
	return next(ctx)
}
