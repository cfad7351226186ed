package policy

import (
	"slices"

	"govd/internal/gov"
)

// A Rule lets a role do an action, in every stage or in one. A rule that denies
// takes away what any other rule gives; the shipped template has none.
type Rule struct {
	Role   gov.Role   `json:"role"`
	Action gov.Action `json:"action"`
	Stage  gov.Stage  `json:"stage,omitzero"` // 0: every stage
	Deny   bool       `json:"deny,omitempty"`
}

// TemplateVersion is the number of the shipped template. It is raised with
// every change to what Template returns.
const TemplateVersion = 4

// Template returns the rules that ship with govd, by role. Who runs access does
// not run audit and has no right to data: admin has no version and no audit
// action. Whose vote counts is not said here but by the rules of approval; these
// say who may ever cast one. A person's own keys need no role.
func Template() []Rule {
	reads := []gov.Action{gov.ProjectRead, gov.DatasetRead, gov.VersionRead, gov.ChangeRead, gov.RulesRead, gov.ReportRead, gov.InspectRead}
	reads = append(reads, gov.RunRead, gov.ModelRead, gov.OutputRead, gov.LineageRead, gov.HoldRead, gov.LotRead)
	works := []gov.Action{gov.VersionRegister, gov.CheckRun, gov.ChangePropose, gov.ChangeComment, gov.ChangeVote, gov.LotTake}
	return slices.Concat(
		may(gov.Admin,
			gov.PersonAdd, gov.PersonRead, gov.PersonDisable, gov.PersonLink,
			gov.TokenCreate, gov.TokenRead, gov.TokenRevoke, gov.KeyRead, gov.KeyRevoke,
			gov.RoleGrant, gov.RoleRevoke, gov.PolicyRead, gov.RulesRead, gov.RulesSet,
			gov.ProjectCreate, gov.ProjectRead, gov.DatasetCreate, gov.DatasetRead,
			gov.ChangeRead, gov.ChangeBreak, gov.ServerBackup),
		may(gov.Annotator, reads...), may(gov.Annotator, works...), may(gov.Annotator, gov.ChangeApply, gov.InspectAnswer),
		may(gov.Auditor, reads...), may(gov.Auditor, gov.EraseRead, gov.AuditRead, gov.AuditExport, gov.PolicyRead, gov.PersonRead, gov.KeyRead),
		may(gov.Steward, reads...), may(gov.Steward, works...),
		may(gov.Steward, gov.DatasetCreate, gov.DatasetPromote, gov.InspectDraw, gov.InspectAnswer, gov.VersionTag, gov.ChangeApply, gov.AuditRead, gov.PolicyRead),
		may(gov.Steward, gov.RunStart, gov.RunFinish, gov.ModelTag, gov.ModelDeploy, gov.ModelTrial, gov.LineageImport, gov.HoldPlace, gov.HoldLift, gov.LotDecide),
		may(gov.Steward, gov.EraseRequest, gov.EraseApprove, gov.EraseRun, gov.EraseRead),
		may(gov.Trainer, reads...), may(gov.Trainer, works...),
		may(gov.Trainer, gov.RunStart, gov.RunExplore, gov.RunFinish, gov.ModelRegister, gov.ModelTag, gov.ModelDeploy, gov.OutputRecord, gov.LineageImport),
		may(gov.Viewer, reads...),
	)
}

func may(r gov.Role, actions ...gov.Action) (rules []Rule) {
	for _, a := range actions {
		rules = append(rules, Rule{Role: r, Action: a})
	}
	return rules
}

// Check says whether a grant may be made at all: to a person, of a role that
// exists, in a place; and on the whole server only of admin and auditor, so
// that nobody changes the data of every project at once. An auditor of the
// server reads all of it. Returns an error of kind Invalid.
func Check(g gov.Grant) error {
	if _, err := gov.ParsePersonID(string(g.Person)); err != nil {
		return err
	}
	if _, err := gov.ParseRole(string(g.Role)); err != nil {
		return err
	}
	if _, err := gov.ParsePlace(string(g.Place)); err != nil {
		return err
	}
	if g.Place == gov.Server && g.Role != gov.Admin && g.Role != gov.Auditor {
		return gov.Errorf(gov.Invalid, "ROLE_NOT_ON_SERVER", "role %s cannot be granted on the whole server, only in a project or a dataset", g.Role)
	}
	return nil
}
