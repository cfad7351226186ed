package validate

import "govd/internal/validate/stat"

// The numbers of a parameter's definition are written as people do.
func decimal(s string) stat.Micro {
	m, err := stat.ParseMicro(s)
	if err != nil {
		panic(err) // a constant of this package, and every one is read by a test
	}
	return m
}

// limit is a parameter between 0 and 1.
func limit(name, means, value string) Param {
	return Param{Name: name, Means: means, Default: decimal(value), Max: stat.One}
}

// number is a parameter that may be larger.
func number(name, means, value, most string) Param {
	return Param{Name: name, Means: means, Default: decimal(value), Max: decimal(most)}
}

// below makes a parameter one that must not be above another.
func (p Param) below(other string) Param { p.Below = other; return p }

func names(name, means string) Param { return Param{Name: name, Means: means, List: true} }

var mostWrong = limit("max", "share of records that may be wrong", "0")

func stage1Checks() []Check {
	return []Check{
		{
			ID: "S1.schema", Stage: 1, Kind: PerRecord, Severity: Blocks, judge: judgeSchema,
			Asks:    "Are the records' fields of the right form: media types and splits that are declared, days that are days, numbers that are numbers?",
			Formula: "records with a field of a wrong form / records", Silent: "that what a well-formed field says is true",
			Measures: []string{"schema"}, Params: []Param{mostWrong},
		},
		{
			ID: "S1.completeness", Stage: 1, Kind: PerRecord, Severity: Blocks, judge: judgeCompleteness,
			Asks:    "Do all records have a label, and enough of them each attribute?",
			Formula: "1 - records without the field / records, each field", Silent: "that all that can be seen was labelled",
			Measures: []string{"missing"},
			Params: []Param{
				limit("label", "least share of records with a label", "1"), limit("other", "least share with each of fields", "0.95"),
				names("fields", "attributes by role"),
			},
		},
		{
			ID: "S1.hash", Stage: 1, Kind: PerContent, Severity: Blocks, judge: judgeHash,
			Asks:    "Do the stored bytes have the digest, size and media type that their record says?",
			Formula: "contents that differ / contents read", Silent: "anything about contents that were not read, beyond the bound the sample gives",
			Measures: []string{"content"}, Params: []Param{mostWrong},
		},
		{
			ID: "S1.decode", Stage: 1, Kind: PerContent, Severity: Blocks, judge: judgeDecode,
			Asks:    "Does every image decode to its last pixel?",
			Formula: "image records without facts, or whose content failed when read / image records", Silent: "that the picture shows anything",
			Measures: []string{"undecoded", "content"}, Params: []Param{mostWrong},
		},
		{
			ID: "S1.uniqueKey", Stage: 1, Kind: Indexed, Severity: Blocks, judge: judgeUniqueKey,
			Asks:    "Is what identifies a record beside its key unique too?",
			Formula: "records that share their asset with another", Silent: "that two assets do not show the same",
			Measures: []string{"assets"}, Params: []Param{number("max", "records that may share", "0", "1000000000")},
		},
		{
			ID: "S1.exactDup", Stage: 1, Kind: Indexed, Severity: Blocks, judge: judgeExactDup,
			Asks:    "Is any content there more than once, in one split or, worse, in two?",
			Formula: "sum over contents of (records - 1), across splits / within", Silent: "copies that differ in one byte: see S3.nearDup",
			Measures: []string{"contents"},
			Params: []Param{
				number("across", "contents that may be in two splits", "0", "1000000000"),
				limit("within", "share of records that may be copies, else a waiver is needed", "0.001"),
			},
		},
		{
			ID: "S1.classes", Stage: 1, Kind: PerRecord, Severity: Blocks, judge: judgeClasses,
			Asks:    "Is there enough of each required label, and are they in balance?",
			Formula: "min n; max n / min n; entropy / ln K", Silent: "that the records of a label differ from each other",
			Measures: []string{"labels"},
			Params: []Param{
				number("min", "least records of each", "30", "1000000000"), number("ratio", "largest to smallest, else a waiver", "10", "1000000"),
				limit("evenness", "least entropy share, else a waiver", "0.8"),
			},
		},
		{
			ID: "S1.split", Stage: 1, Kind: PerRecord, Severity: Blocks, judge: judgeSplit,
			Asks:    "Is every record in a declared split, and is each as large as declared?",
			Formula: "|share - declared| of each split", Silent: "that splits do not share subjects: see S5.leak",
			Measures: []string{"splits"}, Params: []Param{limit("tolerance", "most difference of a share", "0.02")},
		},
		{
			ID: "S1.baseline", Stage: 1, Kind: PerRecord, Severity: Waiver, judge: judgeBaseline,
			Asks:    "What is the profile of this version, to compare later ones with?",
			Formula: "counts by label and split, median of size", Silent: "that the profile is a good one",
			Measures: []string{"labels", "splits", "sizes"},
		},
		{
			ID: "S1.size", Stage: 1, Kind: PerRecord, Severity: Waiver, judge: judgeSize,
			Asks:    "Are sizes in bytes and pixels within bounds and without outliers?",
			Formula: "outside [Q1 - k IQR, Q3 + k IQR] or the bounds / records", Silent: "that a usual size holds usual content",
			Measures: []string{"sizes", "widths", "heights"},
			Params: []Param{
				number("iqr", "interquartile ranges that a size may lie outside", "3", "1000"), limit("max", "share that may", "0"),
				number("least", "bytes, at least", "1", "1000000000000"), number("most", "bytes, at most", "1000000000", "1000000000000"),
			},
		},
		{
			ID: "S1.provenance", Stage: 1, Kind: PerRecord, Severity: Blocks, judge: judgeProvenance,
			Asks:    "Does every record say its licence, source, consent and day of capture?",
			Formula: "records without one / records, each field", Silent: "that the consent covers this use, or exists",
			Measures: []string{"missing"}, Params: []Param{mostWrong},
		},
	}
}
