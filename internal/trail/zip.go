package trail

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// A part is one file of a bundle.
type part struct {
	name string
	data []byte
}

// The one form of the container: stored, not compressed, no times (1980-01-01
// 00:00), no attributes, no comments, no extra fields, one disk, sizes ahead of
// the data, and nothing between the parts. It is written here and not by a
// library so that it stays the same for ever.
const (
	zipLocal   = 0x04034b50
	zipCentral = 0x02014b50
	zipEnd     = 0x06054b50
	zipNeeds   = 10       // the version of the format that can store
	zipDate    = 1<<5 | 1 // 1980-01-01
	zipUTF8    = 1 << 11
)

// zipped writes parts as one file.
func zipped(parts []part) ([]byte, error) {
	var b, directory []byte
	for _, p := range parts {
		if len(b)+len(p.data) > maxBundleFile {
			return nil, tooLarge("more than %d bytes", maxBundleFile)
		}
		about := zipAbout(p)
		directory = zipDirectory(directory, p, about, len(b))
		b = binary.LittleEndian.AppendUint32(b, zipLocal)
		b = append(append(b, about...), p.name...)
		b = append(b, p.data...)
	}
	start, n := len(b), uint16(len(parts))
	b = append(b, directory...)
	b = binary.LittleEndian.AppendUint32(b, zipEnd)
	b = append(b, 0, 0, 0, 0) // disks
	b = binary.LittleEndian.AppendUint16(b, n)
	b = binary.LittleEndian.AppendUint16(b, n)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(directory)))
	b = binary.LittleEndian.AppendUint32(b, uint32(start))
	return append(b, 0, 0), nil // no comment
}

// zipAbout is what stands of a part both before it and in the directory.
func zipAbout(p part) (b []byte) {
	for _, n := range []int{zipNeeds, zipUTF8, 0, 0, zipDate} {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(p.data))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p.data)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p.data)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(p.name)))
	return binary.LittleEndian.AppendUint16(b, 0) // extra fields
}

func zipDirectory(b []byte, p part, about []byte, at int) []byte {
	b = binary.LittleEndian.AppendUint32(b, zipCentral)
	b = binary.LittleEndian.AppendUint16(b, zipNeeds)
	b = append(append(b, about...), make([]byte, 10)...) // comment, disk, attributes
	b = binary.LittleEndian.AppendUint32(b, uint32(at))
	return append(b, p.name...)
}

// unzipped reads the parts of a file. It need not be strict: what was read is
// written again and compared.
func unzipped(file []byte) (parts []part, err error) {
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil || len(r.File) > maxBundleParts+16 {
		return nil, badFile("the trail is cut off or is no zip file")
	}
	for _, f := range r.File {
		if f.Method != zip.Store || f.UncompressedSize64 > uint64(len(file)) {
			return nil, badFile("the trail's part %s is compressed or larger than the file", quote(f.Name))
		}
		from, err := f.Open()
		if err != nil {
			return nil, badFile("the trail's part %s cannot be read", quote(f.Name))
		}
		data, err := io.ReadAll(io.LimitReader(from, int64(len(file))))
		if err != nil {
			return nil, badFile("the trail's part %s is damaged", quote(f.Name))
		}
		parts = append(parts, part{f.Name, data})
	}
	return parts, nil
}
