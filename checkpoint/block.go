package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A block is the value under one key of the log: the intents of a batch, or of a part of it. The key is the seq of the
// first, big-endian; the others count on from it.
//
//	crc32c of the key and all that follows   4
//	run                                      4
//	time, Unix seconds                       8
//	records                                  48 each: key 16, digest 16, follows 8, line 4, file 2, op 1, 0
//
// The states of a block are a value of their own, under the same key of another bucket, so that an outcome rewrites some
// hundred bytes: crc32c of the key and the states 4, then a byte each. A block without states has only intents; losing
// states can therefore only make rows be looked up again.
const (
	crcSize    = 4
	headSize   = 16
	recordSize = 48
	// blockRows bounds a block. bbolt keeps at least two values on a leaf and rewrites the last leaf at each append, so
	// larger blocks cost more copying, smaller ones more calls; measured in doc.go.
	blockRows = 128
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errChecksum = errors.New("checksum does not match")

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func checksum(key, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, body)
}

// appendBlock appends the value for intents to buf.
func appendBlock(buf []byte, key []byte, run uint32, unix int64, intents []Intent) []byte {
	start := len(buf)
	buf = append(buf, make([]byte, crcSize)...)
	buf = binary.LittleEndian.AppendUint32(buf, run)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(unix))
	for i := range intents {
		in := &intents[i]
		buf = append(buf, in.Key[:]...)
		buf = append(buf, in.Digest[:]...)
		buf = binary.LittleEndian.AppendUint64(buf, in.Follows)
		buf = binary.LittleEndian.AppendUint32(buf, in.Line)
		buf = binary.LittleEndian.AppendUint16(buf, in.File)
		buf = append(buf, byte(in.Op), 0)
	}
	sealValue(key, buf[start:])
	return buf
}

// sealValue writes the checksum at the front of a block or of states.
func sealValue(key, value []byte) {
	binary.LittleEndian.PutUint32(value, checksum(key, value[crcSize:]))
}

// block is a decoded view of a log value: it shares the value's memory.
type block struct {
	first uint64
	run   uint32
	unix  int64
	recs  records
}

// records are packed records.
type records []byte

func (r records) len() int { return len(r) / recordSize }

func (r records) key(i int) Key { return Key(r[i*recordSize:]) }

func (r records) follows(i int) uint64 {
	return binary.LittleEndian.Uint64(r[i*recordSize+32:])
}

func (r records) intent(i int) Intent {
	b := r[i*recordSize : (i+1)*recordSize]
	return Intent{
		Key: Key(b), Digest: Digest(b[16:]), Follows: binary.LittleEndian.Uint64(b[32:]),
		Line: binary.LittleEndian.Uint32(b[40:]), File: binary.LittleEndian.Uint16(b[44:]), Op: Op(b[46]),
	}
}

// parseBlock checks a log entry and returns its view.
func parseBlock(key, value []byte) (block, error) {
	if len(key) != 8 || len(value) < headSize+recordSize || (len(value)-headSize)%recordSize != 0 {
		return block{}, fmt.Errorf("log entry of %d and %d bytes", len(key), len(value))
	}
	b := block{
		first: binary.BigEndian.Uint64(key), run: binary.LittleEndian.Uint32(value[4:]),
		unix: int64(binary.LittleEndian.Uint64(value[8:])), recs: records(value[headSize:]),
	}
	if binary.LittleEndian.Uint32(value) != checksum(key, value[crcSize:]) {
		return block{}, fmt.Errorf("log entry %d: %w", b.first, errChecksum)
	}
	return b, nil
}

// end is the seq after the last of b.
func (b *block) end() uint64 { return b.first + uint64(b.recs.len()) }

// parseStates checks the states of b. nil stands for intents only.
func (b *block) parseStates(key, value []byte) ([]byte, error) {
	if value == nil {
		return nil, nil
	}
	if len(value) != crcSize+b.recs.len() {
		return nil, fmt.Errorf("states %d: %d bytes for %d records", b.first, len(value), b.recs.len())
	}
	if binary.LittleEndian.Uint32(value) != checksum(key, value[crcSize:]) {
		return nil, fmt.Errorf("states %d: %w", b.first, errChecksum)
	}
	return value[crcSize:], nil
}

// stateAt is the state of record i; states is what parseStates returned.
func stateAt(states []byte, i int) State {
	if states == nil {
		return Begun
	}
	return State(states[i])
}

// newStates returns a states value that can be changed and then sealed.
func (b *block) newStates(states []byte) []byte {
	v := make([]byte, crcSize+b.recs.len())
	if states != nil {
		copy(v[crcSize:], states)
		return v
	}
	for i := range v[crcSize:] {
		v[crcSize+i] = byte(Begun)
	}
	return v
}
