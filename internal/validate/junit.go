package validate

import (
	"encoding/xml"
	"fmt"
	"strings"
)

type junitSuite struct {
	XMLName    xml.Name    `xml:"testsuite"`
	Name       string      `xml:"name,attr"`
	Tests      int         `xml:"tests,attr"`
	Failures   int         `xml:"failures,attr"`
	Errors     int         `xml:"errors,attr"`
	Skipped    int         `xml:"skipped,attr"`
	Properties []junitProp `xml:"properties>property"`
	Cases      []junitCase `xml:"testcase"`
}

type junitProp struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string     `xml:"classname,attr"`
	Name    string     `xml:"name,attr"`
	Failure *junitText `xml:"failure"`
	Error   *junitText `xml:"error"`
	Skipped *junitText `xml:"skipped"`
	Out     string     `xml:"system-out,omitempty"`
}

type junitText struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit returns the report as a test suite, a case for each check: a broken
// limit of severity E is a failure, what could not be judged an error, and a
// warning passes and says so in its output.
func (r *Report) JUnit() []byte {
	suite := junitSuite{
		Name: fmt.Sprintf("%s@v%d stage %d", r.Dataset, r.Number, r.Stage), Tests: len(r.Findings),
		Properties: []junitProp{
			{"version", r.Version.String()}, {"policy", r.Policy.String()}, {"report", r.Digest().String()}, {"verdict", string(r.Verdict)},
		},
	}
	for _, why := range r.Partial {
		suite.Properties = append(suite.Properties, junitProp{"partial", why})
	}
	for i := range r.Findings {
		suite.add(&r.Findings[i])
	}
	b, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return append([]byte(xml.Header), append(b, '\n')...)
}

func (s *junitSuite) add(f *Finding) {
	stage, name, _ := strings.Cut(f.Check, ".")
	c := junitCase{Class: stage, Name: name}
	text := &junitText{f.says(), string(f.Severity), strings.Join(f.Witnesses, "\n")}
	switch f.Verdict {
	case Fail:
		c.Failure = text
		s.Failures++
	case Unknown:
		c.Error = text
		s.Errors++
	case Skipped:
		c.Skipped = &junitText{Message: f.Why}
		s.Skipped++
	case Warn:
		c.Out = "warning: " + f.says() + "\n" + text.Text
	}
	s.Cases = append(s.Cases, c)
}

// says is the finding in a line.
func (f *Finding) says() string {
	s := fmt.Sprintf("value %s, limit %s, %d at fault", plain(f.Value), plain(f.Limit), f.Count)
	if f.Why != "" {
		s += ": " + f.Why
	}
	return s
}
