//go:build unix

package imagefacts

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"syscall"
	"testing"
)

// What an image costs, decoding included: cpu-ns/pixel is the figure to watch.
func BenchmarkDecode(b *testing.B) {
	for _, size := range [][2]int{{100, 100}, {640, 480}, {1920, 1080}} {
		for _, kind := range []string{"jpeg", "png"} {
			b.Run(fmt.Sprintf("%s/%dx%d", kind, size[0], size[1]), func(b *testing.B) {
				m := busy(size[0], size[1], 1)
				data := pngOf(m)
				if kind == "jpeg" {
					data = jpegOf(b, m)
				}
				b.ReportAllocs()
				b.ResetTimer()
				perPixel(b, size[0]*size[1], func() {
					if _, err := Decode(data, MaxPixels); err != nil {
						b.Fatal(err)
					}
				})
			})
		}
	}
}

func BenchmarkMeasure(b *testing.B) {
	for _, size := range [][2]int{{100, 100}, {1920, 1080}} {
		m := busy(size[0], size[1], 1)
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			perPixel(b, size[0]*size[1], func() { Measure(m) })
		})
	}
}

func jpegOf(b *testing.B, m image.Image) []byte {
	b.Helper()
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, m, &jpeg.Options{Quality: 85}); err != nil {
		b.Fatal(err)
	}
	return jpg.Bytes()
}

// perPixel reports the processor time that do takes for each pixel, which says
// more on a shared machine than the clock does.
func perPixel(b *testing.B, pixels int, do func()) {
	from := processorTime(b)
	for range b.N {
		do()
	}
	b.ReportMetric(float64(processorTime(b)-from)/float64(b.N)/float64(pixels), "cpu-ns/pixel")
}

func processorTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
