package htmlreport

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gradebook-import/importer"
)

type sample struct {
	report  *importer.Report
	options Options
}

// samples are a report of each kind that there is.
func samples(t *testing.T) map[string]sample {
	return map[string]sample{
		"rejects":   {report: rejects()},
		"details":   {rejects(), Options{Details: details()}},
		"stopped":   {report: stopped()},
		"empty":     {report: empty()},
		"good":      {report: good()},
		"merged":    merged(t),
		"throttled": {report: throttledRun()},
		"refused":   {report: refused()},
		"dry":       {report: dry()},
		"verified":  {report: verifiedRun()},
		"hostile":   {hostile(), hostileOptions()},
	}
}

func base(seconds int) *importer.Report {
	began := time.Date(2026, 11, 14, 2, 0, 3, 0, time.UTC)
	return &importer.Report{
		SchemaVersion: 1, Tool: importer.Tool{Name: "gradebook-import", Version: "v1.4.0"},
		Run: importer.RunReport{ID: "3f8a1c52-7d0e-4b8e-9a51-2c6f0e9b7d14", Started: began,
			Finished: began.Add(time.Duration(seconds)*time.Second + 412*time.Millisecond), Shard: "0/1"},
		Sources: []importer.File{{File: "/data/in/results-2026-11-13.csv", Bytes: 23_482_117, Rows: 48_213,
			SHA256: "9f2c41d07be3a85c6e1f0d94b27a3c58e6f1a09d4c7b82e5f3061d9a8c4b7e20"}},
		Target: importer.Target{BaseURL: "https://sis.district.example/ims", ClientID: "gradebook-nightly"},
		HTTP:   importer.HTTP{ByStatus: map[string]int{}},
	}
}

// course fills in the timeline: rows as fast as a limit allows that the importer has to find, and refusals while it does.
func course(r *importer.Report, seconds int, limit float64, refuses bool) {
	rate, acc, ref := 0.0, 0.0, 0.0
	for s := 1; s <= seconds; s++ {
		now := limit
		if refuses && s > seconds/2 {
			now = limit * .6
		}
		rate = min(max(rate*1.08, limit/20), now*1.12)
		if rate > now {
			if refuses {
				ref += rate - now
			}
			rate *= .85
		}
		acc += min(rate, now)
		p := importer.Point{T: float64(s), Accepted: int(acc), Throttled: int(ref), InFlight: 6 + s%3}
		if refuses && ref > 0 {
			p.Rate = rate
		}
		r.Timeline = append(r.Timeline, p)
	}
	r.Counts.Accepted, r.HTTP.Throttled = int(acc), int(ref)
}

func rejects() *importer.Report {
	r := base(431)
	course(r, 431, 118, false)
	r.Counts.Unchanged, r.Counts.Rejected, r.Counts.Failed, r.Counts.InDoubt = 1204, 158, 3, 2
	sumUp(r)
	r.Counts.Filtered = 12
	r.Counts.Read += 12
	r.Sources[0].Rows = r.Counts.Read
	r.Run.ExitCode = importer.ExitInDoubt
	r.HTTP.Requests, r.HTTP.Retries, r.HTTP.Lookups = r.Counts.Accepted+78, 31, 17
	r.HTTP.ByStatus = map[string]int{"201": r.Counts.Accepted, "400": 41, "404": 6, "502": 14, "none": 17}
	r.LatencyMs = importer.Latency{P50: 41.216, P95: 96.5, P99: 224.12, Max: 30012.4}
	r.Problems = []importer.Problem{
		{Code: "score.number", Message: "score: is not a plain number; write 85 or 85.5, with a point and without a percent sign", Status: "rejected", Count: 97, Lines: lines("results-2026-11-13.csv", 118, 31, 10, 7)},
		{Code: "server.unknownobject", Message: "the server knows no such student, class or line item", Status: "rejected", Count: 41, Lines: lines("results-2026-11-13.csv", 2044, 3, 10, 0)},
		{Code: "row.duplicate", Message: "the same sourcedId stands in an earlier row of this input; the first one counts, even where both say the same", Status: "rejected", Count: 14, Lines: lines("results-2026-11-13.csv", 149, 87, 10, 0)},
		{Code: "date.value", Message: "scoreDate: is not a date; write YYYY-MM-DD", Status: "rejected", Count: 6, Lines: lines("results-2026-11-13.csv", 149, 1, 6, 9)},
		{Code: "server.unavailable", Message: "the server was not able to answer (502)", Status: "failed", Count: 3, Lines: lines("results-2026-11-13.csv", 30012, 1, 3, 0)},
		{Code: "doubt.unanswered", Message: "the request was sent and no answer came, nor could it be looked up", Status: "inDoubt", Count: 2, Lines: lines("results-2026-11-13.csv", 30020, 4, 2, 0)},
		{Code: "header.unknown", Message: "homeroom: is no column of results.csv; it is not imported", Status: "warning", Count: 1, Lines: []string{"results-2026-11-13.csv:1:88"}},
	}
	return r
}

