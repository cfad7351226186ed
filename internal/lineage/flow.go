package lineage

import (
	"strings"

	"govd/internal/gov"
)

// This file reads the facets that say which data flowed where. A fault in any
// of their parts voids the whole: half a list would look like a complete one.

func parseSymlinks(f *facet, v *jsonValue) error {
	return f.each(v.get("identifiers"), func(item *jsonValue) error {
		o, err := outsideOf(item)
		if err == nil {
			_, err = textOf(item, "type")
		}
		f.flows = append(f.flows, flow{from: end{Outside: o}})
		return err
	})
}

// each reads a list. A list that is not there is empty.
func (f *facet) each(list *jsonValue, read func(*jsonValue) error) error {
	f.listed = true
	if list == nil {
		return nil
	}
	if list.kind != array {
		return errShape
	}
	for i := range list.items {
		if err := read(&list.items[i]); err != nil {
			return err
		}
	}
	return nil
}

func parseColumnLineage(f *facet, v *jsonValue) error {
	input := func(item *jsonValue) error {
		o, err := outsideOf(item)
		f.flows = append(f.flows, flow{from: end{Outside: o}})
		return err
	}
	fields := v.get("fields")
	if fields == nil || fields.kind != object {
		return errShape
	}
	for i := range fields.items {
		inputs := fields.items[i].get("inputFields")
		if inputs == nil {
			return errShape
		}
		if err := f.each(inputs, input); err != nil {
			return err
		}
	}
	return f.each(v.get("dataset"), input)
}

func parseDatasetLineage(f *facet, v *jsonValue) error {
	return f.sources(end{}, v)
}

// sources reads the inputs and fields of one target.
func (f *facet) sources(to end, v *jsonValue) error {
	source := func(item *jsonValue) error {
		from, err := parseEnd(item)
		f.flows = append(f.flows, flow{to, from})
		return err
	}
	if err := f.each(v.get("inputs"), source); err != nil {
		return err
	}
	fields := v.get("fields")
	if fields == nil {
		return nil
	}
	if fields.kind != object || to.job {
		return errShape
	}
	for i := range fields.items {
		inputs := fields.items[i].get("inputs")
		if inputs == nil {
			return errShape
		}
		if err := f.each(inputs, source); err != nil {
			return err
		}
	}
	return nil
}

func parseJobLineage(f *facet, v *jsonValue) error {
	entries := v.get("entries")
	if entries == nil {
		return errShape
	}
	return f.each(entries, func(entry *jsonValue) error {
		to, err := parseEnd(entry)
		if err != nil {
			return err
		}
		return f.sources(to, entry)
	})
}

// parseEnd reads a source or a target: a dataset, or a job that may be the
// event's own and may be bound to a run.
func parseEnd(v *jsonValue) (e end, err error) {
	kind, err := textOf(v, "type")
	if err != nil || kind != "DATASET" && kind != "JOB" {
		return e, errShape
	}
	if e.job = kind == "JOB"; !e.job || v.get("namespace") != nil || v.get("name") != nil {
		if e.Outside, err = outsideOf(v); err != nil {
			return e, err
		}
	}
	if e.job && v.get("runId") != nil {
		id, err := textOf(v, "runId")
		if err != nil {
			return e, err
		}
		e.run, err = gov.ParseRunID(strings.ToLower(id))
		return e, err
	}
	return e, nil
}

func parseOwnEdges(f *facet, v *jsonValue) error {
	return f.each(v.get("edges"), func(item *jsonValue) error {
		var o ownEdge
		err := o.parse(item)
		if err == nil {
			o.to, err = outsideOf(item)
		}
		if m := item.get("version"); err == nil && m != nil {
			o.to.Version = m.text
			_, err = o.to.External()
		}
		f.owns = append(f.owns, o)
		return err
	})
}
