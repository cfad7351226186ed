package tree

import "strconv"

// quote shortens a key for a message.
func quote(key []byte) string {
	const most = 80
	if len(key) > most {
		return strconv.Quote(string(key[:most])) + "…"
	}
	return strconv.Quote(string(key))
}
