package oneroster

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slow answers after a time, or with the error that the transport's HTTP/2 has for a context that ended.
type slow struct{ takes time.Duration }

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(s.takes):
		return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// Each request has the whole timeout, whatever requests came before it and how they ended.
func TestTimeoutOfEachRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &slow{}
		c, err := NewClient(Config{BaseURL: "https://example.org", Timeout: 10 * time.Second, Transport: server})
		if err != nil {
			t.Fatal(err)
		}
		send := func(ctx context.Context, takes, want time.Duration, code string) {
			t.Helper()
			server.takes = takes
			began := time.Now()
			a := c.Submit(ctx, http.MethodPost, &Result{SourcedID: "r"})
			if took := time.Since(began); took != want || a.Code != code || (a.Verdict == Accepted) != (code == "") {
				t.Fatalf("%v %q after %s, want %q after %s", a.Verdict, a.Code, took, code, want)
			}
		}
		run, stop := context.WithCancel(t.Context())
		defer stop()
		for range 2 {
			send(run, 8*time.Second, 8*time.Second, "")
			send(run, 9*time.Second, 9*time.Second, "")
			time.Sleep(time.Minute)
			send(run, 9*time.Second, 9*time.Second, "")
			send(run, 12*time.Second, 10*time.Second, "net.timeout")
		}
		send(run, 8*time.Second, 8*time.Second, "")
		send(run, 12*time.Second, 10*time.Second, "net.timeout")
		send(t.Context(), 8*time.Second, 8*time.Second, "")
		time.AfterFunc(3*time.Second, stop)
		send(run, 8*time.Second, 3*time.Second, "net.canceled")
		send(run, 8*time.Second, 0, "net.canceled")
		send(t.Context(), 9*time.Second, 9*time.Second, "")
	})
}
