// Package oneroster is the wire: results as the OneRoster Gradebook API spells them, a client for them, and what a
// server's answers mean.
//
// # What it promises
//
// Each call of [Client.Submit], [Client.Find] and [Client.List] makes one attempt and says what became of it. Nothing
// is retried here but after a 401, with a new access token: a 401 means that nothing was applied. The [Verdict] is true
// whenever the caller's context ends. In particular:
//
//   - Accepted: the server said so. Its body may be cut, foreign or missing; not believed are a web page in place of an
//     answer, since login pages and portals answer 200 as well, and an answer for another row (crossed.go): Doubt.
//   - NotApplied: the request cannot have had an effect.
//   - Doubt: everything else that is not an answer.
//
// classify is pure and decides all of it from method, status, header and body; above it nobody reads a status code.
// A server's words decide in one place, whether a 404, 400 or 422 says "already exists". Beyond the table of the design it decides:
//
//	2xx that says failure as the status that its minor code stands for (minorStatus), 422 without one: imsx_codeMajor failure or
//	                      unsupported, and no sourcedId that was allocated
//	408                   doubt: proxies say it of slow servers, too
//	421, 425              not applied: refused before any work, to be sent again
//	405, 501 to a write   abort: every other request of the kind would be answered so; the reason names the flag
//	415, 407              abort: no row can change it
//	HTTP in place of TLS  abort: https at a port for http; not applied, once the server has answered
//	413, other 4xx        rejected
//	404, 410 to a DELETE  missing
//	404 as a web page     to a GET doubt: a gateway's page, and believing it could send a row twice
//	other 4xx to a GET    rejected: this one cannot be looked up, others may be; for a list blind
//	1xx, 6xx and beyond   doubt; of a 101 nothing more is read, since no time limit would end that
//	unreadable 200, or another result, to a GET   doubt: nothing was learned
//
// An [Answer]'s Reason is ours, in plain words, and repeats nothing that a server wrote, but for the host that a
// redirect names. Detail is the server's text, one line, cleaned and short, and may be a student's data: importer keeps it as
// the value of a row's problem, which no log has, and messages only where people asked to see values.
//
// # Was it written?
//
// Between NotApplied and Doubt stands one question, and a wrong answer sends a grade twice. httptrace answers it
// (sending.go), for these reasons, to be found in net/http of Go 1.26:
//
//   - HTTP/1 calls WroteHeaders before it flushes the header, so that without the call no whole request left. When
//     RoundTrip has failed, the goroutine that writes has ended (persistConn.mapRoundTripError waits for it).
//   - HTTP/2 may fail a request while its header is being written, but the body is closed before RoundTrip returns, and
//     a POST or PUT without its body is none. A request without a body counts as written from the connection on.
//   - HTTP/1 replays a POST, PUT or DELETE only if not a byte of it was written (persistConn.shouldRetryRequest,
//     Request.isReplayable); it must carry no Idempotency-Key, or that changes.
//   - HTTP/2 replays any request that has a GetBody, after REFUSED_STREAM, after GOAWAY, and after a PROTOCOL_ERROR
//     from the server (http2canRetryError), which proves nothing. Our GetBody refuses once the header was written, so
//     all three come out as doubt. DELETE and GET have no body, and may be replayed: twice is once for them.
//
// A Config.Transport that is not net/http's may call no hooks; then only a failure to connect counts as unwritten.
//
// The client calls RoundTrip itself: no redirect is followed, no cookie kept, no request copied. The context of a
// request bounds all its phases, from the connection to the last byte of the answer. An answer's header is read up to
// 64 KiB, its body up to 64 KiB (a look 1 MiB, a list 32 MiB); a longer one costs its connection.
//
// # The access token
//
// One token serves all requests. Whoever finds none fetches it, the others wait for that; when the fetching caller goes
// away, the next one takes over, so that no goroutine is needed. It is renewed 10 s before its end, or a quarter of its
// life where that is shorter: a token that lives seconds still serves many calls. A refused token is dropped by
// comparison, so that eight refusals make one renewal. A passing failure of the token server stands for as long as it
// asked (at least a second) without being asked again.
//
// Refused credentials, scopes, grants and redirects end the run. An answer that no token server gives (a page, no
// token) ends the run, too, as long as this client had no token from there: it is the wrong address. Later it is a
// passing fault. A life that makes no sense (0, negative) is ignored. Errors of the oauth2 package are never printed:
// they hold the answer's body.
//
// # Sameness
//
// [Result.Digest] tells whether a row has changed since it was accepted, [Result.Diff] whether a server still has what
// was sent. They agree: results have one digest exactly when neither differs from the other, as long as metadata are
// texts and dates have a time, as the reader makes them. Diff is wider beyond that, as servers keep "true" as true,
// "7" as 7 and a date-time as a date.
package oneroster
