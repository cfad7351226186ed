package ctl

import (
	"fmt"
	"maps"
	"strings"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// Names tells people's names by their ids.
type names map[string]string

// of returns the name of a person, or else the id.
func (n names) of(id string) string { return first(n[id], id) }

// all returns the names of people.
func (n names) all(ids []string) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = n.of(id)
	}
	return list
}

// people returns the names of those who had to do with a change.
func people(resp *govdv1.GetChangeResponse) names {
	n := names{resp.GetChange().GetAuthor(): resp.GetChange().GetAuthorName()}
	for _, r := range resp.GetRevisions() {
		n[r.GetBy()] = r.GetByName()
	}
	for _, v := range resp.GetVotes() {
		n[v.GetPerson()] = v.GetPersonName()
	}
	for _, g := range resp.GetAsked() {
		n[g.GetPerson()] = g.GetPersonName()
	}
	return n
}

// with returns the names and others.
func (n names) with(others map[string]string) names {
	all := maps.Clone(names(others))
	if all == nil {
		all = names{}
	}
	maps.Copy(all, n)
	return all
}

// An explainView is a verdict as explain prints it.
type explainView struct {
	Ready   bool         `json:"ready"`
	Factors []factorView `json:"factors"`
}

type factorView struct {
	Rule     string         `json:"rule"`
	Need     uint32         `json:"need"`
	Have     uint32         `json:"have"`
	Missing  uint32         `json:"missing"`
	Excluded []excludedView `json:"excluded"`

	role, under string
	by, could   []string
}

type excludedView struct {
	Person string `json:"person"`
	Reason string `json:"reason"`
}

// A verdictView is a verdict with all there is to it.
type verdictView struct {
	explainView
	Digest  string         `json:"digest"`
	Reasons []reasonView   `json:"reasons"`
	Void    []excludedView `json:"void"`
}

type reasonView struct {
	Reason string `json:"reason"`
	Person string `json:"person,omitempty"`
	Says   string `json:"says"`
}

func viewVerdict(v *govdv1.Verdict, n names) verdictView {
	n = n.with(v.GetNames())
	view := verdictView{
		explainView: explainView{Ready: v.GetReady(), Factors: []factorView{}},
		Digest:      v.GetDigest(), Reasons: []reasonView{}, Void: viewExcluded(v.GetVoid(), n),
	}
	for _, f := range v.GetFactors() {
		view.Factors = append(view.Factors, factorView{
			f.GetRule(), f.GetNeed(), f.GetHave(), f.GetMissing(), viewExcluded(f.GetExcluded(), n),
			f.GetRole(), f.GetUnder(), n.all(f.GetBy()), n.all(f.GetCould()),
		})
	}
	for _, b := range v.GetReasons() {
		person := b.GetPerson()
		if person != "" {
			person = n.of(person)
		}
		view.Reasons = append(view.Reasons, reasonView{b.GetReason(), person, withNames(b.GetSays(), n)})
	}
	return view
}

func viewExcluded(list []*govdv1.Excluded, n names) []excludedView {
	views := []excludedView{}
	for _, e := range list {
		views = append(views, excludedView{n.of(e.GetPerson()), e.GetReason()})
	}
	return views
}

// words says who does not count and why: "bob (SELF_APPROVAL)".
func (e excludedView) words() string { return e.Person + " (" + e.Reason + ")" }

// line says the same to programs.
func (e excludedView) line() string { return e.Person + ":" + e.Reason }

func factorColumns() []column[factorView] {
	return []column[factorView]{
		{name: "RULE", value: func(f factorView) any { return strings.TrimSpace(f.Rule + " " + f.under) }},
		{name: "ROLE", value: func(f factorView) any { return f.role }, wide: true},
		{name: "NEED", value: func(f factorView) any { return f.Need }, right: true},
		{name: "HAVE", value: func(f factorView) any { return f.Have }, right: true},
		{name: "MISSING", value: func(f factorView) any { return f.Missing }, wide: true},
		{name: "BY", value: func(f factorView) any { return f.by }},
		{name: "COULD STILL", value: func(f factorView) any { return f.could }},
		{name: "CANNOT", value: func(f factorView) any { return viewAll(f.Excluded, excludedView.line) }, wide: true},
	}
}

// printVerdict says to people whether a change is ready and what is missing.
func (a *app) printVerdict(change uint64, v verdictView) error {
	if len(v.Factors) > 0 {
		if _, err := printTable(a, a.screen.width, factorColumns(), seq(v.Factors)); err != nil {
			return err
		}
	}
	lines := v.exclusions()
	if len(v.Void) > 0 {
		lines = append(lines, "void: "+strings.Join(viewAll(v.Void, excludedView.words), ", "))
	}
	for _, r := range v.Reasons {
		lines = append(lines, r.Reason+": "+r.Says)
	}
	switch {
	case v.Ready && len(v.Factors) == 0:
		lines = append(lines, fmt.Sprintf("change %d is ready: it needs no approval", change))
	case v.Ready:
		lines = append(lines, fmt.Sprintf("change %d is ready: 'govctl change apply %d'", change, change))
	default:
		lines = append(lines, fmt.Sprintf("change %d is not ready", change))
	}
	return a.say(lines...)
}

// exclusions says who cannot, each person and reason once.
func (v verdictView) exclusions() (lines []string) {
	seen := map[excludedView]bool{}
	var words []string
	for _, f := range v.Factors {
		for _, e := range f.Excluded {
			if !seen[e] {
				seen[e] = true
				words = append(words, e.words())
			}
		}
	}
	if len(words) == 0 {
		return nil
	}
	return []string{"cannot: " + strings.Join(words, ", ")}
}

// say prints lines for people, wrapped.
func (a *app) say(lines ...string) error {
	for _, line := range lines {
		if _, err := fmt.Fprintln(a.stdout, a.screen.wrap(clean(line))); err != nil {
			return err
		}
	}
	return nil
}

// refused adds to an error what helps with it.
func refused(err error, change uint64) error {
	if err == nil {
		return nil
	}
	switch complaintOf(err).reason {
	case "BASE_MOVED":
		return hint(err, "'govctl change rebase %d' sets it on the newest version; it must be approved again", change)
	case "STALE_DIGEST", "NOT_LOOKED":
		return hint(err, "'govctl change review %d' shows what is to be voted on", change)
	case "UNSIGNED":
		return hint(err, "--sign signs the vote with a key that 'govctl key add' has added")
	case "WRONG_SIGNATURE", "BAD_SIGNATURE", "KEY_REVOKED":
		return hint(err, "'govctl key list' lists the keys that you can sign with")
	case "NO_CHANGE":
		return hint(err, "'govctl change list' lists those that you may read")
	case "NOT_OPEN", "EXPIRED", "CLOCK_BACK", "NOTHING_TO_LIFT", "REASON_TOO_SHORT", "BREAK_GLASS_OFF", "LOOSENS":
		return err
	}
	if exitOfReason(complaintOf(err).reason) == exitRefused {
		return hint(err, "'govctl change explain %d' says what is missing, and who cannot vote", change)
	}
	return err
}

// changeID parses the number of a change.
func changeID(s string) (uint64, error) {
	id, err := gov.ParseChangeID(s)
	if err != nil {
		return 0, usage("%v; 'govctl change list' lists them", err)
	}
	return uint64(id), nil
}
