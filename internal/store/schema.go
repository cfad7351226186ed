package store

import (
	"fmt"

	"govd/internal/gov"
)

// The tables. Those with a key of several parts have a type for it, whose text
// is how an error names the record.

type grantKey struct {
	person gov.PersonID
	role   gov.Role
	place  gov.Place
}

func (k grantKey) String() string { return fmt.Sprintf("of %s to %s in %s", k.role, k.person, k.place) }

type versionKey struct {
	dataset gov.DatasetName
	number  uint64
}

func (k versionKey) String() string { return fmt.Sprintf("%s@v%d", k.dataset, k.number) }

type tagKey struct {
	dataset gov.DatasetName
	name    string
}

func (k tagKey) String() string { return fmt.Sprintf("%s@%s", k.dataset, k.name) }

// A changePart is what belongs to a change, by number or by log index.
type changePart struct {
	change gov.ChangeID
	number uint64
}

func (k changePart) String() string { return fmt.Sprintf("%d of change %d", k.number, k.change) }

func (k changePart) key() key { return key(nil).uint64(uint64(k.change)).uint64(k.number) }

type rulesKey struct {
	place  gov.Place
	of     gov.RulesOf
	number uint64
}

func (k rulesKey) String() string { return fmt.Sprintf("%s %d of %s", k.of, k.number, k.place) }

type requestKey struct {
	id     [16]byte
	person gov.PersonID
}

func (k requestKey) String() string { return fmt.Sprintf("%x of %s", k.id, k.person) }

var persons = &table[gov.PersonID, gov.Person]{
	bucket: personTable, noun: "person", missing: "NO_PERSON",
	key:   func(id gov.PersonID) key { return key(nil).serial(string(id)) },
	keyOf: func(p gov.Person) gov.PersonID { return p.ID },
	codec: jsonValue[gov.Person](),
	indexes: []index[gov.Person]{
		{bucket: personByName, taken: "NAME_TAKEN", keys: func(p gov.Person) []key { return []key{key(nil).str(p.Name)} }},
	},
}

var credentials = &table[gov.CredentialID, gov.Credential]{
	bucket: credentialTable, noun: "credential", missing: "NO_CREDENTIAL",
	key:   func(id gov.CredentialID) key { return key(nil).serial(string(id)) },
	keyOf: func(c gov.Credential) gov.CredentialID { return c.ID },
	codec: jsonValue[gov.Credential](),
	indexes: []index[gov.Credential]{
		{bucket: credentialByPerson, keys: func(c gov.Credential) []key {
			return []key{key(nil).serial(string(c.Person)).serial(string(c.ID))}
		}},
		{bucket: credentialBySubject, taken: "SUBJECT_TAKEN", keys: func(c gov.Credential) []key {
			if c.Kind == gov.Token || c.Revoked {
				return nil
			}
			return []key{subjectKey(c.Kind, c.Subject)}
		}},
	},
}

func subjectKey(kind gov.CredentialKind, subject string) key {
	return key(nil).str(string(kind)).str(subject)
}

var grants = &table[grantKey, gov.Grant]{
	bucket: grantTable, noun: "grant", missing: "NO_GRANT",
	key: func(k grantKey) key {
		return key(nil).str(string(k.place.Project())).str(string(k.place)).serial(string(k.person)).str(string(k.role))
	},
	keyOf: func(g gov.Grant) grantKey { return grantKey{g.Person, g.Role, g.Place} },
	codec: jsonValue[gov.Grant](),
	indexes: []index[gov.Grant]{
		{bucket: grantByPerson, keys: func(g gov.Grant) []key {
			return []key{key(nil).serial(string(g.Person)).str(string(g.Place)).str(string(g.Role))}
		}},
	},
}

var projects = &table[gov.Project, gov.ProjectInfo]{
	bucket: projectTable, noun: "project", missing: "NO_PROJECT",
	key:   func(p gov.Project) key { return key(nil).str(string(p)) },
	keyOf: func(p gov.ProjectInfo) gov.Project { return p.Name },
	codec: jsonValue[gov.ProjectInfo](),
}

var datasets = &table[gov.DatasetName, gov.Dataset]{
	bucket: datasetTable, noun: "dataset", missing: "NO_DATASET",
	key:   func(d gov.DatasetName) key { return key(nil).dataset(d) },
	keyOf: func(d gov.Dataset) gov.DatasetName { return d.Name },
	codec: jsonValue[gov.Dataset](),
}

