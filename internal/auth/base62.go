package auth

import "strings"

const digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// base62 writes a big-endian number in so many digits, which must hold it.
func base62(n []byte, width int) string {
	rest := append([]byte(nil), n...)
	out := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		remainder := 0
		for j, b := range rest {
			remainder = remainder<<8 | int(b)
			rest[j] = byte(remainder / 62)
			remainder %= 62
		}
		out[i] = digits62[remainder]
	}
	return string(out)
}

// parseBase62 reads digits into n, which must be zero, and reports whether they
// are digits of a number that n holds.
func parseBase62(n []byte, s string) bool {
	for i := range len(s) {
		carry := strings.IndexByte(digits62, s[i])
		if carry < 0 {
			return false
		}
		for j := len(n) - 1; j >= 0; j-- {
			carry += int(n[j]) * 62
			n[j] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	return true
}
