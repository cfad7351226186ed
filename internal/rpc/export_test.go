package rpc

import (
	"context"
	"time"

	"govd/internal/gov"
)

// What tests look at from outside, since the kit imports this package.
var (
	RecordToProto     = recordToProto
	RecordFromProto   = recordFromProto
	TaxonomyToProto   = taxonomyToProto
	TaxonomyFromProto = taxonomyFromProto
	PersonToProto     = personToProto
	CredentialToProto = credentialToProto
	VersionToProto    = versionToProto
	DatasetToProto    = datasetToProto
	TimeToProto       = timeToProto
	TimeFromProto     = timeFromProto
	CodeOf            = codeOf
	StatusOf          = statusOf
	Known             = known
	RefusalBurst      = refusalBurst
	MaxMessage        = maxMessage
)

// Services are what New registers.
func Services() []any {
	return []any{&server{}, &persons{}, &policies{}, &datasets{}, &versions{}, &changes{}, &rules{}, &checks{}, &stages{}, &sshKeys{}, &inspections{}, &intakes{}, &runs{}, &models{}, &outputs{}, &lineages{}, &holds{}, &erasures{}, &audits{}, &trails{}}
}

// HasMethod reports whether there is a row for a method, and its time limit.
func HasMethod(name string) (limit time.Duration, yes bool) {
	m, yes := methods[name]
	return m.limit, yes
}

// MethodNames lists the rows.
func MethodNames() (names []string) {
	for name := range methods {
		names = append(names, name)
	}
	return names
}

// SealPage and OpenPage are the pager's.
func SealPage(key []byte, who gov.PersonID, listing, position string) string {
	return pager{key}.seal(who, listing, position)
}

func OpenPage(key []byte, who gov.PersonID, listing, token string) (string, error) {
	return pager{key}.open(who, listing, token)
}

// CatchPanic runs fn under the layer that catches panics.
func CatchPanic(fn func()) error {
	return catchPanic(context.Background(), "/a/B", func(context.Context) error {
		fn()
		return nil
	})
}
