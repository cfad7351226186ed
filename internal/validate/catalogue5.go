package validate

func stage5Checks() []Check {
	frames := limit("max", "share of frames that may be at fault", "0")
	return []Check{
		{
			ID: "S5.mono", Stage: 5, Kind: Ordered, Severity: Blocks, judge: judgeMono,
			Asks: "Does time go forward in every stream?", Formula: "steps with dt <= 0", Silent: "that clocks were right",
			Measures: []string{"streams"}, Params: []Param{frames},
		},
		{
			ID: "S5.gap", Stage: 5, Kind: Ordered, Severity: Blocks, judge: judgeGap,
			Asks: "Are frames missing, and is any gap long?", Formula: "dt > 1.5/fps; missing = round(dt fps) - 1", Silent: "frames that repeat the one before",
			Measures: []string{"streams"},
			Params:   []Param{limit("missing", "share missing, else a waiver", "0.005"), number("seconds", "longest gap", "0.5", "3600")},
		},
		{
			ID: "S5.jitter", Stage: 5, Kind: Ordered, Severity: Waiver, judge: judgeJitter,
			Asks: "Are frames evenly spaced?", Formula: "sd / mean of dt that are no gaps, each stream", Silent: "a wrong rate that is even",
			Measures: []string{"streams"}, Params: []Param{limit("cv", "most coefficient of variation", "0.1")},
		},
		{
			ID: "S5.sync", Stage: 5, Kind: Ordered, Severity: Blocks, judge: judgeSync,
			Asks: "Do the streams of a sequence run together and have the same length?", Formula: "|t_a - nearest t_b|; counts equal", Silent: "that they show the same moment: clocks may agree and lie",
			Measures: []string{"streams", "apart"}, Params: []Param{number("seconds", "most offset", "0.02", "60"), number("max", "sequences, and seconds of them, that may be off", "0", "1000000")},
		},
		{
			ID: "S5.seqIntegrity", Stage: 5, Kind: Ordered, Severity: Blocks, judge: judgeSeqIntegrity,
			Asks: "Are the frames of each stream numbered without holes, as many as declared, and of one size and type?", Formula: "streams with holes, of another length than they say, or of two resolutions", Silent: "that frames are in the order they were taken: see S5.mono",
			Measures: []string{"streams"}, Params: []Param{number("max", "streams that may be", "0", "1000000")},
		},
		{
			ID: "S5.leak", Stage: 5, Kind: Indexed, Severity: Blocks, judge: judgeLeak,
			Asks: "Is any subject, session or sequence in two splits?", Formula: "groups with records in more than one split", Silent: "one person under two names, and records that do not say whose they are",
			Measures: []string{"subjects", "sessions", "sequences"}, Params: []Param{number("max", "groups that may", "0", "1000000")},
		},
		{
			ID: "S5.dupSplit", Stage: 5, Kind: Indexed, Severity: Blocks, judge: judgeDupSplit,
			Asks: "Is the same or nearly the same picture in two splits?", Formula: "exact and near duplicates across splits", Silent: "frames of one scene that differ more",
			Measures: []string{"contents", "nearDuplicates"}, Params: []Param{number("max", "that may be", "0", "1000000000"), number("radius", "bits that may differ, unless S3.nearDup says", "2", "3")},
		},
		{
			ID: "S5.coverage", Stage: 5, Kind: PerRecord, Severity: Blocks, judge: judgeCoverage,
			Asks: "Is every required combination of angle, light, motion and label there, often enough?", Formula: "covered / required cells; least n of a cell", Silent: "conditions that nobody required",
			Measures: []string{"coverage"}, Params: []Param{limit("covered", "share of cells that must be there", "1"), number("n", "least records of a cell", "30", "1000000")},
		},
		{
			ID: "S5.drift", Stage: 5, Kind: Across, Severity: Blocks, judge: judgeDrift,
			Asks: "Are the records that were added like those that were there?", Formula: "PSI, with JS, L∞ and KS or chi² beside it, each field; flagged if large and significant (BH)", Silent: "drift of what no field says, and in pictures beyond their facts",
			Measures: []string{"labels", "splits", "groups", "sources", "cameras", "sizes", "sharpness", "dark"}, Params: driftParams("0.1", "0.25"),
		},
		{
			ID: "S5.lineage", Stage: 5, Kind: Indexed, Severity: Blocks, judge: judgeLineage,
			Asks: "Does what every frame was made from exist, and the run that made it?", Formula: "parents that are no record; frames that name none; runs that are unknown", Silent: "that the run did what it says",
			Measures: []string{"parents", "frames", "runs"}, Params: []Param{number("max", "records that may lack it", "0", "1000000000")},
		},
		{
			ID: "S5.volume", Stage: 5, Kind: Across, Severity: Waiver, judge: judgeVolume,
			Asks: "Did the version grow or shrink by more than is usual?", Formula: "records and bytes / those before", Silent: "records exchanged one for one: see S5.drift",
			Measures: []string{"records"}, Params: []Param{number("low", "least ratio", "0.8", "1"), number("high", "largest ratio", "1.25", "1000000")},
		},
		{
			ID: "S5.audit", Stage: 5, Kind: ByPeople, Severity: Blocks, judge: judgeAudit,
			Asks: "Does the guarantee of earlier inspections, carried forward over what changed, still hold?", Formula: "U = (N₀/N) U₀ + (changed/N) U of the changed", Silent: "more than the bound says: it grows with every change that nobody looked at",
			Measures: []string{"inspections"}, Params: []Param{limit("max", "bound that must hold", "0.01")},
		},
	}
}
