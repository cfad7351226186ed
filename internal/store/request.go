package store

import "govd/internal/gov"

// Request returns the log entry that answered the person's request of that id,
// and whether one did.
func (tx *Tx) Request(person gov.PersonID, id [16]byte) (entry uint64, found bool, err error) {
	return requests.find(tx, requestKey{id, person})
}

// PutRequest says which log entry answered a request.
func (tx *Tx) PutRequest(person gov.PersonID, id [16]byte, entry uint64) error {
	return requests.put(tx, requestKey{id, person}, entry)
}

// RemoveRequest forgets a request. Returns gov.NotFound if it is not known.
func (tx *Tx) RemoveRequest(person gov.PersonID, id [16]byte) error {
	return requests.remove(tx, requestKey{id, person})
}
