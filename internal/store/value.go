package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"govd/internal/gov"
)

// The first byte of a value says how the rest is written.
const (
	formatJSON   = 1
	formatBinary = 2
)

// A codec writes and reads the values of a table.
type codec[V any] struct {
	encode func(V) ([]byte, error)
	decode func([]byte) (V, error)
}

// jsonValue is the JSON of V. Golden files pin it, since renaming a field of V
// would change the file.
func jsonValue[V any]() codec[V] {
	return codec[V]{
		encode: func(v V) ([]byte, error) {
			b, err := json.Marshal(v)
			return append(append(make([]byte, 0, 1+len(b)), formatJSON), b...), err
		},
		decode: func(b []byte) (v V, err error) {
			if len(b) == 0 || b[0] != formatJSON {
				return v, errFormat(b)
			}
			return v, json.Unmarshal(b[1:], &v)
		},
	}
}

// binaryValue is what the two functions make of V.
func binaryValue[V any](encode func([]byte, V) []byte, decode func([]byte) (V, error)) codec[V] {
	return codec[V]{
		encode: func(v V) ([]byte, error) { return encode([]byte{formatBinary}, v), nil },
		decode: func(b []byte) (v V, err error) {
			if len(b) == 0 || b[0] != formatBinary {
				return v, errFormat(b)
			}
			return decode(b[1:])
		},
	}
}

func errFormat(b []byte) error { return fmt.Errorf("value of unknown format % .1x", b) }

var errLength = errors.New("value of the wrong length")

var (
	numberValue = binaryValue(binary.BigEndian.AppendUint64, func(b []byte) (uint64, error) {
		if len(b) != 8 {
			return 0, errLength
		}
		return binary.BigEndian.Uint64(b), nil
	})
	saltValue = binaryValue(
		func(b []byte, s [16]byte) []byte { return append(b, s[:]...) },
		func(b []byte) (s [16]byte, err error) {
			if len(b) != len(s) {
				return s, errLength
			}
			return [16]byte(b), nil
		})
	secretValue = binaryValue(
		func(b []byte, s [32]byte) []byte { return append(b, s[:]...) },
		func(b []byte) (s [32]byte, err error) {
			if len(b) != len(s) {
				return s, errLength
			}
			return [32]byte(b), nil
		})
	bytesValue = binaryValue(
		func(b, v []byte) []byte { return append(b, v...) },
		func(b []byte) ([]byte, error) { return append([]byte{}, b...), nil })
	textValue = binaryValue(
		func(b []byte, t gov.SaltText) []byte { return append(append(b, t.Salt[:]...), t.Text...) },
		func(b []byte) (t gov.SaltText, err error) {
			if len(b) < len(t.Salt) {
				return t, errLength
			}
			return gov.SaltText{Salt: [16]byte(b[:16]), Text: string(b[16:])}, nil
		})
)
