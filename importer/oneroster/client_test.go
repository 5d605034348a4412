package oneroster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// server is a httptest server with a token endpoint at /token and the API at /root.
func server(t testing.TB, api http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(routes(api))
	t.Cleanup(s.Close)
	return s
}

func routes(api http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	var n atomic.Int64
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"tok-%d","expires_in":3600,"token_type":"Bearer"}`, n.Add(1))
	})
	mux.HandleFunc("/root/", api)
	return mux
}

func config(s *httptest.Server) Config {
	return Config{BaseURL: s.URL + "/root", TokenURL: s.URL + "/token", ClientID: "me", ClientSecret: "s3cret"}
}

func client(t testing.TB, c Config) *Client {
	t.Helper()
	cl, err := NewClient(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func TestRequestsAsTheAPISpellsThem(t *testing.T) {
	var got []string
	var body map[string]map[string]any
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.RequestURI)
		for _, h := range []string{"Authorization", "Content-Type", "Accept", "User-Agent", "Accept-Encoding", "Cache-Control"} {
			got = append(got, h+": "+r.Header.Get(h))
		}
		if r.Body != http.NoBody {
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Error(err)
			}
			got = append(got, fmt.Sprint(r.ContentLength > 0, r.TransferEncoding))
		}
		w.WriteHeader(201)
	})
	conf := config(s)
	conf.BaseURL += "//"
	conf.UserAgent = "tester/1"
	c := client(t, conf)
	r := typical()
	r.SourcedID = "a/b ü%?#.."
	const path = "/root/ims/oneroster/gradebook/v1p2/results/"
	const id = "a%2Fb%20%C3%BC%25%3F%23.."
	plain := []string{"Authorization: Bearer tok-1", "Content-Type: ", "Accept: application/json", "User-Agent: tester/1", "Accept-Encoding: ", "Cache-Control: no-cache"}
	full := []string{plain[0], "Content-Type: application/json", plain[2], plain[3], plain[4], "Cache-Control: ", "true []"}
	for _, tt := range []struct {
		do   func() Answer
		line string
		rest []string
	}{
		{func() Answer { return c.Submit(t.Context(), post, r) }, "POST " + path, full},
		{func() Answer { return c.Submit(t.Context(), put, r) }, "PUT " + path + id, full},
		{func() Answer { return c.Submit(t.Context(), del, r) }, "DELETE " + path + id, plain},
		{func() Answer { return c.Find(t.Context(), r) }, "GET " + path + id, plain},
		{func() Answer {
			_, a := c.List(t.Context(), Query{Filter: "status='a+b' AND x~'ü'", Limit: 3000, Offset: 6000})
			return a
		}, "GET " + path + "?filter=status%3D%27a%2Bb%27%20AND%20x~%27%C3%BC%27&limit=3000&offset=6000", plain},
	} {
		got, body = nil, nil
		a := tt.do()
		if want := append([]string{tt.line}, tt.rest...); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if a.Requests != 1 || a.Status != 201 || a.Ended.IsZero() || a.Latency <= 0 {
			t.Errorf("%s: %+v", tt.line, a)
		}
		if len(tt.rest) == len(full) && body["result"]["sourcedId"] != r.SourcedID {
			t.Errorf("%s: body %v", tt.line, body)
		}
	}
	for _, id := range []string{".", ".."} {
		got = nil
		c.Submit(t.Context(), del, &Result{SourcedID: id})
		if want := "DELETE " + path + strings.Repeat("%2E", len(id)); got[0] != want {
			t.Errorf("%s: %s", id, got[0])
		}
	}
}

func TestARowWithoutIDIsNotLookedUp(t *testing.T) {
	s := server(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	c := client(t, config(s))
	for _, a := range []Answer{c.Find(t.Context(), &Result{}), c.Submit(t.Context(), put, &Result{}), c.Submit(t.Context(), del, &Result{}),
		c.Submit(t.Context(), post, &Result{Score: "x"})} {
		if a.Verdict != Rejected || a.Requests != 0 || a.Reason == "" {
			t.Errorf("%+v", a)
		}
	}
}

func TestFind(t *testing.T) {
	r := typical()
	good, _ := AppendBody(nil, r)
	gone := strings.Replace(string(good), `"active"`, `"tobedeleted"`, 1)
	tests := []struct {
		name, body string
		status     string // of the row
		verdict    Verdict
		code, diff string
	}{
		{"the same", string(good), StatusActive, Accepted, "", ""},
		{"in a list", `{"results":[{"sourcedId":"x"},` + string(good[len(`{"result":`):len(good)-1]) + `]}`, StatusActive, Accepted, "", ""},
		{"another score", strings.Replace(string(good), "88.5", "88", 1), StatusActive, Different, "server.different", "score"},
		{"deleted", gone, StatusActive, Different, "server.deleted", "status"},
		{"deleted, as wanted", gone, StatusToBeDeleted, Accepted, "", ""},
		{"not deleted", string(good), StatusToBeDeleted, Different, "server.different", "status"},
		{"cut", string(good[:40]), StatusActive, Doubt, "server.unreadable", ""},
		{"nothing", "", StatusActive, Doubt, "server.unreadable", ""},
		{"no result", `{"ok":true}`, StatusActive, Doubt, "server.unreadable", ""},
		{"another result", `{"result":{"sourcedId":"x"}}`, StatusActive, Doubt, "server.foreign", ""},
		{"an empty list", `{"results":[]}`, StatusActive, Doubt, "server.foreign", ""},
		{"too large", strings.Replace(string(good), "Très", strings.Repeat("x", foundBytes), 1), StatusActive, Doubt, "server.unreadable", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := server(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tt.body) })
			want := *r
			want.Status = tt.status
			a := client(t, config(s)).Find(t.Context(), &want)
			var names []string
			for _, d := range a.Diff {
				names = append(names, d.Field)
			}
			if a.Verdict != tt.verdict || a.Code != tt.code || strings.Join(names, " ") != tt.diff || (a.Reason == "") != (tt.code == "") {
				t.Errorf("got %v %q %v %q", a.Verdict, a.Code, names, a.Reason)
			}
		})
	}
}

// A server's additions are told from values that the row leaves blank and the server has.
func TestFindSaysWhenThereIsMore(t *testing.T) {
	r := typical()
	good, _ := AppendBody(nil, r)
	for blank, body := range map[bool]string{true: string(good), false: strings.Replace(string(good), `"status"`, `"href":"x","type":"result","status"`, 1)} {
		s := server(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
		want := *r
		if blank {
			want.Comment = ""
		}
		if a := client(t, config(s)).Find(t.Context(), &want); a.Verdict != Accepted || a.More != blank {
			t.Errorf("comment blank %v: %v, more %v", blank, a.Verdict, a.More)
		}
	}
}

// pages serves 10 results, with every third left out of each page after it was cut, and none at offsets 6 to 7.
func pages(total bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var limit, offset int
		fmt.Sscan(r.URL.Query().Get("limit"), &limit)
		fmt.Sscan(r.URL.Query().Get("offset"), &offset)
		var list []string
		for i := offset; i < min(offset+limit, 10); i++ {
			if i%3 != 1 || !total {
				list = append(list, fmt.Sprintf(`{"sourcedId":"r%d","score":"%d"}`, i, i))
			}
		}
		if total {
			w.Header().Set("X-Total-Count", "10")
		}
		fmt.Fprintf(w, `{"results":[%s]}`, strings.Join(list, ","))
	}
}

func TestListPagesToTheEnd(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 4, 100} {
		for _, total := range []bool{true, false} {
			c := client(t, config(server(t, pages(total))))
			seen := map[string]bool{}
			for q, more := (Query{Limit: limit}), true; more; {
				page, a := c.List(t.Context(), q)
				if a.Verdict != Accepted {
					t.Fatalf("%+v", a)
				}
				for _, r := range page.Results {
					seen[r.SourcedID] = true
				}
				q, more = page.Next()
			}
			want := 10
			if total {
				want = 7
			}
			if len(seen) != want {
				t.Errorf("limit %d, total %t: saw %d of %d", limit, total, len(seen), want)
			}
		}
	}
	if _, more := (Page{Total: 5}).Next(); more {
		t.Error("an empty page without a limit has a next one for ever")
	}
	c := client(t, config(server(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"results":[{`) })))
	if _, a := c.List(t.Context(), Query{}); a.Verdict != Doubt || a.Code != "server.unreadable" {
		t.Errorf("a cut list: %+v", a)
	}
}

