package ingest

import (
	"fmt"
	"sync"

	"govd/internal/gov"
)

// Complaints gather what is wrong with many things of one kind: the first is
// named and the rest are counted. Safe for concurrent use.
type complaints struct {
	reason gov.Reason

	mu    sync.Mutex
	n     int
	place string // of the first
	order int
	text  string
}

// at complains about a place, such as "labels.csv:7" or a key. The first is the
// one of the lowest order, and of the lowest place where orders are equal.
func (c *complaints) at(order int, place, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == 0 || order < c.order || order == c.order && place < c.place {
		c.order, c.place, c.text = order, place, fmt.Sprintf(format, args...)
	}
	c.n++
}

// err returns nil if there was no complaint, else an error of kind Invalid.
func (c *complaints) err() error {
	switch c.n {
	case 0:
		return nil
	case 1:
		return gov.Errorf(gov.Invalid, c.reason, "%s: %s", c.place, c.text)
	}
	return gov.Errorf(gov.Invalid, c.reason, "%s: %s (and %d more)", c.place, c.text, c.n-1)
}
