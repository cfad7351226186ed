package validate

func stage4Checks() []Check {
	least := number("n", "records that a group must have to be compared", "30", "1000000000")
	return []Check{
		{
			ID: "S4.repr", Stage: 4, Kind: PerRecord, Severity: Waiver, judge: judgeRepr,
			Asks:    "Is each tone group there in the share that the reference says, and large enough to be audited?",
			Formula: "p/r of each group; TV = sum |p - r| / 2; n of each", Silent: "that the reference is that of the people the model will meet",
			Measures: []string{"groups"},
			Params: []Param{
				number("low", "least ratio to the reference", "0.8", "1"), number("high", "largest ratio", "1.25", "1000"),
				limit("tv", "most total variation", "0.1"), least,
			},
		},
		{
			ID: "S4.labelRate", Stage: 4, Kind: PerRecord, Severity: Blocks, judge: judgeLabelRate,
			Asks:    "Is every label as frequent in each tone group as in the others?",
			Formula: "min P(y|g) / max P(y|g), with Fisher's or the two-proportion test, BH over all", Silent: "fairness of a model: this is of the data",
			Measures: []string{"group×label"},
			Params:   []Param{limit("ratio", "least ratio: four fifths", "0.8"), limit("q", "false discovery rate", "0.05"), least},
		},
		{
			ID: "S4.assoc", Stage: 4, Kind: PerRecord, Severity: Blocks, judge: judgeAssoc,
			Asks:    "Does the tone group go together with label, split, source, camera or annotator?",
			Formula: "Cramér's V, bias-corrected, with chi²", Silent: "associations of three and more",
			Measures: []string{"group×label", "group×split", "group×source", "group×camera", "group×annotator"},
			Params:   []Param{limit("warn", "V that needs a waiver", "0.1").below("fail"), limit("fail", "V that blocks", "0.3"), limit("q", "significance", "0.05")},
		},
		{
			ID: "S4.intersect", Stage: 4, Kind: PerRecord, Severity: Blocks, judge: judgeIntersect,
			Asks:    "Are all combinations of tone group with label, split and camera there, often enough?",
			Formula: "empty cells; cells with n below the least", Silent: "combinations of three and more",
			Measures: []string{"group×label", "group×split", "group×camera"},
			Params:   []Param{number("empty", "cells that may be empty", "0", "100000"), least},
		},
		{
			ID: "S4.vetDisparity", Stage: 4, Kind: PerRecord, Severity: Blocks, judge: judgeVetDisparity,
			Asks:    "Do the rules of image vetting throw out one tone group more than another?",
			Formula: "min pass rate / max pass rate over groups", Silent: "that the rules are right for any group",
			Measures: []string{"group×vetted"}, Params: []Param{limit("ratio", "least ratio", "0.8"), least},
		},
		{
			ID: "S4.detailByGroup", Stage: 4, Kind: PerRecord, Severity: Blocks, judge: judgeDetail,
			Asks:    "Are pictures of each tone group as sharp, large and detailed as of all?",
			Formula: "median of group / median of all: sharpness, smaller side, entropy", Silent: "that texture is right within the skin: the facts are of the whole picture",
			Measures: []string{"sharpness by group", "side by group", "entropy by group"},
			Params:   []Param{number("low", "least ratio", "0.8", "1"), number("high", "largest ratio", "1.25", "1000"), least},
		},
		{
			ID: "S4.errByGroup", Stage: 4, Kind: ByPeople, Severity: Blocks, judge: judgeErrByGroup,
			Asks:    "Did inspections bound the label errors of each tone group at once?",
			Formula: "U of each group with alpha / G", Silent: "more than the bounds say", Measures: []string{"inspections"},
			Params: []Param{limit("max", "bound that must be certified for each", "0.01")},
		},
		{
			ID: "S4.toneAgree", Stage: 4, Kind: PerRecord, Severity: Blocks, judge: judgeToneAgree,
			Asks:    "Do two tone annotators agree, within a step of the scale?",
			Formula: "Krippendorff's alpha, ordinal; share with |a - b| <= 1", Silent: "that a tone is a fact: annotators of different regions see different tones",
			Measures: []string{"tone votes"}, Params: []Param{limit("alpha", "least alpha", "0.8"), limit("within", "least share within a step", "0.9")},
		},
		{
			ID: "S4.annotatorMix", Stage: 4, Kind: PerRecord, Severity: Waiver, judge: judgeAnnotatorMix,
			Asks:    "Was every tone group labelled by more than one person, and from more than one region?",
			Formula: "annotators and regions of each group; largest share of one", Silent: "that the mix is the right one",
			Measures: []string{"group×tone annotator", "group×tone region"},
			Params:   []Param{limit("most", "largest share of one annotator in a group", "0.9"), number("people", "least annotators of a group", "2", "1000")},
		},
	}
}
