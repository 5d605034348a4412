package importer

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"gradebook-import/checkpoint"
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

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, max(s.Count, 1)) }
