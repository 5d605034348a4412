package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

var (
	speed     = flag.Bool("speed", false, "measure how fast the program is, and print a table (make bench)")
	speedRows = flag.Int("speed.rows", 200_000, "rows to import")
	speedBig  = flag.Int("speed.big", 10_000_000, "rows for the figures of memory, and that the large checkpoint knows")
	speedRuns = flag.Int("speed.runs", 3, "pairs of each comparison")
	speedOnly = flag.String("speed.only", "", "only the figures whose name matches this regular expression")
)

const (
	speedConcurrency = 64
	vegeta           = "github.com/tsenart/vegeta/v12@v12.13.0"
)

// TestSpeed prints what the README's table of speed says. Each figure is a ratio of two things measured in turn on one
// machine, so that it holds when the machine's speed drifts; nothing is asserted.
func TestSpeed(t *testing.T) {
	if !*speed {
		return // a measurement, and no promise
	}
	b := &bench{T: t, dir: t.TempDir()}
	b.binary = filepath.Join(b.dir, program)
	b.command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.binary, ".")
	b.secret = filepath.Join(b.dir, "secret.txt")
	b.check(os.WriteFile(b.secret, []byte("secret\n"), 0o600))
	fmt.Printf("%d CPUs, %s %s/%s, %d rows, %d at a time\n", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, *speedRows, speedConcurrency)
	only := regexp.MustCompile(*speedOnly)
	for _, figure := range []struct {
		name    string
		measure func(*bench)
	}{
		{"start", (*bench).start}, {"bare", (*bench).againstBare}, {"vegeta", (*bench).againstVegeta}, {"checkpoint", (*bench).checkpointCost},
		{"again", (*bench).again}, {"validate", (*bench).validate}, {"memory", (*bench).memory},
	} {
		if only.MatchString(figure.name) {
			figure.measure(b)
		}
	}
}

// bench is one measurement; what fails ends the test.
type bench struct {
	*testing.T
	dir, binary, secret string
	files               map[int]string
}

func (b *bench) check(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) command(name string, args ...string) time.Duration {
	b.Helper()
	began := time.Now()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		b.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return time.Since(began)
}

// file makes a file of n rows with 16 columns, some 172 bytes each.
func (b *bench) file(n int) string {
	if path, ok := b.files[n]; ok {
		return path
	}
	path := filepath.Join(b.dir, fmt.Sprintf("rows-%d.csv", n))
	f, err := os.Create(path)
	b.check(err)
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,textScore,classSourcedId,inProgress,incomplete,late,missing,metadata.term")
	for i := range n {
		fmt.Fprintf(w, "res-%08d-2026-spring,,,li-%05d-unit-test,stu-%07d,fully graded,%d.%d,2026-06-%02d,\"Good work, keep going on with it\",,class-%04d-algebra,false,false,%t,false,2026S\n",
			i, i%997, i%50021, i%100, i%10, 1+i%28, i%211, i%7 == 0)
	}
	b.check(w.Flush())
	b.check(f.Close())
	if b.files == nil {
		b.files = map[int]string{}
	}
	b.files[n] = path
	return path
}

// server starts a sandbox process without limits. The function ends it.
func (b *bench) server() (url string, end func()) {
	cmd := exec.Command(b.binary, "sandbox", "--listen", "127.0.0.1:0", "--latency", "0s")
	out, err := cmd.StdoutPipe()
	b.check(err)
	b.check(cmd.Start())
	lines := bufio.NewScanner(out)
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	for url == "" && lines.Scan() {
		url = address.FindString(lines.Text())
	}
	go io.Copy(io.Discard, out)
	return url, func() { cmd.Process.Kill(); cmd.Wait() }
}

func (b *bench) runArgs(url, db, path string) []string {
	return []string{"run", "--base-url", url, "--token-url", url + "/oauth2/token", "--client-id", "me", "--client-secret-file", b.secret,
		"--checkpoint", db, "--report-dir", filepath.Join(b.dir, "report"), "--progress", "none", "--log-level", "error",
		"--concurrency", strconv.Itoa(speedConcurrency), path}
}

// fresh imports path into a fresh sandbox with a fresh checkpoint.
func (b *bench) fresh(path string) time.Duration {
	url, end := b.server()
	defer end()
	db := filepath.Join(b.dir, "fresh.db")
	os.Remove(db)
	return b.command(b.binary, b.runArgs(url, db, path)...)
}

// results are the rows of a file, mapped.
func (b *bench) results(path string) []gradecsv.Row {
	r, err := gradecsv.Open([]string{path}, gradecsv.Options{})
	b.check(err)
	defer r.Close()
	var all []gradecsv.Row
	for {
		rows := make([]gradecsv.Row, 1024)
		n, err := r.Read(rows)
		all = append(all, rows[:n]...)
		if err == io.EOF {
			return all
		}
		b.check(err)
	}
}