var versions = &table[versionKey, gov.Version]{
	bucket: versionTable, noun: "version", missing: "NO_VERSION",
	key:   func(k versionKey) key { return key(nil).dataset(k.dataset).uint64(k.number) },
	keyOf: func(v gov.Version) versionKey { return versionKey{v.Dataset, v.Number} },
	codec: jsonValue[gov.Version](),
	indexes: []index[gov.Version]{
		{bucket: versionByDigest, keys: func(v gov.Version) []key {
			return []key{key(nil).dataset(v.Dataset).digest(v.Digest).uint64(v.Number)}
		}},
	},
}

var tags = &table[tagKey, gov.Tag]{
	bucket: tagTable, noun: "tag", missing: "NO_TAG",
	key:   func(k tagKey) key { return key(nil).dataset(k.dataset).str(k.name) },
	keyOf: func(t gov.Tag) tagKey { return tagKey{t.Dataset, t.Name} },
	codec: jsonValue[gov.Tag](),
}

var changes = &table[gov.ChangeID, gov.Change]{
	bucket: changeTable, noun: "change", missing: "NO_CHANGE",
	key:   func(id gov.ChangeID) key { return key(nil).uint64(uint64(id)) },
	keyOf: func(c gov.Change) gov.ChangeID { return c.ID },
	codec: jsonValue[gov.Change](),
	indexes: []index[gov.Change]{
		{bucket: changeByDataset, keys: func(c gov.Change) []key { return []key{key(nil).dataset(c.Dataset).uint64(uint64(c.ID))} }},
	},
}

var changeRevisions = &table[changePart, gov.Revision]{
	bucket: changeRevision, noun: "revision", missing: "NO_REVISION", key: changePart.key,
	keyOf: func(r gov.Revision) changePart { return changePart{r.Change, r.Number} },
	codec: jsonValue[gov.Revision](),
}

var votes = &table[changePart, gov.Vote]{
	bucket: changeVote, noun: "vote", missing: "NO_VOTE", key: changePart.key,
	keyOf: func(v gov.Vote) changePart { return changePart{v.Change, v.Entry} },
	codec: jsonValue[gov.Vote](),
}

var evidence = &table[changePart, gov.Evidence]{
	bucket: changeEvidence, noun: "evidence", missing: "NO_EVIDENCE", key: changePart.key,
	keyOf: func(e gov.Evidence) changePart { return changePart{e.Change, e.Entry} },
	codec: jsonValue[gov.Evidence](),
}

var ruleSets = &table[rulesKey, gov.RuleSet]{
	bucket: rulesTable, noun: "rules", missing: "NO_RULES",
	key: func(k rulesKey) key {
		return key(nil).str(string(k.place.Project())).str(string(k.place)).str(string(k.of)).uint64(k.number)
	},
	keyOf: func(r gov.RuleSet) rulesKey { return rulesKey{r.Place, r.Of, r.Number} },
	codec: jsonValue[gov.RuleSet](),
}

var sshKeys = &table[string, gov.SSHKey]{
	bucket: sshKeyTable, noun: "key", missing: "NO_KEY",
	key:   func(fingerprint string) key { return key(nil).str(fingerprint) },
	keyOf: func(k gov.SSHKey) string { return k.Fingerprint },
	codec: jsonValue[gov.SSHKey](),
	indexes: []index[gov.SSHKey]{
		{bucket: sshKeyByPerson, keys: func(k gov.SSHKey) []key { return []key{key(nil).serial(string(k.Person)).uint64(k.Entry)} }},
	},
}

// An inspectionPart is what belongs to an inspection, by log index.
type inspectionPart struct {
	inspection gov.InspectionID
	entry      uint64
}

func (k inspectionPart) String() string {
	return fmt.Sprintf("%d of inspection %d", k.entry, k.inspection)
}

var inspections = &table[gov.InspectionID, gov.Inspection]{
	bucket: inspectionTable, noun: "inspection", missing: "NO_INSPECTION",
	key:   func(id gov.InspectionID) key { return key(nil).uint64(uint64(id)) },
	keyOf: func(i gov.Inspection) gov.InspectionID { return i.ID },
	codec: jsonValue[gov.Inspection](),
	indexes: []index[gov.Inspection]{
		{bucket: inspectionByDataset, keys: func(i gov.Inspection) []key { return []key{key(nil).dataset(i.Dataset).uint64(uint64(i.ID))} }},
	},
}

var inspectionAnswers = &table[inspectionPart, gov.InspectionAnswer]{
	bucket: inspectionAnswer, noun: "answer", missing: "NO_ANSWER",
	key:   func(k inspectionPart) key { return key(nil).uint64(uint64(k.inspection)).uint64(k.entry) },
	keyOf: func(a gov.InspectionAnswer) inspectionPart { return inspectionPart{a.Inspection, a.Entry} },
	codec: jsonValue[gov.InspectionAnswer](),
}

