//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
)

// watched calls its hook for each event of a directory: a file was written, made, renamed or removed. The hook gets its name.
type watched struct {
	hook atomic.Pointer[func(name string)]
}

func (w *watched) on(hook func(name string)) { w.hook.Store(&hook) }
func (w *watched) off()                      { w.hook.Store(nil) }

// watchDir watches dir until the end of the test.
func watchDir(t *testing.T, dir string) *watched {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	const changes = syscall.IN_MODIFY | syscall.IN_CREATE | syscall.IN_MOVED_FROM | syscall.IN_MOVED_TO | syscall.IN_DELETE
	if _, err := syscall.InotifyAddWatch(fd, dir, changes); err != nil {
		t.Fatal(err)
	}
	w, f, done := &watched{}, os.NewFile(uintptr(fd), "inotify"), make(chan struct{})
	go func() {
		defer close(done)
		w.read(f)
	}()
	t.Cleanup(func() {
		f.Close()
		<-done
	})
	return w
}

// read reads events until f is closed (inotify(7): a head of 16 bytes, the last 4 of which are the length of the name).
func (w *watched) read(f *os.File) {
	buf := make([]byte, 64<<10)
	for {
		n, err := f.Read(buf)
		if err != nil {
			return
		}
		for b := buf[:n]; len(b) >= syscall.SizeofInotifyEvent; {
			end := syscall.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(b[12:]))
			name, _, _ := bytes.Cut(b[syscall.SizeofInotifyEvent:end], []byte{0})
			if hook := w.hook.Load(); hook != nil {
				(*hook)(strings.Clone(string(name)))
			}
			b = b[end:]
		}
	}
}