func lines(file string, from, step, n, col int) (lines []string) {
	for i := range n {
		line := fmt.Sprintf("%s:%d", file, from+i*step)
		if col > 0 {
			line += fmt.Sprint(":", col)
		}
		lines = append(lines, line)
	}
	return lines
}

// sumUp sets the rows read to the sum of the statuses.
func sumUp(r *importer.Report) {
	c := &r.Counts
	c.Read = c.Accepted + c.Unchanged + c.Rejected + c.Failed + c.InDoubt + c.Deferred + c.Filtered
}

func details() []Detail {
	return []Detail{
		{File: "results-2026-11-13.csv", Line: 118, Status: "rejected", Problems: []string{`score: is not a plain number; found "85%"`},
			Fields: []Field{{"sourcedId", "r-00118"}, {"student", "Ada Example"}, {"lineItem", "li-algebra-7"}, {"score", "85%"}, {"comment", "Well done, see me about the last question."}}},
		{File: "results-2026-11-13.csv", Line: 149, Status: "rejected", Problems: []string{`scoreDate: is not a date; found "13.11.2026"`, "the same sourcedId stands in an earlier row"},
			Fields: []Field{{"sourcedId", "r-00031"}, {"student", "Björn Example"}, {"score", "71"}}},
	}
}

func stopped() *importer.Report {
	r := base(1800)
	course(r, 600, 40, true)
	r.Run.Finished = r.Run.Started.Add(10 * time.Minute)
	r.Counts.Deferred = 512
	sumUp(r)
	r.Run.Stopped, r.Run.ExitCode = "--max-duration 10m is over; run the same command again to go on", importer.ExitStopped
	r.Sources = []importer.File{}
	r.HTTP.Requests = r.Counts.Accepted + r.HTTP.Throttled
	r.HTTP.ByStatus = map[string]int{"201": r.Counts.Accepted, "429": r.HTTP.Throttled}
	r.LatencyMs = importer.Latency{P50: 88, P95: 310, P99: 1204, Max: 2222}
	return r
}

func empty() *importer.Report {
	r := base(0)
	r.Sources[0].Rows, r.Sources[0].Bytes = 0, 141
	return r
}

func good() *importer.Report {
	r := base(93)
	course(r, 93, 25, false)
	sumUp(r)
	r.Sources[0].Rows = r.Counts.Read
	r.HTTP.Requests, r.HTTP.ByStatus = r.Counts.Read, map[string]int{"201": r.Counts.Read}
	r.LatencyMs = importer.Latency{P50: 6.2, P95: 9.75, P99: 12, Max: 48.5}
	return r
}

func throttledRun() *importer.Report {
	r := base(900)
	course(r, 599, 30, true)
	for i := range r.Timeline {
		r.Timeline[i].T, r.Timeline[i].Rate = r.Timeline[i].T*1.5, r.Timeline[i].Rate/1.5
	}
	sumUp(r)
	r.Sources[0].Rows = r.Counts.Read
	r.HTTP.Requests = r.Counts.Accepted + r.HTTP.Throttled
	r.HTTP.ByStatus = map[string]int{"201": r.Counts.Accepted, "429": r.HTTP.Throttled}
	r.LatencyMs = importer.Latency{P50: 61, P95: 140, P99: 212, Max: 977}
	return r
}

func refused() *importer.Report {
	r := base(2)
	r.Counts.Deferred = 32
	sumUp(r)
	r.Run.ExitCode = importer.ExitRefused
	r.Run.Stopped = "the token server refuses the credentials; check --client-id and the secret"
	return r
}

