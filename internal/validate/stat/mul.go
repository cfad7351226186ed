package stat

import "math/bits"

// mulMicro returns n * m rounded down, for m from 0 to One.
func mulMicro(n uint64, m Micro) uint64 {
	hi, lo := bits.Mul64(n, uint64(m))
	q, _ := bits.Div64(hi, lo, uint64(One))
	return q
}
