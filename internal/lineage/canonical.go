package lineage

// appendCanonical appends the one form of a value: members ascending by name,
// no space, texts with only the escapes they need, numbers as they were written.
func (v *jsonValue) appendCanonical(b []byte) []byte {
	switch v.kind {
	case object:
		b = append(b, '{')
		for i := range v.items {
			b = append(appendText(appendComma(b, i), v.items[i].name), ':')
			b = v.items[i].appendCanonical(b)
		}
		return append(b, '}')
	case array:
		b = append(b, '[')
		for i := range v.items {
			b = v.items[i].appendCanonical(appendComma(b, i))
		}
		return append(b, ']')
	case text:
		return appendText(b, v.text)
	case number:
		return append(b, v.text...)
	case truth:
		return append(b, "true"...)
	case untrue:
		return append(b, "false"...)
	}
	return append(b, "null"...)
}

func appendComma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

const lowerHex = "0123456789abcdef"

func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(append(b, s[from:i]...), '\\', c)
		case c < ' ':
			b = append(append(b, s[from:i]...), '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
		default:
			continue
		}
		from = i + 1
	}
	return append(append(b, s[from:]...), '"')
}
