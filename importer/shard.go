package importer

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
)

// Shard is one part of an input that Count runs share: it owns the rows whose key falls to Index, from 0.
type Shard struct {
	Index, Count int
}

// ParseShard reads I/N.
func ParseShard(s string) (Shard, error) {
	i, n, ok := strings.Cut(s, "/")
	index, err1 := strconv.Atoi(i)
	count, err2 := strconv.Atoi(n)
	if !ok || err1 != nil || err2 != nil || count < 1 || index < 0 || index >= count {
		return Shard{}, fmt.Errorf("%q is not a shard: write I/N, with I from 0 to N-1 (the first of four is 0/4)", s)
	}
	return Shard{index, count}, nil
}

// owns says whether a key is this shard's. Every key belongs to exactly one shard of a Count.
func (s Shard) owns(k checkpoint.Key) bool {
	return s.Count <= 1 || binary.BigEndian.Uint64(k[8:])%uint64(s.Count) == uint64(s.Index)
}

// has says whether a row is this shard's. Every row, whatever is wrong with it, is told of by one shard alone: a row
// without a sourcedId goes by its place in the input.
func (s Shard) has(row *gradecsv.Row, at uint32) bool {
	switch {
	case s.Count <= 1:
		return true
	case row.Result.SourcedID == "":
		return at%uint32(s.Count) == uint32(s.Index)
	}
	return s.owns(keyOf(&row.Result))
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, max(s.Count, 1)) }
