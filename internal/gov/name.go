package gov

import (
	"regexp"
	"strconv"
	"strings"
)

// A PersonID names a person for ever: "user:7" for a human, "sa:8" for a
// machine. Names change and are forgotten; ids do not and are not.
type PersonID string

// NewPersonID returns the id of the nth person.
func NewPersonID(n uint64, machine bool) PersonID {
	kind := "user:"
	if machine {
		kind = "sa:"
	}
	return PersonID(kind + strconv.FormatUint(n, 10))
}

// Machine reports whether the id is a machine's.
func (p PersonID) Machine() bool { return strings.HasPrefix(string(p), "sa:") }

// Bootstrap and System are who acts before the first admin exists and who acts
// when the server itself does. Neither can hold a role.
const (
	Bootstrap PersonID = "sys:bootstrap"
	System    PersonID = "sys:govd"
)

var personIDForm = regexp.MustCompile(`^(user|sa):[1-9][0-9]{0,18}$`)

// ParsePersonID parses the id of a human or a machine.
func ParsePersonID(s string) (PersonID, error) {
	if !personIDForm.MatchString(s) {
		return "", Errorf(Invalid, "BAD_PERSON", "%q is not a person's id", clip(s))
	}
	return PersonID(s), nil
}

// A CredentialID names a credential: "t12".
type CredentialID string

// NewCredentialID returns the id of the nth credential.
func NewCredentialID(n uint64) CredentialID {
	return CredentialID("t" + strconv.FormatUint(n, 10))
}

var credentialIDForm = regexp.MustCompile(`^t[1-9][0-9]{0,18}$`)

// ParseCredentialID parses what NewCredentialID makes.
func ParseCredentialID(s string) (CredentialID, error) {
	if !credentialIDForm.MatchString(s) {
		return "", Errorf(Invalid, "BAD_CREDENTIAL", "%q is not a credential's id: want t and a number", clip(s))
	}
	return CredentialID(s), nil
}

// An Actor is who asks, and by which credential.
type Actor struct {
	Person     PersonID     `json:"person"`
	Credential CredentialID `json:"credential,omitempty"`
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// ParseName checks the name of a person, a project, a tag or the part of a
// dataset's name after its project: 1 to 63 of a-z 0-9 . _ -, the first a
// letter or a digit. What names the thing, such as "project", goes into the
// error.
func ParseName(what, s string) (string, error) {
	if !nameForm.MatchString(s) {
		return "", Errorf(Invalid, "BAD_NAME", "%q is not a %s's name: want 1 to 63 of a-z 0-9 . _ - beginning with a letter or digit", clip(s), what)
	}
	return s, nil
}

// ParseTag checks a tag's name. A tag must not look like a version number or be
// "latest", which name versions themselves.
func ParseTag(s string) (string, error) {
	if _, isNumber := versionNumber(s); isNumber || s == "latest" {
		return "", Errorf(Invalid, "BAD_NAME", "%q cannot be a tag: it names a version already", clip(s))
	}
	return ParseName("tag", s)
}

// A Project is the name of a tenant; a policy domain.
type Project string

// ParseProject checks a project's name.
func ParseProject(s string) (Project, error) {
	_, err := ParseName("project", s)
	return Project(s), err
}

// A DatasetName is "project/name".
type DatasetName string

// ParseDatasetName checks a dataset's name.
func ParseDatasetName(s string) (DatasetName, error) {
	p, n, ok := strings.Cut(s, "/")
	if !ok {
		return "", Errorf(Invalid, "BAD_NAME", "%q is not a dataset's name: want project/name", clip(s))
	}
	if _, err := ParseName("project", p); err != nil {
		return "", err
	}
	_, err := ParseName("dataset", n)
	return DatasetName(s), err
}

// Project returns the project part.
func (d DatasetName) Project() Project {
	p, _, _ := strings.Cut(string(d), "/")
	return Project(p)
}

// A Place is where a role holds: "*" for the whole server, a project, or a
// dataset "project/name". The zero Place is none.
type Place string

// Server is the place that is everywhere.
const Server Place = "*"

// ParsePlace checks a place.
func ParsePlace(s string) (Place, error) {
	if s == string(Server) {
		return Server, nil
	}
	if strings.Contains(s, "/") {
		d, err := ParseDatasetName(s)
		return Place(d), err
	}
	p, err := ParseProject(s)
	return Place(p), err
}

// Project returns the project of the place, or "" for the server.
func (p Place) Project() Project {
	if p == Server {
		return ""
	}
	name, _, _ := strings.Cut(string(p), "/")
	return Project(name)
}

// Dataset returns the dataset of the place, or "" where it is a project or the server.
func (p Place) Dataset() DatasetName {
	if strings.Contains(string(p), "/") {
		return DatasetName(p)
	}
	return ""
}

// Holds reports whether q lies within p.
func (p Place) Holds(q Place) bool {
	return p == Server || p == q || strings.HasPrefix(string(q), string(p)+"/")
}

// A Ref names a version: "project/name" or "project/name@latest" for the
// newest, "@v12" by number, "@sha256:PREFIX" by digest (8 hex digits at least),
// "@TAG" by tag. At most one of Number, Prefix and Tag is set; none means the
// newest.
type Ref struct {
	Dataset DatasetName
	Number  uint64
	Prefix  string // hex digits of the digest
	Tag     string
}

var prefixForm = regexp.MustCompile(`^[0-9a-f]{8,64}$`)

// ParseRef parses a version reference.
func ParseRef(s string) (r Ref, err error) {
	name, at, has := strings.Cut(s, "@")
	if r.Dataset, err = ParseDatasetName(name); err != nil {
		return Ref{}, err
	}
	switch hex, isDigest := strings.CutPrefix(at, digestPrefix); {
	case !has || at == "latest":
	case isDigest:
		if !prefixForm.MatchString(hex) {
			return Ref{}, Errorf(Invalid, "BAD_REF", "%q: want 8 to 64 hex digits after sha256:", clip(s))
		}
		r.Prefix = hex
	default:
		if n, ok := versionNumber(at); ok {
			r.Number = n
		} else if r.Tag, err = ParseName("tag", at); err != nil {
			return Ref{}, err
		}
	}
	return r, nil
}

// String returns the form that ParseRef parses.
func (r Ref) String() string {
	switch {
	case r.Number != 0:
		return string(r.Dataset) + "@v" + strconv.FormatUint(r.Number, 10)
	case r.Prefix != "":
		return string(r.Dataset) + "@" + digestPrefix + r.Prefix
	case r.Tag != "":
		return string(r.Dataset) + "@" + r.Tag
	}
	return string(r.Dataset) + "@latest"
}

// versionNumber parses "v12": a v and a number without leading zeros.
func versionNumber(s string) (uint64, bool) {
	if len(s) < 2 || s[0] != 'v' || s[1] < '1' || s[1] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:], 10, 64)
	return n, err == nil
}
