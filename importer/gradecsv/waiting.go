package gradecsv

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// ErrQuit is what opening or reading fails with that waited for someone to write when [Options.Quit] was closed.
var ErrQuit = errors.New("no longer waited for")

// openWaiting opens a file, and waits for someone to write to a named pipe, which opening one does, no longer than until
// quit is closed. What opens it is then left in that: nothing can end it but a writer or the process.
func openWaiting(path string, quit <-chan struct{}) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&fs.ModeNamedPipe == 0 || quit == nil {
		return os.Open(path)
	}
	type opened struct {
		*os.File
		err error
	}
	done := make(chan opened)
	go func() {
		f, err := os.Open(path)
		select {
		case done <- opened{f, err}:
		case <-quit:
			f.Close() // of none it does nothing
		}
	}()
	select {
	case o := <-done:
		return o.File, o.err
	case <-quit:
		return nil, ErrQuit
	}
}

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
