// Package imagefacts measures one image: its size, perceptual hash, light,
// entropy and sharpness, as the integers of gov.ImageFacts.
//
// The same bytes give the same facts on every machine: every measure is
// computed in integers, or in floating point whose every step is rounded by
// itself. The scales are those of the published thresholds (dark < 0.32, light
// < 0.05, blur < 0.29, entropy / 10 < 0.30), so that a threshold means here
// what it means elsewhere.
//
// Pixels are taken as they are stored: no colour profile, no EXIF orientation,
// transparency ignored, 16-bit channels cut to 8, of a moving image the first
// frame.
package imagefacts

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"govd/internal/gov"
)

// Version is the number of these definitions. It changes when any fact of any
// image would, so that facts kept elsewhere can be told to be old.
const Version = 1

// MaxPixels is the most that Decode takes, whatever its caller allows: the
// sums of the measures are exact up to here.
const MaxPixels = 1 << 28

// A format is a kind of image that can be decoded.
type format struct {
	mediaType string
	config    func(io.Reader) (image.Config, error)
	decode    func(io.Reader) (image.Image, error)
}

// formatOf returns the format whose magic begins b.
func formatOf(b []byte) (format, bool) {
	has := func(magic string) bool { return bytes.HasPrefix(b, []byte(magic)) }
	switch {
	case has("\xff\xd8\xff"):
		return format{"image/jpeg", jpeg.DecodeConfig, jpeg.Decode}, true
	case has("\x89PNG\r\n\x1a\n"):
		return format{"image/png", png.DecodeConfig, png.Decode}, true
	case has("GIF87a"), has("GIF89a"):
		return format{"image/gif", gif.DecodeConfig, gif.Decode}, true
	case has("RIFF") && len(b) >= 12 && string(b[8:12]) == "WEBP":
		return format{"image/webp", webp.DecodeConfig, webp.Decode}, true
	case has("II*\x00"), has("MM\x00*"):
		return format{"image/tiff", tiff.DecodeConfig, tiff.Decode}, true
	case has("BM") && isBMP(b):
		return format{"image/bmp", bmp.DecodeConfig, bmp.Decode}, true
	}
	return format{}, false
}

// isBMP looks past the two letters, which begin many a text, at the reserved
// zeros and the length of the second header.
func isBMP(b []byte) bool {
	if len(b) < 18 || string(b[6:10]) != "\x00\x00\x00\x00" {
		return false
	}
	return strings.ContainsRune("\x0c\x28\x34\x38\x40\x6c\x7c", rune(b[14])) && string(b[15:18]) == "\x00\x00\x00"
}

// MediaType returns the media type of an image from its first bytes (18
// suffice), or "" if they do not begin an image that Decode knows.
func MediaType(head []byte) string {
	f, _ := formatOf(head)
	return f.mediaType
}

// Size returns the width and height that the image's header gives. Errors are
// those of Decode.
func Size(b []byte) (width, height int, err error) {
	defer catch(&err)
	f, ok := formatOf(b)
	if !ok {
		return 0, 0, gov.Errorf(gov.Invalid, "NOT_AN_IMAGE", "no image format begins like this")
	}
	c, err := f.config(bytes.NewReader(b))
	if err != nil {
		return 0, 0, explain(err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return 0, 0, gov.Errorf(gov.Invalid, "IMAGE_UNREADABLE", "the image has no pixels")
	}
	return c.Width, c.Height, nil
}

// Decode decodes a whole image and measures it. An image of more pixels than
// maxPixels or MaxPixels is refused by its header, before memory is taken for
// it: gov.Exhausted, IMAGE_TOO_LARGE. Other errors are gov.Invalid with the
// reason NOT_AN_IMAGE, IMAGE_TRUNCATED or IMAGE_UNREADABLE; a decoder that
// panics counts as the last.
func Decode(b []byte, maxPixels int) (facts *gov.ImageFacts, err error) {
	defer catch(&err)
	w, h, err := Size(b)
	if err != nil {
		return nil, err
	}
	if most := min(maxPixels, MaxPixels); w > most/h {
		return nil, gov.Errorf(gov.Exhausted, "IMAGE_TOO_LARGE", "%d x %d pixels, %d in all at most", w, h, most)
	}
	f, _ := formatOf(b)
	img, err := f.decode(bytes.NewReader(b))
	if err != nil {
		return nil, explain(err)
	}
	if f.mediaType == "image/jpeg" && !refined(b) {
		return nil, gov.Errorf(gov.Invalid, "IMAGE_TRUNCATED", "the image ends early: scans of the progressive image are missing")
	}
	if img.Bounds().Empty() {
		return nil, gov.Errorf(gov.Invalid, "IMAGE_UNREADABLE", "the image has no pixels")
	}
	return Measure(img), nil
}

// catch turns a panic of a decoder into an error.
func catch(err *error) {
	if p := recover(); p != nil {
		*err = gov.Errorf(gov.Invalid, "IMAGE_UNREADABLE", "its decoder panicked: %v", p)
	}
}

// explain says which kind of failure a decoder's error is. Some decoders keep
// the end of the file in their text alone.
func explain(err error) error {
	text := err.Error()
	for _, sign := range []string{"EOF", "short chunk", "not enough pixel data"} {
		if strings.Contains(text, sign) {
			return gov.Errorf(gov.Invalid, "IMAGE_TRUNCATED", "the image ends early: %s", text)
		}
	}
	return gov.Errorf(gov.Invalid, "IMAGE_UNREADABLE", "%s", text)
}
