package gradecsv

import (
	"errors"
	"io"
)

// ErrQuit is what a read fails with that waited for someone to write when [Options.Quit] was closed.
var ErrQuit = errors.New("no longer waited for")

// waiting reads from where a read may wait for someone, and waits no longer than until quit is closed. What reads src is
// then left in that read: nothing can end it but src or the process.
type waiting struct {
	parts chan part // closed never; the last one has an error
	rest  part
	quit  <-chan struct{}
}

type part struct {
	data []byte
	err  error
}

const waitingBytes = 64 << 10

// newWaiting returns src itself where nothing can quit.
func newWaiting(src io.Reader, quit <-chan struct{}) io.Reader {
	if quit == nil {
		return src
	}
	w := &waiting{parts: make(chan part), quit: quit}
	go w.read(src)
	return w
}

// read ends with src or with quit.
func (w *waiting) read(src io.Reader) {
	for {
		data := make([]byte, waitingBytes)
		n, err := src.Read(data)
		select {
		case w.parts <- part{data[:n], err}:
		case <-w.quit:
			return
		}
		if err != nil {
			return
		}
	}
}

// Read returns what is there before it heeds quit, so that nothing that was read is lost to chance.
func (w *waiting) Read(p []byte) (int, error) {
	for len(w.rest.data) == 0 {
		if w.rest.err != nil {
			return 0, w.rest.err
		}
		select {
		case w.rest = <-w.parts:
		case <-w.quit:
			return 0, ErrQuit
		}
	}
	n := copy(p, w.rest.data)
	w.rest.data = w.rest.data[n:]
	return n, nil
}
