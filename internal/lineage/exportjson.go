package lineage

// The JSON of events.
type (
	outEvent struct {
		Time     string       `json:"eventTime"`
		Producer string       `json:"producer"`
		Schema   string       `json:"schemaURL"`
		Type     EventType    `json:"eventType,omitempty"`
		Run      *outRun      `json:"run,omitempty"`
		Job      *outName     `json:"job,omitempty"`
		Inputs   []outDataset `json:"inputs,omitempty"`
		Outputs  []outDataset `json:"outputs,omitempty"`
		Dataset  *outDataset  `json:"dataset,omitempty"`
	}
	outRun struct {
		ID string `json:"runId"`
	}
	outName struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	}
	outDataset struct {
		outName
		Facets       map[string]any `json:"facets,omitempty"`
		InputFacets  map[string]any `json:"inputFacets,omitempty"`
		OutputFacets map[string]any `json:"outputFacets,omitempty"`
	}
	outBase struct {
		Producer string `json:"_producer"`
		Schema   string `json:"_schemaURL"`
	}
	outVersion struct {
		*outBase
		Version string `json:"datasetVersion"`
	}
	outType struct {
		*outBase
		Type string `json:"datasetType"`
	}
	outLifecycle struct {
		*outBase
		Change string `json:"lifecycleStateChange"`
	}
	outEdges struct {
		*outBase
		Edges []outEdge `json:"edges"`
	}
	outEdge struct {
		*outBase
		Kind      EdgeKind `json:"kind"`
		Inferred  bool     `json:"inferred,omitempty"`
		Via       string   `json:"via,omitempty"`
		Namespace string   `json:"namespace,omitempty"`
		Name      string   `json:"name,omitempty"`
		Version   string   `json:"version,omitempty"`
	}
)
