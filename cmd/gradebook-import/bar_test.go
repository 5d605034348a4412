//go:build unix

package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"gradebook-import/importer/oneroster/sandbox"
)

// moody is a server that can be well, refuse, or cut every connection.
type moody struct {
	right *sandbox.Server
	mood  atomic.Int32
	takes atomic.Int64 // how long what is well takes, beside the sandbox's own time
}

const (
	well int32 = iota
	busy
	gone
)

func (s *moody) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch mood := s.mood.Load(); {
	case mood == gone:
		panic(http.ErrAbortHandler)
	case mood == busy && r.URL.Path != sandbox.TokenPath:
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusTooManyRequests)
	default:
		time.Sleep(time.Duration(s.takes.Load()))
		s.right.ServeHTTP(w, r)
	}
}

// console is the program on a terminal of its own.
type console struct {
	t    *testing.T
	tty  *os.File
	cmd  *exec.Cmd
	done chan struct{} // closed when there is nothing more to read

	mu   sync.Mutex
	text strings.Builder
	from int // where the part begins that await looks at
}

// newConsole starts an import of many rows on a terminal with so many columns.
func newConsole(t *testing.T, server string, columns int, file string, env ...string) *console {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "my rows.csv"), []byte(manyRows(20000)), 0o600); err != nil {
		t.Fatal(err)
	}
	return startConsole(t, dir, columns, []string{"run", "--base-url", server, "--token-url", server + sandbox.TokenPath,
		"--client-id", "district", "--settle", "10ms", file}, env...)
}

// startConsole starts the program in dir.
func startConsole(t *testing.T, dir string, columns int, args []string, env ...string) *console {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), secretVariable + "=" + testSecret, "TERM=xterm"}, env...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: uint16(columns)})
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	c := &console{t: t, tty: tty, cmd: cmd, done: make(chan struct{})}
	go c.read()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-c.done
		_ = cmd.Wait()
		tty.Close()
	})
	return c
}

func manyRows(n int) string {
	var b strings.Builder
	b.WriteString("sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate\n")
	for i := range n {
		b.WriteString(goodLine(i))
	}
	return b.String()
}

func (c *console) read() {
	defer close(c.done)
	part := make([]byte, 4096)
	for {
		n, err := c.tty.Read(part)
		c.mu.Lock()
		c.text.Write(part[:n])
		c.mu.Unlock()
		if err != nil { // EIO: the program has gone
			return
		}
	}
}

// said is what came since the last call of since.
func (c *console) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()[c.from:]
}

func (c *console) since() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from = c.text.Len()
}

// await waits until a line looks so.
func (c *console) await(pattern string) {
	c.t.Helper()
	looks := regexp.MustCompile(pattern)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !looks.MatchString(plain(c.said())); <-tick.C {
		if time.Now().After(deadline) {
			c.t.Fatalf("%q does not come up:\n%s", pattern, plain(c.said()))
		}
	}
}

// ended waits for the end, which must have that status, and returns what was said since.
func (c *console) ended(want string) string {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		c.t.Fatalf("still running:\n%s", plain(c.said()))
	}
	if got := statusOf(c.cmd.Wait()); got != want {
		c.t.Errorf("status %s, want %s:\n%s", got, want, plain(c.said()))
	}
	return c.said()
}

