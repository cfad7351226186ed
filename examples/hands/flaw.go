package hands

import (
	"crypto/sha256"
	"image"
	"image/color"

	"govd/internal/gov"
)

// A flaw is what faults do to a picture and to what is said of it.
type flaw struct {
	twin     *shot // it is a copy of this one
	near     bool  // … that is not exact
	blur     int   // pixels that each is spread over to either side
	exposure float64
	washed   bool // next to white
	flat     bool // nothing to see
	gray     bool
	cut      bool // the second half of the file is missing
	upscaled bool // from a third of its size
	soft     bool // a little blurred
	wide     bool // a quarter as high
	away     bool // the camera looks past the hand
	careless bool // a vote on it is wrong
	hash     bool // the digest is another's
	length   bool // the size is not the file's
	kind     bool // the media type is not the file's
}

// spoil paints a scene with its flaws.
func (f *flaw) spoil(s *scene, size int) *image.NRGBA {
	if f.exposure != 0 {
		s.lamp = s.lamp.times(f.exposure)
	}
	if f.away {
		s.center = s.center.add(vec{3.4, 3.4})
	}
	if f.upscaled {
		return enlarge(s.paint((size+2)/3), size)
	}
	img := s.paint(size)
	if f.blur > 0 { // twice, so that edges are soft
		img = smear(smear(smear(smear(img, f.blur, 0), 0, f.blur), f.blur, 0), 0, f.blur)
		slope(img)
	}
	if f.soft {
		img = smear(smear(img, 1, 0), 0, 1)
	}
	f.recolor(img)
	if f.wide {
		return flatten(img)
	}
	return img
}

// recolor changes the levels of all pixels.
func (f *flaw) recolor(img *image.NRGBA) {
	for i := 0; i < len(img.Pix); i += 4 {
		px := img.Pix[i : i+3]
		switch {
		case f.washed:
			for c := range px {
				px[c] = 250 + px[c]/51
			}
		case f.flat:
			px[0], px[1], px[2] = 150, 140, 130
		case f.gray:
			y := uint8((299*int(px[0]) + 587*int(px[1]) + 114*int(px[2])) / 1000)
			px[0], px[1], px[2] = y, y, y
		case f.near:
			px[0] = px[0] &^ 1 // as another encoder rounds
		}
	}
}

// smear averages each pixel with its neighbors up to dx beside and dy above
// and below it.
func smear(img *image.NRGBA, dx, dy int) *image.NRGBA {
	b := img.Bounds()
	out := image.NewNRGBA(b)
	n := (2*dx + 1) * (2*dy + 1)
	for y := range b.Dy() {
		for x := range b.Dx() {
			var sum [3]int
			for v := y - dy; v <= y+dy; v++ {
				for u := x - dx; u <= x+dx; u++ {
					i := img.PixOffset(min(max(u, 0), b.Dx()-1), min(max(v, 0), b.Dy()-1))
					sum[0], sum[1], sum[2] = sum[0]+int(img.Pix[i]), sum[1]+int(img.Pix[i+1]), sum[2]+int(img.Pix[i+2])
				}
			}
			out.SetNRGBA(x, y, color.NRGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255})
		}
	}
	return out
}

// slope lays a haze over the picture that grows towards the bottom. The usual
// score of blur spares pictures of few shades, which smearing alone makes.
func slope(img *image.NRGBA) {
	h := img.Bounds().Dy()
	for y := range h {
		for i := y * img.Stride; i < (y+1)*img.Stride; i++ {
			if i%4 != 3 {
				img.Pix[i] = uint8(int(img.Pix[i])/5 + 4 + 112*y/h)
			}
		}
	}
}

// flatten returns the picture a quarter as high.
func flatten(img *image.NRGBA) *image.NRGBA {
	img = smear(img, 0, 1)
	out := image.NewNRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()/4))
	for y := range out.Bounds().Dy() {
		copy(out.Pix[y*out.Stride:][:out.Stride], img.Pix[(4*y+1)*img.Stride:])
	}
	return out
}

// enlarge returns a picture of the given size, by linear interpolation.
func enlarge(img *image.NRGBA, size int) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, size, size))
	n := img.Bounds().Dx()
	at := func(x, y, c int) int { return int(img.Pix[img.PixOffset(min(x, n-1), min(y, n-1))+c]) }
	for y := range size {
		for x := range size {
			u, v := x*256*(n-1)/max(size-1, 1), y*256*(n-1)/max(size-1, 1)
			i := out.PixOffset(x, y)
			for c := range 3 {
				top := at(u/256, v/256, c)*(256-u%256) + at(u/256+1, v/256, c)*(u%256)
				low := at(u/256, v/256+1, c)*(256-u%256) + at(u/256+1, v/256+1, c)*(u%256)
				out.Pix[i+c] = uint8((top*(256-v%256) + low*(v%256)) >> 16)
			}
			out.Pix[i+3] = 255
		}
	}
	return out
}

// makeUp changes made-up facts as the flaws would change the measured ones.
func (f *flaw) makeUp(r *gov.Record, name string) {
	facts := r.Facts
	if f.near {
		facts.PHash ^= 1
		r.Content = sha256.Sum256([]byte("near\x00" + name))
	}
	if f.blur > 0 || f.upscaled {
		facts.Sharpness /= 20
	}
	switch {
	case f.blur > 0:
		facts.Blur = 1500
	case f.soft:
		facts.Sharpness /= 3
	case f.exposure != 0:
		facts.Dark = uint32(float64(facts.Dark) * f.exposure)
	case f.washed:
		facts.Light, facts.Dark, facts.Entropy = 9850, 9990, 3200
	case f.flat:
		facts.Entropy, facts.Sharpness, facts.Blur = 1584, 0, 5000
	case f.gray:
		facts.Gray = true
	case f.wide:
		facts.Height /= 4
		r.Size /= 4
	case f.cut:
		r.Facts = nil
		r.Size /= 2
	}
	if f.twin == nil && (f.spoils() || f.cut) {
		r.Content = sha256.Sum256([]byte("flaw\x00" + name))
	}
}

// spoils reports whether the flaw changes the picture.
func (f *flaw) spoils() bool {
	return f.blur > 0 || f.exposure != 0 || f.washed || f.flat || f.gray || f.upscaled || f.soft || f.wide || f.away
}

// lie says of a picture what is not so.
func (f *flaw) lie(r *gov.Record) {
	if f.hash {
		r.Content = sha256.Sum256(r.Content[:])
	}
	if f.length {
		r.Size++
	}
	if f.kind {
		r.MediaType = "image/jpeg"
	}
}
