package checkpointtest

import (
	"os"
	"syscall"
	"testing"
)

// Disk opens files whose disk can fail: give its OpenFile to checkpoint.Options. bbolt needs a true file, for its lock
// and its memory map; so Fail puts another file under the descriptor, and what was mapped and locked stays.
type Disk struct {
	t    testing.TB
	file *os.File
	kept int // the true file, while the disk fails
}

// Failure says how a disk fails.
type Failure string

const (
	// Full: writes fail with ENOSPC.
	Full Failure = "/dev/full"
	// LosesWrites: writes succeed and are lost, and fsync fails.
	LosesWrites Failure = "/dev/null"
	// NoWrites: writes fail with EBADF, as they do with EIO or EROFS on other disks.
	NoWrites Failure = "/dev/zero"
)

// NewDisk returns a disk that is well.
func NewDisk(t testing.TB) *Disk { return &Disk{t: t, kept: -1} }

// OpenFile is os.OpenFile.
func (d *Disk) OpenFile(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
	d.file, err = os.OpenFile(name, flag, mode)
	return d.file, err
}

// Fail makes the file that was opened last fail from now on.
func (d *Disk) Fail(how Failure) {
	d.t.Helper()
	flag := os.O_RDWR
	if how == NoWrites {
		flag = os.O_RDONLY
	}
	bad, err := os.OpenFile(string(how), flag, 0)
	if err != nil {
		d.t.Fatal(err)
	}
	defer bad.Close()
	if d.kept, err = syscall.Dup(int(d.file.Fd())); err != nil {
		d.t.Fatal(err)
	}
	d.put(int(bad.Fd()))
}

// Heal ends the failure. What was lost stays lost.
func (d *Disk) Heal() {
	d.t.Helper()
	d.put(d.kept)
	if err := syscall.Close(d.kept); err != nil {
		d.t.Fatal(err)
	}
}

func (d *Disk) put(fd int) {
	d.t.Helper()
	if err := syscall.Dup3(fd, int(d.file.Fd()), syscall.O_CLOEXEC); err != nil {
		d.t.Fatal(err)
	}
}