var controls = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]|\r`)

// plain is what a terminal was sent, without what moves its cursor.
func plain(text string) string { return controls.ReplaceAllString(text, "") }

// widest is the longest line of the bar.
func widest(text string) (most string) {
	for line := range strings.Lines(plain(text)) {
		line = strings.TrimRight(line, "\n")
		said := strings.HasPrefix(line, "time=") || strings.HasPrefix(line, program+": ")
		if !said && utf8.RuneCountInString(line) > utf8.RuneCountInString(most) {
			most = line
		}
	}
	return most
}

// The bar shows how far the run is, how fast, how long it will take and what it waits for, keeps within the terminal when
// that is made narrower, and leaves room for the summary when Ctrl-C is pressed, which says how to go on.
func TestBarOnATerminal(t *testing.T) {
	gradebook := &moody{right: sandbox.New(sandbox.Config{Latency: sandbox.Latency{Base: 20 * time.Millisecond}})}
	server := httptest.NewServer(gradebook)
	t.Cleanup(server.Close)
	c := newConsole(t, server.URL, 100, "my rows.csv")
	c.await(` \d+ %  \[[=> ]+\]  [\d,]+ of ~(19|20|21),000 rows  \d+/s  .*\d+ (s|min) left`)
	if line := widest(c.said()); utf8.RuneCountInString(line) > 100 {
		t.Errorf("wider than the terminal: %q", line)
	}

	gradebook.mood.Store(busy)
	c.await(`server asked for a pause: \d s`)
	gradebook.mood.Store(well)
	c.since()
	c.await(`rows  \d+/s  \d+ refused`)
	gradebook.mood.Store(gone)
	c.await(`server down, next try in \d+ s \(the server closed`)
	gradebook.mood.Store(well)

	if err := pty.Setsize(c.tty, &pty.Winsize{Rows: 24, Cols: 44}); err != nil {
		t.Fatal(err)
	}
	c.since()
	c.await(`(?m)^.* of ~.*\n(.*\n)*.* of ~.*\n(.*\n)*.* of ~`)
	frames := c.said()
	frames = frames[strings.Index(frames, "\n")+1:] // the first may have been drawn before
	if line := widest(frames); utf8.RuneCountInString(line) > 44 {
		t.Errorf("wider than the narrower terminal: %q", line)
	}

	c.since()
	if _, err := io.WriteString(c.tty, "\x03"); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	text := c.ended("4")
	for _, want := range []string{
		"gradebook-import: interrupted: no new rows are sent", "stopped: interrupted; run the same command again to go on",
		"rows read from my rows.csv", "more rows, which were not read yet", "To go on where this run stopped:", "'my rows.csv'\n",
	} {
		if !strings.Contains(plain(text), want) {
			t.Errorf("does not say %q:\n%s", want, plain(text))
		}
	}
	if after := text[strings.Index(text, "stopped"):]; strings.Contains(after, "\x1b[J") || strings.Contains(plain(after), " of ~") {
		t.Errorf("the bar is drawn over the summary: %q", after)
	}
	if !strings.Contains(text, "\x1b[1;33mstopped") || strings.Contains(text, testSecret) {
		t.Errorf("no colour, or a secret: %q", text)
	}
}

// Of standard input nobody knows the end: rows are counted, and no part of anything is shown.
func TestBarOfStandardInput(t *testing.T) {
	server := httptest.NewServer(sandbox.New(sandbox.Config{Latency: sandbox.Latency{Base: 20 * time.Millisecond}}))
	t.Cleanup(server.Close)
	c := newConsole(t, server.URL, 100, "-")
	go func() { _, _ = io.WriteString(c.tty, manyRows(2000)) }() // ends with the terminal
	c.await(`(?m)^reading +[1-9][\d,]* rows  \d+/s`)
	if _, err := io.WriteString(c.tty, "\x03"); err != nil {
		t.Fatal(err)
	}
	text := plain(c.ended("4"))
	for _, want := range []string{"? more rows, if there are any, were not read yet", "To go on where this run stopped, with the same standard input:"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, " %") {
		t.Errorf("a part of what nobody knows:\n%s", text)
	}
}

// A terminal that cannot move its cursor gets log lines, and one that shall have no colours none.
func TestPlainTerminals(t *testing.T) {
	server := httptest.NewServer(sandbox.New(sandbox.Config{Latency: sandbox.Latency{Base: 20 * time.Millisecond}}))
	t.Cleanup(server.Close)
	for env, want := range map[string]string{"TERM=dumb": `level=INFO msg="run begins"`, "NO_COLOR=1": "rows  "} {
		t.Run(env, func(t *testing.T) {
			c := newConsole(t, server.URL, 100, "my rows.csv", env)
			c.await(want)
			if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
			text := c.ended("4")
			if strings.Contains(text, "\x1b[1;") || env == "TERM=dumb" && strings.Contains(text, "\x1b") {
				t.Errorf("a colour, or a cursor that moves: %q", text)
			}
			if !strings.Contains(plain(text), "stopped: terminated") {
				t.Error(plain(text))
			}
		})
	}
}
