package checkpoint

import (
	"encoding/binary"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// bbolt trusts its pages: one that points to its own ancestor ends the process by recursion, one with a wrong length ends
// it for want of memory, and neither is a panic that could be caught. So before bbolt walks the tree, this does, with
// plain reads: each page in bounds, of the id and kind that it says, reached once; each element inside its page,
// and no page that is in use on the list of free ones. What the values say is for their checksums. The layout is bbolt's format 2 (internal/common/page.go, inode.go, bucket.go).
const (
	pageHeader   = 16 // id 8, flags 2, count 2, pages that follow 4
	element      = 16 // branch: pos 4, key size 4, page 8; leaf: flags 4, pos 4, key size 4, value size 4
	bucketHeader = 16 // root page 8, sequence 8; a root of 0: the bucket's only page follows

	branchFlag, leafFlag, freeFlag = 1, 2, 16

	bucketFlag = 1 // of a leaf's element

	// In a meta page, after its header:
	metaFreePages, metaTxID = 32, 48
	noFreePages             = 1<<64 - 1 // the list is not in the file
)

// verify checks the tree of the open file. One page of each node is read, some hundred milliseconds for 10 million rows.
func (b *boltDB) verify() error {
	b.warm()
	return b.db.View(func(tx *bbolt.Tx) error {
		w := walker{file: b.file, pageSize: uint64(b.db.Info().PageSize)}
		w.end = uint64(tx.Size()) / w.pageSize
		w.seen = make([]bool, w.end)
		if err := w.page(uint64(tx.Cursor().Bucket().Root())); err != nil {
			return err
		}
		return w.freePages(uint64(tx.ID()))
	})
}

type walker struct {
	file     *os.File
	pageSize uint64
	end      uint64 // first page that was never in use
	seen     []bool
}

// page checks the page id and what is below it.
func (w *walker) page(id uint64) error {
	data, follow, err := w.take(id)
	if err != nil {
		return err
	}
	// The values of the log reach over several pages, but its elements do not: only buckets must be read whole.
	size := w.pageSize * (follow + 1)
	if follow > 0 && !w.plain(data) {
		if data, err = w.read(id, follow+1); err != nil {
			return err
		}
	}
	return w.elements(id, data, size)
}

// take reads the first page of a run of pages, checks its header, notes them as used, and says how many follow.
func (w *walker) take(id uint64) (data []byte, follow uint64, err error) {
	if data, err = w.read(id, 1); err != nil {
		return nil, 0, err
	}
	follow = uint64(binary.LittleEndian.Uint32(data[12:]))
	if binary.LittleEndian.Uint64(data) != id || follow >= w.end-id {
		return nil, 0, fmt.Errorf("page %d has a damaged header", id)
	}
	for i := id; i <= id+follow; i++ {
		if w.seen[i] {
			return nil, 0, fmt.Errorf("page %d is in use twice", i)
		}
		w.seen[i] = true
	}
	return data, follow, nil
}

// freePages checks the list of free pages, after the tree: a page in use that is on it would be overwritten.
func (w *walker) freePages(txID uint64) error {
	id, err := w.freePagesAt(txID)
	if err != nil || id == noFreePages {
		return err
	}
	data, follow, err := w.take(id)
	if err != nil {
		return err
	}
	if follow > 0 {
		if data, err = w.read(id, follow+1); err != nil {
			return err
		}
	}
	list, count := data[pageHeader:], uint64(binary.LittleEndian.Uint16(data[10:]))
	if count == 1<<16-1 { // too many for the header
		count, list = binary.LittleEndian.Uint64(list), list[8:]
	}
	if binary.LittleEndian.Uint16(data[8:]) != freeFlag || count > uint64(len(list))/8 {
		return fmt.Errorf("page %d has a damaged header", id)
	}
	for i := range count {
		free := binary.LittleEndian.Uint64(list[8*i:])
		if free < 2 || free >= w.end || w.seen[free] {
			return fmt.Errorf("page %d is not free, as the list of free pages says", free)
		}
		w.seen[free] = true
	}
	return nil
}

// freePagesAt finds the list in the meta page of a transaction. bbolt has verified that page's checksum.
func (w *walker) freePagesAt(txID uint64) (id uint64, err error) {
	data := make([]byte, 2*w.pageSize)
	if _, err := w.file.ReadAt(data, 0); err != nil {
		return 0, err
	}
	for _, page := range [][]byte{data[:w.pageSize], data[w.pageSize:]} {
		if meta := page[pageHeader:]; binary.LittleEndian.Uint64(meta[metaTxID:]) == txID {
			return binary.LittleEndian.Uint64(meta[metaFreePages:]), nil
		}
	}
	return 0, fmt.Errorf("transaction %d has no page", txID)
}

func (w *walker) read(id, n uint64) (data []byte, err error) {
	if id < 2 || id >= w.end {
		return nil, fmt.Errorf("page %d is out of bounds", id)
	}
	data = make([]byte, n*w.pageSize)
	_, err = w.file.ReadAt(data, int64(id*w.pageSize))
	return data, err
}

// plain: the elements are all on the first page, and none is a bucket.
func (w *walker) plain(data []byte) bool {
	count := int(binary.LittleEndian.Uint16(data[10:]))
	if binary.LittleEndian.Uint16(data[8:]) != leafFlag || pageHeader+count*element > len(data) {
		return false
	}
	for i := range count {
		if binary.LittleEndian.Uint32(data[pageHeader+i*element:]) != 0 {
			return false
		}
	}
	return true
}

// elements checks the elements of a node of size bytes, of which data is at least the array of elements.
func (w *walker) elements(id uint64, data []byte, size uint64) error {
	kind, count := binary.LittleEndian.Uint16(data[8:]), int(binary.LittleEndian.Uint16(data[10:]))
	if kind != leafFlag && (kind != branchFlag || count == 0) || pageHeader+count*element > len(data) {
		return fmt.Errorf("page %d has a damaged header", id)
	}
	for i := range count {
		at := uint64(pageHeader + i*element)
		e := data[at:]
		field := func(n int) uint64 { return uint64(binary.LittleEndian.Uint32(e[4*n:])) }
		if kind == branchFlag {
			if at+field(0)+field(1) > size {
				return fmt.Errorf("page %d: element %d is out of bounds", id, i)
			}
			if err := w.page(binary.LittleEndian.Uint64(e[8:])); err != nil {
				return err
			}
			continue
		}
		key, value := at+field(1), at+field(1)+field(2)
		if field(0) > bucketFlag || key < at+element || field(2) == 0 || value+field(3) > size {
			return fmt.Errorf("page %d: element %d is out of bounds", id, i)
		}
		if field(0) == bucketFlag {
			if err := w.bucket(id, data[value:value+field(3)]); err != nil {
				return err
			}
		}
	}
	return nil
}

// bucket checks a bucket by its value.
func (w *walker) bucket(id uint64, value []byte) error {
	if len(value) < bucketHeader {
		return fmt.Errorf("page %d: a bucket is cut off", id)
	}
	if root := binary.LittleEndian.Uint64(value); root != 0 {
		return w.page(root)
	}
	inline := value[bucketHeader:]
	if len(inline) < pageHeader || binary.LittleEndian.Uint16(inline[8:]) != leafFlag {
		return fmt.Errorf("page %d: a bucket is cut off", id)
	}
	return w.elements(id, inline, uint64(len(inline)))
}
