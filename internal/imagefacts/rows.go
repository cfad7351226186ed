package imagefacts

import (
	"image"
	"image/color"
)

// rowsOf returns a function that writes row y of the image, counted from 0, to
// dst as red, green and blue, a byte each. The common kinds of images have a
// loop of their own; the last one serves any other.
func rowsOf(img image.Image) func(dst []byte, y int) {
	b := img.Bounds()
	switch m := img.(type) {
	case *image.YCbCr:
		return ycbcrRows(m)
	case *image.NYCbCrA:
		return ycbcrRows(&m.YCbCr)
	case *image.Gray:
		return func(dst []byte, y int) {
			for i, v := range m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):][:b.Dx()] {
				dst[3*i], dst[3*i+1], dst[3*i+2] = v, v, v
			}
		}
	case *image.NRGBA:
		return quadRows(m.Pix, m.PixOffset(b.Min.X, b.Min.Y), m.Stride)
	case *image.RGBA:
		if m.Opaque() { // then it is not premultiplied
			return quadRows(m.Pix, m.PixOffset(b.Min.X, b.Min.Y), m.Stride)
		}
	case *image.Paletted:
		return palettedRows(m)
	}
	return func(dst []byte, y int) {
		for i := range b.Dx() {
			c := color.NRGBAModel.Convert(img.At(b.Min.X+i, b.Min.Y+y)).(color.NRGBA)
			dst[3*i], dst[3*i+1], dst[3*i+2] = c.R, c.G, c.B
		}
	}
}

func quadRows(pix []byte, first, stride int) func(dst []byte, y int) {
	return func(dst []byte, y int) {
		row := pix[first+y*stride:]
		for ; len(dst) >= 3; dst, row = dst[3:], row[4:] {
			_, _ = dst[2], row[3]
			dst[0], dst[1], dst[2] = row[0], row[1], row[2]
			if len(row) == 4 {
				break
			}
		}
	}
}

func palettedRows(m *image.Paletted) func(dst []byte, y int) {
	var colors [256][3]byte
	for i, c := range m.Palette[:min(len(m.Palette), 256)] {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		colors[i] = [3]byte{n.R, n.G, n.B}
	}
	b := m.Bounds()
	return func(dst []byte, y int) {
		for i, v := range m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):][:b.Dx()] {
			copy(dst[3*i:], colors[v][:])
		}
	}
}

func ycbcrRows(m *image.YCbCr) func(dst []byte, y int) {
	b := m.Bounds()
	shift := 0 // how many pixels share a chroma sample, as a power of two
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420:
		shift = 1
	case image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410:
		shift = 2
	}
	return func(dst []byte, y int) {
		luma := m.Y[m.YOffset(b.Min.X, b.Min.Y+y):][:b.Dx()]
		first := m.COffset(b.Min.X, b.Min.Y+y) - b.Min.X>>shift
		for i, v := range luma {
			c := first + (b.Min.X+i)>>shift
			dst[3*i], dst[3*i+1], dst[3*i+2] = color.YCbCrToRGB(v, m.Cb[c], m.Cr[c])
		}
	}
}
