package hands

import (
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Faults that data has in real life, put there on purpose. Keys are paths
// below the directory that Draw wrote, with slashes.

// Mislabel moves a picture to the folder of another class and returns its new
// key.
func Mislabel(dir, key, class string) (string, error) {
	split, _, _ := strings.Cut(key, "/")
	to := path.Join(split, class, "moved-"+path.Base(key))
	return to, os.Rename(filepath.Join(dir, key), filepath.Join(dir, to))
}

// Duplicate copies a picture to another key.
func Duplicate(dir, key, to string) error {
	b, err := os.ReadFile(filepath.Join(dir, key))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, to), b, 0o644)
}

// Truncate cuts off the second half of a picture, as a broken copy does.
func Truncate(dir, key string) error {
	info, err := os.Stat(filepath.Join(dir, key))
	if err != nil {
		return err
	}
	return os.Truncate(filepath.Join(dir, key), info.Size()/2)
}

// WriteLabels writes what the folders say as CSV with the columns key, label
// and split. With labels in a file a picture can change its label and keep its
// key.
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
