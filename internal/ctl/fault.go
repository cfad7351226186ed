package ctl

import (
	"fmt"

	"govd/internal/gov"
)

// Faults gather what is wrong with the lines of a file: the first is named and
// the rest are counted.
type faults struct {
	reason gov.Reason
	file   string
	first  string
	n      int
}

// at notes a fault of a line.
func (f *faults) at(line int, format string, args ...any) {
	f.in(fmt.Sprintf("%s:%d", f.file, line), format, args...)
}

// in notes a fault of a place.
func (f *faults) in(place, format string, args ...any) {
	if f.n++; f.n == 1 {
		f.first = place + ": " + fmt.Sprintf(format, args...)
	}
}

// err returns nil if there was no fault.
func (f *faults) err() error {
	switch f.n {
	case 0:
		return nil
	case 1:
		return complain(exitError, f.reason, "%s; nothing was changed", f.first)
	}
	return complain(exitError, f.reason, "%s (and %d more); nothing was changed", f.first, f.n-1)
}
