package main

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
)

// only makes a file, and inspects it.
func only(t *testing.T, name string) inputs {
	if err := os.WriteFile(name, []byte("sourcedId\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return inspect([]string{name})
}

func TestWhatIsSaidOfAFileThatChanged(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.csv")
	in := only(t, name)
	fails := func(err error) func(string) (os.FileInfo, error) {
		return func(string) (os.FileInfo, error) { return nil, &fs.PathError{Op: "stat", Path: name, Err: err} }
	}
	for _, c := range []struct {
		stat  func(string) (os.FileInfo, error)
		whole bool
		says  string
	}{
		{os.Stat, false, ""},
		{fails(syscall.ENOENT), false, " was moved away or deleted"},
		{fails(syscall.ENOENT), true, " was moved away or deleted"},
		{fails(syscall.ESTALE), false, " can no longer be looked at (" + syscall.ESTALE.Error() + ")"},
		{fails(syscall.ESTALE), true, ""},
	} {
		if got := in.changed(c.stat, c.whole); (got == "") != (c.says == "") || !strings.HasPrefix(got, name+c.says) && got != "" {
			t.Errorf("says %q, want %q", got, c.says)
		}
	}
	again := filepath.Join(t.TempDir(), "b.csv")
	only(t, again)
	if err := os.Chtimes(again, in[0].ModTime(), in[0].ModTime()); err != nil {
		t.Fatal(err)
	}
	other := func(string) (os.FileInfo, error) { return os.Stat(again) }
	if now, err := other(""); err != nil || os.SameFile(now, in[0].FileInfo) {
		t.Fatal("one file", err)
	}
	if got := in.changed(other, false); got != "" {
		t.Errorf("of a file whose number alone is another: %q", got)
	}
}

// After the end of the input, a disk that is gone is no matter.
func TestALookThatFails(t *testing.T) {
	in := only(t, filepath.Join(t.TempDir(), "a.csv"))
	for _, c := range []struct {
		source importer.Source
		stops  bool
	}{{moreToCome{}, true}, {nothingLeft{}, false}} {
		ctx, stop := context.WithCancelCause(t.Context())
		v := &vigil{inputs: in, stop: stop, stat: func(string) (os.FileInfo, error) { return nil, syscall.EIO }}
		_, err := steadySource{c.source, v}.Read(make([]gradecsv.Row, 1))
		if got := v.broken(); got != c.stops || (ctx.Err() != nil) != c.stops || (err == errUnsteady) != c.stops {
			t.Errorf("%T: stopped: %v, want %v; %v, %v", c.source, got, c.stops, context.Cause(ctx), err)
		}
		stop(nil)
	}
}

// A disk that is gone keeps neither the recorder, which calls Progress, nor the end of the run waiting.
func TestALookThatNeverEnds(t *testing.T) {
	in := only(t, filepath.Join(t.TempDir(), "a.csv"))
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancelCause(t.Context())
		back := make(chan struct{})
		var hangs atomic.Bool
		v := &vigil{inputs: in, stop: stop, stat: func(name string) (os.FileInfo, error) {
			if hangs.Load() {
				<-back
			}
			return os.Stat(name)
		}}
		c := importer.Config{Source: nothingLeft{}, Progress: func(importer.Progress) {}}
		v.watch(ctx, &c)
		if _, err := c.Source.Read(nil); err != io.EOF {
			t.Error(err)
		}
		hangs.Store(true)
		time.Sleep(4 * lookEvery) // of the bubble
		ended := make(chan struct{})
		go func() {
			c.Progress(importer.Progress{})
			stop(nil)
			close(ended)
		}()
		synctest.Wait()
		select {
		case <-ended:
		default:
			t.Error("the run waits for the look")
		}
		close(back)
	})
}

type nothingLeft struct{}

func (nothingLeft) Read([]gradecsv.Row) (int, error) { return 0, io.EOF }

type moreToCome struct{}

func (moreToCome) Read(rows []gradecsv.Row) (int, error) { return len(rows), nil }
