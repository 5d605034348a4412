package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/oneroster/sandbox"
)

// metricsRun is a run into a sandbox, in this process.
type metricsRun struct {
	server *httptest.Server
	stdout bytes.Buffer
	stderr lockedBuffer
	dir    string
}

// lockedBuffer is written by a run and read by what watches it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// newMetricsRun has a file of 40 good rows, and the bad ones. during is called while a request is being served.
func newMetricsRun(t *testing.T, bad string, during func(*metricsRun)) *metricsRun {
	t.Helper()
	t.Setenv(secretVariable, "hush-hush-secret")
	r := &metricsRun{dir: t.TempDir()}
	gradebook := sandbox.New(sandbox.Config{})
	var once sync.Once
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != sandbox.TokenPath && during != nil {
			once.Do(func() { during(r) })
		}
		gradebook.ServeHTTP(w, req)
	}))
	t.Cleanup(r.server.Close)
	var b strings.Builder
	b.WriteString("sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate\n")
	for i := range 40 {
		fmt.Fprintf(&b, "res-%d,li,stu-%d,fully graded,%d,2026-06-01\n", i, i, i)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "results.csv"), []byte(b.String()+bad), 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// exit runs the program and returns its status.
func (r *metricsRun) exit(t *testing.T, flags ...string) int {
	t.Helper()
	args := append([]string{"run", "--base-url", r.server.URL, "--token-url", r.server.URL + sandbox.TokenPath, "--client-id", "district",
		"--checkpoint", filepath.Join(r.dir, "gradebook.db"), "--report-dir", filepath.Join(r.dir, "report")}, flags...)
	term := &terminal{out: &r.stdout, err: &r.stderr}
	err := command(t.Context(), append(args, filepath.Join(r.dir, "results.csv")), term)
	term.fail(err)
	return exitStatus(err)
}

// scrape reads the metrics from where the run said that they are.
func (r *metricsRun) scrape(t *testing.T) string {
	address := regexp.MustCompile(`metrics at (\S+)`).FindStringSubmatch(r.stderr.String())
	if address == nil {
		t.Errorf("no address of metrics in:\n%s", r.stderr.String())
		return ""
	}
	resp, err := http.Get(address[1])
	if err != nil {
		t.Error(err)
		return ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %s, %v", address[1], resp.Status, err)
	}
	return string(text)
}

func holds(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line) {
			t.Errorf("no %q in:\n%s", line, text)
		}
	}
}

// gathered is all that a run can ever show: running, ended well, and with everything known.
func gathered(t *testing.T) *prometheus.Registry {
	t.Helper()
	reader := openRows(t)
	m := metricsFlags{MetricsAddr: "127.0.0.1:0"}.metrics(nil, sandboxTarget(), importer.Shard{})
	m.input = &meteredSource{reader: reader}
	m.input.ended.Store(true)
	m.last.Store(&importer.Progress{Elapsed: time.Minute, HTTP: importer.HTTP{ByStatus: map[string]int{"500": 1}}})
	m.observer()(oneroster.Answer{Status: 201, Latency: time.Second})
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(m.latency, results{m}, live{m}, final{&importer.Report{}})
	return registry
}

func TestMetricsFollowTheConventions(t *testing.T) {
	families, err := gathered(t).Gather()
	if err != nil {
		t.Fatal(err)
	}
	if len(families) < 20 {
		t.Errorf("only %d metrics", len(families))
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestMetricsAreServedOnLoopbackWhileRunning(t *testing.T) {
	var text string
	r := newMetricsRun(t, "", func(r *metricsRun) { text = r.scrape(t) })
	if status := r.exit(t, "--metrics-addr", ":0"); status != importer.ExitOK {
		t.Errorf("status %d:\n%s", status, r.stderr.String())
	}
	holds(t, r.stderr.String(), "gradebook-import: metrics at http://127.0.0.1:")
	holds(t, text, `gradebook_import_rows_total{status="accepted"} `, `gradebook_import_http_requests_total{code="429"} 0`,
		"gradebook_import_http_request_duration_seconds_count ", "gradebook_import_requests_in_flight ",
		"gradebook_import_server_down 0", "gradebook_import_input_bytes ", "go_goroutines ", "process_resident_memory_bytes ")
	if strings.Contains(text, "timestamp_seconds") && strings.Contains(text, "last_success") {
		t.Errorf("a run that still runs has no success yet:\n%s", text)
	}
}

func TestMetricsThatCannotBeServedAreNoFailure(t *testing.T) {
	r := newMetricsRun(t, "", nil)
	if status := r.exit(t, "--metrics-addr", r.server.Listener.Addr().String()); status != importer.ExitOK {
		t.Errorf("status %d", status)
	}
	holds(t, r.stderr.String(), "gradebook-import: warning: no metrics: --metrics-addr: listen tcp ")
}

// gateway is a Pushgateway that keeps what it was given.
type gateway struct {
	*httptest.Server
	requests []string
	body     string
}

func newGateway(t *testing.T, status int) *gateway {
	g := &gateway{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		g.requests, g.body = append(g.requests, req.Method+" "+req.URL.Path), string(body)
		w.WriteHeader(status)
	}))
	t.Cleanup(g.Close)
	return g
}

