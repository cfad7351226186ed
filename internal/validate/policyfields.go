package validate

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

func (r *policyReader) document(n *yaml.Node) {
	p := r.policy
	r.extend(n)
	r.fields(n, "a policy", map[string]func(*yaml.Node){
		"extends":     func(*yaml.Node) {}, // read first
		"stage":       r.stage,
		"name":        r.text(&p.Name),
		"attributes":  r.attributes,
		"required":    r.texts(&p.Required),
		"parts":       r.parts,
		"forbidden":   r.forbidden,
		"media_types": r.texts(&p.MediaTypes),
		"splits":      r.shares(&p.Splits),
		"reference":   r.shares(&p.Reference),
		"coverage":    r.coverage,
		"checks":      r.settings,
		"rules":       r.rules,
		"content":     r.content,
		"budget":      r.budget,
		"inspections": r.inspections,
		"promotion":   r.promotion,
		"purposes":    r.texts(&p.Purposes),
	})
}

var extendsForm = regexp.MustCompile(`^stage ([1-5])$`)

// extend begins with a shipped policy if the document says so.
func (r *policyReader) extend(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return // which document complains about
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "extends" {
			continue
		}
		m := extendsForm.FindStringSubmatch(n.Content[i+1].Value)
		if m == nil {
			r.complain(n.Content[i+1], "extends is stage 1 to stage 5")
			return
		}
		base, err := Shipped(gov.Stage(m[1][0] - '0'))
		if err != nil {
			r.complain(n.Content[i+1], "%v", err)
			return
		}
		*r.policy = *base
	}
}

func (r *policyReader) stage(n *yaml.Node) {
	v, err := strconv.Atoi(n.Value)
	if err == nil {
		r.policy.Stage, err = gov.ParseStage(v)
	}
	if err != nil {
		r.complain(n, "%.20q is no stage: 1 to 5", n.Value)
	}
}

func (r *policyReader) attributes(n *yaml.Node) {
	if r.policy.Attributes == nil {
		r.policy.Attributes = map[Role]string{}
	}
	r.object(n, "attributes", func(key string, at, value *yaml.Node) {
		var name string
		r.text(&name)(value)
		if r.role(key, at) {
			r.policy.Attributes[Role(key)] = name
		}
	})
}

func (r *policyReader) role(key string, at *yaml.Node) bool {
	known := slices.Contains(roles, Role(key))
	if !known {
		r.complain(at, "no attribute has the role %.40q", key)
	}
	return known
}

// parts reads "palm: {heart-line: 1, wrist-crease: 0..3}".
func (r *policyReader) parts(n *yaml.Node) {
	r.policy.Parts = map[string][]Part{}
	r.object(n, "parts", func(label string, _, value *yaml.Node) {
		r.object(value, "the parts of "+label, func(part string, at, times *yaml.Node) {
			least, most, spans := strings.Cut(times.Value, "..")
			if !spans {
				most = least
			}
			a, err1 := strconv.ParseUint(least, 10, 16)
			b, err2 := strconv.ParseUint(most, 10, 16)
			if err1 != nil || err2 != nil || a > b {
				r.complain(times, "how often is a number, or two such as 0..3")
			}
			r.policy.Parts[label] = append(r.policy.Parts[label], Part{part, uint32(a), uint32(b)})
		})
		slices.SortFunc(r.policy.Parts[label], func(a, b Part) int { return strings.Compare(a.Label, b.Label) })
	})
}

func (r *policyReader) forbidden(n *yaml.Node) {
	r.policy.Forbidden = nil
	r.list(n, "forbidden", func(item *yaml.Node) {
		var pair []string
		r.texts(&pair)(item)
		if len(pair) != 2 || pair[0] == pair[1] {
			r.complain(item, "forbidden are pairs of different labels")
			return
		}
		slices.Sort(pair)
		r.policy.Forbidden = append(r.policy.Forbidden, Pair(pair))
	})
}

// shares reads names with shares that make one.
func (r *policyReader) shares(to *map[string]stat.Micro) func(*yaml.Node) {
	return func(n *yaml.Node) {
		all, sum := map[string]stat.Micro{}, stat.Micro(0)
		r.object(n, "this", func(key string, _, value *yaml.Node) {
			var d stat.Micro
			r.share(&d)(value)
			all[key] = d
			sum += d
		})
		if sum < stat.One-100 || sum > stat.One+100 { // thirds do not make one
			r.complain(n, "the shares make %s, not 1", sum)
		}
		*to = all
	}
}

