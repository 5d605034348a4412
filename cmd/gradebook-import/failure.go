package main

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
)

// failure is an error that knows its exit status. Its text is one line: where, what is wrong, what to do.
type failure struct {
	status int
	err    error
	// hint is a second line, such as a command to run instead; "": none.
	hint string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }
func (f *failure) ExitCode() int { return f.status }

// usage is a refusal of what the command line, the environment or the config file says.
func usage(format string, args ...any) *failure {
	return &failure{status: importer.ExitUsage, err: fmt.Errorf(format, args...)}
}

// unread is why a file could not be read, for people who do not know what stat and open are.
func unread(path string, err error) error {
	var cause *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file; check the name and the directory", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: may not be read by this user; check the file's permissions", path)
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("%s: is a directory; name the file in it", path)
	case errors.As(err, &cause):
		return fmt.Errorf("%s: %w", path, cause.Err)
	}
	return err
}

func (f *failure) try(hint string) *failure {
	f.hint = hint
	return f
}

// finished is a run that came to its end and said so in its summary: there is nothing left to say but the status.
type finished int

func (f finished) Error() string { return fmt.Sprintf("the run ended with status %d", int(f)) }
func (f finished) ExitCode() int { return int(f) }

// exitStatus turns an error into an exit status.
func exitStatus(err error) int {
	var coded interface{ ExitCode() int }
	var locked *checkpoint.LockedError
	var input *gradecsv.InputError
	switch {
	case err == nil:
		return importer.ExitOK
	case errors.As(err, &coded):
		return coded.ExitCode()
	case errors.As(err, &locked):
		return importer.ExitLocked
	case errors.As(err, &input):
		return importer.ExitUsage
	}
	return importer.ExitFailed
}
