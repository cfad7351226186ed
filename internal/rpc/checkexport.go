package rpc

import (
	"encoding/json"

	"govd/internal/gov"
	"govd/internal/validate"
)

// producer names this program in what it exports.
const producer = "urn:govd"

// exported writes a report in a format.
func exported(doc []byte, format string) ([]byte, error) {
	if format == "json" {
		return append(doc, '\n'), nil
	}
	r, err := validate.ParseReport(doc)
	if err != nil {
		return nil, err
	}
	switch format {
	case "html":
		return r.HTML()
	case "junit":
		return r.JUnit(), nil
	case "openlineage":
		b, err := json.MarshalIndent(r.OpenLineage(producer), "", "  ")
		return append(b, '\n'), err
	}
	return nil, gov.Errorf(gov.Invalid, "UNKNOWN_FORMAT", "no format %.20q: the formats are json, html, junit and openlineage", format)
}