func dry() *importer.Report {
	r := rejects()
	r.Run.DryRun, r.HTTP, r.LatencyMs = true, importer.HTTP{}, importer.Latency{}
	r.Run.ExitCode = importer.ExitRejects
	return r
}

func verifiedRun() *importer.Report {
	r := rejects()
	r.Counts.Accepted += r.Counts.Unchanged
	r.Counts.Failed += r.Counts.InDoubt
	r.Counts.Unchanged, r.Counts.InDoubt = 0, 0
	r.Verify = &importer.Compared{Match: r.Counts.Accepted, Different: 97, Missing: 41}
	r.Run.ExitCode = importer.ExitRejects
	return r
}

// merged is a file in four shards, of which one is missing and one is named twice.
func merged(t *testing.T) sample {
	var shards []importer.Part
	for i := range 3 {
		r := base(240 + 20*i)
		course(r, 240+20*i, 9, true)
		r.Run.ID, r.Run.Shard = fmt.Sprintf("shard-run-%d", i), fmt.Sprintf("%d/4", i)
		r.Run.Started = r.Run.Started.Add(time.Duration(7*i) * time.Second)
		sumUp(r)
		r.LatencyMs = importer.Latency{P50: 40.5 + float64(i), P95: 88, P99: 141, Max: 300}
		r.Run.Foreign = 3 * r.Counts.Accepted
		r.Counts.Filtered, r.Counts.Read = r.Run.Foreign, r.Counts.Read+r.Run.Foreign
		r.HTTP.Requests = r.Counts.Accepted + r.HTTP.Throttled
		r.HTTP.ByStatus = map[string]int{"201": r.Counts.Accepted, "429": r.HTTP.Throttled}
		shards = append(shards, importer.Part{Name: fmt.Sprintf("shard-%d/report.json", i), Report: r})
	}
	m, warnings, err := importer.Merge(append(shards, shards[0]))
	if err != nil {
		t.Fatal(err)
	}
	return sample{m, Options{Warnings: warnings}}
}

// nasty are texts that files and servers may send.
func nasty() string {
	return `<script>alert(1)</script><img src=x onerror=alert(1)>"'` + "`&amp;</title></style></svg>{{.}}]]>" +
		"\x00\x1b[31m\u202egnp.exe\u2066 שלום عَرَبِيّ " + "javascript:alert(1) https://evil.example/x.js\r\n"
}

func hostile() *importer.Report {
	bad := nasty()
	long := strings.Repeat("A", 5000)
	r := rejects()
	r.Tool = importer.Tool{Name: bad, Version: bad + long}
	r.Run.ID, r.Run.Stopped, r.Run.Shard = bad, bad+long, bad
	r.Sources = nil
	for i := range 500 {
		r.Sources = append(r.Sources, importer.File{File: long + bad, SHA256: bad, Rows: i})
	}
	r.Target = importer.Target{BaseURL: "javascript:" + bad, ClientID: bad}
	r.HTTP.ByStatus = map[string]int{bad: 1}
	for i := range 300 {
		r.HTTP.ByStatus[fmt.Sprint(bad, i)] = i
	}
	for i := range 1200 {
		p := importer.Problem{Code: bad, Message: fmt.Sprint(i, bad, long), Status: "rejected", Count: 1}
		if i%7 == 0 {
			p.Status = bad
		}
		for j := range 20 {
			p.Lines = append(p.Lines, fmt.Sprintf("%s%d:%d:%d", bad, i, j, i))
		}
		r.Problems = append(r.Problems, p)
	}
	for i := range 20_000 {
		r.Timeline = append(r.Timeline, importer.Point{T: float64(i % 977), Accepted: -i, Throttled: i % 3, Rate: float64(i) - 5, InFlight: -1})
	}
	return r
}

func hostileOptions() (o Options) {
	bad, long := nasty(), strings.Repeat("W", 5000)
	for range 200 {
		o.Warnings = append(o.Warnings, bad+long)
	}
	for i := range 1000 {
		o.Details = append(o.Details, Detail{File: bad, Line: i, Status: bad, Problems: []string{bad + long},
			Fields: []Field{{bad, bad}, {long, long}}})
	}
	return o
}
