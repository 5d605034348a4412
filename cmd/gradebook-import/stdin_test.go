package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A run that waits for somebody to write to its standard input ends with SIGTERM, with --max-duration and when it has
// been stopped by the rows that it has read; it does not wait for the next one.
func TestStandardInputThatNobodyEnds(t *testing.T) {
	const header = "sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate\n"
	const row = "res-1,li-1,stu-1,fully graded,50,2026-06-01\n"
	for _, c := range []struct {
		name, input, says string
		args              []string
		signal            bool
	}{
		{"signal before the header", "", "stopped before the header was read", nil, true},
		{"signal in the middle of a row", header + row + "res-2,li-2", "stopped: terminated", nil, true},
		{"deadline", header + row, "--max-duration 1s is over", []string{"--max-duration", "1s"}, false},
		{"too many errors", header + "res-1,li-1,,fully graded,50,2026-06-01\n", "--max-errors", []string{"--max-errors", "0"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(program, append([]string{"run", "--sandbox", "--progress", "none", "-"}, c.args...)...)
			cmd.Dir = t.TempDir()
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			var said strings.Builder
			cmd.Stdout, cmd.Stderr = &said, &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(in, c.input); err != nil {
				t.Fatal(err)
			}
			if c.signal {
				time.Sleep(3 * time.Second) // it says nothing when it begins to heed signals; what it has read by then does not matter
				if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Fatal(err)
				}
			}
			late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
			defer late.Stop()
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 4 {
				t.Errorf("status %d, want 4", code)
			}
			if !strings.Contains(said.String(), c.says) {
				t.Errorf("does not say %q:\n%s", c.says, said.String())
			}
		})
	}
}
