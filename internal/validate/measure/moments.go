package measure

import (
	"encoding/binary"
	"math/bits"
)

// MaxNumber is the largest number that is measured; what is larger counts as
// this. So the squares of 2^32 numbers add up exactly in 128 bits.
const MaxNumber = 1<<48 - 1

// A Sum is an unsigned integer of 128 bits.
type Sum struct{ Hi, Lo uint64 }

func (s *Sum) add(o Sum) {
	var carry uint64
	s.Lo, carry = bits.Add64(s.Lo, o.Lo, 0)
	s.Hi, _ = bits.Add64(s.Hi, o.Hi, carry)
}

func (s *Sum) sub(o Sum) {
	var borrow uint64
	s.Lo, borrow = bits.Sub64(s.Lo, o.Lo, 0)
	s.Hi, _ = bits.Sub64(s.Hi, o.Hi, borrow)
}

// Moments are the number of integers, their sum and sum of squares, the
// smallest and the largest and how many of them are that.
type Moments struct {
	N        uint64
	Sum      Sum
	Squares  Sum
	Min, Max uint64 // 0 if N is 0
	AtMin    uint64
	AtMax    uint64
}

func (m *Moments) add(v uint64) {
	v = min(v, MaxNumber)
	m.Sum.add(Sum{Lo: v})
	hi, lo := bits.Mul64(v, v)
	m.Squares.add(Sum{hi, lo})
	if m.N == 0 || v < m.Min {
		m.Min, m.AtMin = v, 0
	}
	if m.N == 0 || v > m.Max {
		m.Max, m.AtMax = v, 0
	}
	if v == m.Min {
		m.AtMin++
	}
	if v == m.Max {
		m.AtMax++
	}
	m.N++
}

func (m *Moments) merge(o *Moments) {
	if o.N == 0 {
		return
	}
	if m.N == 0 {
		*m = *o
		return
	}
	m.N += o.N
	m.Sum.add(o.Sum)
	m.Squares.add(o.Squares)
	m.AtMin = atEnd(m.AtMin, o.AtMin, o.Min < m.Min, o.Min == m.Min)
	m.AtMax = atEnd(m.AtMax, o.AtMax, o.Max > m.Max, o.Max == m.Max)
	m.Min, m.Max = min(m.Min, o.Min), max(m.Max, o.Max)
}

// atEnd returns how many are at the end if the others' end is beyond ours or
// the same.
func atEnd(ours, theirs uint64, beyond, same bool) uint64 {
	switch {
	case beyond:
		return theirs
	case same:
		return ours + theirs
	}
	return ours
}

// sub takes o away. It cannot if all of the smallest or largest go, since the
// next of them is not known.
func (m *Moments) sub(o *Moments) bool {
	switch {
	case o.N == 0:
		return true
	case o.N == m.N:
		ok := *o == *m
		*m = Moments{}
		return ok
	case o.N > m.N, o.Min < m.Min, o.Max > m.Max:
		return false
	}
	if o.Min == m.Min {
		m.AtMin -= min(o.AtMin, m.AtMin)
	}
	if o.Max == m.Max {
		m.AtMax -= min(o.AtMax, m.AtMax)
	}
	m.N -= o.N
	m.Sum.sub(o.Sum)
	m.Squares.sub(o.Squares)
	return m.AtMin > 0 && m.AtMax > 0
}

func (m *Moments) append(dst []byte) []byte {
	for _, v := range m.fields() {
		dst = binary.AppendUvarint(dst, *v)
	}
	return dst
}

func (m *Moments) fields() [9]*uint64 {
	return [...]*uint64{&m.N, &m.Sum.Hi, &m.Sum.Lo, &m.Squares.Hi, &m.Squares.Lo, &m.Min, &m.Max, &m.AtMin, &m.AtMax}
}

func (m *Moments) read(d *decoder) {
	for _, v := range m.fields() {
		*v = d.uvarint()
	}
	ends := m.Min <= m.Max && m.Max <= MaxNumber && m.AtMin > 0 && m.AtMax > 0 && m.AtMin <= m.N && m.AtMax <= m.N
	if m.N == 0 && *m != (Moments{}) || m.N > 0 && !ends {
		d.fail()
	}
}
