package ctl

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// writeFile makes path hold what write writes: all of it, or else path stays as
// it was.
func writeFile(path string, perm os.FileMode, write func(io.Writer) error) (err error) {
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8])
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(temp)
		}
	}()
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// save writes data to the file named by -o; "-" is stdout.
func (a *app) save(path string, data []byte) error {
	write := func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
	if path == "-" {
		return write(a.stdout)
	}
	return writeFile(path, 0o666, write)
}
