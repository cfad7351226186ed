package ingest

import (
	"encoding/binary"
	"time"
)

// A stamp is what the file system says of a file; when it is the same, so is
// the file's content. Times are in nanoseconds since 1970.
type stamp struct {
	size  int64
	mtime int64
	ctime int64  // of the last change of content or name; 0 where the system tells none
	inode uint64 // 0 where the system tells none
}

// settled reports whether a file with this stamp that was read at the given
// time cannot have been changed since without another stamp. Where there is a
// change time it decides, since nobody can set it.
func (s stamp) settled(read time.Time) bool {
	changed := s.ctime
	if changed == 0 {
		changed = s.mtime
	}
	return changed <= read.Add(-settleTime).UnixNano()
}

// append appends the stamp in 32 bytes.
func (s stamp) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(s.size))
	b = binary.LittleEndian.AppendUint64(b, uint64(s.mtime))
	b = binary.LittleEndian.AppendUint64(b, uint64(s.ctime))
	return binary.LittleEndian.AppendUint64(b, s.inode)
}
