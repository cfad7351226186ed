package validate

import (
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"govd/internal/gov"
)

// A hospital is the table of data/hospital-dirty: 1,000 rows in which 509 cells
// are wrong, and what they should be.
type hospital struct {
	columns []string
	rows    []map[string]string
	clean   []map[string]string
}

func readHospital(t *testing.T) *hospital {
	t.Helper()
	h := &hospital{}
	table := readCSV(t, shared(t, "hospital-dirty", "hospital.csv"))
	h.columns = table[0]
	for _, line := range table[1:] {
		row := map[string]string{}
		for i, name := range h.columns {
			row[name] = line[i]
		}
		h.rows, h.clean = append(h.rows, row), append(h.clean, map[string]string{})
	}
	for _, line := range readCSV(t, shared(t, "hospital-dirty", "hospital_clean.csv"))[1:] {
		row, err := strconv.Atoi(line[0])
		must(t, err)
		h.clean[row][line[1]] = line[2]
	}
	return h
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	must(t, err)
	return all
}

// wrong counts the cells of some columns that are not what they should be.
func (h *hospital) wrong(columns ...string) (n uint64) {
	for i := range h.rows {
		for _, c := range columns {
			if h.rows[i][c] != h.clean[i][c] {
				n++
			}
		}
	}
	return n
}

// records has a record for each row. Its category columns are labels too.
func (h *hospital) records(rows []map[string]string) (records []*gov.Record) {
	for i, row := range rows {
		r := &gov.Record{Key: fmt.Sprintf("%04d", i), Content: sha256.Sum256(fmt.Append(nil, row)), Size: 1, Attributes: map[string]string{}}
		for name, value := range row {
			if value != "" {
				r.Attributes[name] = value
			}
		}
		for _, c := range categories {
			r.Labels = append(r.Labels, gov.Label{ID: c, Name: c + ": " + row[c]})
		}
		r.SortLabels()
		records = append(records, r)
	}
	return records
}

// What the table's steward knows of it without the right values: the form of
// some columns, and the words of others.
var (
	categories   = []string{"Condition", "HospitalOwner", "HospitalType", "MeasureCode"}
	hospitalForm = [][2]string{
		{"ProviderNumber", `matches("^[0-9]{5}$")`},
		{"ZipCode", `matches("^[0-9]{5}$")`},
		{"PhoneNumber", `matches("^[0-9]{10}$")`},
		{"EmergencyService", `matches("^(yes|no)$")`},
		{"State", `matches("^(al|ak)$")`},
		{"Score", `matches("^[0-9]+%$")`},
		{"Sample", `matches("^[0-9]+ patients$")`},
	}
)

// A rule for the form of each of seven columns finds exactly the cells that are
// wrong: 199 of 199.
func TestHospitalRules(t *testing.T) {
	h := readHospital(t)
	lines := "rules:"
	for _, f := range hospitalForm {
		lines += fmt.Sprintf("\n  - {id: %s, holds: '!(%q in record.attributes) || record.attributes[%q].%s', severity: E}", strings.ToLower(f[0]), f[0], f[0], f[1])
	}
	policy := realPolicy("1", lines, "S1.baseline: on")
	dirty, clean := judgeRecords(t, policy, nil, h.records(h.rows)), judgeRecords(t, policy, nil, h.records(h.clean))
	found := uint64(0)
	for _, f := range hospitalForm {
		id := "rule." + strings.ToLower(f[0])
		if got, want := dirty.Finding(id).Count, h.wrong(f[0]); got != want {
			t.Errorf("%s finds %d of %d", id, got, want)
		}
		if n := clean.Finding(id).Count; n > 0 {
			t.Errorf("%s finds %d in what is right", id, n)
		}
		found += dirty.Finding(id).Count
	}
	if found != 199 {
		t.Errorf("%d found, the documents say 199", found)
	}
}

// A taxonomy of the words of four columns finds every record with a word that is
// none, 115 of them with 120 wrong cells, and no other.
func TestHospitalVocabulary(t *testing.T) {
	h := readHospital(t)
	words := map[string]bool{}
	for _, r := range h.records(h.clean) {
		for _, l := range r.Labels {
			words[l.Name] = true
		}
	}
	taxonomy := &gov.Taxonomy{}
	for name := range words {
		taxonomy.Labels = append(taxonomy.Labels, gov.TaxonomyLabel{Name: name, Since: 1})
	}
	slices.SortFunc(taxonomy.Labels, func(a, b gov.TaxonomyLabel) int { return strings.Compare(a.Name, b.Name) })
	policy := realPolicy("2", "", "S2.vocab: on")
	rows := uint64(0) // with a wrong word
	for i := range h.rows {
		if slices.ContainsFunc(categories, func(c string) bool { return h.rows[i][c] != h.clean[i][c] }) {
			rows++
		}
	}
	f := judgeRecords(t, policy, taxonomy, h.records(h.rows)).Finding("S2.vocab")
	if f.Count != rows {
		t.Errorf("%d records found of %d", f.Count, rows)
	}
	if clean := judgeRecords(t, policy, taxonomy, h.records(h.clean)).Finding("S2.vocab"); clean.Count > 0 {
		t.Errorf("%d found in what is right", clean.Count)
	}
}

