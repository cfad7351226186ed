package store

import "govd/internal/gov"

// What lies beside the log: events commit to it by digest, so that it can be
// erased and the log stays as it is.

// Text returns the text. Returns gov.NotFound if there is none, or none any more.
func (tx *Tx) Text(d gov.Digest) (gov.SaltText, error) { return texts.get(tx, d) }

// PutText stores the text that an event commits to by d.
func (tx *Tx) PutText(d gov.Digest, t gov.SaltText) error { return texts.put(tx, d, t) }

// RemoveText erases a text. Returns gov.NotFound if there is none. Its bytes
// stay in free pages of the file until that is compacted.
func (tx *Tx) RemoveText(d gov.Digest) error { return texts.remove(tx, d) }

// Document returns the document. Returns gov.NotFound if there is none.
func (tx *Tx) Document(d gov.Digest) ([]byte, error) { return documents.get(tx, d) }

// PutDocument stores the document that an event commits to by d.
func (tx *Tx) PutDocument(d gov.Digest, b []byte) error { return documents.put(tx, d, b) }

// Salt returns the secret salt of the commitment. Returns gov.NotFound if there
// is none.
func (tx *Tx) Salt(commitment gov.Digest) ([16]byte, error) { return salts.get(tx, commitment) }

// PutSalt stores the secret salt of the commitment.
func (tx *Tx) PutSalt(commitment gov.Digest, salt [16]byte) error {
	return salts.put(tx, commitment, salt)
}

// Secret returns the secret of a commitment. Returns gov.NotFound if there is none.
func (tx *Tx) Secret(commitment gov.Digest) ([32]byte, error) { return secrets.get(tx, commitment) }

// PutSecret stores the secret of a commitment.
func (tx *Tx) PutSecret(commitment gov.Digest, secret [32]byte) error {
	return secrets.put(tx, commitment, secret)
}
