//go:build linux

package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"gradebook-import/importer/oneroster/sandbox"
)

// status answers with a status, headers in pairs, and a body.
func status(code int, body string, headers ...string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		token(code, body, headers...)(w, r)
	}
}

func token(code int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// afterwards applies a write rightly and then answers as it likes. What is not a write is answered rightly.
func afterwards(answer func(w http.ResponseWriter)) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, right http.Handler) {
		if r.Method == http.MethodGet {
			right.ServeHTTP(w, r)
			return
		}
		done := httptest.NewRecorder()
		right.ServeHTTP(done, r)
		if done.Code == http.StatusUnauthorized {
			w.WriteHeader(done.Code)
			return
		}
		answer(w)
	}
}

// endless answers 201 with a body of a gigabyte, or as much as is taken.
func endless(w http.ResponseWriter) {
	w.WriteHeader(http.StatusCreated)
	chunk := make([]byte, 64<<10)
	for range 1 << 30 / len(chunk) {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func cutShort(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"sourcedIdPairs":{`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func slowToken(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	select {
	case <-r.Context().Done():
	case <-time.After(patience):
	}
}

const page = "<!DOCTYPE html><html><body>Please log in, wordofcomment</body></html>"

// hostiles are the servers, each with what the program makes of it. The rows that had no answer are looked up, and nothing is
// applied where the server is not the one who answers: so the server has no row, or all of them.
func hostiles() []hostile {
	const givenUp = "the server has not taken or answered anything for 1.2s ("
	all := []hostile{
		{name: "redirects elsewhere", serve: status(307, "", "Location", "https://elsewhere.example/x?token="+testSecret), status: "5",
			says: []string{"redirects (307)", "elsewhere.example", "--base-url"}},
		{name: "redirects to itself", serve: status(302, page, "Location", "/login"), status: "5", says: []string{"redirects (302)", "--base-url"}},
		{name: "a page, 502", serve: status(502, page), status: "4", says: []string{givenUp, "failed (502)"}},
		{name: "a page, 200", serve: status(200, page), status: "4", says: []string{givenUp, "web page", "--base-url"}},
		{name: "a page, 404", serve: status(404, page), status: "5", says: []string{"finds nothing at the address", "--base-url"}},
		{name: "no such route, 404", serve: status(404, "404 page not found"), status: "5", says: []string{"finds nothing at the address", "--base-url"}},
		{name: "a page, 403", serve: status(403, page), status: "5", says: []string{"forbids this client everything"}},
		{name: "401 for ever", serve: status(401, "{}"), status: "5", says: []string{"refuses the access token", "--token-url"}},
		{name: "403 for ever", serve: status(403, "{}"), status: "5", says: []string{"forbids this client everything", "administrator", "     0  rejected"}},
		{name: "405 for ever", serve: status(405, "{}"), status: "5", says: []string{"--method put"}},
		{name: "415 for ever", serve: status(415, "{}"), status: "5", says: []string{"does not take JSON", "--base-url"}},
		{name: "429 for ever", serve: status(429, "{}", "Retry-After", "1"), status: "4", says: []string{givenUp, "fewer requests (429)"}},
		{name: "503 for ever", serve: status(503, "{}"), status: "4", says: []string{givenUp, "failed (503)"}},
		{name: "applied, then 500", serve: afterwards(func(w http.ResponseWriter) { w.WriteHeader(500) }), status: "0", rows: hostileRows,
			args: []string{"--give-up-after", "30s"}},
		{name: "201, a cut body", serve: afterwards(cutShort), status: "0", rows: hostileRows},
		{name: "201, a foreign body", serve: afterwards(func(w http.ResponseWriter) { w.WriteHeader(201); _, _ = w.Write([]byte{0, 1, 2}) }), status: "0", rows: hostileRows},
		{name: "201, a gigabyte", serve: afterwards(endless), status: "0", rows: hostileRows},
	}
	all = append(all, rawHostiles(givenUp)...)
	all = append(all, tokenHostiles(givenUp)...)
	return append(all, secureHostiles(givenUp)...)
}

// rawHostiles break off, drip or flood.
func rawHostiles(givenUp string) []hostile {
	closed := []string{givenUp, "closed the connection"}
	return []hostile{
		{name: "closed at once", conn: func(net.Conn) {}, status: "4", says: []string{givenUp}},
		{name: "closed within the request", conn: readsABit, status: "4", says: closed},
		{name: "closed after the request", conn: says(""), status: "4", says: closed},
		{name: "closed within the header", conn: says("HTTP/1.1 201 Cre"), status: "4", says: closed},
		{name: "never answers", conn: silent, status: "4", says: []string{givenUp, "--timeout"}},
		{name: "a header of a byte at a time", conn: drips(created + "X: " + long(100)), status: "4", says: []string{givenUp, "--timeout"}},
		{name: "a refusal of a byte at a time", conn: drips("HTTP/1.1 503 X\r\nContent-Length: 100\r\n\r\n" + long(100)), status: "4", says: []string{givenUp}},
		{name: "a header without end", conn: floods(created, "X-Filler: "+long(1000)+"\r\n"), status: "4", says: []string{givenUp, "connection"}},
		{name: "early hints without end", conn: floods("", "HTTP/1.1 103 Early Hints\r\nX: "+long(100)+"\r\n\r\n"), status: "4", says: []string{givenUp}},
		{name: "no HTTP", conn: says("SSH-2.0-OpenSSH_9.9\r\n\r\n"), status: "4", says: []string{givenUp, "connection to the server failed"}},
		{name: "answers twice", conn: answersTwice, status: "4", says: []string{givenUp}},
	}
}

// tokenHostiles have a token address that misbehaves, or clocks that differ.
func tokenHostiles(givenUp string) []hostile {
	noToken := []string{givenUp, "no access token"}
	skew := sandbox.Limit{Rate: 8, Burst: 2, RetryAfter: sandbox.RetryDate}
	return []hostile{
		{name: "token: slow", token: slowToken, status: "4", says: append(noToken, "--timeout")},
		{name: "token: 429", token: token(429, "{}", "Retry-After", "1"), status: "4", says: append(noToken, "busy or failing (429)")},
		{name: "token: 500", token: token(500, page), status: "4", says: append(noToken, "busy or failing (500)")},
		{name: "token: a page", token: token(200, page), status: "5", says: []string{"does not answer as a token server does", "--token-url"}},
		{name: "token: nonsense", token: token(200, `{"token":`, "Content-Type", "application/json"), status: "5", says: []string{"--token-url"}},
		{name: "token: none in it", token: token(200, `{}`, "Content-Type", "application/json"), status: "5", says: []string{"--token-url"}},
		{name: "token: no header can carry it", token: token(200, `{"access_token":"a\nb","token_type":"Bearer"}`, "Content-Type", "application/json"), status: "5", says: []string{"--token-url"}},
		{name: "token: refused", token: token(401, `{"error":"invalid_client"}`, "Content-Type", "application/json"), status: "5", says: []string{"refuses the credentials", "--client-id"}},
		{name: "token: redirects", token: token(302, "", "Location", "/login"), status: "5", says: []string{"redirects (302)", "--token-url"}},
		{name: "token: a gigabyte", token: func(w http.ResponseWriter, _ *http.Request) { endless(w) }, status: "5", says: []string{"--token-url"}},
		{name: "clock a day ahead, with Retry-After dates", config: sandbox.Config{ClockSkew: 24 * time.Hour, Limits: []sandbox.Limit{skew}}, status: "0", rows: hostileRows,
			args: []string{"--give-up-after", "30s", "--timeout", "10s"}},
		{name: "clock a day behind, with Retry-After dates", config: sandbox.Config{ClockSkew: -24 * time.Hour, Limits: []sandbox.Limit{skew}}, status: "0", rows: hostileRows,
			args: []string{"--give-up-after", "30s", "--timeout", "10s"}},
		{name: "tokens that were over when they came", config: sandbox.Config{TokenSays: -time.Hour}, status: "0", rows: hostileRows},
		{name: "tokens that end long before they say", config: sandbox.Config{TokenLife: time.Second, TokenSays: time.Hour, Latency: sandbox.Latency{Base: 150 * time.Millisecond}},
			args: []string{"--concurrency", "1", "--timeout", "10s"}, status: "0", rows: hostileRows},
	}
}

// secureHostiles are about names, certificates and HTTP/2.
func secureHostiles(givenUp string) []hostile {
	insecure := []string{givenUp, "certificate", "clock"}
	reset := func(code uint32) func(uint32) []byte {
		return func(stream uint32) []byte { return frame(frameReset, stream, code) }
	}
	nowhere := []string{"--allow-plain-http"}
	return []hostile{
		{name: "certificate expired", tls: expired, status: "4", says: insecure},
		{name: "certificate of another host", tls: otherHost, status: "4", says: insecure},
		{name: "certificate of an unknown authority", tls: unknownAuthority, status: "4", says: insecure},
		{name: "TLS 1.1", tls: oldTLS, status: "4", says: insecure},
		{name: "HTTP/2: RST_STREAM, REFUSED_STREAM", tls: http2, conn: frames(reset(7)), status: "4", says: []string{givenUp}},
		{name: "HTTP/2: RST_STREAM, INTERNAL_ERROR", tls: http2, conn: frames(reset(2)), status: "4", says: []string{givenUp}},
		{name: "HTTP/2: GOAWAY", tls: http2, conn: frames(func(uint32) []byte { return frame(frameGoAway, 0, 0, 0) }), status: "4", says: []string{givenUp}},
		{name: "a name that nobody knows", base: "http://nonexistent.invalid", args: nowhere, status: "4", says: []string{givenUp, "name is not known"}},
		{name: "a proxy that asks for a login", base: "http://gradebook.invalid", args: nowhere, proxied: true, serve: status(407, page), status: "5",
			says: []string{"proxy asks for a login (407)", "HTTPS_PROXY"}},
	}
}
