package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// sentences say what who wrote an entry did, by its event. What stands in braces
// is a member of the event. Each kind of event has one, those too of which a
// trail makes claims of its own: an entry may be proven alone.
var sentences = map[string]string{
	"server.created":      "began the log of {origin} with the key {key}",
	"server.restored":     "restored the log of {origin} from a backup, with the key {key}",
	"server.bootstrapped": "set up the server, with {person.id} as its first admin",
	"server.backed_up":    "made a backup at log size {size}",
	"server.compacted":    "wrote the server's file anew at log size {size}, without what had been erased",
	"log.exported":        "exported the log at size {size}",
	"trail.exported":      "exported the lineage of {node} as of the first {as_of} log entries",

	"person.added":    "added {id}",
	"person.disabled": "disabled {id}: their credentials count no more",
	"person.linked":   "made the {kind} {subject} a credential of {person}",
	"token.created":   "made the token {id} for {person}",
	"token.revoked":   "revoked the credential {id}",
	"key.added":       "added the signing key {fingerprint}",
	"key.revoked":     "revoked the signing key {fingerprint}",
	"role.granted":    "gave {person} the role {role} in {place}",
	"role.revoked":    "took the role {role} in {place} from {person}",

	"project.created": "created the project {name}",
	"dataset.created": "created the dataset {name} at stage {stage}",
	"rules.proposed":  "proposed rules {number} for {place}",
	"rules.consented": "agreed to rules {number} for {place}",
	"rules.withdrawn": "withdrew rules {number} for {place}",
	"tag.set":         "set the tag {name} of {dataset} to v{number}",
	"tag.removed":     "removed the tag {name} of {dataset}",

	"version.registered": "registered version {dataset}@v{number} of {tree.records} records",
	"lot.taken":          "brought in lot {lot} of {dataset} with {tree.records} records, to wait until it is vetted",
	"lot.accepted":       "accepted a lot, which made version {dataset}@v{number} of {tree.records} records",
	"lot.rejected":       "rejected lot {lot} of {dataset}",

	"change.proposed":   "proposed change {change} of {dataset}, with {edits.records} label edits of {touched} records",
	"change.revised":    "revised change {change} of {dataset}, which has {edits.records} label edits of {touched} records now",
	"change.voted":      "voted {kind} on change {change}, revision {revision}",
	"change.reopened":   "reopened change {change}",
	"change.withdrawn":  "withdrew change {change}",
	"change.applied":    "applied change {change}, which made version {dataset}@v{number} of {tree.records} records",
	"change.ratified":   "ratified change {change}, which had been applied without its quorum",
	"glass.asked":       "asked to apply change {change} without its quorum",
	"evidence.imported": "brought in {count} votes of {reviewers} reviewers elsewhere on {items} records of change {change}",
	"labels.doubted":    "compared predictions for {records} records of {dataset}@v{number} with their labels, of which {count} are in doubt",
	"votes.recorded":    "recorded {count} votes of {annotators} annotators on {records} records of {dataset}@v{number}",

	"check.reported":      "ran the checks of stage {stage} on {dataset}@v{number}, which said {verdict} of {records} records",
	"contents.read":       "had {read} of {of} contents of {dataset}@v{number} read again: {failed} could not be, {wrong} were others, {broken} do not decode",
	"inspection.drawn":    "drew the sample of inspection {inspection} of {dataset}",
	"inspection.answered": "judged an item of inspection {inspection}",
	"inspection.stopped":  "stopped inspection {inspection}",
	"promotion.asked":     "gave their word that {dataset}@v{number} may go up to stage {to}",
	"dataset.promoted":    "promoted {dataset}@v{number} to stage {to}",

	"run.started":      "started run {run} of {job}",
	"run.finished":     "finished run {run}",
	"run.failed":       "ended run {run} as failed",
	"model.registered": "registered model {model}:v{number} with {files} files",
	"model.tagged":     "set the tag {name} of model {model} to v{number}",
	"model.untagged":   "removed the tag {name} of model {model}",
	"model.deployed":   "deployed {of} as {site}#{number}",
	"model.undeployed": "ended deployment {site}#{number}",
	"outputs.recorded": "recorded {count} outputs of {of} as batch {batch}",
	"lineage.imported": "brought in {count} lineage events of another system",
	"lineage.exported": "took the lineage of {project}, as of log entry {as_of}",

	"erasure.requested": "asked for erasure {erasure} of {found.values} values of {found.records} records of project {project}",
	"erasure.approved":  "approved erasure {erasure}",
	"erasure.begun":     "began erasure {erasure} of {found.values} values of {found.records} records in {found.versions} versions",
	"erasure.done":      "ended erasure {erasure}: no tree holds its values any more",
	"erasure.certified": "took a certificate of erasure {erasure} as of the first {as_of} log entries",

	"hold.placed":     "placed hold {hold} on {place}",
	"hold.lift_asked": "asked to lift hold {hold}",
	"hold.lifted":     "lifted hold {hold}",
}

// words say what an entry tells, without its time: "user:2 created the project
// hands". An event that is not known here is told by its name.
func (l line) words() string {
	if l.Refused != "" {
		return fmt.Sprintf("%s asked for %s in %s and was refused: %s", l.Who, l.Do, quote(string(l.At)), l.Refused)
	}
	sentence, known := sentences[l.Event]
	if !known {
		return fmt.Sprintf("%s did %s in %s: %s", l.Who, l.Do, quote(string(l.At)), quote(l.Event))
	}
	var event map[string]any
	d := json.NewDecoder(bytes.NewReader(l.Data))
	d.UseNumber() // else the event of a large number would be told by another one
	if d.Decode(&event) != nil {
		event = nil
	}
	return string(l.Who) + " " + fill(sentence, event)
}

// fill puts an event's members where the sentence names them.
func fill(sentence string, event map[string]any) string {
	var b strings.Builder
	for {
		before, rest, more := strings.Cut(sentence, "{")
		b.WriteString(before)
		if !more {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		if value := member(event, name); value != nil {
			b.WriteString(quote(fmt.Sprint(value)))
		} else {
			b.WriteString(unsaid)
		}
		sentence = after
	}
}

// unsaid stands for what an event does not say.
const unsaid = "(unsaid)"

// member returns what stands under a name, which may lead through objects.
func member(event map[string]any, path string) any {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return event[name]
	}
	inner, _ := event[name].(map[string]any)
	return member(inner, rest)
}
