package measure

import "strings"

// Joined is several rules as one; the code of a fault begins with the name of
// the rule that found it.
type Joined []Part

// A Part is one of the rules of Joined.
type Part struct {
	Name string
	Rule Rule
}

// Key implements Rule.
func (j Joined) Key() string {
	var b strings.Builder
	b.WriteString("joined/1")
	for _, p := range j {
		b.WriteString("\x00" + p.Name + "\x00" + p.Rule.Key())
	}
	return b.String()
}

// Find implements Rule.
func (j Joined) Find(r *Row, fault func(string)) bool { return j.bind().Find(r, fault) }

func (j Joined) bind() Rule {
	bound := &boundJoined{Joined: j, parts: make([]boundPart, len(j))}
	for i, p := range j {
		if b, is := p.Rule.(binder); is {
			p.Rule = b.bind()
		}
		bound.parts[i] = boundPart{rule: p.Rule}
		part := &bound.parts[i]
		part.fault = func(code string) { bound.fault(part.coded(p.Name, code)) }
	}
	return bound
}

// A boundJoined has for each rule the function that takes its faults.
type boundJoined struct {
	Joined
	parts []boundPart
	fault func(string) // of the current record
}

type boundPart struct {
	rule  Rule
	fault func(code string)
	codes [][2]string // of the rule, and as they are told: no record waits for a string to be made
}

// coded returns what a code of the part is called.
func (p *boundPart) coded(name, code string) string {
	for i := range p.codes {
		if p.codes[i][0] == code {
			return p.codes[i][1]
		}
	}
	told := name + ": " + code
	p.codes = append(p.codes, [2]string{code, told})
	return told
}

func (j *boundJoined) Find(r *Row, fault func(string)) (examined bool) {
	j.fault = fault
	for i := range j.parts {
		if j.parts[i].rule.Find(r, j.parts[i].fault) {
			examined = true
		}
	}
	return examined
}
