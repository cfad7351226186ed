package validate

// flagged is a check that counts pictures one of whose facts is beyond a limit.
func flagged(id, asks, formula, silent string, params ...Param) Check {
	most := limit("max", "share of pictures that may be flagged", "0")
	return Check{
		ID: id, Stage: 3, Kind: PerContent, Severity: Waiver, judge: judgeFlag, Asks: asks, Formula: formula, Silent: silent,
		Measures: []string{"vetting"}, Params: append([]Param{most}, params...),
	}
}

func stage3Checks() []Check {
	score := func(name, means, value string) Param { return number(name, means, value, "10000") }
	return []Check{
		{
			ID: "S3.res", Stage: 3, Kind: PerContent, Severity: Blocks, judge: judgeRes,
			Asks:    "Has every picture the resolution that the stage needs, and was none blown up to have it?",
			Formula: "min(w, h) < target; sharpness < median / softer, or < sharpness", Silent: "that the detail is in focus where it matters: what is upscaled by half, or among as soft ones, does not stand out",
			Measures: []string{"vetting", "sharpness"},
			Params: []Param{
				limit("max", "share that may be too small", "0"), number("pixels", "least of width and height", "128", "100000"),
				number("softer", "times less sharp than the median picture, or in the median than the version before, that makes one suspected to be upscaled; 0: never", "16", "1000000"),
				number("sharpness", "least variance of the Laplacian x 16, beside that; 0: none", "0", "1000000000"),
				limit("upscaled", "share that may be suspected, else a waiver", "0.01"),
			},
		},
		flagged("S3.aspect", "Is any picture oddly long?", "min(w/h, h/w) < least", "that the cut is a good one", limit("least", "least ratio", "0.35")),
		flagged("S3.blur", "Is any picture blurred?", "blur score < least", "that the part of interest is sharp: the score is of the whole picture, and busy pictures hide blur",
			score("least", "least score, in ten-thousandths", "2900")),
		flagged("S3.dark", "Is any picture too dark?", "99th percentile of brightness < least", "that detail is visible in the shadows",
			score("least", "least percentile, in ten-thousandths", "3200")),
		flagged("S3.light", "Is any picture washed out?", "1 - 5th percentile of brightness < least", "that nothing is overexposed",
			score("least", "least of 10000 - percentile", "500")),
		flagged("S3.lowInfo", "Does any picture show next to nothing?", "entropy of the RGB histogram < least bits x 1000", "that what it shows is of use",
			score("least", "least entropy in bits x 1000", "3000")),
		flagged("S3.gray", "Is any picture without colour?", "no colour in any pixel", "that colours are right"),
		{
			ID: "S3.nearDup", Stage: 3, Kind: Indexed, Severity: Blocks, judge: judgeNearDup,
			Asks:    "Do two pictures look the same, across splits or within one?",
			Formula: "pairs with Hamming(pHash) <= radius", Silent: "the same subject from another side; and some pairs so near are different: 4 in 100 were, on close-ups",
			Measures: []string{"nearDuplicates"},
			Params: []Param{
				number("radius", "bits that may differ", "2", "3"), number("across", "pairs that may be in two splits", "0", "1000000000"),
				limit("within", "pairs within a split / records, else a waiver", "0.01"),
			},
		},
		{
			ID: "S3.relevance", Stage: 3, Kind: ByPeople, Severity: Blocks, judge: judgeRelevance,
			Asks:    "Did people confirm on a random sample that the declared part is visible?",
			Formula: "upper bound U(k, n)", Silent: "more than the bound says", Measures: []string{"inspections"},
			Params: []Param{limit("max", "bound that must be certified", "0.02")},
		},
		{
			ID: "S3.intake", Stage: 3, Kind: ByPeople, Severity: Blocks, judge: judgeIntake,
			Asks:    "Was every lot of new imagery accepted before it came in?",
			Formula: "lots not accepted by their plan", Silent: "that an accepted lot is free of errors: the plan bounds their share; records that were pushed past intake and name no lot",
			Measures: []string{"lots"}, Params: []Param{number("max", "lots that may be open", "0", "1000")},
		},
		{
			ID: "S3.source", Stage: 3, Kind: Across, Severity: Blocks, judge: judgeSource,
			Asks:    "Did sources or cameras change against the version before?",
			Formula: "words that were not there before need a waiver; PSI of source and of camera, added against before; flagged if significant too", Silent: "differences within one source",
			Measures: []string{"sources", "cameras"}, Params: driftParams("0.1", "0.25"),
		},
	}
}

// driftParams are of a check whose PSI must be both large and significant.
func driftParams(warn, fail string) []Param {
	return []Param{
		number("warn", "PSI that needs a waiver", warn, "100").below("fail"), number("fail", "PSI that blocks", fail, "100"),
		limit("q", "false discovery rate", "0.05"), number("n", "records that must have been added to be compared", "100", "1000000000"),
	}
}
