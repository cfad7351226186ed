package gov

import "time"

// An SSHKey is a public key with which a person signs.
type SSHKey struct {
	Fingerprint string    `json:"fingerprint"` // SHA256:…
	Public      string    `json:"public"`      // type and base64, as in an authorized_keys file
	Person      PersonID  `json:"person"`
	Added       time.Time `json:"added"`
	Entry       uint64    `json:"entry"` // the log entry that added it
	Revoked     time.Time `json:"revoked,omitzero"`
}
