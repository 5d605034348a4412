package main

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"gradebook-import/importer"
	"gradebook-import/importer/oneroster/sandbox"
)

// BenchmarkShards imports the same rows by one process and by eight, into a server that allows so many requests a second.
// It prints how many rows a second the server took while all were at work, what part of what it allows that is, how much
// it had to refuse, and how fair the shards shared: what the slowest had done of its rows when the first was through.
//
//	go test ./cmd/gradebook-import -run '^$' -bench Shards -benchtime 1x
func BenchmarkShards(b *testing.B) {
	for _, limit := range []sandbox.Limit{{Rate: 100, Burst: 10}, {Rate: 400, Burst: 40}} {
		for _, shards := range []int{1, 8} {
			b.Run(fmt.Sprintf("limit=%v/shards=%d", limit.Rate, shards), func(b *testing.B) {
				for range b.N {
					importShards(b, limit, shards)
				}
			})
		}
	}
}

// shardSeconds is how long a run would take at the server's limit: what is learned in the first seconds is a small part.
const shardSeconds = 60

func importShards(b *testing.B, limit sandbox.Limit, shards int) {
	gradebook := sandbox.New(sandbox.Config{Limits: []sandbox.Limit{limit}, Latency: sandbox.Latency{Base: 20 * time.Millisecond, Jitter: 20 * time.Millisecond}})
	server := httptest.NewServer(gradebook)
	defer server.Close()
	dir := b.TempDir()
	rows := int(limit.Rate) * shardSeconds
	writeRows(b, filepath.Join(dir, "results.csv"), rows)

	started := time.Now()
	var running []*exec.Cmd
	for i := range shards {
		running = append(running, startShard(b, dir, server.URL, importer.Shard{Index: i, Count: shards}))
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			b.Fatalf("%s: %v", cmd.Args, err)
		}
	}
	took := time.Since(started)
	a := gradebook.Audit()
	if a.Results != rows || a.Changes.Created != rows || a.Doubled != 0 {
		b.Fatalf("%d results, %d created, %d doubled; want %d", a.Results, a.Changes.Created, a.Doubled, rows)
	}
	first, least := fairness(b, dir, shards)
	refused := a.Requests["POST 429"]
	b.ReportMetric(float64(rows)/took.Seconds(), "rows/s")
	b.ReportMetric(100*float64(steady(a.Seconds, first))/(limit.Rate*first.Seconds()), "%limit")
	b.ReportMetric(100*float64(refused)/float64(rows), "%refused")
	b.ReportMetric(100*least, "%least-share")
	b.ReportMetric(took.Seconds(), "s")
}

// steady is what the server accepted in the first so many seconds: while all shards were at work.
func steady(seconds []sandbox.Second, first time.Duration) int {
	n := 0
	for _, s := range seconds {
		if time.Duration(s.Unix-seconds[0].Unix)*time.Second < first {
			n += s.Accepted
		}
	}
	return n
}

func writeRows(b *testing.B, path string, n int) {
	var text strings.Builder
	text.WriteString("sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate\n")
	for i := range n {
		fmt.Fprintf(&text, "res-%d,li-%d,stu-%d,fully graded,%d,2026-06-01\n", i, i%7, i, 50+i%50)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
}

// inFlight is the most requests in flight of all processes together.
const inFlight = 64

func startShard(b *testing.B, dir, server string, shard importer.Shard) *exec.Cmd {
	index := strconv.Itoa(shard.Index)
	cmd := exec.Command(program, "run", "--base-url", server, "--token-url", server+sandbox.TokenPath, "--client-id", "district",
		"--shard", shard.String(), "--concurrency", strconv.Itoa(inFlight/shard.Count), "--checkpoint", index+".db", "--report-dir", index, "--progress", "none", "results.csv")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), secretVariable+"=hush-hush-secret")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return cmd
}

// fairness is when the first shard was through, and the least part of its rows that any of them had done then.
func fairness(b *testing.B, dir string, shards int) (first time.Duration, least float64) {
	reports := make([]importer.Report, shards)
	var end time.Time
	for i := range reports {
		data, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(i), "report.json"))
		if err != nil {
			b.Fatal(err)
		}
		if err := json.Unmarshal(data, &reports[i]); err != nil {
			b.Fatal(err)
		}
		if run := reports[i].Run; end.IsZero() || run.Finished.Before(end) {
			end, first = run.Finished, run.Finished.Sub(run.Started)
		}
	}
	least = 1
	for _, r := range reports {
		done := 0
		for _, p := range r.Timeline {
			if !r.Run.Started.Add(time.Duration(p.T * float64(time.Second))).After(end) {
				done = p.Accepted
			}
		}
		least = min(least, float64(done)/float64(r.Counts.Accepted))
	}
	return first, least
}
