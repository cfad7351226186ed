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
const TemplateVersion = 1

// Template returns the rules that ship with govd, by role. Who runs access does
// not run audit and has no right to data: admin has no version and no audit
// action.
func Template() []Rule {
	return slices.Concat(
		may(gov.Admin,
			gov.PersonAdd, gov.PersonRead, gov.PersonDisable, gov.PersonLink,
			gov.TokenCreate, gov.TokenRead, gov.TokenRevoke,
			gov.RoleGrant, gov.RoleRevoke, gov.PolicyRead,
			gov.ProjectCreate, gov.ProjectRead, gov.DatasetCreate, gov.DatasetRead,
			gov.ServerBackup),
		may(gov.Annotator, gov.ProjectRead, gov.DatasetRead, gov.VersionRead, gov.VersionRegister),
		may(gov.Auditor,
			gov.ProjectRead, gov.DatasetRead, gov.VersionRead,
			gov.AuditRead, gov.AuditExport, gov.PolicyRead, gov.PersonRead),
		may(gov.Steward,
			gov.ProjectRead, gov.DatasetCreate, gov.DatasetRead,
			gov.VersionRegister, gov.VersionRead, gov.VersionTag,
			gov.AuditRead, gov.PolicyRead),
		may(gov.Trainer, gov.ProjectRead, gov.DatasetRead, gov.VersionRead, gov.VersionRegister),
		may(gov.Viewer, gov.ProjectRead, gov.DatasetRead, gov.VersionRead),
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
