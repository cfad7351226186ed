package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"

	"govd/internal/gov"
)

// The outputs of a batch lie beside the log in chunks, in the order they came.
// The index finds them by digest. It is a few sorted runs of blocks, so that
// recording writes pages one after the other and not one at random for each
// output: a batch adds a run, and runs of about one size are merged into one,
// up to a size at which a merge would keep the writer too long.

const (
	chunkOutputs = 512     // in a chunk
	blockOutputs = 128     // in a block
	mergeRuns    = 8       // of a class
	largestMerge = 1 << 18 // outputs in a run that is merged no more
	prefixBytes  = 16      // of a digest, in the index
	entryBytes   = prefixBytes + 8 + 4
	outputRun    = "output.run" // counter: the newest run
)

// PutOutputs stores the outputs of a batch.
func (tx *Tx) PutOutputs(batch uint64, all []gov.Output) error {
	n := uint32(0)
	for chunk := range slices.Chunk(all, chunkOutputs) {
		if err := outputChunks.put(tx, chunkKey{batch, n}, chunk); err != nil {
			return err
		}
		n++
	}
	return nil
}

// Outputs yields the outputs of a batch in their order, from one on.
func (tx *Tx) Outputs(batch uint64, from uint32) iter.Seq2[gov.Output, error] {
	return func(yield func(gov.Output, error) bool) {
		s := under(key(nil).uint64(batch))
		s.from = outputChunks.key(chunkKey{batch, from / chunkOutputs})
		skip := int(from % chunkOutputs)
		for chunk, err := range outputChunks.list(tx, s) {
			if err != nil {
				yield(gov.Output{}, err)
				return
			}
			for _, o := range chunk[min(skip, len(chunk)):] {
				if !yield(o, nil) {
					return
				}
			}
			skip = 0
		}
	}
}

// Output returns an output of a batch. Returns gov.NotFound if there is none.
func (tx *Tx) Output(p gov.OutputPlace) (o gov.Output, err error) {
	chunk := rawValue(tx.get(outputSegment, outputChunks.key(chunkKey{p.Batch, p.Index / chunkOutputs})))
	for skip := p.Index % chunkOutputs; len(chunk) > 0; skip-- {
		digest, name, rest, err := cutOutput(chunk)
		if err != nil {
			return o, unreadable(err, outputChunks.noun)
		}
		if skip == 0 {
			return gov.Output{Digest: gov.Digest(digest), Name: string(name)}, nil
		}
		chunk = rest
	}
	return o, gov.Errorf(gov.NotFound, "NO_OUTPUT", "batch %d has no output %d", p.Batch, p.Index)
}

// IndexOutputs makes the outputs of a batch known by their digests.
func (tx *Tx) IndexOutputs(batch uint64, all []gov.Output) error {
	run := make([][entryBytes]byte, len(all))
	for i, o := range all {
		e := &run[i]
		copy(e[:prefixBytes], o.Digest[:])
		binary.BigEndian.PutUint64(e[prefixBytes:], batch)
		binary.BigEndian.PutUint32(e[prefixBytes+8:], uint32(i))
	}
	sortEntries(run)
	if err := tx.putRun(run); err != nil {
		return err
	}
	return tx.mergeOutputs()
}

func sortEntries(run [][entryBytes]byte) {
	slices.SortFunc(run, func(a, b [entryBytes]byte) int { return bytes.Compare(a[:], b[:]) })
}

// putRun writes a sorted run in blocks.
func (tx *Tx) putRun(run [][entryBytes]byte) error {
	n := tx.Next(outputRun)
	for block := range slices.Chunk(run, blockOutputs) {
		b := make([]byte, 0, len(block)*entryBytes)
		for i := range block {
			b = append(b, block[i][:]...)
		}
		if err := outputBlocks.put(tx, string(key(nil).uint64(n))+string(block[0][:]), b); err != nil {
			return err
		}
	}
	return outputRuns.put(tx, n, uint64(len(run)))
}

// class is the order of magnitude of a run's length, in powers of mergeRuns.
func class(n uint64) (c int) {
	for size := uint64(1); size < n; size *= mergeRuns {
		c++
	}
	return c
}

// mergeOutputs merges runs as long as there are enough of about one size.
func (tx *Tx) mergeOutputs() error {
	for {
		alike := map[int][]uint64{}
		full := -1
		for n, size := range tx.outputRuns() {
			if size >= largestMerge/mergeRuns {
				continue
			}
			c := class(size)
			if alike[c] = append(alike[c], n); len(alike[c]) == mergeRuns {
				full = c
				break
			}
		}
		if full < 0 {
			return nil
		}
		if err := tx.mergeRunsOf(alike[full]); err != nil {
			return err
		}
	}
}

func (tx *Tx) mergeRunsOf(runs []uint64) error {
	var all [][entryBytes]byte
	for _, n := range runs {
		var gone []string
		for k, v := range tx.scan(outputIndex, under(key(nil).uint64(n))) {
			gone = append(gone, string(k))
			for e := rawValue(v); len(e) >= entryBytes; e = e[entryBytes:] {
				all = append(all, [entryBytes]byte(e))
			}
		}
		for _, k := range gone {
			tx.remove(outputIndex, key(k))
		}
		if err := outputRuns.remove(tx, n); err != nil {
			return err
		}
	}
	sortEntries(all)
	return tx.putRun(all)
}

