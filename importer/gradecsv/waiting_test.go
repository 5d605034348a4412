package gradecsv

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

func TestAPipeThatNobodyWritesToIsQuit(t *testing.T) {
	defer goleak.VerifyNone(t)
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	quit := make(chan struct{})
	close(quit)
	if _, err := Open([]string{path}, Options{Quit: quit}); !errors.Is(err, ErrQuit) {
		t.Errorf("%v, want %v", err, ErrQuit)
	}
	w, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for what opens it, which ends then
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
}
