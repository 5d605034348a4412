package checkpoint

import (
	"errors"
	"fmt"
	"syscall"
)

// Errors that Open can return. What the operating system refuses (permission, no such directory) is a *fs.PathError.

// LockedError: another process holds the checkpoint.
type LockedError struct {
	Path string
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("checkpoint %s is in use: another run holds it; wait for it to end, as --lock-wait 30m does; another checkpoint would not know what that run sends", e.Path)
}

// VersionError: a later program wrote the checkpoint.
type VersionError struct {
	Path             string
	Found, Supported uint32
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("checkpoint %s has format %d, and this program reads formats up to %d: use the program that wrote it, or a later one",
		e.Path, e.Found, e.Supported)
}

// ForeignError: the file is no checkpoint, and shows no sign that it was one. It was not changed.
type ForeignError struct{ Path string }

func (e *ForeignError) Error() string {
	return e.Path + " is not a checkpoint: name the checkpoint of an earlier run, or a file that is not there yet and will be made; nothing was changed in this one." +
		" If it was a checkpoint, and something wrote over it, name a new file and run with --look-first, so that each row is looked up at the server before it is sent"
}

// DamagedError: the checkpoint is not whole. Any method can return it.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("checkpoint %s is damaged (%v): set it aside (mv %[1]s %[1]s.damaged) and run with --look-first,"+
		" so that each row is looked up at the server before it is sent", e.Path, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// WriteError: a transaction failed. It may be on disk or not, so every later use of the store gets the same error.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string {
	hint := "when the disk is well again"
	switch {
	case errors.Is(e.Err, errReplaced):
		return fmt.Sprintf("checkpoint %s cannot be written (%v): put it back and run the same command again;"+
			" if it is lost, run with --look-first, so that each row is looked up at the server before it is sent", e.Path, e.Err)
	case errors.Is(e.Err, syscall.ENOSPC), errors.Is(e.Err, syscall.EDQUOT), errors.Is(e.Err, syscall.EFBIG):
		hint = "when there is room"
	}
	return fmt.Sprintf("checkpoint %s cannot be written (%v): run the same command again %s; rows without a recorded outcome are looked up first",
		e.Path, e.Err, hint)
}

func (e *WriteError) Unwrap() error { return e.Err }

// errReplaced: what is committed from here on would be lost.
var errReplaced = errors.New("the file was removed or replaced during the run")