func (b *bench) bodies(path string) [][]byte {
	rows := b.results(path)
	bodies := make([][]byte, len(rows))
	for i := range rows {
		body, err := oneroster.AppendBody(nil, &rows[i].Result)
		b.check(err)
		bodies[i] = body
	}
	return bodies
}

func (b *bench) token(url string) string {
	resp, err := http.Post(url+"/oauth2/token", "application/x-www-form-urlencoded", strings.NewReader("grant_type=client_credentials&client_id=me&client_secret=secret"))
	b.check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	b.check(err)
	m := regexp.MustCompile(`"access_token":\s*"([^"]+)"`).FindSubmatch(text)
	if m == nil {
		b.Fatalf("no token in %s", text)
	}
	return string(m[1])
}

// bare posts the bodies with nothing but net/http.
func (b *bench) bare(bodies [][]byte) (took time.Duration, mallocs uint64) {
	url, end := b.server()
	defer end()
	auth := "Bearer " + b.token(url)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: speedConcurrency}}
	defer client.CloseIdleConnections()
	next := make(chan []byte, 1024)
	done := make(chan error, speedConcurrency)
	before := mallocsNow()
	began := time.Now()
	for range speedConcurrency {
		go func() {
			var failed error
			for body := range next {
				req, err := http.NewRequest(http.MethodPost, url+"/ims/oneroster/gradebook/v1p2/results/", bytes.NewReader(body))
				if err != nil {
					failed = err
					continue
				}
				req.Header.Set("Authorization", auth)
				req.Header.Set("Content-Type", "application/json")
				resp, err := client.Do(req)
				if err != nil {
					failed = err
					continue
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != http.StatusCreated {
					failed = fmt.Errorf("bare: %s", resp.Status)
				}
			}
			done <- failed
		}()
	}
	for _, body := range bodies {
		next <- body
	}
	close(next)
	for range speedConcurrency {
		b.check(<-done)
	}
	return time.Since(began), mallocsNow() - before
}

func mallocsNow() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// ratio prints the median of pairs, and their range.
func ratio(name, goal string, pairs []float64, detail string) {
	slices.Sort(pairs)
	fmt.Printf("%-44s %7.2f  (%.2f–%.2f)  goal %-8s %s\n", name, pairs[len(pairs)/2], pairs[0], pairs[len(pairs)-1], goal, detail)
}

func rate(n int, d time.Duration) string { return fmt.Sprintf("%.0f/s", float64(n)/d.Seconds()) }

func (b *bench) againstBare() {
	path := b.file(*speedRows)
	bodies := b.bodies(path)
	var pairs, own []float64
	var ours, theirs time.Duration
	for range *speedRuns {
		took, mallocs := b.bare(bodies)
		run := b.fresh(path)
		_, all := b.inProcess(path, true)
		pairs = append(pairs, took.Seconds()/run.Seconds())
		own = append(own, float64(all-mallocs)/float64(*speedRows))
		ours, theirs = run, took
	}
	ratio("run ÷ a bare net/http loop", "≥ 0.80", pairs, fmt.Sprintf("last pair %s and %s", rate(*speedRows, ours), rate(*speedRows, theirs)))
	ratio("allocations a row beyond net/http's own", "falling", own, "")
}

func (b *bench) againstVegeta() {
	path := b.file(*speedRows)
	attack := filepath.Join(b.dir, "vegeta")
	cmd := exec.Command("go", "install", vegeta)
	cmd.Env = append(os.Environ(), "GOBIN="+b.dir, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("go install %s: %v\n%s", vegeta, err, out)
	}
	bodies := b.bodies(path)
	var pairs []float64
	var ours, theirs time.Duration
	for range *speedRuns {
		theirs = b.vegeta(attack, bodies)
		ours = b.fresh(path)
		pairs = append(pairs, theirs.Seconds()/ours.Seconds())
	}
	ratio("run ÷ vegeta", "≥ 1", pairs, fmt.Sprintf("last pair %s and %s", rate(*speedRows, ours), rate(*speedRows, theirs)))
}

func (b *bench) vegeta(attack string, bodies [][]byte) time.Duration {
	url, end := b.server()
	defer end()
	targets := filepath.Join(b.dir, "targets.json")
	f, err := os.Create(targets)
	b.check(err)
	w := bufio.NewWriter(f)
	auth := b.token(url)
	for _, body := range bodies {
		fmt.Fprintf(w, `{"method":"POST","url":%q,"body":"%s","header":{"Authorization":["Bearer %s"],"Content-Type":["application/json"]}}`+"\n",
			url+"/ims/oneroster/gradebook/v1p2/results/", base64.StdEncoding.EncodeToString(body), auth)
	}
	b.check(w.Flush())
	b.check(f.Close())
	return b.command(attack, "attack", "-format=json", "-lazy", "-targets", targets, "-rate=0", "-max-workers", strconv.Itoa(speedConcurrency),
		"-workers", strconv.Itoa(speedConcurrency), "-connections", strconv.Itoa(speedConcurrency), "-max-connections", strconv.Itoa(speedConcurrency), "-output", os.DevNull)
}

