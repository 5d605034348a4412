package importer

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"path/filepath"
	"slices"

	"gradebook-import/importer/internal/tempfile"
)

// A Pile keeps texts that come in any order, and gives them back in the order of the input. They lie on the disk
// meanwhile, in a temporary file; 16 bytes of memory
// a text remember their places. A text is what was written since the last Mark.
type Pile struct {
	tmp   *tempfile.File
	w     *bufio.Writer
	size  int64
	index []place
	ended bool // all is on the disk, and index in the order of the input
}

// place is where a text lies in the temporary file: its position in the input and its bytes.
type place struct {
	at     uint32
	length uint32
	offset int64
}

// NewPile makes an empty one, whose temporary file lies beside path.
func NewPile(path string) (*Pile, error) {
	tmp, err := tempfile.New(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, err
	}
	return &Pile{tmp: tmp, w: bufio.NewWriter(tmp)}, nil
}

// Write adds to the text that the next Mark ends.
func (p *Pile) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.size += int64(n)
	return n, err
}

// Mark ends a text, which belongs to a position in the input. Texts of one position stay in the order of their coming.
func (p *Pile) Mark(at uint32) {
	var from int64
	if n := len(p.index); n > 0 {
		from = p.index[n-1].offset + int64(p.index[n-1].length)
	}
	p.index = append(p.index, place{at: at, length: uint32(p.size - from), offset: from})
}

// Each yields the texts in the order of the input, to the first error. A text is valid only during its call, and nothing is
// written after Each or Of.
func (p *Pile) Each(yield func(at uint32, text []byte) error) error {
	if err := p.end(); err != nil {
		return err
	}
	return p.yield(p.index, yield)
}

// Of yields the texts of one position, as Each does.
func (p *Pile) Of(at uint32, yield func(at uint32, text []byte) error) error {
	if err := p.end(); err != nil {
		return err
	}
	from, _ := slices.BinarySearchFunc(p.index, at, func(a place, at uint32) int { return cmp.Compare(a.at, at) })
	to := from
	for to < len(p.index) && p.index[to].at == at {
		to++
	}
	return p.yield(p.index[from:to], yield)
}

// end makes texts readable that have been written.
func (p *Pile) end() error {
	if p.ended {
		return nil
	}
	if err := p.w.Flush(); err != nil {
		return err
	}
	slices.SortStableFunc(p.index, func(a, b place) int { return cmp.Compare(a.at, b.at) })
	p.ended = true
	return nil
}

func (p *Pile) yield(places []place, yield func(at uint32, text []byte) error) error {
	window := window{file: p.tmp, size: p.size}
	for _, place := range places {
		text, err := window.text(place)
		if err == nil {
			err = yield(place.at, text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// WriteSorted writes the texts in the order of the input.
func (p *Pile) WriteSorted(out io.Writer) error {
	w := bufio.NewWriter(out)
	err := p.Each(func(_ uint32, text []byte) error {
		_, err := w.Write(text)
		return err
	})
	return errors.Join(err, w.Flush())
}

// windowBytes is how much of the temporary file is read at once: texts that came almost in order cost few reads.
const windowBytes = 64 << 10

// window is the part of the temporary file that is in memory.
type window struct {
	file   io.ReaderAt
	size   int64 // of the file
	from   int64
	loaded []byte
}

func (w *window) text(p place) ([]byte, error) {
	end := p.offset + int64(p.length)
	if p.offset < w.from || end > w.from+int64(len(w.loaded)) {
		n := min(max(windowBytes, int(p.length)), int(w.size-p.offset))
		w.from, w.loaded = p.offset, slices.Grow(w.loaded[:0], n)[:n]
		if _, err := w.file.ReadAt(w.loaded, p.offset); err != nil {
			return nil, err
		}
	}
	return w.loaded[p.offset-w.from : end-w.from], nil
}

// Close removes the temporary file.
func (p *Pile) Close() error { return p.tmp.Close() }
