package imagefacts

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"testing"
)

// What an image costs, decoding included: ns/pixel is the figure to watch.
func BenchmarkDecode(b *testing.B) {
	for _, size := range [][2]int{{100, 100}, {640, 480}, {1920, 1080}} {
		m := busy(size[0], size[1], 1)
		var jpg bytes.Buffer
		if err := jpeg.Encode(&jpg, m, &jpeg.Options{Quality: 85}); err != nil {
			b.Fatal(err)
		}
		for name, data := range map[string][]byte{"jpeg": jpg.Bytes(), "png": pngOf(m)} {
			b.Run(fmt.Sprintf("%s/%dx%d", name, size[0], size[1]), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Decode(data, MaxPixels); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size[0]*size[1]), "ns/pixel")
			})
		}
	}
}

func BenchmarkMeasure(b *testing.B) {
	m := busy(1920, 1080, 1)
	for b.Loop() {
		Measure(m)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(1920*1080), "ns/pixel")
}
