package review

import (
	"fmt"

	"govd/internal/gov"
)

// The reasons. Programs branch on them; they do not change.
const (
	DataLoss        gov.Reason = "DATA_LOSS"              // what is stored is not what the digest says
	NotOpen         gov.Reason = "NOT_OPEN"               // withdrawn or applied
	ClockBack       gov.Reason = "CLOCK_BACK"             // the server's clock is behind the log's
	Expired         gov.Reason = "EXPIRED"                // the change, or an approval
	BaseMoved       gov.Reason = "BASE_MOVED"             // the dataset has a newer version than the base
	Vetoed          gov.Reason = "VETO"                   // a veto stands
	Quorum          gov.Reason = "QUORUM"                 // approvals are missing
	NoQuorum        gov.Reason = "BLOCKED_NO_QUORUM"      // and there are too few who could give them
	SelfApproval    gov.Reason = "SELF_APPROVAL"          // the author, by whatever credential
	Contributor     gov.Reason = "CONTRIBUTOR"            // worked on some revision
	IsMachine       gov.Reason = "MACHINE"                // only humans count
	Disabled        gov.Reason = "DISABLED"               // the person is
	IsAuditor       gov.Reason = "AUDITOR"                // auditors do not vote
	Conflict        gov.Reason = "SOD_CONFLICT"           // holds roles that exclude each other
	NoRead          gov.Reason = "NO_READ"                // may not read all of the data
	TooNew          gov.Reason = "TOO_NEW"                // was added too recently, or never seen
	NotEligible     gov.Reason = "NOT_ELIGIBLE"           // does not hold the role
	GrantedByWorker gov.Reason = "GRANTED_BY_CONTRIBUTOR" // the role was granted by a contributor after the change was opened
	GrantedBySelf   gov.Reason = "GRANTED_BY_SELF"        // the role was granted by its holder
	StaleDigest     gov.Reason = "STALE_DIGEST"           // not about the newest revision
	Reopened        gov.Reason = "REOPENED"               // from before the change was reopened
	Unsigned        gov.Reason = "UNSIGNED"               // a signature is needed
	NotLooked       gov.Reason = "NOT_LOOKED"             // the reviewer fetched too little, or for too short a time
	NothingToLift   gov.Reason = "NOTHING_TO_LIFT"        // no vote to take back, or no veto
	SamePerson      gov.Reason = "SAME_PERSON"            // the applier has another part in the change
	GlassOff        gov.Reason = "BREAK_GLASS_OFF"        // the rules do not allow it
	ReasonTooShort  gov.Reason = "REASON_TOO_SHORT"       // of breaking the glass
	AlreadyAsked    gov.Reason = "ALREADY_ASKED"          // the person has done so
)

// words says each reason to the person whom it keeps from voting, for the
// reasons that do.
var words = map[gov.Reason]string{
	SelfApproval:    "you proposed this change",
	Contributor:     "you worked on a revision of this change",
	IsMachine:       "only humans count",
	Disabled:        "you are disabled",
	IsAuditor:       "auditors do not vote",
	Conflict:        "you hold roles that exclude each other",
	NoRead:          "you may not read all of the data",
	TooNew:          "you were added too recently",
	NotEligible:     "you hold no role that this change needs",
	GrantedByWorker: "your role was granted by someone who worked on this change, after it was opened",
	GrantedBySelf:   "you granted your role yourself",
	StaleDigest:     "there is another revision than the one you mean; look at it and vote again",
	Reopened:        "the change was reopened since",
	Expired:         "it has expired",
	Unsigned:        "at this stage it must be signed",
	NotLooked:       "you have not looked at enough of the change, or not long enough",
	NotOpen:         "the change is not open",
	Vetoed:          "your own veto stands: lift it first",
	NothingToLift:   "there is no such vote to lift",
	SamePerson:      "you have another part in this change",
	AlreadyAsked:    "you have asked already",
	ClockBack:       "the server's clock is behind its log",
}

// refuse returns the error that refuses what somebody wants to do.
func refuse(what string, why gov.Reason) error {
	return gov.Errorf(gov.Denied, why, "%s is refused: %s", what, words[why])
}

// A Block is one thing that keeps a change from being applied.
type Block struct {
	Reason gov.Reason   `json:"reason"`
	Person gov.PersonID `json:"person,omitempty"` // whose veto
	Says   string       `json:"says"`
}

func block(why gov.Reason, format string, args ...any) Block {
	return Block{Reason: why, Says: fmt.Sprintf(format, args...)}
}

// err returns the block as an error. A loss of data is none that the caller can
// mend.
func (b Block) err() error {
	kind := gov.Denied
	if b.Reason == DataLoss {
		kind = gov.Internal
	}
	return gov.Errorf(kind, b.Reason, "not ready: %s", b.Says)
}
