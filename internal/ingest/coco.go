package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"govd/internal/gov"
)

// Coco is what a COCO file says, gathered while its lists, which may come in
// any order, are read element by element.
type coco struct {
	*parser
	images      map[int64]*note // by image id
	categories  map[int64]string
	annotations []cocoLabel
}

type cocoImage struct {
	ID       *int64 `json:"id"`
	FileName string `json:"file_name"`
}

type cocoCategory struct {
	ID   *int64 `json:"id"`
	Name string `json:"name"`
}

type cocoAnnotation struct {
	ID           *int64           `json:"id"`
	ImageID      int64            `json:"image_id"`
	CategoryID   int64            `json:"category_id"`
	BBox         millis           `json:"bbox"`
	Segmentation cocoSegmentation `json:"segmentation"`
	Keypoints    millis           `json:"keypoints"`
}

// A cocoLabel is an annotation with its geometries made.
type cocoLabel struct {
	nth                 int // in the file, from 1
	id, image, category int64
	shape, keypoints    *gov.Geometry
}

// A cocoSegmentation is a list of rings or a mask.
type cocoSegmentation struct{ geometry *gov.Geometry }

// UnmarshalJSON parses either form. That b is JSON is given.
func (s *cocoSegmentation) UnmarshalJSON(b []byte) error {
	if b[0] == '{' {
		var m jsonMask
		if err := json.Unmarshal(b, &m); err != nil {
			return err
		}
		s.geometry = m.geometry()
		return nil
	}
	var r rings
	if err := r.UnmarshalJSON(b); err != nil {
		return err
	}
	if len(r) > 0 {
		s.geometry = polygon(r)
	}
	return nil
}

// readCOCO reads a COCO file of any size: one element at a time is in memory
// as text. An image's file_name is relative to the directory. An annotation is
// a label with the annotation's id and its category's name; its geometry is the
// segmentation, polygon or mask, and only without one the box. Keypoints, which
// can be had from neither, are a second label with the id ID.keypoints.
func (p *parser) readCOCO(r io.Reader) error {
	c := &coco{parser: p, images: map[int64]*note{}, categories: map[int64]string{}}
	d := json.NewDecoder(r)
	if err := c.object(d); err != nil {
		return p.brokenAt(d, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return p.brokenAt(d, errors.New("something follows the object"))
	}
	for _, l := range c.annotations {
		c.label(l)
	}
	return nil
}

// brokenAt is broken for a file whose lines mean nothing.
func (p *parser) brokenAt(d *json.Decoder, err error) error {
	if ctxErr := p.in.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.ErrUnexpectedEOF
	}
	p.bad.at(0, fmt.Sprintf("%s: byte %d", p.source.name(), d.InputOffset()), "%v", err)
	return p.bad.err()
}

// object reads the outermost object.
func (c *coco) object(d *json.Decoder) error {
	if err := open(d, '{'); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		switch name {
		case "images":
			err = list(c, d, "image", c.image)
		case "annotations":
			err = list(c, d, "annotation", c.annotation)
		case "categories":
			err = list(c, d, "category", c.category)
		default:
			c.in.begin()
			err = d.Decode(&json.RawMessage{})
		}
		if err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// open takes the delimiter that must come next.
func open(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err == nil && t != want {
		return fmt.Errorf("want %v, found %v", want, t)
	}
	return err
}

// list reads an array of what and hands each one to take, numbered from 1.
func list[T any](c *coco, d *json.Decoder, what string, take func(nth int, v T)) error {
	if err := open(d, '['); err != nil {
		return err
	}
	for nth := 1; d.More(); nth++ {
		c.in.begin()
		var v T
		if err := d.Decode(&v); err != nil {
			return fmt.Errorf("%s %d: %w", what, nth, plainly(err))
		}
		take(nth, v)
	}
	_, err := d.Token()
	return err
}

func (c *coco) image(nth int, i cocoImage) {
	switch {
	case i.ID == nil || i.FileName == "":
		c.complain(nth, "it has no id or no file_name")
	case c.images[*i.ID] != nil:
		c.complain(nth, "its id %d is that of image %d", *i.ID, c.images[*i.ID].line)
	default:
		n := &note{line: nth}
		c.images[*i.ID] = n
		c.add(i.FileName, n)
	}
}

func (c *coco) category(nth int, k cocoCategory) {
	if k.ID == nil || k.Name == "" || c.categories[*k.ID] != "" {
		c.bad.at(nth, fmt.Sprintf("%s: category %d", c.source.name(), nth), "its id or name is missing, or its id was there before")
		return
	}
	c.categories[*k.ID] = k.Name
}

func (c *coco) annotation(nth int, a cocoAnnotation) {
	if a.ID == nil {
		c.wrong(nth, "it has no id")
		return
	}
	l := cocoLabel{nth: nth, id: *a.ID, image: a.ImageID, category: a.CategoryID, shape: a.Segmentation.geometry}
	if l.shape == nil && len(a.BBox) > 0 {
		l.shape = &gov.Geometry{Kind: gov.Box, Parts: [][]int64{a.BBox}}
	}
	if len(a.Keypoints) > 0 {
		if err := a.Keypoints.visibilities(); err != nil {
			c.wrong(nth, "%v", err)
			return
		}
		l.keypoints = &gov.Geometry{Kind: gov.Keypoints, Parts: [][]int64{a.Keypoints}}
	}
	c.annotations = append(c.annotations, l)
}

// wrong complains about an annotation.
func (c *coco) wrong(nth int, format string, args ...any) {
	c.bad.at(nth, fmt.Sprintf("%s: annotation %d", c.source.name(), nth), format, args...)
}

// label adds an annotation to its image.
func (c *coco) label(l cocoLabel) {
	n, name := c.images[l.image], c.categories[l.category]
	switch {
	case n == nil:
		c.wrong(l.nth, "there is no image with the id %d", l.image)
		return
	case name == "":
		c.wrong(l.nth, "there is no category with the id %d", l.category)
		return
	}
	id := strconv.FormatInt(l.id, 10)
	n.labels = append(n.labels, gov.Label{ID: id, Name: name, Geometry: l.shape})
	if l.keypoints != nil {
		n.labels = append(n.labels, gov.Label{ID: id + ".keypoints", Name: name, Geometry: l.keypoints})
	}
}
