package importer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"

	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/internal/tempfile"
)

// retakes finds rows of one line item and student under different sourcedIds: two results, which may be meant, as for a
// retake, or a grade that was exported twice. Only the end of the input shows them all.
//
// A row is 12 bytes here: a hash of the two ids, seeded anew in every run, and its position. They are kept by a part of
// their hash, and what does not fit in memory lies in a temporary file meanwhile, a block of one part after another. At the
// end each part is gone through by itself. That file is of no account for the import: where it cannot be written, a
// warning says that nothing was compared.
//
// Two pairs of ids that share 64 bits of hash count as one: at 10 million rows with odds of 1 in 370,000, and then a
// warning is too many.
type retakes struct {
	dir             string // of the temporary file
	items, students maphash.Seed
	parts           [retakeParts]retakePart
	tmp             *tempfile.File // nil: all is in memory
	end             uint32         // blocks written
	err             error          // the first failure; nothing is kept from then on

	count int
	first []retake // the first problemLines, in order
}

const (
	retakeParts = 256
	retakeBytes = 12
	// retakeBlock is 4 KiB, in whole rows.
	retakeBlock = 4096 / retakeBytes * retakeBytes
)

// retakePart is the rows of one part: blocks in the file, and what is not yet written.
type retakePart struct {
	blocks []uint32
	buf    []byte
}

// retake is a row, and the first one of the same line item and student.
type retake struct{ at, first uint32 }

func newRetakes(dir string) *retakes {
	return &retakes{dir: dir, items: maphash.MakeSeed(), students: maphash.MakeSeed()}
}

// add notes a row that is to be imported, or was by an earlier run. Positions ascend.
func (r *retakes) add(row *gradecsv.Row, at uint32) {
	if r.err != nil {
		return
	}
	hash := maphash.String(r.items, row.Result.LineItem.SourcedID) ^ maphash.String(r.students, row.Result.Student.SourcedID)
	p := &r.parts[hash>>56]
	p.buf = binary.LittleEndian.AppendUint64(p.buf, hash)
	p.buf = binary.LittleEndian.AppendUint32(p.buf, at)
	if len(p.buf) == retakeBlock {
		r.fail(r.spill(p))
	}
}

func (r *retakes) fail(err error) {
	if err != nil && r.err == nil {
		r.err = errors.Join(err, r.close())
		r.parts = [retakeParts]retakePart{}
	}
}

// spill writes a part's full buffer to the temporary file.
func (r *retakes) spill(p *retakePart) error {
	if r.tmp == nil {
		tmp, err := tempfile.New(r.dir, ".pairs-*")
		if err != nil {
			return err
		}
		r.tmp = tmp
	}
	if _, err := r.tmp.WriteAt(p.buf, int64(r.end)*retakeBlock); err != nil {
		return err
	}
	p.blocks, p.buf = append(p.blocks, r.end), p.buf[:0]
	r.end++
	return nil
}

// find goes through all parts, and removes what was kept. A nil retakes has found nothing.
func (r *retakes) find() {
	if r == nil {
		return
	}
	var table []retakeSlot
	for i := range r.parts {
		if r.err == nil {
			var err error
			table, err = r.compare(&r.parts[i], table)
			r.fail(err)
		}
	}
	r.fail(r.close())
}

type retakeSlot struct {
	hash uint64
	at   uint32 // 0: free
}

// compare looks for the rows of a part in a table, whose room it reuses, in their order.
func (r *retakes) compare(p *retakePart, table []retakeSlot) ([]retakeSlot, error) {
	rows := (len(p.blocks)*retakeBlock + len(p.buf)) / retakeBytes
	size := rows + rows/2 + 1
	clear(table[:min(size, len(table))])
	if size > len(table) {
		table = make([]retakeSlot, size)
	}
	used := table[:size]
	block := make([]byte, retakeBlock)
	for _, n := range p.blocks {
		if _, err := r.tmp.ReadAt(block, int64(n)*retakeBlock); err != nil {
			return table, err
		}
		r.place(block, used)
	}
	r.place(p.buf, used)
	p.buf = nil
	return table, nil
}

func (r *retakes) place(rows []byte, table []retakeSlot) {
	for ; len(rows) > 0; rows = rows[retakeBytes:] {
		hash, at := binary.LittleEndian.Uint64(rows), binary.LittleEndian.Uint32(rows[8:])
		i := hash % uint64(len(table))
		for table[i].at != 0 && table[i].hash != hash {
			if i++; i == uint64(len(table)) {
				i = 0
			}
		}
		if table[i].at == 0 {
			table[i] = retakeSlot{hash, at}
			continue
		}
		r.count++
		r.note(retake{at: at, first: table[i].at})
	}
}

// note keeps a retake if it is among the first.
func (r *retakes) note(found retake) {
	i, _ := slices.BinarySearchFunc(r.first, found.at, func(known retake, at uint32) int { return int(known.at) - int(at) })
	if i < problemLines {
		r.first = slices.Insert(r.first, i, found)
		r.first = r.first[:min(len(r.first), problemLines)]
	}
}

func (r *retakes) close() error {
	if r.tmp == nil {
		return nil
	}
	err := r.tmp.Close()
	r.tmp = nil
	return err
}

// problem is what the report says of the rows found; false where there is nothing to say. place names a position.
func (r *retakes) problem(place func(uint32) string) (Problem, bool) {
	p := Problem{Status: "warning", Lines: []string{}}
	switch {
	case r == nil || r.err == nil && r.count == 0:
		return p, false
	case r.err != nil:
		p.Code, p.Count = "row.unpaired", 1
		p.Message = fmt.Sprintf("whether several rows are for the same line item and student was not compared: %v", r.err)
		return p, true
	}
	p.Code, p.Count = "row.retake", r.count
	p.Message = "an earlier row has the same line item and student under another sourcedId, and both are results of their own; " +
		"if no retake is meant, remove one of the two"
	for _, found := range r.first {
		p.Lines = append(p.Lines, place(found.at))
		p.Others = append(p.Others, place(found.first))
	}
	return p, true
}
