package main

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/push"
	"github.com/prometheus/common/expfmt"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
	"gradebook-import/importer/oneroster"
)

// metricsFlags say where Prometheus finds the metrics of a run.
type metricsFlags struct {
	MetricsAddr metricsAddress `group:"output" placeholder:"ADDRESS" help:"Serve Prometheus metrics there while running, such as :9090 (this machine alone) or 0.0.0.0:9090."`
	MetricsPush pushAddress    `group:"output" placeholder:"URL" help:"Push metrics to this Pushgateway at the end; failing at it changes nothing else."`
}

// metricsAddress is HOST:PORT. Without a host it is loopback: what others may read, somebody has to say.
type metricsAddress string

func (a *metricsAddress) UnmarshalText(text []byte) error {
	host, port, err := net.SplitHostPort(string(text))
	if err != nil || port == "" {
		return usage("%q is not an address to serve metrics at; write :9090 for this machine alone, or 0.0.0.0:9090 for all", text)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	*a = metricsAddress(net.JoinHostPort(host, port))
	return nil
}

// pushAddress is the root of a Pushgateway.
type pushAddress string

func (a *pushAddress) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return usage("not the address of a Pushgateway; write it as http://pushgateway:9091")
	}
	*a = pushAddress(text)
	return nil
}

// metrics are a run as Prometheus sees it. They are a courtesy: what goes wrong with them is warned of, and changes
// neither the run nor its status. A nil *metrics does nothing.
//
// Nearly all of them are views of the importer's Progress, which comes once a second; only the latency is told of by the
// workers, and counted without a lock.
type metrics struct {
	flags   metricsFlags
	term    *terminal
	target  checkpoint.Target
	shard   importer.Shard
	latency prometheus.Histogram
	last    atomic.Pointer[importer.Progress]
	input   *meteredSource
}

// metrics returns what the flags ask for; nil: nothing.
func (f metricsFlags) metrics(t *terminal, target checkpoint.Target, shard importer.Shard) *metrics {
	if f.MetricsAddr == "" && f.MetricsPush == "" {
		return nil
	}
	m := &metrics{flags: f, term: t, target: target, shard: shard, latency: newLatency()}
	m.last.Store(&importer.Progress{})
	return m
}

// observer is what the workers tell of their requests; nil: nobody asks.
func (m *metrics) observer() func(oneroster.Answer) {
	if m == nil {
		return nil
	}
	return func(a oneroster.Answer) {
		if a.Status != 0 {
			m.latency.Observe(a.Latency.Seconds())
		}
	}
}

// watch begins to serve, and adds the metrics to a display.
func (m *metrics) watch(w watcher, input *meteredSource) watcher {
	if m == nil {
		return w
	}
	m.input = input
	return &metered{watcher: w, metrics: m, stop: m.serve()}
}

// metered is a display and the metrics.
type metered struct {
	watcher
	metrics *metrics
	stop    func()
}

func (m *metered) show(p importer.Progress) {
	m.metrics.last.Store(&p)
	m.watcher.show(p)
}

func (m *metered) done() {
	m.stop()
	m.watcher.done()
}

// serve serves the metrics, where the flags ask for it, until stop.
func (m *metrics) serve() (stop func()) {
	if m.flags.MetricsAddr == "" {
		return func() {}
	}
	listener, err := net.Listen("tcp", string(m.flags.MetricsAddr))
	if err != nil {
		m.term.warn("no metrics: --metrics-addr: %v", err)
		return func() {}
	}
	m.term.note("metrics at http://%s/metrics", listener.Addr())
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.latency, results{m}, live{m}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() { // ends with stop
		_ = server.Serve(listener)
		close(ended)
	}()
	return func() {
		_ = server.Close()
		<-ended
	}
}

// pushTimeout keeps the end of a run within the 30 s that Kubernetes gives a container: 20 s grace, and this.
const pushTimeout = 5 * time.Second

// push leaves what became of the run at a Pushgateway, which keeps it until the next run of the same client, target and
// shard. What only a running importer has is not pushed, as it would stand there as if it still ran; a dry run pushes
// nothing, as nothing was imported.
func (m *metrics) push(ctx context.Context, r *importer.Report) {
	if m != nil {
		m.pushAll(ctx, r, m.latency, results{m}, final{r})
	}
}

// pushStatus leaves there how a run ended that did not begin, and what the last one left of its rows as it stands.
func (m *metrics) pushStatus(ctx context.Context, r *importer.Report) {
	if m != nil && r.Target.BaseURL != "" {
		m.pushAll(ctx, r, final{r})
	}
}

func (m *metrics) pushAll(ctx context.Context, r *importer.Report, all ...prometheus.Collector) {
	if m.flags.MetricsPush == "" || r.Run.DryRun {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pushTimeout) // also after a signal
	defer cancel()
	pusher := push.New(string(m.flags.MetricsPush), "gradebook_import").
		Grouping("shard", m.shard.String()).
		Grouping("target", m.target.BaseURL).
		Grouping("client_id", m.target.ClientID).
		Format(expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, c := range all {
		pusher.Collector(c)
	}
	if err := pusher.AddContext(ctx); err != nil { // not Push: last_success of an earlier run stays there
		m.term.warn("the metrics were not pushed: %v", err)
	}
}
