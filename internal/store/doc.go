// Package store is the bbolt file: tables, keys, transactions, group commit,
// tree nodes and migrations. It is the only package that knows bbolt, and it
// knows nothing of trees, policy or what an audit entry says: nodes and entries
// are bytes to it.
//
// # The file
//
// Every bucket is a top-level one. A key is a tuple (type key); a value is a
// format byte and what that format says, unless noted. The number of the whole
// layout stands in meta under "format".
//
//	meta                    "format" → u64be; "time" → u64be nanoseconds of the newest entry;
//	                        "checkpoint" → the newest signed checkpoint, as it was given
//	log.entry               u64be index → entry, as it was given
//	log.tile                u8 level, u64be index → hashes, as they were given
//
//	person                  serial, id → gov.Person
//	person.by_name          name → key of person
//	credential              serial, id → gov.Credential
//	credential.by_person    person's serial and id, serial, id → key of credential
//	credential.by_subject   kind, subject → key of credential; neither tokens nor revoked ones
//	grant                   project ("" is the server), place, person's serial and id, role → gov.Grant
//	grant.by_person         person's serial and id, place, role → key of grant
//	project                 name → gov.ProjectInfo
//	dataset                 project, name → gov.Dataset
//	version                 project, name, number → gov.Version
//	version.by_digest       project, name, digest, number → key of version
//	tag                     project, name, tag → gov.Tag
//	change                  number → gov.Change
//	change.by_dataset       project, name, number → key of change
//	change.revision         change, number → gov.Revision
//	change.vote             change, log index → gov.Vote
//	change.evidence         change, log index → gov.Evidence
//	rules                   project ("" is the server), place, what about, number → gov.RuleSet
//	key                     fingerprint → gov.SSHKey
//	key.by_person           person's serial and id, log index → key of key
//	inspection              number → gov.Inspection
//	inspection.by_dataset   project, name, number → key of inspection
//	inspection.answer       inspection, log index → gov.InspectionAnswer
//	report                  project, name, number of version, log index → gov.Report
//	report.by_digest        digest, log index → key of report
//	reading                 project, name, number of version, log index → gov.Reading
//	promotion               project, name, number of version, log index → gov.Promotion
//	label.vote              project, name, number of version, log index → gov.LabelVotes
//	doubt                   project, name, number of version, log index → gov.Doubts
//	lot                     project, name, lot → gov.Lot
//	lineage.node            number → log index that said what it is, projects, gov.Node
//	lineage.number          gov.Node → key of lineage.node
//	lineage.edge            key → value of a row of package lineage, two an edge
//	lineage.cell            key → value of a cell of package lineage: what imported events amount to
//	lineage.event           digest of an imported event → log index, u32be offset and length in that entry's document
//	lineage.drop            gov.Node of a dataset elsewhere, log index → when it was dropped, as far as was known from there on
//	run                     id → gov.Run
//	run.by_project          project, log index → key of run
//	model                   project, name, number → gov.ModelVersion
//	model.by_digest         digest, project, name, number → key of model
//	model.tag               project, name, tag → gov.TaggedModel
//	deployment              project, site, number → gov.Deployment
//	deployment.by_model     project, name, number of model, project, site, number → key of deployment
//	batch                   number → gov.Batch
//	batch.by_model          project, name, number of model, number → key of batch
//	output.index            run of entries, first entry → up to 128 entries, ascending: 16 bytes of digest, u64be batch, u32be index in it
//	output.run              run of entries → how many there are
//	hold                    number → gov.Hold
//	hold.by_project         project, number → key of hold
//	erasure                 number → gov.Erasure
//	erasure.by_project      project, number → key of erasure
//	erased                  entry hash of a value that was erased, or tag of a record that stays out → number of erasure
//	request                 16 bytes of request id, person → log index
//	revision                project ("" is the server) → revision of its policy
//	counter                 name → the last number that was given out
//
//	text                    digest → 16 bytes of salt, text
//	document                digest → bytes
//	salt                    commitment → 16 bytes
//	secret                  commitment → 32 bytes that draw an inspection's sample
//	output.segment          batch, u64be chunk → up to 512 outputs: digest, uvarint length of its name, name
//
//	memo                    digest of a measure, id of a node → what it measured there
//	index                   project, name, digest of some indexes → their trees and findings
//
//	node.segment            u64be sequence → nodes, each as 32 bytes of id, u32be length, frame
//	node.index              id → u64be sequence, u32be offset of the frame, u32be length; no format byte
//	node.import             16 bytes of session id → u64be first sequence, u64be nanoseconds of its start
//
// All from person to counter is a fold of the log. Text, document, salt, secret
// and outputs lie beside the log: events commit to them by digest, to a batch of
// outputs by its Merkle root. Memo and index are caches: they follow from the
// nodes, and may be dropped at any time. Nodes are reached from versions, changes
// and indexes, and swept when none reaches them.
//
// # Transactions
//
// One goroutine writes. Functions given to Update that wait together share one
// bbolt transaction and one fsync; each sees what those before it did, and one
// that fails leaves nothing (overlay). A failed commit is indeterminate: the
// store refuses all that follows, closes Failed, and the process must exit.
package store
