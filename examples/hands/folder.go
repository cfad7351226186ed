package hands

import (
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Truncate cuts off the second half of a picture, as a broken copy does. The
// key is its path below the directory that Draw wrote, with slashes.
func Truncate(dir, key string) error {
	info, err := os.Stat(filepath.Join(dir, key))
	if err != nil {
		return err
	}
	return os.Truncate(filepath.Join(dir, key), info.Size()/2)
}

// WriteLabels writes what the folders say as CSV with the columns key, label
// and split. With labels in a file a picture can change its label and keep its
// key. Set.WriteLabels knows more.
func WriteLabels(w io.Writer, dir string) error {
	rows := csv.NewWriter(w)
	rows.Write([]string{"key", "label", "split"})
	err := fs.WalkDir(os.DirFS(dir), ".", func(key string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		parts := strings.Split(key, "/")
		if len(parts) != 3 {
			return fmt.Errorf("%s is not SPLIT/CLASS/NAME", key)
		}
		return rows.Write([]string{key, parts[1], parts[0]})
	})
	rows.Flush()
	if err != nil {
		return err
	}
	return rows.Error()
}