// A versionPart is what belongs to a version, by log index.
type versionPart struct {
	dataset gov.DatasetName
	number  uint64
	entry   uint64
}

func (k versionPart) String() string {
	return fmt.Sprintf("%d of %s@v%d", k.entry, k.dataset, k.number)
}

func (k versionPart) key() key { return key(nil).dataset(k.dataset).uint64(k.number).uint64(k.entry) }

var reports = &table[versionPart, gov.Report]{
	bucket: reportTable, noun: "report", missing: "NO_REPORT", key: versionPart.key,
	keyOf: func(r gov.Report) versionPart { return versionPart{r.Dataset, r.Number, r.Entry} },
	codec: jsonValue[gov.Report](),
	indexes: []index[gov.Report]{
		{bucket: reportByDigest, keys: func(r gov.Report) []key { return []key{key(nil).digest(r.Digest).uint64(r.Entry)} }},
	},
}

var readings = &table[versionPart, gov.Reading]{
	bucket: readingTable, noun: "reading", missing: "NO_READING", key: versionPart.key,
	keyOf: func(r gov.Reading) versionPart { return versionPart{r.Dataset, r.Number, r.Entry} },
	codec: jsonValue[gov.Reading](),
}

var promotions = &table[versionPart, gov.Promotion]{
	bucket: promotionTable, noun: "promotion", missing: "NO_PROMOTION", key: versionPart.key,
	keyOf: func(p gov.Promotion) versionPart { return versionPart{p.Dataset, p.Number, p.Entry} },
	codec: jsonValue[gov.Promotion](),
}

// A request's id leads its key: ids are UUIDs of version 7, which grow with
// time, so that requests are appended.
var requests = &table[requestKey, uint64]{
	bucket: requestTable, noun: "request", missing: "NO_REQUEST",
	key:   func(k requestKey) key { return key(nil).id(k.id).str(string(k.person)) },
	parse: func(p *parts) requestKey { return requestKey{p.id(), gov.PersonID(p.str())} },
	codec: numberValue,
}

var revisions = &table[gov.Project, uint64]{
	bucket: revisionTable, noun: "revision", missing: "NO_REVISION",
	key:   func(p gov.Project) key { return key(nil).str(string(p)) },
	parse: func(p *parts) gov.Project { return gov.Project(p.str()) },
	codec: numberValue,
}

var counters = &table[string, uint64]{
	bucket: counterTable, noun: "counter", missing: "NO_COUNTER",
	key:   func(name string) key { return key(nil).str(name) },
	parse: func(p *parts) string { return p.str() },
	codec: numberValue,
}

var texts = &table[gov.Digest, gov.SaltText]{
	bucket: textTable, noun: "text", missing: "NO_TEXT",
	key: key(nil).digest, parse: (*parts).digest, codec: textValue,
}

var documents = &table[gov.Digest, []byte]{
	bucket: documentTable, noun: "document", missing: "NO_DOCUMENT",
	key: key(nil).digest, parse: (*parts).digest, codec: bytesValue,
}

var salts = &table[gov.Digest, [16]byte]{
	bucket: saltTable, noun: "salt", missing: "NO_SALT",
	key: key(nil).digest, parse: (*parts).digest, codec: saltValue,
}

var secrets = &table[gov.Digest, [32]byte]{
	bucket: secretTable, noun: "secret", missing: "NO_SECRET",
	key: key(nil).digest, parse: (*parts).digest, codec: secretValue,
}

// A memoKey is a digest of what was measured, and the node in which.
type memoKey struct{ measure, node gov.Digest }

var memos = &table[memoKey, []byte]{
	bucket: memoTable, noun: "memo", missing: "NO_MEMO",
	key:   func(k memoKey) key { return key(nil).digest(k.measure).digest(k.node) },
	parse: func(p *parts) memoKey { return memoKey{p.digest(), p.digest()} },
	codec: bytesValue,
}

type indexKey struct {
	dataset gov.DatasetName
	set     gov.Digest
}

var indexes = &table[indexKey, []byte]{
	bucket: indexTable, noun: "index", missing: "NO_INDEX",
	key:   func(k indexKey) key { return key(nil).dataset(k.dataset).digest(k.set) },
	parse: func(p *parts) indexKey { return indexKey{p.dataset(), p.digest()} },
	codec: bytesValue,
}