// dependencies are the constraints that come with the table and have one column
// on each side: rows that agree in the first agree in the second. With each, how
// many of the second column's wrong cells lie in rows that contradict others,
// and how many rows that are right do too.
var dependencies = []struct {
	first, second  string
	caught, beside int
}{
	{"HospitalName", "ZipCode", 29, 448},
	{"HospitalName", "PhoneNumber", 33, 484},
	{"MeasureCode", "MeasureName", 36, 622},
	{"ProviderNumber", "HospitalName", 24, 388},
	{"MeasureCode", "Condition", 32, 740},
	{"HospitalName", "Address1", 30, 449},
	{"HospitalName", "HospitalOwner", 27, 406},
	{"HospitalName", "ProviderNumber", 28, 487},
	{"City", "CountyName", 36, 591},
	{"ZipCode", "EmergencyService", 26, 452},
	{"HospitalName", "City", 32, 546},
	{"MeasureName", "MeasureCode", 29, 666},
}

// A record for each row and dependency, whose content is the first column and
// whose label is the second: what contradicts it is a conflict. It counts all
// rows that contradict another, so most of those it counts are right: a conflict
// says that somebody is wrong, and not who.
func TestHospitalConflicts(t *testing.T) {
	h := readHospital(t)
	policy := realPolicy("2", "", "S2.conflict: on")
	for _, d := range dependencies {
		f := judgeRecords(t, policy, nil, depending(h.rows, d.first, d.second)).Finding("S2.conflict")
		flagged := contradicting(h.rows, d.first, d.second)
		caught := 0
		for _, row := range flagged {
			if h.rows[row][d.second] != h.clean[row][d.second] {
				caught++
			}
		}
		if f.Count != uint64(len(flagged)) || caught != d.caught || len(flagged)-caught != d.beside {
			t.Errorf("%s, %s: %d conflicts, %d by hand, of which %d are wrong, want %d", d.first, d.second, f.Count, len(flagged), caught, d.caught)
		}
		if clean := judgeRecords(t, policy, nil, depending(h.clean, d.first, d.second)).Finding("S2.conflict"); clean.Count > 0 {
			t.Errorf("%s, %s: %d conflicts in what is right", d.first, d.second, clean.Count)
		}
	}
}

// One of the constraints that come with the table does not hold of the right
// values: the average is of a measure in a state. As a rule over the record it
// finds what is wrong in any of the three columns, but for one row in which two
// are wrong alike.
func TestHospitalRuleOverColumns(t *testing.T) {
	h := readHospital(t)
	if n := len(contradicting(h.clean, "MeasureCode", "Stateavg")); n != 793 {
		t.Errorf("%d of the right rows contradict each other", n)
	}
	policy := realPolicy("1", `rules: [{id: average, severity: E, holds: 'record.attributes["Stateavg"] == record.attributes["State"] + "_" + record.attributes["MeasureCode"]'}]`, "S1.baseline: on")
	rows := uint64(0)
	for i := range h.rows {
		if slices.ContainsFunc([]string{"State", "MeasureCode", "Stateavg"}, func(c string) bool { return h.rows[i][c] != h.clean[i][c] }) {
			rows++
		}
	}
	dirty, clean := judgeRecords(t, policy, nil, h.records(h.rows)).Finding("rule.average"), judgeRecords(t, policy, nil, h.records(h.clean)).Finding("rule.average")
	if dirty.Count != rows-1 || clean.Count != 0 {
		t.Errorf("%d rows found of %d, and %d that are right", dirty.Count, rows, clean.Count)
	}
}

func depending(rows []map[string]string, first, second string) (records []*gov.Record) {
	for i, row := range rows {
		value := fmt.Sprintf("%x", sha256.Sum256([]byte(row[second])))
		records = append(records, &gov.Record{
			Key: fmt.Sprintf("%04d", i), Content: sha256.Sum256([]byte(row[first])), Size: 1, Labels: []gov.Label{{ID: "1", Name: value}},
		})
	}
	return records
}

// contradicting returns the rows that agree with another in the first column
// and not in the second.
func contradicting(rows []map[string]string, first, second string) (all []int) {
	values := map[string]map[string]bool{}
	for _, row := range rows {
		if values[row[first]] == nil {
			values[row[first]] = map[string]bool{}
		}
		values[row[first]][row[second]] = true
	}
	for i, row := range rows {
		if len(values[row[first]]) > 1 {
			all = append(all, i)
		}
	}
	return all
}
