// Package stat turns counts into bounds, plans, tests and distances.
//
// Inputs are integer counts, and rates in millionths; floats appear only at the
// end of a computation. A float may differ in its last bits from one machine to
// the next, so a result that is stored, shown or compared with a threshold is
// first rendered as a [Micro]: to the nearest millionth by [Near], and a bound
// outwards by [Up] or [Down]. What can be decided on integers alone (bounds,
// plans, agreement) comes as a Micro or an exact quotient to begin with.
package stat
