// Package review decides whether a change of labels is approved: given the
// change, the votes, the people, the rules and the time, what is missing and
// why. [Judge] is that decision; what explains a change and what applies it call
// the same function. It asks nobody, changes nothing and reads no clock.
//
// Policy says who may ever vote; this package says whose vote counts now.
// Neither alone allows anything.
//
// The rules R1 to R40 of approval are held as follows.
//
//	R1 R2 R3 R4 R5 R7 R9 R10 R11 R12 R15 R16 R18 R21 R23 R24 R28 R33 R36   Judge
//	R6 R22 R27 R31 R39                        MayVote, and Judge again when applying
//	R8 R26                                    gov.Revision.ComputeDigest, checked by Judge
//	R13 R20 R37                               Rules: Strictest, CheckTightens, ParseRules, Options
//	R19                                       RuleChange
//	R25 R30                                   MayApply
//	R29                                       Breaking
//	R32                                       CheckGrant, and Judge for conflicts that exist
//	R40                                       Mutual
//
// By construction: R14, as a change has one dataset; R17, as roles are granted
// to persons and there are no groups; R34, as a vote names one person and
// nobody can lend theirs; the half of R3 that relaxes R2, as no option does.
//
// The operations (package govern) hold what needs a transaction, the log or
// policy: that R11's last vote and a new revision cannot both win, that R15's
// people and R18's current rules are those of the transaction, that the edits
// have the root that R26's digest covers, R31's entry beside every vote, R35,
// R38's one judgement for each change, and that requests carry no rules (R20).
package review
