//go:build linux

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What is no file is written to and not replaced: report -o /dev/null must leave that what it is.
func TestAPageIsWrittenIntoAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(path, os.O_RDWR, 0) // waits for nobody
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	before := strings.Repeat("x", len(pageBegins)) // for whoever would look whether it is a page
	if _, err := pipe.WriteString(before); err != nil {
		t.Fatal(err)
	}
	if err := writePage(path, func(w io.Writer) error { _, err := io.WriteString(w, "page"); return err }); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, len(before)+len("page"))
	if _, err := io.ReadFull(pipe, text); err != nil || string(text) != before+"page" {
		t.Errorf("%q, %v", text, err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Errorf("%v, %v: no pipe any more", info, err)
	}
}
