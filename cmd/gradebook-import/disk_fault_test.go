//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/oneroster/sandbox"
)

// failDevices lets the checkpoint's disk fail in the middle of an import, in this process, where that can be done without
// any right: no room (ENOSPC), writes that fail as with EIO, and writes that are lost while fsync fails.
func failDevices(t *testing.T) {
	for _, how := range []checkpointtest.Failure{checkpointtest.Full, checkpointtest.NoWrites, checkpointtest.LosesWrites} {
		for _, at := range []int64{1, 120} {
			t.Run(fmt.Sprintf("%s at send %d", filepath.Base(string(how)), at), func(t *testing.T) { failDevice(t, how, at) })
		}
	}
}

// device is an import of a file into a sandbox, over a disk that can fail.
type device struct {
	t      *testing.T
	dir    string
	server *httptest.Server
	disk   *checkpointtest.Disk
	rows   int
}

func failDevice(t *testing.T, how checkpointtest.Failure, at int64) {
	server := httptest.NewServer(sandbox.New(sandbox.Config{Duplicates: sandbox.Twice, Latency: sandbox.Latency{Base: time.Millisecond}}))
	t.Cleanup(server.Close)
	d := &device{t: t, dir: t.TempDir(), server: server, rows: 300, disk: checkpointtest.NewDisk(t)}
	if err := os.WriteFile(filepath.Join(d.dir, "results.csv"), []byte(goodRows(d.rows)), 0o600); err != nil {
		t.Fatal(err)
	}
	var sends atomic.Int64
	report, err := d.importFile(func() {
		if sends.Add(1) == at {
			d.disk.Fail(how)
		}
	}, d.disk.Heal)
	d.failed(report, err)
	accepted := report.Counts.Accepted
	checkpointtest.Check(t, filepath.Join(d.dir, "gradebook.db"))

	report, err = d.importFile(func() {}, func() {})
	if c := report.Counts; err != nil || report.Run.ExitCode != importer.ExitOK || c.Unchanged < accepted || c.Accepted+c.Unchanged != d.rows {
		t.Errorf("after the disk was well again: %+v, %v; before, %d were accepted", c, err, accepted)
	}
	appliedOnce(t, server.URL, d.rows)
}

// failed checks what a run says whose disk failed: nothing is accepted that the disk may not have.
func (d *device) failed(r *importer.Report, err error) {
	var write *checkpoint.WriteError
	if !errors.As(err, &write) || write.Path != filepath.Join(d.dir, "gradebook.db") || r.Run.ExitCode != importer.ExitFailed {
		d.t.Errorf("status %d, %v", r.Run.ExitCode, err)
	}
	c, audit := r.Counts, auditAt(d.t, d.server.URL)
	if c.Accepted > audit.Results || c.Accepted+c.InDoubt < audit.Results {
		d.t.Errorf("the server has %d rows, the report: %+v", audit.Results, c)
	}
	if sum := c.Accepted + c.Unchanged + c.Rejected + c.Failed + c.InDoubt + c.Deferred + c.Filtered; sum != c.Read {
		d.t.Errorf("the report does not add up: %+v", c)
	}
}

// importFile is one run: opened, imported, healed, closed.
func (d *device) importFile(eachSend, heal func()) (*importer.Report, error) {
	d.t.Helper()
	source, err := gradecsv.Open([]string{filepath.Join(d.dir, "results.csv")}, gradecsv.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	store, err := checkpoint.Open(filepath.Join(d.dir, "gradebook.db"), checkpoint.Options{OpenFile: d.disk.OpenFile})
	if err != nil {
		d.t.Fatal(err)
	}
	journal, err := store.Target(d.server.URL, "id")
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := journal.StartRun(checkpoint.RunInfo{ID: "x", Started: time.Now()}); err != nil {
		d.t.Fatal(err)
	}
	client, err := oneroster.NewClient(oneroster.Config{BaseURL: d.server.URL, TokenURL: d.server.URL + sandbox.TokenPath, ClientID: "id", ClientSecret: "x"})
	if err != nil {
		d.t.Fatal(err)
	}
	report, runErr := importer.Run(d.t.Context(), importer.Config{Source: source, Gateway: hooked{client, eachSend}, Journal: journal, Settle: 50 * time.Millisecond})
	client.Close()
	heal()
	for _, c := range []io.Closer{store, source} {
		if err := c.Close(); err != nil {
			d.t.Error(err)
		}
	}
	return report, runErr
}

// hooked calls a hook before each send.
type hooked struct {
	*oneroster.Client
	before func()
}

func (h hooked) Submit(ctx context.Context, method string, r *oneroster.Result) oneroster.Answer {
	h.before()
	return h.Client.Submit(ctx, method, r)
}
