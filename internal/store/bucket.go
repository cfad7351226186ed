package store

// A bucket is one of the file's buckets; doc.go says what it holds.
type bucket uint8

const (
	metaBucket bucket = iota
	logEntries
	logTiles
	personTable
	personByName
	credentialTable
	credentialByPerson
	credentialBySubject
	grantTable
	grantByPerson
	projectTable
	datasetTable
	versionTable
	versionByDigest
	tagTable
	changeTable
	changeByDataset
	changeRevision
	changeVote
	changeEvidence
	rulesTable
	sshKeyTable
	sshKeyByPerson
	inspectionTable
	inspectionByDataset
	inspectionAnswer
	reportTable
	reportByDigest
	readingTable
	promotionTable
	labelVoteTable
	doubtTable
	lotTable
	lineageNodeTable
	lineageNumbers
	lineageEdges
	lineageCellTable
	lineageEventTable
	lineageDropTable
	runTable
	runByProject
	modelTable
	modelByDigest
	modelTagTable
	deploymentTable
	deploymentByModel
	batchTable
	batchByModel
	outputIndex
	outputRunTable
	holdTable
	holdByProject
	erasureTable
	erasureByProject
	erasedTable
	requestTable
	revisionTable
	counterTable
	textTable
	documentTable
	saltTable
	secretTable
	outputSegment
	memoTable
	indexTable
	nodeSegments
	nodeIndex
	nodeImports
	bucketCount
)

// Pages of a bucket whose keys only ever grow are filled to the brim; request
// ids and what is known of runs and of their edges mostly grow too, but callers'
// clocks differ a little, and old datasets get new edges.
const (
	appended     = 1.0
	almostSorted = 0.9
	scattered    = 0.5
)

var buckets = [bucketCount]struct {
	name string
	fill float64 // how full a page is left when it splits
}{
	metaBucket:          {"meta", scattered},
	logEntries:          {"log.entry", appended},
	logTiles:            {"log.tile", scattered},
	personTable:         {"person", scattered},
	personByName:        {"person.by_name", scattered},
	credentialTable:     {"credential", scattered},
	credentialByPerson:  {"credential.by_person", scattered},
	credentialBySubject: {"credential.by_subject", scattered},
	grantTable:          {"grant", scattered},
	grantByPerson:       {"grant.by_person", scattered},
	projectTable:        {"project", scattered},
	datasetTable:        {"dataset", scattered},
	versionTable:        {"version", scattered},
	versionByDigest:     {"version.by_digest", scattered},
	tagTable:            {"tag", scattered},
	changeTable:         {"change", scattered},
	changeByDataset:     {"change.by_dataset", scattered},
	changeRevision:      {"change.revision", scattered},
	changeVote:          {"change.vote", scattered},
	changeEvidence:      {"change.evidence", scattered},
	rulesTable:          {"rules", scattered},
	sshKeyTable:         {"key", scattered},
	sshKeyByPerson:      {"key.by_person", scattered},
	inspectionTable:     {"inspection", scattered},
	inspectionByDataset: {"inspection.by_dataset", scattered},
	inspectionAnswer:    {"inspection.answer", scattered},
	reportTable:         {"report", scattered},
	reportByDigest:      {"report.by_digest", scattered},
	readingTable:        {"reading", scattered},
	promotionTable:      {"promotion", scattered},
	labelVoteTable:      {"label.vote", scattered},
	doubtTable:          {"doubt", scattered},
	lotTable:            {"lot", scattered},
	lineageNodeTable:    {"lineage.node", appended},
	lineageNumbers:      {"lineage.number", scattered},
	lineageEdges:        {"lineage.edge", almostSorted},
	lineageCellTable:    {"lineage.cell", almostSorted},
	lineageEventTable:   {"lineage.event", scattered},
	lineageDropTable:    {"lineage.drop", scattered},
	runTable:            {"run", almostSorted},
	runByProject:        {"run.by_project", scattered},
	modelTable:          {"model", scattered},
	modelByDigest:       {"model.by_digest", scattered},
	modelTagTable:       {"model.tag", scattered},
	deploymentTable:     {"deployment", scattered},
	deploymentByModel:   {"deployment.by_model", scattered},
	batchTable:          {"batch", appended},
	batchByModel:        {"batch.by_model", scattered},
	outputIndex:         {"output.index", appended},
	outputRunTable:      {"output.run", scattered},
	holdTable:           {"hold", scattered},
	holdByProject:       {"hold.by_project", scattered},
	erasureTable:        {"erasure", scattered},
	erasureByProject:    {"erasure.by_project", scattered},
	erasedTable:         {"erased", scattered},
	requestTable:        {"request", almostSorted},
	revisionTable:       {"revision", scattered},
	counterTable:        {"counter", scattered},
	textTable:           {"text", scattered},
	documentTable:       {"document", scattered},
	saltTable:           {"salt", scattered},
	secretTable:         {"secret", scattered},
	outputSegment:       {"output.segment", appended},
	memoTable:           {"memo", scattered},
	indexTable:          {"index", scattered},
	nodeSegments:        {"node.segment", appended},
	nodeIndex:           {"node.index", scattered},
	nodeImports:         {"node.import", scattered},
}
