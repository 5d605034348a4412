package kubernetes

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const program = "gradebook-import"

// TestMain builds the program as the image has it, and puts it where tests find it.
func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "gradebook-import-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-C", "../..", "-o", filepath.Join(dir, program), "./cmd/"+program)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "go build:", err)
		return 1
	}
	_ = os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return m.Run()
}

const rows = 200

// cluster is what a pod finds around it: volumes, a gradebook, a Pushgateway. It is no cluster: the container's process runs
// on this machine, with its paths put under a directory.
type cluster struct {
	dir       string
	gradebook *httptest.Server // before the sandbox, which is a process of its own
	gateway   *httptest.Server
	sandbox   string

	mu              sync.Mutex
	stderr          strings.Builder
	requests        int
	scraped, pushed string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{dir: t.TempDir()}
	c.sandbox = startSandbox(t)
	u, err := url.Parse(c.sandbox)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	c.gradebook = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.requested(t)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(c.gradebook.Close)
	c.gateway = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.pushed = string(body)
	}))
	t.Cleanup(c.gateway.Close)
	return c
}

// startSandbox returns the address of a gradebook.
func startSandbox(t *testing.T) string {
	t.Helper()
	cmd := exec.Command(program, "sandbox", "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(line)
	if err != nil || address == "" {
		t.Fatalf("the sandbox says %q, %v", line, err)
	}
	return address
}

// requested scrapes the program once, in the middle of its work.
func (c *cluster) requested(t *testing.T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests++; c.requests != 10 {
		return
	}
	address := regexp.MustCompile(`metrics at ([^\s"]+)`).FindStringSubmatch(c.stderr.String())
	if address == nil {
		t.Errorf("no address of metrics in %s", c.stderr.String())
		return
	}
	resp, err := http.Get(address[1])
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	c.scraped = string(text)
}

// Write takes the program's stderr.
func (c *cluster) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stderr.Write(p)
}

// files puts into the volumes what the README says that a person puts there.
func (c *cluster) files(t *testing.T) {
	t.Helper()
	var b strings.Builder
	b.WriteString("sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate\n")
	for i := range rows {
		fmt.Fprintf(&b, "res-%d,li-%d,stu-%d,fully graded,%d,2026-06-01\n", i, i%7, i, 50+i%50)
	}
	for path, content := range map[string]string{
		"gradebook/": "", "input/results.csv": b.String(), "etc/gradebook-import/config.yaml": string(read(t, "config.yaml")),
		"run/secrets/gradebook/client-secret": "secret\n",
	} {
		path = filepath.Join(c.dir, path)
		if content == "" {
			path = filepath.Join(path, "empty")
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o440); err != nil {
			t.Fatal(err)
		}
	}
}

// expand does what the kubelet does to arguments: $(NAME), from the variables of the container.
func expand(arg string, env map[string]string) string {
	return regexp.MustCompile(`\$\((\w+)\)`).ReplaceAllStringFunc(arg, func(ref string) string {
		if v, ok := env[ref[2:len(ref)-1]]; ok {
			return v
		}
		return ref
	})
}

// inside puts the paths of an argument under the cluster's directory, if they are below what the container mounts.
func (c *cluster) inside(t *testing.T, w workload, arg string) string {
	t.Helper()
	at := strings.Index(arg, "/")
	if name, _, flag := strings.Cut(arg, "="); flag && name == "--shard" || at < 0 {
		return arg
	}
	for _, m := range w.container().VolumeMounts {
		if strings.HasPrefix(arg[at:], m.MountPath+"/") {
			return arg[:at] + c.dir + arg[at:]
		}
	}
	t.Errorf("%s: %s is on no volume, and the root file system cannot be written", w.file, arg)
	return arg
}

// run runs the container's process, for an index, and returns its exit status and its report.
func (c *cluster) run(t *testing.T, w workload, index int) (int, report) {
	t.Helper()
	env := map[string]string{"PATH": os.Getenv("PATH"), "TMPDIR": filepath.Join(c.dir, "nowhere")}
	for _, v := range w.container().Env {
		if env[v.Name] = v.Value; v.ValueFrom != nil {
			env[v.Name] = strconv.Itoa(index)
		}
	}
	var args []string
	for _, arg := range w.container().Args {
		args = append(args, c.inside(t, w, expand(arg, env)))
	}
	// The last of two counts.
	args = append(args, "--base-url="+c.gradebook.URL, "--token-url="+c.gradebook.URL+"/oauth2/token",
		"--metrics-addr=127.0.0.1:0", "--metrics-push="+c.gateway.URL, "--json")
	cmd := exec.Command(program, args...)
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stderr = c
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Errorf("%s: %v:\n%s%s", w.file, err, out, c.stderr.String())
	}
	return cmd.ProcessState.ExitCode(), r
}

// report is what is read of report.json.
type report struct {
	Run    struct{ Shard string }
	Counts map[string]int
}

// audit is what the gradebook got.
func (c *cluster) audit(t *testing.T) (a struct {
	Results, Doubled int
	Changes          struct{ Created, Replaced int }
}) {
	t.Helper()
	resp, err := http.Get(c.sandbox + "/audit")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

// The arguments are those that the program takes, the volumes are where it needs them, and all shards together import
// every row once.
func TestManifestsImport(t *testing.T) {
	for _, w := range workloads(t) {
		t.Run(w.file, func(t *testing.T) {
			c := newCluster(t)
			c.files(t)
			n := 1
			if w.job.Completions != nil {
				n = int(*w.job.Completions)
			}
			sum := map[string]int{}
			for index := range n {
				status, r := c.run(t, w, index)
				if want := fmt.Sprintf("%d/%d", index, n); status != 0 || r.Run.Shard != want {
					t.Errorf("exit status %d, shard %q, want %q", status, r.Run.Shard, want)
				}
				for name, count := range r.Counts {
					sum[name] += count
				}
			}
			if want := map[string]int{"read": n * rows, "accepted": rows, "unchanged": 0, "rejected": 0, "failed": 0, "inDoubt": 0,
				"deferred": 0, "filtered": (n - 1) * rows}; !maps.Equal(sum, want) {
				t.Errorf("counts %v, want %v", sum, want)
			}
			if a := c.audit(t); a.Results != rows || a.Changes.Created != rows || a.Changes.Replaced != 0 || a.Doubled != 0 {
				t.Errorf("the gradebook got %+v", a)
			}
			if strings.Contains(c.stderr.String(), "warning") {
				t.Errorf("warnings:\n%s", c.stderr.String())
			}
			if status, r := c.run(t, w, n-1); status != 0 || r.Counts["accepted"] != 0 {
				t.Errorf("run again: exit status %d, %v", status, r.Counts)
			}
		})
	}
}
