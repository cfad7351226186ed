package gov

import "slices"

// An Action is what is done. Policy, tokens' scopes and audit entries share
// these words. The part before the dot is the kind of thing it is done to.
type Action string

// The actions. ServerBootstrap is open to the bootstrap token alone.
const (
	ServerBootstrap Action = "server.bootstrap"
	ServerBackup    Action = "server.backup"
	PersonAdd       Action = "person.add"
	PersonRead      Action = "person.read"
	PersonDisable   Action = "person.disable"
	PersonLink      Action = "person.link"
	TokenCreate     Action = "token.create"
	TokenRead       Action = "token.read"
	TokenRevoke     Action = "token.revoke"
	RoleGrant       Action = "role.grant"
	RoleRevoke      Action = "role.revoke"
	PolicyRead      Action = "policy.read"
	ProjectCreate   Action = "project.create"
	ProjectRead     Action = "project.read"
	DatasetCreate   Action = "dataset.create"
	DatasetRead     Action = "dataset.read"
	VersionRegister Action = "version.register"
	VersionRead     Action = "version.read"
	VersionTag      Action = "version.tag"
	ChangePropose   Action = "change.propose" // revise, rebase, withdraw and reopen too
	ChangeRead      Action = "change.read"
	ChangeComment   Action = "change.comment"
	ChangeVote      Action = "change.vote"
	ChangeApply     Action = "change.apply"
	ChangeBreak     Action = "change.break" // ask for the glass to be broken
	CheckRun        Action = "check.run"    // and say what contents are
	ReportRead      Action = "report.read"
	DatasetPromote  Action = "dataset.promote"
	RulesRead       Action = "rules.read"
	RulesSet        Action = "rules.set" // propose, consent and withdraw
	KeyAdd          Action = "key.add"
	KeyRead         Action = "key.read"
	KeyRevoke       Action = "key.revoke"
	InspectDraw     Action = "inspect.draw" // and stop
	InspectRead     Action = "inspect.read"
	InspectAnswer   Action = "inspect.answer"
	LotTake         Action = "lot.take" // bring one
	LotRead         Action = "lot.read"
	LotDecide       Action = "lot.decide" // accept and reject
	RunStart        Action = "run.start"
	RunExplore      Action = "run.explore" // start one whose inputs do not pass the gates
	RunFinish       Action = "run.finish"  // one's own, well or not
	RunRead         Action = "run.read"
	ModelRegister   Action = "model.register"
	ModelRead       Action = "model.read"
	ModelTag        Action = "model.tag"
	ModelDeploy     Action = "model.deploy" // and undeploy
	ModelTrial      Action = "model.trial"  // deploy one that does not pass the gates
	OutputRecord    Action = "output.record"
	OutputRead      Action = "output.read"
	LineageRead     Action = "lineage.read"
	LineageImport   Action = "lineage.import"
	HoldPlace       Action = "hold.place"
	HoldLift        Action = "hold.lift" // ask for it, or agree
	HoldRead        Action = "hold.read"
	EraseRequest    Action = "erase.request"
	EraseApprove    Action = "erase.approve"
	EraseRun        Action = "erase.run"
	EraseRead       Action = "erase.read" // and what it would take away
	AuditRead       Action = "audit.read"
	AuditExport     Action = "audit.export"
)

// Actions lists every action that a role or a scope may name, sorted.
var Actions = []Action{
	AuditExport, AuditRead, ChangeApply, ChangeBreak, ChangeComment, ChangePropose, ChangeRead, ChangeVote, CheckRun, DatasetCreate,
	DatasetPromote, DatasetRead, EraseApprove, EraseRead, EraseRequest, EraseRun, HoldLift, HoldPlace, HoldRead, InspectAnswer, InspectDraw, InspectRead, KeyAdd, KeyRead, KeyRevoke, LineageImport, LineageRead, LotDecide, LotRead, LotTake,
	ModelDeploy, ModelRead, ModelRegister, ModelTag, ModelTrial, OutputRead, OutputRecord, PersonAdd, PersonDisable, PersonLink, PersonRead, PolicyRead,
	ProjectCreate, ProjectRead, ReportRead, RoleGrant, RoleRevoke, RulesRead, RulesSet, RunExplore, RunFinish, RunRead, RunStart,
	ServerBackup, TokenCreate, TokenRead, TokenRevoke, VersionRead, VersionRegister, VersionTag,
}

// ParseAction returns the action of that name.
func ParseAction(s string) (Action, error) {
	if a := Action(s); slices.Contains(Actions, a) {
		return a, nil
	}
	return "", Errorf(Invalid, "UNKNOWN_ACTION", "no action %q", clip(s))
}

// A Role is a set of actions that a person may hold in a place.
type Role string

// The roles. Admin manages people, grants and policy and has no right to data.
const (
	Admin     Role = "admin"
	Steward   Role = "steward"
	Annotator Role = "annotator"
	Trainer   Role = "trainer"
	Auditor   Role = "auditor"
	Viewer    Role = "viewer"
)

// Roles lists every role, sorted.
var Roles = []Role{Admin, Annotator, Auditor, Steward, Trainer, Viewer}

// ParseRole returns the role of that name.
func ParseRole(s string) (Role, error) {
	if r := Role(s); slices.Contains(Roles, r) {
		return r, nil
	}
	return "", Errorf(Invalid, "UNKNOWN_ROLE", "no role %q: the roles are admin, annotator, auditor, steward, trainer and viewer", clip(s))
}

// A Grant gives a person a role in a place.
type Grant struct {
	Person PersonID `json:"person"`
	Role   Role     `json:"role"`
	Place  Place    `json:"place"`
	By     PersonID `json:"by"`
	Entry  uint64   `json:"entry"` // the log entry that granted it
}

// A Stage is one of the five growth stages of a dataset, 1 to 5.
type Stage uint8

// ParseStage checks that n is a stage.
func ParseStage(n int) (Stage, error) {
	if n < 1 || n > 5 {
		return 0, Errorf(Invalid, "BAD_STAGE", "no stage %d: the stages are 1 to 5", n)
	}
	return Stage(n), nil
}
