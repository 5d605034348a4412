//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gradebook-import/importer"
)

// TestProcess holds the program as people run it, without the race detector, to its promises, while it is killed, while
// its disk fails and while its server misbehaves. Linux alone has the means: inotify, /dev/full, file size limits.
func TestProcess(t *testing.T) {
	program := build(t)
	t.Run("kills", func(t *testing.T) { killAndRestart(t, program) })
	t.Run("disk", func(t *testing.T) { failDisks(t, program) })
	t.Run("servers", func(t *testing.T) { misbehave(t, program) })

}

// build makes the program as make does.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), program)
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// lab is a directory with a file to import, and how the program is run there.
type lab struct {
	t       *testing.T
	program string
	dir     string
	env     []string // beyond PATH and the secret
	args    []string // of every run: the server, times, files
}

func newLab(t *testing.T, program, server string, args ...string) *lab {
	args = append([]string{"run", "--base-url", server, "--token-url", server + "/oauth2/token", "--client-id", "district-sis"}, args...)
	return &lab{t: t, program: program, dir: t.TempDir(), args: args}
}

func (b *lab) path(name string) string { return filepath.Join(b.dir, name) }

func (b *lab) write(name, content string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(content), 0o600); err != nil {
		b.t.Error(err)
	}
}

// command is the program's, not yet started.
func (b *lab) command(args ...string) *exec.Cmd {
	cmd := exec.Command(b.program, args...)
	cmd.Dir = b.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), secretVariable + "=" + testSecret}, b.env...)
	return cmd
}

// running is a process of the program.
type running struct {
	*process
	out, err stream
}

// stream is what a process wrote so far.
type stream struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// start starts cmd; it is killed at the end of the test at the latest.
func (b *lab) start(cmd *exec.Cmd) *running {
	r := &running{process: &process{cmd: cmd, done: make(chan struct{})}}
	cmd.Stdout, cmd.Stderr = &r.out, &r.err
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	go func() {
		r.process.err = cmd.Wait()
		close(r.done)
	}()
	b.t.Cleanup(func() {
		r.signal(syscall.SIGKILL)
		<-r.done
	})
	return r
}

// run starts the program with its arguments.
func (b *lab) run(more ...string) *running {
	return b.start(b.command(append(b.args[:len(b.args):len(b.args)], more...)...))
}

// signal sends a signal, if the process has not ended.
func (r *running) signal(s os.Signal) { _ = r.cmd.Process.Signal(s) }

// ended waits for the end and returns its status: a number, or killed.
func (r *running) ended(t *testing.T) string {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(patience):
		r.signal(syscall.SIGQUIT) // its goroutines come on stderr
		<-r.done
		t.Fatalf("still running after %s:\n%s", patience, r.err.String())
	}
	return statusOf(r.process.err)
}

// exits waits for the end, which must have that status.
func (r *running) exits(t *testing.T, want string) {
	t.Helper()
	if got := r.ended(t); got != want {
		t.Errorf("status %s, want %s\n%s\n%s", got, want, r.out.String(), r.err.String())
	}
	r.clean(t)
}

// clean checks that the streams hold no crash, no secret and nobody's data.
func (r *running) clean(t *testing.T) {
	t.Helper()
	both := r.out.String() + r.err.String()
	for _, word := range []string{"goroutine ", "panic", "internal error", testSecret, "stu-", "wordofcomment"} {
		if strings.Contains(both, word) {
			t.Errorf("says %q:\n%s", word, both)
		}
	}
}

// report reads report.json, nil when there is none. It is never there in part, and its sum holds.
func (b *lab) report() *importer.Report {
	b.t.Helper()
	data, err := os.ReadFile(b.path("gradebook-report/report.json"))
	if os.IsNotExist(err) {
		return nil
	}
	var r importer.Report
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		b.t.Fatalf("report.json: %v", err)
	}
	c := r.Counts
	if sum := c.Accepted + c.Unchanged + c.Rejected + c.Failed + c.InDoubt + c.Deferred + c.Filtered; sum != c.Read {
		b.t.Errorf("the report does not add up: %+v", c)
	}
	return &r
}