func (r *policyReader) coverage(n *yaml.Node) {
	r.policy.Coverage = map[Role][]string{}
	cells := 1
	if len(n.Content) > 2*maxCoverage {
		r.complain(n, "coverage combines %d roles at most", maxCoverage)
	}
	r.object(n, "coverage", func(key string, at, value *yaml.Node) {
		var values []string
		r.texts(&values)(value)
		if r.role(key, at) {
			r.policy.Coverage[Role(key)] = sorted(values)
			cells *= len(values)
		}
		if cells == 0 || cells > maxCells {
			r.complain(at, "coverage asks for %d combinations: 1 to %d", cells, maxCells)
			cells = 1
		}
	})
}

const maxCells = 4096

func (r *policyReader) content(n *yaml.Node) {
	c := &r.policy.Content
	r.fields(n, "content", map[string]func(*yaml.Node){
		"verify":     r.choice((*string)(&c.Verify), string(Declared), string(Sampled), string(All)),
		"limit":      r.decimal(&c.Limit, 10, stat.One/2),
		"confidence": r.decimal(&c.Confidence, stat.One/2, stat.One-1),
		"by":         r.choice((*string)(&c.By), string(ByServer), anyReader),
	})
	if c.By == anyReader {
		c.By = ""
	}
	if c.Verify == Sampled && (c.Limit == 0 || c.Confidence == 0) {
		r.complain(n, "a sample of content needs limit and confidence")
	}
}

const anyReader = "either" // the server or a client

func (r *policyReader) choice(to *string, of ...string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if !slices.Contains(of, n.Value) {
			r.complain(n, "%.40q is none of %s", n.Value, strings.Join(of, ", "))
			return
		}
		*to = n.Value
	}
}

func (r *policyReader) budget(n *yaml.Node) {
	b := &r.policy.Budget
	r.fields(n, "budget", map[string]func(*yaml.Node){
		"records_per_second": func(n *yaml.Node) {
			var v uint32
			r.whole(&v)(n)
			b.Records = uint64(v)
		},
		"memory": r.bytes(&b.Memory),
		"wall": func(n *yaml.Node) {
			d, err := time.ParseDuration(n.Value)
			if err != nil || d < time.Second {
				r.complain(n, "%.40q is no time such as 10m", n.Value)
			}
			b.Wall = uint64(d / time.Second)
		},
	})
}

func (r *policyReader) bytes(to *uint64) func(*yaml.Node) {
	units := map[string]uint64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
	return func(n *yaml.Node) {
		if len(n.Value) > 3 {
			number, unit := n.Value[:len(n.Value)-3], n.Value[len(n.Value)-3:]
			if v, err := strconv.ParseUint(number, 10, 16); err == nil && units[unit] > 0 && v > 0 {
				*to = v * units[unit]
				return
			}
		}
		r.complain(n, "%.40q is no size such as 300MiB", n.Value)
	}
}

// MaxStewards is how many a policy may ask for.
const MaxStewards = 9

func (r *policyReader) promotion(n *yaml.Node) {
	p := &r.policy.Promotion
	r.fields(n, "promotion", map[string]func(*yaml.Node){
		"stewards": r.whole(&p.Stewards),
		"contributors": func(n *yaml.Node) {
			var may string
			r.choice(&may, "count", "never")(n)
			p.Contributors = may == "count"
		},
	})
}

func (r *policyReader) inspections(n *yaml.Node) {
	r.policy.Inspections = nil
	r.list(n, "inspections", func(item *yaml.Node) {
		var i Inspection
		r.fields(item, "an inspection", map[string]func(*yaml.Node){
			"id":         r.text(&i.ID),
			"asks":       r.choice(&i.Asks, "label", "relevance", "intake"),
			"limit":      r.decimal(&i.Limit, 10, stat.One/2),
			"confidence": r.decimal(&i.Confidence, stat.One/2, stat.One-1),
			"accept":     r.whole(&i.Accept),
			"by": func(n *yaml.Node) {
				if r.role(n.Value, n) {
					i.By = Role(n.Value)
				}
			},
		})
		if i.ID == "" || i.Asks == "" || i.Limit == 0 || i.Confidence == 0 {
			r.complain(item, "an inspection has id, asks, limit and confidence")
		}
		r.policy.Inspections = append(r.policy.Inspections, i)
	})
}