// outputRuns yields the runs, oldest first, and how long each is.
func (tx *Tx) outputRuns() iter.Seq2[uint64, uint64] {
	return func(yield func(uint64, uint64) bool) {
		for k, v := range tx.scan(outputRunTable, span{}) {
			if !yield(binary.BigEndian.Uint64(k), binary.BigEndian.Uint64(rawValue(v))) {
				return
			}
		}
	}
}

// FindOutputs returns where an output was recorded, the oldest first, at most so
// many of them.
func (tx *Tx) FindOutputs(d gov.Digest, most int) (found []gov.OutputPlace, err error) {
	for n := range tx.outputRuns() {
		for p := range tx.inRun(n, d) {
			o, err := tx.Output(p)
			if err != nil {
				return nil, err
			}
			if o.Digest == d {
				found = append(found, p)
			}
		}
	}
	slices.SortFunc(found, func(a, b gov.OutputPlace) int {
		return bytes.Compare(placeKey(a), placeKey(b))
	})
	return found[:min(most, len(found))], nil
}

func placeKey(p gov.OutputPlace) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, p.Batch), p.Index)
}

// inRun yields the places in a run whose digests begin as d does. The block
// before the first that begins with d may end with it.
func (tx *Tx) inRun(n uint64, d gov.Digest) iter.Seq[gov.OutputPlace] {
	return func(yield func(gov.OutputPlace) bool) {
		from := append(key(nil).uint64(n), d[:prefixBytes]...)
		for k := range tx.scan(outputIndex, span{from: key(nil).uint64(n), to: from, reverse: true}) {
			from = bytes.Clone(k)
			break
		}
		last := beyond(append(key(nil).uint64(n), d[:prefixBytes]...))
		for _, v := range tx.scan(outputIndex, span{from: from, to: last}) {
			for e := rawValue(v); len(e) >= entryBytes; e = e[entryBytes:] {
				if !bytes.Equal(e[:prefixBytes], d[:prefixBytes]) {
					continue
				}
				if !yield(gov.OutputPlace{Batch: binary.BigEndian.Uint64(e[prefixBytes:]), Index: binary.BigEndian.Uint32(e[prefixBytes+8:])}) {
					return
				}
			}
		}
	}
}

// IndexedOutputs yields what the index says: where an output is, and what its
// digest begins with.
func (tx *Tx) IndexedOutputs() iter.Seq2[gov.OutputPlace, []byte] {
	return func(yield func(gov.OutputPlace, []byte) bool) {
		for _, v := range tx.scan(outputIndex, span{}) {
			for e := rawValue(v); len(e) >= entryBytes; e = e[entryBytes:] {
				place := gov.OutputPlace{Batch: binary.BigEndian.Uint64(e[prefixBytes:]), Index: binary.BigEndian.Uint32(e[prefixBytes+8:])}
				if !yield(place, e[:prefixBytes]) {
					return
				}
			}
		}
	}
}

type chunkKey struct {
	batch uint64
	chunk uint32
}

func (k chunkKey) String() string { return fmt.Sprintf("%d of batch %d", k.chunk, k.batch) }

var outputChunks = &table[chunkKey, []gov.Output]{
	bucket: outputSegment, noun: "chunk of outputs", missing: "NO_OUTPUT",
	key:   func(k chunkKey) key { return key(nil).uint64(k.batch).uint64(uint64(k.chunk)) },
	parse: func(p *parts) chunkKey { return chunkKey{p.uint64(), uint32(p.uint64())} },
	codec: binaryValue(appendOutputs, decodeOutputs),
}

var outputBlocks = &table[string, []byte]{
	bucket: outputIndex, noun: "block of outputs", missing: "NO_OUTPUT", key: rawKey, parse: parseRawKey, codec: bytesValue,
}

var outputRuns = &table[uint64, uint64]{
	bucket: outputRunTable, noun: "run of outputs", missing: "NO_OUTPUT",
	key:   func(n uint64) key { return key(nil).uint64(n) },
	parse: func(p *parts) uint64 { return p.uint64() },
	codec: numberValue,
}

// A chunk is each output's digest, the length of its name, and the name.
func appendOutputs(b []byte, all []gov.Output) []byte {
	for _, o := range all {
		b = append(b, o.Digest[:]...)
		b = binary.AppendUvarint(b, uint64(len(o.Name)))
		b = append(b, o.Name...)
	}
	return b
}

func decodeOutputs(b []byte) (all []gov.Output, err error) {
	for len(b) > 0 {
		digest, name, rest, err := cutOutput(b)
		if err != nil {
			return nil, err
		}
		all, b = append(all, gov.Output{Digest: gov.Digest(digest), Name: string(name)}), rest
	}
	return all, nil
}

// cutOutput parts the first output of a chunk from those that follow it.
func cutOutput(b []byte) (digest, name, rest []byte, err error) {
	const size = len(gov.Digest{})
	if len(b) < size+1 {
		return nil, nil, nil, errLength
	}
	n, prefix := binary.Uvarint(b[size:])
	if digest, b = b[:size], b[size:]; prefix <= 0 || uint64(len(b)-prefix) < n {
		return nil, nil, nil, errLength
	}
	end := prefix + int(n)
	return digest, b[prefix:end], b[end:], nil
}
