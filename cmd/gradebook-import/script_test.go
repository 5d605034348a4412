package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){program: main})
}

// TestScripts runs the promises of the command line, one a file, with real processes.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Values[processesKey{}] = map[string]*process{}
			samples, err := filepath.Abs("../../samples")
			e.Setenv("SAMPLES", samples)
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   exitsWith,
			"start":   start,
			"signal":  sendSignal,
			"ended":   awaitEnd,
			"sandbox": startSandboxProcess,
			"audit":   audit,
			"applied": applied,
			"rows":    makeRows,
			"hides":   hides,
			"await":   await,
		},
	})
}

const testSecret = "hush-hush-secret"

// patience is for what other processes do; it is never waited out by a test that passes.
const patience = 60 * time.Second

// exitsWith runs a command that must end with a status: exits 3 gradebook-import run …
func exitsWith(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	if got := statusOf(err); got != args[0] {
		ts.Fatalf("status %s, want %s (%v)", got, args[0], err)
	}
}

func statusOf(err error) string {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "0"
	case !errors.As(err, &exit):
		return err.Error()
	case exit.ExitCode() < 0:
		return "killed"
	}
	return strconv.Itoa(exit.ExitCode())
}

type processesKey struct{}

// process is a command in the background. Its streams go to NAME.out and NAME.err.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended; then err is set
	err  error
}

func processes(ts *testscript.TestScript) map[string]*process {
	return ts.Value(processesKey{}).(map[string]*process)
}

// start runs a command in the background: start NAME gradebook-import run …
func start(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(launch(ts, args[0], args[1:], nil))
}

// launch starts a command. What it writes to stdout also goes to also.
func launch(ts *testscript.TestScript, name string, args []string, also io.WriteCloser) error {
	out, err := os.Create(ts.MkAbs(name + ".out"))
	ts.Check(err)
	errs, err := os.Create(ts.MkAbs(name + ".err"))
	ts.Check(err)
	path := args[0]
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if candidate := filepath.Join(dir, args[0]); exists(candidate) {
			path = candidate
			break
		}
	}
	cmd := exec.Command(path, args[1:]...)
	cmd.Args[0] = args[0]
	cmd.Dir, cmd.Env = ts.MkAbs("."), environment(ts)
	cmd.Stdout, cmd.Stderr = out, errs
	if also != nil {
		cmd.Stdout = io.MultiWriter(out, also)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		if also != nil {
			also.Close()
		}
		close(p.done)
	}()
	processes(ts)[name] = p
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		<-p.done
	})
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// settingNames are the variables that lead to a server.
func settingNames() []string { return []string{"BASE_URL", "TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET"} }

// environment is the script's, as far as the program reads it.
func environment(ts *testscript.TestScript) []string {
	env := []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	for _, name := range settingNames() {
		if v := ts.Getenv("GRADEBOOK_" + name); v != "" {
			env = append(env, "GRADEBOOK_"+name+"="+v)
		}
	}
	return env
}

// sendSignal is for a command in the background: signal NAME INT
func sendSignal(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	ts.Check(processes(ts)[args[0]].cmd.Process.Signal(signals[args[1]]))
}

// awaitEnd waits for a command in the background, which must end with a status: ended NAME 4
func awaitEnd(ts *testscript.TestScript, _ bool, args []string) {
	p := processes(ts)[args[0]]
	select {
	case <-p.done:
		if got := statusOf(p.err); got != args[1] {
			ts.Fatalf("%s: status %s, want %s\n%s", args[0], got, args[1], ts.ReadFile(args[0]+".err"))
		}
	case <-time.After(patience):
		ts.Fatalf("%s: still running after %s", args[0], patience)
	}
}

// startSandboxProcess starts "gradebook-import sandbox" with flags, and sets the variables that lead to it.
func startSandboxProcess(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range settingNames() {
		ts.Setenv("GRADEBOOK_"+name, "")
	}
	r, w := io.Pipe()
	ts.Check(launch(ts, "sandbox", append([]string{program, "sandbox", "--listen", "127.0.0.1:0"}, args...), w))
	address := ""
	for scanner := bufio.NewScanner(r); address == "" && scanner.Scan(); { // its last line has the audit's address
		if match := regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/audit`).FindStringSubmatch(scanner.Text()); match != nil {
			address = match[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if address == "" {
		ts.Fatalf("the sandbox did not start:\n%s", ts.ReadFile("sandbox.err"))
	}
	ts.Setenv("SANDBOX", address)
	ts.Setenv("GRADEBOOK_BASE_URL", address)
	ts.Setenv("GRADEBOOK_TOKEN_URL", address+"/oauth2/token")
	ts.Setenv("GRADEBOOK_CLIENT_ID", "district-sis")
	ts.Setenv("GRADEBOOK_CLIENT_SECRET", testSecret)
}

// auditOf reads the sandbox's audit, flattened: results, created, replaced, deleted, doubled, retakes, and "POST 201".
func auditOf(ts *testscript.TestScript) map[string]int {
	resp, err := http.Get(ts.Getenv("SANDBOX") + "/audit")
	ts.Check(err)
	defer resp.Body.Close()
	var a struct {
		Results, Deleted, Doubled, Retakes int
		Changes                            map[string]int
		Requests                           map[string]int
	}
	ts.Check(json.NewDecoder(resp.Body).Decode(&a))
	flat := map[string]int{"results": a.Results, "doubled": a.Doubled, "retakes": a.Retakes}
	for _, part := range []map[string]int{a.Changes, a.Requests} {
		for k, n := range part {
			flat[k] = n
		}
	}
	return flat
}

// audit compares what the sandbox did: audit results=40 created=40 doubled=0
func audit(ts *testscript.TestScript, _ bool, args []string) {
	got := auditOf(ts)
	for _, arg := range args {
		name, want, _ := strings.Cut(arg, "=")
		if fmt.Sprint(got[name]) != want {
			ts.Fatalf("%s: %d, want %s; the audit: %v", name, got[name], want, got)
		}
	}
}

// applied waits until the sandbox has at least so many results: applied 20
func applied(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); auditOf(ts)["results"] < want; <-tick.C {
		if time.Now().After(deadline) {
			ts.Fatalf("the sandbox has only %d results", auditOf(ts)["results"])
		}
	}
}

// makeRows writes a results file with so many good rows: rows 300 results.csv
func makeRows(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var b bytes.Buffer
	b.WriteString("sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate\n")
	for i := range n {
		b.WriteString(goodLine(i))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

// goodLine is the ith row of a results file.
func goodLine(i int) string {
	return fmt.Sprintf("res-%d,li-%d,stu-%d,fully graded,%d,2026-06-01\n", i, i%7, i, 50+i%50)
}

// hides checks that no file holds one of the words: hides secret,Nadia run.err run.out
func hides(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args[1:] {
		for _, word := range strings.Split(args[0], ",") {
			if strings.Contains(ts.ReadFile(name), word) {
				ts.Fatalf("%s holds %q", name, word)
			}
		}
	}
}

// await waits until a file holds a text: await run.err 'interrupted'
func await(ts *testscript.TestScript, _ bool, args []string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !strings.Contains(ts.ReadFile(args[0]), args[1]); <-tick.C {
		if time.Now().After(deadline) {
			ts.Fatalf("%s does not hold %q:\n%s", args[0], args[1], ts.ReadFile(args[0]))
		}
	}
}