func TestConfigurationsRefused(t *testing.T) {
	good := Config{BaseURL: "https://x", TokenURL: "https://x/token?tenant=1"}
	if _, err := NewClient(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"base URL: must end before ?":              func(c *Config) { c.BaseURL += "?a=b" },
		"base URL: http:// to another machine ":    func(c *Config) { c.BaseURL = "http://x.org" },
		"token URL: http:// to another machine ":   func(c *Config) { c.TokenURL = "http://x.org" },
		"token URL: must not hold a secret (code=": func(c *Config) { c.TokenURL += "&code=hush" },
		"auth style: must be":                      func(c *Config) { c.AuthStyle = "basic" },
	} {
		c := good
		change(&c)
		if _, err := NewClient(c); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	allowed := Config{BaseURL: "http://x.org", TokenURL: "http://x.org", AllowPlainHTTP: true}
	if _, err := NewClient(allowed); err != nil {
		t.Error(err)
	}
}

func TestTheSecretIsNotPrinted(t *testing.T) {
	c := Config{BaseURL: "https://x", ClientID: "me", ClientSecret: "s3cret"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb+verb, c, &c); strings.Contains(s, "s3cret") {
			t.Errorf("%s: %s", verb, s)
		}
	}
	if s := c.LogValue().String(); strings.Contains(s, "s3cret") {
		t.Error(s)
	}
}

// bare is the least that net/http needs for the same request.
func bare(ctx context.Context, c *http.Client, u, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer tok-1")
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func BenchmarkSubmit(b *testing.B) {
	s := server(b, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(201)
		io.WriteString(w, `{"sourcedIdPairs":{"suppliedSourcedId":"5f2c9d1e-7a3b-5c4d-8e6f-0a1b2c3d4e5f","allocatedSourcedId":"5f2c9d1e-7a3b-5c4d-8e6f-0a1b2c3d4e5f"}}`)
	})
	r := typical()
	b.Run("client", func(b *testing.B) {
		c := client(b, config(s))
		b.ReportAllocs()
		for b.Loop() {
			if a := c.Submit(b.Context(), post, r); a.Verdict != Accepted {
				b.Fatalf("%+v", a)
			}
		}
	})
	b.Run("net-http", func(b *testing.B) {
		body, _ := AppendBody(nil, r)
		u, _ := url.JoinPath(s.URL, "root", ResultsPath)
		c := &http.Client{Transport: newTransport(Config{Concurrency: 8})}
		b.ReportAllocs()
		for b.Loop() {
			if err := bare(b.Context(), c, u, string(body)); err != nil {
				b.Fatal(err)
			}
		}
		c.CloseIdleConnections()
	})
}