func TestMetricsArePushedAtTheEnd(t *testing.T) {
	const completed, succeeded = "gradebook_import_last_completion_timestamp_seconds ", "gradebook_import_last_success_timestamp_seconds "
	g := newGateway(t, http.StatusOK)
	r := newMetricsRun(t, "", nil)
	if status := r.exit(t, "--metrics-push", g.URL, "--shard", "0/1"); status != importer.ExitOK {
		t.Errorf("status %d:\n%s", status, r.stderr.String())
	}
	if len(g.requests) != 1 || !strings.HasPrefix(g.requests[0], "POST /metrics/job/gradebook_import/") {
		t.Fatalf("pushed by %q", g.requests)
	}
	for _, group := range []string{"/shard@base64/MC8x", "/client_id/district", "/target@base64/"} {
		if !strings.Contains(g.requests[0], group) {
			t.Errorf("no %s in %s", group, g.requests[0])
		}
	}
	holds(t, g.body, `gradebook_import_rows_total{status="accepted"} 40`, `gradebook_import_http_requests_total{code="201"} 40`,
		"gradebook_import_http_request_duration_seconds_count 40", "gradebook_import_exit_status 0", completed, succeeded)
	for _, no := range []string{"in_flight", "server_down", "rate_limit"} {
		if strings.Contains(g.body, no) {
			t.Errorf("%s is pushed, as if the run still ran:\n%s", no, g.body)
		}
	}
}

func TestLastSuccessIsThatOfASuccess(t *testing.T) {
	g := newGateway(t, http.StatusOK)
	r := newMetricsRun(t, "res-40,li,stu-40,wrong,1,2026-06-01\n", nil)
	if status := r.exit(t, "--metrics-push", g.URL); status != importer.ExitRejects {
		t.Errorf("status %d:\n%s", status, r.stderr.String())
	}
	holds(t, g.body, `gradebook_import_rows_total{status="rejected"} 1`, "gradebook_import_exit_status 3",
		"gradebook_import_last_completion_timestamp_seconds ", "gradebook_import_last_run_timestamp_seconds ")
	if strings.Contains(g.body, "last_success") {
		t.Errorf("a success with rejected rows:\n%s", g.body)
	}
}

// A run that could not begin alerts by its status, and takes back no alert about rows.
func TestTheStatusOfARunThatDidNotBeginIsPushed(t *testing.T) {
	g := newGateway(t, http.StatusOK)
	r := newMetricsRun(t, "", nil)
	if status := r.exit(t, "--base-url=http://127.0.0.1:1/ims/oneroster", "--metrics-push", g.URL); status != importer.ExitUsage || len(g.requests) != 1 {
		t.Fatalf("status %d, pushed by %q:\n%s", status, g.requests, r.stderr.String())
	}
	holds(t, g.body, "gradebook_import_exit_status 2", "gradebook_import_last_run_timestamp_seconds ")
	for _, no := range []string{"rows_total", "http_requests", "last_success", "last_completion"} {
		if strings.Contains(g.body, no) {
			t.Errorf("%s is pushed of no rows:\n%s", no, g.body)
		}
	}
}

func TestMetricsThatCannotBePushedAreNoFailure(t *testing.T) {
	g := newGateway(t, http.StatusInternalServerError)
	r := newMetricsRun(t, "", nil)
	if status := r.exit(t, "--metrics-push", g.URL); status != importer.ExitOK {
		t.Errorf("status %d", status)
	}
	holds(t, r.stderr.String(), "gradebook-import: warning: the metrics were not pushed: ")
}

func TestADryRunPushesNothing(t *testing.T) {
	g := newGateway(t, http.StatusOK)
	r := newMetricsRun(t, "", nil)
	if status := r.exit(t, "--dry-run", "--metrics-push", g.URL); status != importer.ExitOK || len(g.requests) > 0 {
		t.Errorf("status %d, pushed by %q", status, g.requests)
	}
}

func TestMetricsAddress(t *testing.T) {
	for text, want := range map[string]string{
		":9090": "127.0.0.1:9090", "0.0.0.0:9090": "0.0.0.0:9090", "[::]:9090": "[::]:9090", "localhost:0": "localhost:0",
		"9090": "", "localhost": "", "localhost:": "",
	} {
		var a metricsAddress
		if err := a.UnmarshalText([]byte(text)); (err != nil) != (want == "") || string(a) != want {
			t.Errorf("%q: %q, %v; want %q", text, a, err, want)
		}
	}
}

func TestPushAddress(t *testing.T) {
	for text, good := range map[string]bool{
		"http://pushgateway:9091": true, "https://push.example.org/prefix": true,
		"pushgateway:9091": false, "http://user:secret@pushgateway:9091": false, "http://": false, "http://x/?y": false,
	} {
		var a pushAddress
		err := a.UnmarshalText([]byte(text))
		if (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func openRows(t *testing.T) *gradecsv.Reader {
	t.Helper()
	reader, err := gradecsv.Open([]string{"../../samples/results.csv"}, gradecsv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	return reader
}
