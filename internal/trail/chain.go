package trail

import (
	"time"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// ChainFormat is the format of a Chain's JSON.
const ChainFormat = "govd/chain/1"

// A Chain is a piece of lineage as of one state of the log, with all that is
// needed to tell it to people and to write it in the formats of others. It is
// plain data: whoever fills it has decided what the reader may see, and every
// list is in an order that the same state always gives.
//
// A Chain proves nothing. What it says is proven by the entries that it names;
// see [Bundle].
type Chain struct {
	Format     string    `json:"format"`               // ChainFormat
	Origin     string    `json:"origin"`               // of the log
	Subject    gov.Node  `json:"subject"`              // what it is about
	AsOf       uint64    `json:"as_of"`                // how many entries of the log it takes into account
	Time       time.Time `json:"time"`                 // of the last of them
	Checkpoint string    `json:"checkpoint,omitempty"` // the log's signed head at AsOf, if there is one

	Complete   bool       `json:"complete"`                    // every node and edge that was asked for is here
	Truncated  string     `json:"truncated_because,omitempty"` // why not
	Unresolved []gov.Node `json:"unresolved,omitempty"`        // nodes that are named and of which nothing else is known
	Redacted   uint64     `json:"redacted,omitempty"`          // nodes that the reader may not see

	Nodes  []Node         `json:"nodes"`
	Edges  []lineage.Edge `json:"edges,omitempty"`  // from what was made to what it was made from
	People []Person       `json:"people,omitempty"` // everyone who is named by id
}

// A Person is someone by pseudonymous id. The name is told only if the reader
// may know it and it has not been erased.
type Person struct {
	ID   gov.PersonID `json:"id"`
	Name string       `json:"name,omitempty"`
}

// A Node is one thing of the chain. One of the facts is set, if there are facts
// of its kind and they are known; none if it is redacted, and then the id is one
// made up for this chain.
type Node struct {
	ID       gov.Node     `json:"id"`
	Digest   gov.Digest   `json:"digest,omitzero"`
	Time     time.Time    `json:"time,omitzero"`
	By       gov.PersonID `json:"by,omitempty"`
	Entry    uint64       `json:"entry,omitempty"` // the log entry that made it
	Marks    []string     `json:"marks,omitempty"` // words that concern a reader: "on hold", "erased"
	Redacted bool         `json:"redacted,omitempty"`

	Version *Version   `json:"version,omitempty"`
	Change  *Change    `json:"change,omitempty"`
	Report  *Report    `json:"report,omitempty"`
	Run     *gov.Run   `json:"run,omitempty"`
	Model   *Model     `json:"model,omitempty"`
	Batch   *gov.Batch `json:"batch,omitempty"`
	Output  *Output    `json:"output,omitempty"`

	Deployment *gov.Deployment `json:"deployment,omitempty"`
}

// A Version is what is known of a version of a dataset.
type Version struct {
	Registration gov.Registration `json:"registration"`
	Stage        gov.Stage        `json:"stage,omitempty"` // that it was promoted to, or its dataset's
	Promotions   []Promotion      `json:"promotions,omitempty"`
	Taxonomy     gov.Digest       `json:"taxonomy,omitzero"`
	Purposes     []string         `json:"purposes,omitempty"`
	Sensitivity  string           `json:"sensitivity,omitempty"`
	License      string           `json:"license,omitempty"`
	Tags         []string         `json:"tags,omitempty"`
	Labels       []Count          `json:"labels,omitempty"` // uses of each label
	Card         []Field          `json:"card,omitempty"`   // what stewards wrote, by the names of Croissant: "description", "rai:dataBiases"
}

// promotedTo returns the stage that the version itself was promoted to; 0 if to
// none.
func (v *Version) promotedTo() gov.Stage {
	if n := len(v.Promotions); n > 0 {
		return v.Promotions[n-1].To
	}
	return 0
}

// A Promotion took a version up to a stage.
type Promotion struct {
	To     gov.Stage      `json:"to"`
	Report gov.Digest     `json:"report"`           // that people had before them
	Waived []string       `json:"waived,omitempty"` // checks whose warnings they accepted
	By     []gov.PersonID `json:"by"`               // whose word counted
	Time   time.Time      `json:"time"`
	Entry  uint64         `json:"entry"` // of the last word that was needed
}

// A Field is a named text.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Count is how often something is there.
type Count struct {
	Name string `json:"name"`
	N    uint64 `json:"n"`
}

// A Change is a proposed set of label edits, and what people said of it.
type Change struct {
	Number   gov.ChangeID    `json:"number"`
	Dataset  gov.DatasetName `json:"dataset"`
	State    gov.ChangeState `json:"state"`
	Revision gov.Digest      `json:"revision"` // what was voted on last
	Base     gov.Base        `json:"base"`
	Edits    uint64          `json:"edits"`
	Touched  uint64          `json:"touched"` // records
	Labels   []string        `json:"labels,omitempty"`
	Rules    gov.Digest      `json:"rules"`            // in force when the revision was made
	Result   uint64          `json:"result,omitempty"` // the number of the version it became
	Votes    []Vote          `json:"votes,omitempty"`
}

// A Vote is what a person said of a revision.
type Vote struct {
	Person    gov.PersonID `json:"person"`
	Kind      gov.VoteKind `json:"kind"`
	Revision  gov.Digest   `json:"revision"`
	Time      time.Time    `json:"time"`
	Entry     uint64       `json:"entry"`
	Signature gov.Digest   `json:"signature,omitzero"`
}

// A Report is what the checks of a stage said of a version.
type Report struct {
	Stage  gov.Stage `json:"stage"`
	Passed bool      `json:"passed"`
	Checks uint64    `json:"checks"`
	Failed uint64    `json:"failed"`
}

// A Model is a version of a model.
type Model struct {
	gov.ModelVersion
	Files []File   `json:"files,omitempty"`
	Tags  []string `json:"tags,omitempty"`
}

// A File is a file of a model.
type File struct {
	Name   string     `json:"name"`
	Digest gov.Digest `json:"digest"`
	Size   uint64     `json:"size"`
}

// An Output is what a model gave. Its content is known by digest alone.
type Output struct {
	Batch uint64 `json:"batch"`
	Index uint64 `json:"index"`          // in the batch
	Name  string `json:"name,omitempty"` // that the client gave it
}