// leftovers are the files in the lab that no run should leave.
func (b *lab) leftovers() (names []string) {
	known := regexp.MustCompile(`^(results\.csv|gradebook\.db|gradebook-report|report\.json|report\.html|(rejects|in-doubt)(\.previous)?\.csv)$`)
	for _, dir := range []string{b.dir, b.path("gradebook-report")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			b.t.Error(err)
		}
		for _, e := range entries {
			if !known.MatchString(e.Name()) {
				names = append(names, e.Name())
			}
		}
	}
	return names
}

// serveSandbox starts "gradebook-import sandbox" as a process of its own and returns its address.
func serveSandbox(b *lab, args ...string) string {
	b.t.Helper()
	cmd := b.command(append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)
	r := b.start(cmd)
	address := regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/audit`)
	var match []string
	poll(b.t, "the sandbox's address", func() bool {
		match = address.FindStringSubmatch(r.out.String())
		return match != nil
	})
	return match[1]
}

// poll waits until something is so.
func poll(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !so(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// audited is the sandbox's audit, as far as tests read it.
type audited struct {
	Results, Deleted, Doubled, Pending, InFlight int
	Changes                                      struct{ Created, Replaced, Repeated, Deleted int }
	Requests, Faults                             map[string]int
}

func auditAt(t *testing.T, address string) (a audited) {
	t.Helper()
	getJSON(t, address+"/audit", func(d *json.Decoder) error { return d.Decode(&a) })
	return a
}

// record is what the sandbox did under one sourcedId.
type record struct {
	SourcedID         string
	Created, Replaced int
	Standing          int
	Content           struct {
		Score   float64
		Student struct{ SourcedID string }
	}
}

func recordsAt(t *testing.T, address string) map[string]record {
	t.Helper()
	all := map[string]record{}
	getJSON(t, address+"/audit?records=true", func(d *json.Decoder) error {
		for d.More() {
			var r record
			if err := d.Decode(&r); err != nil {
				return err
			}
			all[r.SourcedID] = r
		}
		return nil
	})
	return all
}

func getJSON(t *testing.T, url string, read func(*json.Decoder) error) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := read(json.NewDecoder(bufio.NewReader(resp.Body))); err != nil {
		t.Fatal(err)
	}
}

const goodHeader = "sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment\n"

// goodRows are n rows of a results file, the ith of which has sourcedId res-i and score scoreOf(i).
func goodRows(n int) string {
	var b strings.Builder
	b.WriteString(goodHeader)
	for i := range n {
		b.WriteString(goodRow(i))
	}
	return b.String()
}

func goodRow(i int) string {
	return fmt.Sprintf("res-%d,li-%d,stu-%d,fully graded,%d,2026-06-01,wordofcomment\n", i, i%7, i, scoreOf(i))
}

func scoreOf(i int) int { return 50 + i%50 }

// appliedOnce checks that the server has each of the n good rows exactly as the file has it, and nothing else, and that no
// request changed anything twice.
func appliedOnce(t *testing.T, address string, n int) (lost, doubled int) {
	t.Helper()
	records := recordsAt(t, address)
	for i := range n {
		switch r, ok := records[fmt.Sprintf("res-%d", i)]; {
		case !ok || r.Standing == 0:
			lost++
		case r.Created > 1 || r.Replaced > 0 || r.Standing > 1:
			doubled++
		case r.Content.Score != float64(scoreOf(i)) || r.Content.Student.SourcedID != fmt.Sprintf("stu-%d", i):
			t.Errorf("the server has another content: %+v", r)
		}
	}
	if a := auditAt(t, address); lost > 0 || doubled > 0 || a.Doubled > 0 || a.Results != n {
		t.Errorf("lost %d, doubled %d of %d rows; the audit: %+v", lost, doubled, n, a)
	}
	return lost, doubled
}
