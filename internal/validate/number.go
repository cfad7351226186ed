package validate

import (
	"math"
	"strings"

	"govd/internal/validate/stat"
)

// Values and limits are in millionths and compared as such: what a report says
// is exactly what was judged, on every machine.

// whole returns n; more than nine million million is as much.
func whole(n uint64) stat.Micro {
	const most = math.MaxInt64 / uint64(stat.One)
	return stat.Micro(min(n, most)) * stat.One
}

// share returns part/all; 0 of nothing is 0.
func share(part, all uint64) stat.Micro {
	if all == 0 {
		return 0
	}
	return stat.Near(float64(part) / float64(all))
}

// plain writes a number for people, without trailing zeros.
func plain(m stat.Micro) string {
	return strings.TrimRight(strings.TrimRight(m.String(), "0"), ".")
}