func (b *bench) again() {
	path := b.file(*speedRows)
	url, end := b.server()
	defer end()
	db := filepath.Join(b.dir, "again.db")
	os.Remove(db)
	b.command(b.binary, b.runArgs(url, db, path)...)
	var rates []float64
	for range *speedRuns {
		rates = append(rates, float64(*speedRows)/b.command(b.binary, b.runArgs(url, db, path)...).Seconds()/1000)
	}
	ratio("run again, thousand rows a second", "≥ 500", rates, "")
}

func (b *bench) validate() {
	const rows = 1_000_000
	path := b.file(rows)
	var pairs []float64
	var ours, theirs time.Duration
	for range *speedRuns {
		theirs = b.encodingCSV(path)
		ours = b.command(b.binary, "validate", "--report-dir", filepath.Join(b.dir, "report"), "--progress", "none", "--log-level", "error", path)
		pairs = append(pairs, theirs.Seconds()/ours.Seconds())
	}
	ratio("validate ÷ a bare encoding/csv read", "≥ 0.25", pairs, fmt.Sprintf("last pair %s and %s", rate(rows, ours), rate(rows, theirs)))
}

func (b *bench) encodingCSV(path string) time.Duration {
	f, err := os.Open(path)
	b.check(err)
	defer f.Close()
	began := time.Now()
	r := csv.NewReader(f)
	for {
		if _, err = r.Read(); err != nil {
			break
		}
	}
	if err != io.EOF {
		b.Fatal(err)
	}
	return time.Since(began)
}

// memory prints the most private memory of validate and of run. The server keeps nothing: a sandbox would need some
// gigabytes for ten million results.
func (b *bench) memory() {
	server := httptest.NewServer(http.HandlerFunc(forgetful))
	defer server.Close()
	url := server.URL
	for _, n := range []int{min(100_000, *speedBig), min(1_000_000, *speedBig), *speedBig} {
		path := b.file(n)
		limit := 64 + 16*float64(n)/(1<<20)
		fmt.Printf("validate, %d rows: %.0f MiB private memory, goal ≤ %.0f\n", n, b.peak("validate", "--report-dir", filepath.Join(b.dir, "report"), path), limit)
		db := filepath.Join(b.dir, fmt.Sprintf("memory-%d.db", n))
		fmt.Printf("run, %d rows: %.0f MiB private memory, goal ≤ %.0f\n", n, b.peak(b.runArgs(url, db, path)...), limit)
		fmt.Printf("run again, %d rows: %.0f MiB private memory, goal ≤ %.0f\n", n, b.peak(b.runArgs(url, db, path)...), limit)
	}
}

// forgetful takes every result, and a token for everybody.
func forgetful(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/token") {
		io.WriteString(w, `{"access_token":"t","token_type":"Bearer","expires_in":86400}`)
		return
	}
	io.Copy(io.Discard, r.Body)
	w.WriteHeader(http.StatusCreated)
}

// peak is the most RssAnon of a process, in MiB, looked at every 20 ms.
func (b *bench) peak(args ...string) float64 {
	cmd := exec.Command(b.binary, args...)
	b.check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	most := 0
	for {
		select {
		case err := <-ended:
			b.check(err)
			return float64(most) / 1024
		case <-time.After(20 * time.Millisecond):
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
			if _, rest, ok := strings.Cut(string(status), "RssAnon:"); ok {
				kib, _ := strconv.Atoi(strings.Fields(rest)[0])
				most = max(most, kib)
			}
		}
	}
}

// start prints how long the program takes to do next to nothing: its version, and one row.
func (b *bench) start() {
	one := b.file(1)
	var versions, runs []float64
	for range 10 * *speedRuns {
		versions = append(versions, b.command(b.binary, "version").Seconds()*1000)
	}
	url, end := b.server()
	defer end()
	for i := range 3 * *speedRuns {
		db := filepath.Join(b.dir, fmt.Sprintf("start-%d.db", i))
		runs = append(runs, b.firstRequest(url, db, one).Seconds()*1000)
	}
	ratio("version, ms", "≤ 10", versions, "")
	ratio("start to the end of a run of one row, ms", "≤ 50 ms to the first request", runs, "")
}

func (b *bench) firstRequest(url, db, path string) time.Duration {
	began := time.Now()
	out, err := exec.Command(b.binary, b.runArgs(url, db, path)...).CombinedOutput()
	if err != nil && !bytes.Contains(out, []byte("rejected")) { // the second time it is there already
		b.Fatalf("%v\n%s", err, out)
	}
	return time.Since(began)
}
