package ctl

import (
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// sinceFlag adds --since, of a proof that is to be fetched.
func sinceFlag(cmd *cobra.Command, since *string) {
	cmd.Flags().StringVar(since, "since", "", "file of a checkpoint that the reader kept: the proof\nthen shows that the log only grew since")
}

// knownSize reads how many entries a checkpoint is of; 0 if no file is named.
// Whether it is genuine is for its reader to say.
func knownSize(path string) (uint64, error) {
	if path == "" {
		return 0, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	lines := strings.SplitN(string(b), "\n", 3)
	if len(lines) == 3 {
		if n, err := strconv.ParseUint(lines[1], 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, usage("%s is not a checkpoint", path)
}
