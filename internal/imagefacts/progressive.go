package imagefacts

import "bytes"

// Markers of a JPEG file (ITU-T T.81, table B.1).
const (
	markSOF2 = 0xc2 // frame header of a progressive image
	markRST0 = 0xd0 // restart within a scan; so are the next seven
	markSOI  = 0xd8 // start of image
	markEOI  = 0xd9 // end of image
	markSOS  = 0xda // scan header
)

// refined reports whether a progressive JPEG has every bit of the coefficients
// that it began to send. A copy that was cut between two scans and closed
// properly decodes without an error, only coarser than the image was. Other
// JPEGs are refined by nature. The image must have been decoded.
func refined(b []byte) bool {
	missing := map[byte]*[64]byte{} // low bits still to come, by component and coefficient
	progressive := false
	for {
		marker, body, rest := nextSegment(b)
		switch {
		case marker == markEOI || rest == nil:
			return !progressive || allZero(missing)
		case marker == markSOF2:
			progressive = true
		case marker == markSOS && progressive:
			note(missing, body)
		}
		b = rest
	}
}

// nextSegment returns the next marker but restarts, its parameters, and what
// follows; nil if there is none.
func nextSegment(b []byte) (marker byte, body, rest []byte) {
	for {
		i := bytes.IndexByte(b, 0xff)
		if i < 0 || i+4 > len(b) {
			return markEOI, nil, nil
		}
		marker, b = b[i+1], b[i+1:]
		if marker == markEOI {
			return marker, nil, b
		}
		if marker == 0 || marker == 0xff || marker >= markRST0 && marker <= markSOI {
			continue // a stuffed byte, a fill byte, a restart, the beginning
		}
		size := int(b[1])<<8 | int(b[2])
		if size < 2 || 1+size > len(b) {
			return markEOI, nil, nil
		}
		return marker, b[3 : 1+size], b[1+size:]
	}
}

// note takes in a scan's header: which components it has, which coefficients
// of them, and how many low bits it leaves for later scans (B.2.3).
func note(missing map[byte]*[64]byte, header []byte) {
	if len(header) < 1 || len(header) != 4+2*int(header[0]) {
		return
	}
	last := header[len(header)-3:]
	first, end, low := int(last[0]), int(last[1]), last[2]&15
	for i := range int(header[0]) {
		component := header[1+2*i]
		if missing[component] == nil {
			missing[component] = new([64]byte)
		}
		for k := first; k <= min(end, 63); k++ {
			missing[component][k] = low
		}
	}
}

func allZero(missing map[byte]*[64]byte) bool {
	for _, bits := range missing {
		if *bits != [64]byte{} {
			return false
		}
	}
	return true
}
