package main

import (
	"maps"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"gradebook-import/importer"
)

// description names a metric of the program.
func description(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("gradebook_import_"+name, help, labels, nil)
}

// newLatency has buckets for every Prometheus, and exact ones for those that take native histograms.
func newLatency() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:                           "gradebook_import_http_request_duration_seconds",
		Help:                           "Time from writing a request to the end of its answer.",
		Buckets:                        []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		NativeHistogramBucketFactor:    1.1,
		NativeHistogramMaxBucketNumber: 160,
	})
}

// results are what a run has done so far. Here and below, Describe yields nothing: what a collector has is seen by asking
// it, and nothing else in the program makes metrics of these names.
type results struct{ *metrics }

func (results) Describe(chan<- *prometheus.Desc) {}

func (c results) Collect(to chan<- prometheus.Metric) {
	p := c.last.Load()
	counter := func(desc *prometheus.Desc, n int, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), labels...)
	}
	rows := description("rows_total", "Rows by what became of them.", "status")
	for status, n := range byStatus(p.Counts) {
		counter(rows, n, status)
	}
	requests := description("http_requests_total", "Requests by HTTP status, \"none\" where no answer came.", "code")
	codes := map[string]int{"201": 0, "429": 0, "none": 0} // from the start, so that the first increase is seen
	maps.Copy(codes, p.HTTP.ByStatus)
	for code, n := range codes {
		counter(requests, n, code)
	}
	counter(description("http_retries_total", "Requests that sent a row again."), p.HTTP.Retries)
	counter(description("http_lookups_total", "Requests that looked whether a row had arrived."), p.HTTP.Lookups)
	to <- prometheus.MustNewConstMetric(description("build_info", "1, with the version of the program.", "version"),
		prometheus.GaugeValue, 1, strings.ToValidUTF8(thisVersion(), "?"))
}

// byStatus are the counts by the words of report.json.
func byStatus(c importer.Counts) map[string]int {
	return map[string]int{
		importer.Accepted.String(): c.Accepted, importer.Unchanged.String(): c.Unchanged, importer.Rejected.String(): c.Rejected,
		importer.Failed.String(): c.Failed, importer.InDoubt.String(): c.InDoubt, importer.Deferred.String(): c.Deferred,
		importer.Filtered.String(): c.Filtered,
	}
}

// live are what a run is like while it runs.
type live struct{ *metrics }

func (live) Describe(chan<- *prometheus.Desc) {}

func (c live) Collect(to chan<- prometheus.Metric) {
	p := c.last.Load()
	gauge := func(name, help string, v float64) {
		to <- prometheus.MustNewConstMetric(description(name, help), prometheus.GaugeValue, v)
	}
	gauge("rate_limit_requests_per_second", "The limit of requests a second that holds now, learned or given; 0: none.", p.Pace.Rate)
	gauge("requests_in_flight", "Requests without an answer yet.", float64(p.Pace.InFlight))
	gauge("requests_in_flight_limit", "The most requests in flight that the server bears.", float64(p.Pace.Limit))
	gauge("server_down", "1 while the server answers nothing and is only probed.", truth(p.Down))
	gauge("stopping", "1 while requests under way are waited for and no new ones are made.", truth(p.Stopping))
	gauge("run_elapsed_seconds", "How long the run has taken.", p.Elapsed.Seconds())
	done := dealtWith(p.Counts)
	if part, known := c.input.part(done); known {
		_, total := c.input.reader.Bytes()
		gauge("input_bytes", "Size of the input.", float64(total))
		gauge("input_left_bytes", "Bytes of the input whose rows are not dealt with.", (1-part)*float64(total))
	}
	if c.input.ended.Load() {
		gauge("input_left_rows", "Rows of the input not dealt with; known once it has been read to its end.", float64(int(c.input.rows.Load())-done))
	}
}

// final is how a run ended.
type final struct{ *importer.Report }

func (final) Describe(chan<- *prometheus.Desc) {}

func (c final) Collect(to chan<- prometheus.Metric) {
	gauge := func(name, help string, v float64) {
		to <- prometheus.MustNewConstMetric(description(name, help), prometheus.GaugeValue, v)
	}
	ended := float64(c.Run.Finished.UnixMilli()) / 1000
	gauge("exit_status", "The exit status of the last run.", float64(c.Run.ExitCode))
	gauge("run_duration_seconds", "How long the last run took.", c.Run.Finished.Sub(c.Run.Started).Seconds())
	gauge("last_run_timestamp_seconds", "When the last run ended, in whatever way.", ended)
	switch c.Run.ExitCode {
	case importer.ExitOK:
		gauge("last_success_timestamp_seconds", "When a run last ended with every row accepted or unchanged.", ended)
		fallthrough
	case importer.ExitRejects, importer.ExitInDoubt:
		gauge("last_completion_timestamp_seconds", "When a run last dealt with every row, whatever became of them.", ended)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
