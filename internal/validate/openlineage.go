package validate

import "encoding/json"

// The schemas of the two facets, as OpenLineage publishes them.
const (
	assertionsSchema = "https://openlineage.io/spec/facets/1-1-0/DataQualityAssertionsDatasetFacet.json#/$defs/DataQualityAssertionsDatasetFacet"
	metricsSchema    = "https://openlineage.io/spec/facets/1-0-3/DataQualityMetricsInputDatasetFacet.json#/$defs/DataQualityMetricsInputDatasetFacet"
)

type assertionsFacet struct {
	Producer   string      `json:"_producer"`
	Schema     string      `json:"_schemaURL"`
	Assertions []assertion `json:"assertions"`
}

type assertion struct {
	Assertion   string         `json:"assertion"`
	Success     bool           `json:"success"`
	Severity    string         `json:"severity"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Expected    string         `json:"expected"`
	Actual      string         `json:"actual"`
	Params      map[string]any `json:"params,omitempty"`
}

type metricsFacet struct {
	Producer string                  `json:"_producer"`
	Schema   string                  `json:"_schemaURL"`
	Rows     uint64                  `json:"rowCount"`
	Bytes    uint64                  `json:"bytes"`
	Columns  map[string]columnMetric `json:"columnMetrics"`
}

type columnMetric struct {
	Nulls uint64 `json:"nullCount"`
}

// OpenLineage returns the report as facets of an input dataset:
// dataQualityAssertions and dataQualityMetrics. The producer is a URI that
// names the program. What was skipped asserts nothing and is left out; what is
// unknown did not succeed.
func (r *Report) OpenLineage(producer string) map[string]json.RawMessage {
	asserted := assertionsFacet{producer, assertionsSchema, []assertion{}}
	measured := metricsFacet{producer, metricsSchema, r.Records, r.Bytes, map[string]columnMetric{}}
	all := newCatalogue()
	for _, f := range r.Findings {
		if f.Verdict != Skipped {
			asserted.Assertions = append(asserted.Assertions, f.assertion(all[f.Check].Asks))
		}
		if f.Check == "S1.completeness" || f.Check == "S1.provenance" {
			for _, p := range f.Parts {
				measured.Columns[p.Name] = columnMetric{p.Count}
			}
		}
	}
	return map[string]json.RawMessage{"dataQualityAssertions": encode(asserted), "dataQualityMetrics": encode(measured)}
}

func (f *Finding) assertion(asks string) assertion {
	severity := "error"
	if f.Severity == Waiver {
		severity = "warn"
	}
	return assertion{
		Assertion: f.Check, Success: f.Verdict == Pass, Severity: severity, Name: f.Check, Description: asks,
		Expected: plain(f.Limit), Actual: plain(f.Value),
		Params: map[string]any{"verdict": f.Verdict, "count": f.Count, "witnesses": f.Witnesses},
	}
}
