package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// discard is a response that costs nothing, so that the benchmark shows the server's own share.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

func BenchmarkPost(b *testing.B) {
	s := New(Config{})
	token := "Bearer " + newToken(b, s)
	var n atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		w := &discard{http.Header{}}
		for pb.Next() {
			r := httptest.NewRequest(http.MethodPost, ResultsPath, strings.NewReader(resultBody("res-"+strconv.FormatInt(n.Add(1), 10))))
			r.Header.Set("Authorization", token)
			r.Header.Set("Content-Type", "application/json")
			clear(w.header)
			s.ServeHTTP(w, r)
		}
	})
	b.StopTimer()
	if got := s.Audit().Requests["POST 201"]; got != int(n.Load()) {
		b.Fatalf("%d of %d accepted", got, n.Load())
	}
}

// BenchmarkRequest is what BenchmarkPost pays for making its requests.
func BenchmarkRequest(b *testing.B) {
	b.ReportAllocs()
	for i := range b.N {
		r := httptest.NewRequest(http.MethodPost, ResultsPath, strings.NewReader(resultBody("res-"+strconv.Itoa(i))))
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("Content-Type", "application/json")
	}
}

// BenchmarkLoopback is the whole way, client and server sharing the machine.
func BenchmarkLoopback(b *testing.B) {
	s := New(Config{})
	for _, handler := range []struct {
		name string
		http.Handler
	}{{"sandbox", s}, {"empty", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = r.Body.Read(make([]byte, 1024))
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(pairs(false, "a", "a"))
	})}} {
		b.Run(handler.name, func(b *testing.B) { loopback(b, handler, "Bearer "+newToken(b, s)) })
	}
}

func loopback(b *testing.B, handler http.Handler, token string) {
	server := httptest.NewServer(handler)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	var n atomic.Int64
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, _ := http.NewRequest(http.MethodPost, server.URL+ResultsPath, strings.NewReader(resultBody(fmt.Sprint(b.N, "-", n.Add(1)))))
			r.Header.Set("Authorization", token)
			r.Header.Set("Content-Type", "application/json")
			response, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = response.Body.Read(make([]byte, 512))
			_ = response.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
