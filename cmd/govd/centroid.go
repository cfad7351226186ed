package main

import (
	"encoding/json"
	"image"
	"image/color"
	_ "image/png"
	"math"
	"os"
	"path/filepath"

	"govd/examples/hands"
)

// side is of the thumbnails that the story's model looks at.
const side = 16

// A centroid is a small model that really learns: the mean thumbnail of each
// class. It says of a picture which it is nearest to.
type centroid map[string][]float64

// learn learns from the training pictures of each class below dir.
func learn(dir string) (centroid, error) {
	model := centroid{}
	for _, class := range hands.Classes() {
		names, err := pictures(dir, "train", class)
		if err != nil {
			return nil, err
		}
		mean := make([]float64, side*side)
		for _, name := range names {
			t, err := thumbnail(name)
			if err != nil {
				return nil, err
			}
			for i, v := range t {
				mean[i] += v / float64(len(names))
			}
		}
		model[class] = mean
	}
	return model, nil
}

// pictures lists the files of a class in a split below dir.
func pictures(dir, split, class string) ([]string, error) {
	return filepath.Glob(filepath.Join(dir, split, class, "*.png"))
}

// says returns the class whose mean is nearest; of two, the first by name.
func (c centroid) says(name string) (class string, err error) {
	t, err := thumbnail(name)
	if err != nil {
		return "", err
	}
	least := math.Inf(1)
	for other, mean := range c {
		far := 0.0
		for i, v := range t {
			far += (v - mean[i]) * (v - mean[i])
		}
		if far < least || far == least && other < class {
			class, least = other, far
		}
	}
	return class, nil
}

// thumbnail returns the brightness of side times side points of a picture.
func thumbnail(name string) ([]float64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, err
	}
	t, b := make([]float64, 0, side*side), img.Bounds()
	for y := range side {
		for x := range side {
			at := img.At(b.Min.X+(2*x+1)*b.Dx()/(2*side), b.Min.Y+(2*y+1)*b.Dy()/(2*side))
			t = append(t, float64(color.GrayModel.Convert(at).(color.Gray).Y))
		}
	}
	return t, nil
}

// save writes the model to a file.
func (c centroid) save(name string) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return os.WriteFile(name, b, 0o644)
}
