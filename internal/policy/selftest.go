package policy

import (
	"fmt"
	"strings"

	"govd/internal/gov"
)

// selfTestGrants is a small world: user:1 and user:2 hold a role on the whole
// server, user:3 to user:6 in project p, user:7 and sa:9 in its dataset p/d.
const selfTestGrants = `
	user:1 admin     *
	user:2 auditor   *
	user:3 steward   p
	user:4 annotator p
	sa:5   trainer   p
	user:6 viewer    p
	user:7 annotator p/d
	sa:9   steward   p/d`

// selfTestRows is what must come out: who, what, where, and "+" for allowed.
const selfTestRows = `
	user:1 person.add       *   +
	user:1 role.grant       *   +
	user:1 role.grant       p   +
	user:1 project.create   *   +
	user:1 server.backup    *   +
	user:1 person.add       p   -
	user:1 version.read     p/d -
	user:1 version.register p/d -
	user:1 audit.read       *   -
	user:1 audit.export     *   -
	user:2 audit.export     *   +
	user:2 version.read     p/e +
	user:2 version.register p/d -
	user:2 role.grant       *   -
	user:3 version.tag      p/e +
	user:3 dataset.create   p   +
	user:3 version.tag      q/d -
	user:3 person.add       *   -
	user:4 version.register p/d +
	user:4 version.tag      p/d -
	sa:5   version.read     p/d +
	sa:5   dataset.create   p   -
	user:6 version.read     p/e +
	user:6 version.register p/e -
	user:7 version.register p/d +
	user:7 version.register p/e -
	user:7 project.read     p   -
	sa:9   version.tag      p/d +
	sa:9   version.tag      p   -
	user:8 project.read     p   -
	role:admin role.grant   *   -
	sys:govd   server.backup *  -
	user:1 server.bootstrap *   -`

// selfTest decides a world that must come out right, and queries with an empty
// field that no rules may allow.
func selfTest(rules []Rule) error {
	world, err := selfTestWorld(rules)
	if err != nil {
		return err
	}
	for row := range strings.Lines(strings.TrimSpace(selfTestRows)) {
		f := strings.Fields(row)
		q := Query{Who: gov.PersonID(f[0]), Do: gov.Action(f[1]), At: gov.Place(f[2])}
		if err := expect(world, q, f[3] == "+"); err != nil {
			return err
		}
	}
	for _, q := range []Query{{}, {Do: gov.ProjectRead, At: "p"}, {Who: "user:3", At: "p"}, {Who: "user:1", Do: gov.PersonAdd}} {
		if err := expect(world, q, false); err != nil {
			return err
		}
	}
	return nil
}

func selfTestWorld(rules []Rule) (map[gov.Project]*Snapshot, error) {
	all := map[gov.Project][]gov.Grant{"": {}, "p": {}, "q": {}}
	for row := range strings.Lines(strings.TrimSpace(selfTestGrants)) {
		f := strings.Fields(row)
		g := gov.Grant{Person: gov.PersonID(f[0]), Role: gov.Role(f[1]), Place: gov.Place(f[2])}
		for project := range all {
			if g.Place == gov.Server || g.Place.Project() == project {
				all[project] = append(all[project], g)
			}
		}
	}
	world := map[gov.Project]*Snapshot{}
	for project, grants := range all {
		s, err := newSnapshot(Revision{}, project, rules, grants)
		if err != nil {
			return nil, unavailable(err)
		}
		world[project] = s
	}
	return world, nil
}

func expect(world map[gov.Project]*Snapshot, q Query, want bool) error {
	got, err := world[q.At.Project()].Decide(q)
	if err == nil && got != want {
		err = fmt.Errorf("%+v came out %v", q, got)
	}
	if err != nil {
		return gov.Because(err, gov.Internal, "POLICY_SELF_TEST", "the policy engine fails its self-test")
	}
	return nil
}
