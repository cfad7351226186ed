package imagefacts

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"govd/internal/gov"
)

// paint returns an image of the color that f gives each pixel.
func paint(w, h int, f func(x, y int) color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, f(x, y))
		}
	}
	return m
}

func plain(v uint8) func(x, y int) color.NRGBA {
	return func(int, int) color.NRGBA { return color.NRGBA{v, v, v, 255} }
}

func checks(x, y int) color.NRGBA {
	v := uint8((x + y) % 2 * 255)
	return color.NRGBA{v, v, v, 255}
}

// busy is an image of smooth colored waves with some noise.
func busy(w, h int, seed uint64) *image.NRGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	a, b := 1+3*r.Float64(), 1+3*r.Float64()
	return paint(w, h, func(x, y int) color.NRGBA {
		u, v := float64(x)/float64(w), float64(y)/float64(h)
		g := 127 + 90*math.Sin(6*a*u+b)*math.Cos(5*b*v+a)
		return color.NRGBA{uint8(g) + uint8(r.IntN(8)), uint8(200 * u), uint8(g / 2), 255}
	})
}

func pngOf(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// The wanted facts are worked out by hand: the formulas of a plain image are
// short. A plain image has one count in each channel, log2 3 = 1.584 bits.
func TestMeasureKnown(t *testing.T) {
	tests := []struct {
		name string
		img  image.Image
		want gov.ImageFacts
	}{
		{"black", paint(40, 30, plain(0)), gov.ImageFacts{
			Width: 40, Height: 30, PHash: 0, Blur: 5269, Entropy: 1584, Gray: true,
		}},
		{"white", paint(40, 30, plain(255)), gov.ImageFacts{
			Width: 40, Height: 30, PHash: 1 << 63, Blur: 10000, Dark: 10000, Light: 10000, Entropy: 1584, Gray: true,
		}},
		// Each inner pixel's Laplacian is ±1020, as many of one as of the other.
		{"checkerboard", paint(40, 30, checks), gov.ImageFacts{
			Width: 40, Height: 30, PHash: 1 << 63, Sharpness: 16 * 1020 * 1020, Blur: 10000, Dark: 10000, Light: 0, Entropy: 2584, Gray: true,
		}},
		{"red", paint(3, 3, func(int, int) color.NRGBA { return color.NRGBA{255, 0, 0, 255} }), gov.ImageFacts{
			Width: 3, Height: 3, PHash: 1 << 63, Blur: 2125, Dark: 4909, Light: 4909, Entropy: 1584,
		}},
		{"one pixel", paint(1, 1, plain(9)), gov.ImageFacts{
			Width: 1, Height: 1, PHash: 1 << 63, Dark: 346, Light: 346, Entropy: 1584, Gray: true,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, *Measure(tt.img)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestPercentiles(t *testing.T) {
	// 100 pixels of grey 0, 2, 4 … 198: the 99th by nearest rank is 196, the 5th 8.
	m := paint(100, 1, func(x, _ int) color.NRGBA { return color.NRGBA{uint8(2 * x), uint8(2 * x), uint8(2 * x), 255} })
	f := Measure(m)
	for _, c := range []struct{ got, grey uint32 }{{f.Dark, 196}, {f.Light, 8}} {
		// A bin is 4096 of 65,025,000 wide, from its lower edge.
		low := 10_000 * math.Sqrt((float64(c.grey*c.grey)*1000-4096)/65_025_000)
		if high := 10_000 * float64(c.grey) / 255; float64(c.got) < math.Floor(low) || float64(c.got) > math.Ceil(high) {
			t.Errorf("grey %d has brightness %d, want %.1f to %.1f", c.grey, c.got, low, high)
		}
	}
}

func TestEntropy(t *testing.T) {
	// Every value once in each channel: all 768 counts are equal.
	m := paint(256, 1, func(x, _ int) color.NRGBA { return color.NRGBA{uint8(x), uint8(255 - x), uint8(x ^ 5), 255} })
	if got, want := Measure(m).Entropy, uint32(1000*math.Log2(768)); got != want {
		t.Errorf("entropy %d, want %d", got, want)
	}
}

func TestLog2(t *testing.T) {
	for _, x := range []uint64{1, 2, 3, 5, 255, 1 << 20, 1<<30 + 12345, 1<<63 + 1, math.MaxUint64} {
		got, want := float64(log2(x))/65536, math.Log2(float64(x))
		if got > want || want-got > 1.0/4096 {
			t.Errorf("log2(%d) = %f, want %f", x, got, want)
		}
	}
}

func TestShortfall(t *testing.T) {
	for x := 0.0; x < 256; x += .5 {
		if got, want := shortfall(x), 1-math.Exp(-x/100); math.Abs(got-want) > 1e-9 {
			t.Fatalf("shortfall(%v) = %v, want %v", x, got, want)
		}
	}
}

func TestCosine(t *testing.T) {
	for k := range 256 {
		if got, want := float64(cosine(k))/(1<<14), math.Cos(float64(k)*math.Pi/64); math.Abs(got-want) > 1.0/(1<<14) {
			t.Errorf("cosine(%d) = %f, want %f", k, got, want)
		}
	}
}

// A box must agree with its definition: every unit of area counted on its own.
func TestBoxMeans(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		w, h, sw, sh := 1+r.IntN(9), 1+r.IntN(9), 1+r.IntN(9), 1+r.IntN(9)
		src := make([]byte, sw*sh)
		for i := range src {
			src[i] = byte(r.IntN(256))
		}
		b := newBox[byte](w, h, sw, sh)
		for y := range sh {
			b.add(y, src[y*sw:][:sw])
		}
		sums := make([]uint64, w*h)
		for y := range h * sh {
			for x := range w * sw {
				sums[y/sh*w+x/sw] += uint64(src[y/h*sw+x/w])
			}
		}
		if d := cmp.Diff(sums, b.sums); d != "" {
			t.Fatalf("%dx%d from %dx%d: %s", w, h, sw, sh, d)
		}
	}
}

// However an image is kept in memory, its facts are the same.
func TestRows(t *testing.T) {
	src := busy(37, 23, 3)
	want := Measure(src)
	rgba, wide := image.NewRGBA(src.Bounds()), image.NewNRGBA64(src.Bounds())
	generic := struct{ image.Image }{src}
	moved := image.NewNRGBA(image.Rect(-5, -7, 40, 40))
	for y := range 23 {
		for x := range 37 {
			rgba.Set(x, y, src.At(x, y))
			wide.Set(x, y, src.At(x, y))
			moved.Set(x+1, y+1, src.At(x, y))
		}
	}
	for _, m := range []image.Image{rgba, wide, generic, moved.SubImage(image.Rect(1, 1, 38, 24))} {
		if d := cmp.Diff(want, Measure(m)); d != "" {
			t.Errorf("%T: %s", m, d)
		}
	}
}

func TestRowsOfOtherKinds(t *testing.T) {
	premultiplied := image.NewRGBA(image.Rect(2, 1, 20, 15))
	paletted := image.NewPaletted(premultiplied.Rect, color.Palette{color.NRGBA{200, 100, 50, 255}, color.NRGBA{1, 2, 3, 128}, color.Black})
	grey := image.NewGray(premultiplied.Rect)
	for i := range paletted.Pix {
		a := uint8(40 + i%200)
		copy(premultiplied.Pix[4*i:], []uint8{a / 2, a / 3, a / 5, a})
		paletted.Pix[i] = uint8(i * i % 3)
		grey.Pix[i] = uint8(i)
	}
	for _, m := range []image.Image{premultiplied, paletted, grey} {
		if d := cmp.Diff(Measure(struct{ image.Image }{m}), Measure(m)); d != "" {
			t.Errorf("%T: %s", m, d)
		}
	}
}

func TestRowsYCbCr(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		m := image.NewYCbCr(image.Rect(0, 0, 41, 29), ratio)
		r := rand.New(rand.NewPCG(9, 9))
		for _, plane := range [][]byte{m.Y, m.Cb, m.Cr} {
			for i := range plane {
				plane[i] = byte(r.IntN(256))
			}
		}
		for _, part := range []image.Image{m, m.SubImage(image.Rect(3, 5, 40, 27))} {
			if d := cmp.Diff(Measure(struct{ image.Image }{part}), Measure(part)); d != "" {
				t.Errorf("%v %v: %s", ratio, part.Bounds(), d)
			}
		}
	}
}

func TestDecodeFormats(t *testing.T) {
	src := busy(50, 40, 7)
	want := Measure(src)
	encoders := map[string]func(*bytes.Buffer) error{
		"image/png":  func(b *bytes.Buffer) error { return png.Encode(b, src) },
		"image/bmp":  func(b *bytes.Buffer) error { return bmp.Encode(b, src) },
		"image/tiff": func(b *bytes.Buffer) error { return tiff.Encode(b, src, nil) },
	}
	for mediaType, encode := range encoders {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		if got := MediaType(b.Bytes()); got != mediaType {
			t.Errorf("media type %q, want %q", got, mediaType)
		}
		got, err := Decode(b.Bytes(), MaxPixels)
		if err != nil {
			t.Fatalf("%s: %v", mediaType, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", mediaType, d)
		}
	}
	for mediaType, encode := range map[string]func(*bytes.Buffer) error{
		"image/jpeg": func(b *bytes.Buffer) error { return jpeg.Encode(b, src, nil) },
		"image/gif":  func(b *bytes.Buffer) error { return gif.Encode(b, src, nil) },
	} { // lossy, so only nearly the same
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b.Bytes(), MaxPixels)
		if err != nil {
			t.Fatalf("%s: %v", mediaType, err)
		}
		if d := bits.OnesCount64(got.PHash ^ want.PHash); MediaType(b.Bytes()) != mediaType || d > 4 {
			t.Errorf("%s: media type %q, hash %d bits away", mediaType, MediaType(b.Bytes()), d)
		}
	}
}

// The hash survives scaling and a change of light, and tells pictures apart.
func TestPHashDistance(t *testing.T) {
	a, b := busy(200, 150, 1), busy(200, 150, 2)
	small := paint(100, 75, func(x, y int) color.NRGBA { return a.NRGBAAt(2*x, 2*y) })
	darker := paint(200, 150, func(x, y int) color.NRGBA {
		c := a.NRGBAAt(x, y)
		return color.NRGBA{c.R / 4 * 3, c.G / 4 * 3, c.B / 4 * 3, 255}
	})
	distance := func(m, n image.Image) int { return bits.OnesCount64(Measure(m).PHash ^ Measure(n).PHash) }
	if d := distance(a, small); d > 2 {
		t.Errorf("half the size: distance %d", d)
	}
	if d := distance(a, darker); d > 2 {
		t.Errorf("darker: distance %d", d)
	}
	if d := distance(a, b); d < 12 {
		t.Errorf("another picture: distance %d", d)
	}
}

func TestDecodeRefuses(t *testing.T) {
	whole := pngOf(busy(60, 60, 5))
	var jpg bytes.Buffer
	jpeg.Encode(&jpg, busy(60, 60, 5), nil)
	broken := bytes.Clone(whole)
	broken[len(broken)/2] ^= 0x55
	tests := []struct {
		name   string
		b      []byte
		kind   gov.Kind
		reason gov.Reason
	}{
		{"empty", nil, gov.Invalid, "NOT_AN_IMAGE"},
		{"text", []byte("BMW makes cars, not images, in Munich"), gov.Invalid, "NOT_AN_IMAGE"},
		{"magic alone", whole[:8], gov.Invalid, "IMAGE_TRUNCATED"},
		{"half a PNG", whole[:len(whole)/2], gov.Invalid, "IMAGE_TRUNCATED"},
		{"PNG without its end", whole[:len(whole)-12], gov.Invalid, "IMAGE_TRUNCATED"},
		{"half a JPEG", jpg.Bytes()[:jpg.Len()/2], gov.Invalid, "IMAGE_TRUNCATED"},
		{"a flipped byte", broken, gov.Invalid, "IMAGE_UNREADABLE"},
		{"a bomb", bomb(50_000, 50_000), gov.Exhausted, "IMAGE_TOO_LARGE"},
		{"a bomb whose area overflows", bomb(1<<31-1, 1<<31-1), gov.Invalid, "IMAGE_UNREADABLE"},
		{"a strip", bomb(1<<30, 1), gov.Exhausted, "IMAGE_TOO_LARGE"},
	}
	for _, tt := range tests {
		_, err := Decode(tt.b, 1<<26)
		if !errors.Is(err, tt.kind) || gov.ReasonOf(err) != tt.reason {
			t.Errorf("%s: %v %v (%s), want %s", tt.name, err, tt.kind, gov.ReasonOf(err), tt.reason)
		}
	}
	if _, err := Decode(whole, 60*60); err != nil {
		t.Errorf("an image of just the limit: %v", err)
	}
	if _, err := Decode(whole, 60*60-1); gov.ReasonOf(err) != "IMAGE_TOO_LARGE" {
		t.Errorf("one pixel over the limit: %v", err)
	}
}

// bomb is the head of a PNG that claims w x h pixels.
func bomb(w, h uint32) []byte {
	ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	ihdr = binary.BigEndian.AppendUint32(ihdr, h)
	ihdr = append(ihdr, 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(b, ihdr...), crc32.ChecksumIEEE(ihdr))
}

func TestPanicIsAnError(t *testing.T) {
	err := func() (err error) {
		defer catch(&err)
		Measure(&image.YCbCr{Rect: image.Rect(0, 0, 9, 9)}) // no planes
		return nil
	}()
	if gov.ReasonOf(err) != "IMAGE_UNREADABLE" {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	src := busy(20, 15, 1)
	for _, encode := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return png.Encode(b, src) },
		func(b *bytes.Buffer) error { return jpeg.Encode(b, src, nil) },
		func(b *bytes.Buffer) error { return gif.Encode(b, src, nil) },
		func(b *bytes.Buffer) error { return bmp.Encode(b, src) },
		func(b *bytes.Buffer) error { return tiff.Encode(b, src, nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add(bomb(1<<20, 1<<20))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 16
		facts, err := Decode(b, limit)
		if err != nil {
			if gov.ReasonOf(err) == "" {
				t.Errorf("an error without a reason: %v", err)
			}
			return
		}
		if facts.Width == 0 || facts.Height == 0 || facts.Dark > 10_000 || facts.Light > facts.Dark ||
			facts.Blur > 10_000 || facts.Entropy > 9585 || facts.Sharpness > 16*1020*1020 {
			t.Errorf("impossible facts %+v", facts)
		}
		again, err := Decode(b, limit)
		if err != nil || *again != *facts {
			t.Errorf("again %+v %v, first %+v", again, err, facts)
		}
	})
}
