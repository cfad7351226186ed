package validate

func stage2Checks() []Check {
	return []Check{
		{
			ID: "S2.vocab", Stage: 2, Kind: PerRecord, Severity: Blocks, judge: judgeVocab,
			Asks:    "Is every label in the taxonomy, of this stage, and beside none that it excludes?",
			Formula: "records with an unknown, early or forbidden label / records", Silent: "that the label is the right one",
			Measures: []string{"vocabulary"}, Params: []Param{mostWrong},
		},
		{
			ID: "S2.geometry", Stage: 2, Kind: PerRecord, Severity: Blocks, judge: judgeGeometry,
			Asks:    "Is every shape inside its picture, large enough and sound, and every required part there as often as it must be?",
			Formula: "records with a bad shape, a missing or a repeated part / records", Silent: "that the shape lies where the part is",
			Measures: []string{"geometry", "parts"},
			Params:   []Param{mostWrong, number("area", "least area of a shape in square pixels", "4", "1000000")},
		},
		{
			ID: "S2.conflict", Stage: 2, Kind: Indexed, Severity: Blocks, judge: judgeConflict,
			Asks:    "Has the same content different labels somewhere?",
			Formula: "contents whose records differ in their labels", Silent: "that agreeing labels are right",
			Measures: []string{"contents"}, Params: []Param{number("max", "contents that may", "0", "1000000000")},
		},
		{
			ID: "S2.auditRate", Stage: 2, Kind: ByPeople, Severity: Blocks, judge: judgeAuditRate,
			Asks:    "Did people who looked at a random sample bound the share of wrong labels?",
			Formula: "upper bound U(k, n) of Clopper and Pearson", Silent: "more than the bound says: with confidence 95 % one certificate in twenty is wrong",
			Measures: []string{"inspections"}, Params: []Param{limit("max", "bound that must be certified", "0.005")},
		},
		{
			ID: "S2.agree", Stage: 2, Kind: ByPeople, Severity: Blocks, judge: judgeAgree,
			Asks:    "Do annotators who label the same record agree beyond chance?",
			Formula: "Krippendorff's alpha, nominal, on records with two votes or more", Silent: "that they agree on the truth",
			Measures: []string{"votes"},
			Params:   []Param{limit("min", "below it blocks", "0.667").below("good"), limit("good", "below it needs a waiver", "0.8")},
		},
		{
			ID: "S2.reviewer", Stage: 2, Kind: ByPeople, Severity: Blocks, judge: judgeReviewer,
			Asks:    "Is every reviewer accurate on items whose answer is known?",
			Formula: "right / gold items, each reviewer; a lower bound below the limit names who is to be excluded", Silent: "how they do on items that are harder than the gold",
			Measures: []string{"gold"},
			Params:   []Param{limit("min", "least accuracy", "0.9"), number("items", "least gold items of each", "30", "100000"), limit("confidence", "of the bound", "0.95")},
		},
		{
			ID: "S2.change", Stage: 2, Kind: Across, Severity: Waiver, judge: judgeChange,
			Asks:    "How many labels changed since the version before, and did any label move much?",
			Formula: "relabelled records / records in both; |n - n before| / n before, each label", Silent: "that a change was for the better",
			Measures: []string{"labels", "relabelled"},
			Params:   []Param{limit("records", "share that may change without two approvals", "0.01"), limit("label", "share by which a label may move", "0.05")},
		},
		{
			ID: "S2.cl", Stage: 2, Kind: Across, Severity: Waiver, judge: judgeSuspects,
			Asks:    "Which labels does a model doubt? A list to look at, and never a gate.",
			Formula: "confident learning: joint of given and true labels, largest margins", Silent: "that labels which the model shares are right: it learned from them",
			Measures: []string{"suspects"},
		},
		{
			ID: "S2.fourEyes", Stage: 2, Kind: ByPeople, Severity: Blocks, judge: judgeFourEyes,
			Asks:    "Was every label change approved by somebody else who may?",
			Formula: "changes approved by their author, or by nobody who may", Silent: "that the approver looked",
			Measures: []string{"changes"}, Params: []Param{number("max", "changes that may", "0", "1000000")},
		},
	}
}
