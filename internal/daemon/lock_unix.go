//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package daemon

import (
	"errors"
	"os"
	"syscall"

	"govd/internal/gov"
)

// lock takes the directory itself, not the store in it: that may not be there
// yet, or be about to be replaced.
func (d Dir) lock() (release func() error, err error) {
	f, err := os.Open(string(d))
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = gov.Errorf(gov.Conflict, "DIR_HELD", "%s is in use by another govd: stop that first", d)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
