// Package sandbox is a OneRoster gradebook API that runs anywhere: the server that tests, people and
// "gradebook-import sandbox" import into. It is the only fake server of the project. It does what real servers do,
// badly where it is told to, and keeps an audit of what was applied, against which promises are tested.
//
//	server := sandbox.New(sandbox.Config{Faults: faults})
//	http.ListenAndServe("127.0.0.1:8080", server)
//
// # What it imitates
//
//   - The API document of POST /ims/oneroster/gradebook/v1p2/results/: the wrapper, the schema of a result, the error
//     bodies with their minor codes, page sizes, filters, sourcedIdPairs as one object. Fields that the schema does not
//     know are not forbidden by it, so they are dropped in silence; clients saw the same. [Config].Strict refuses them.
//   - The 1EdTech Gradebook REST binding 1.2 where the document is silent: PUT and DELETE of a result, X-Total-Count,
//     field selection, minor codes, sourcedIdPairs as an array on request.
//   - What clients observed: no trailing slash, no collection (404); PUT is an upsert answered 201; DELETE is soft, GET then
//     shows status tobedeleted, a second DELETE is 204, and POST finds the sourcedId taken (404, "already exists");
//     duplicates answered with 409, 404, 422, 500, or made twice; nested filters that work although documented not to.
//   - OAuth2 client credentials (RFC 6749 §2.3.1, §4.4, §5): in the body or in a Basic header, both form-decoded; errors
//     of §5.2. Tokens end after Config.TokenLife, whatever expires_in claimed.
//   - Servers that spell a result otherwise ([Normalize]), allocate their own ids, refuse GET, show a write late, hold a
//     rate, a window or a number in flight ([Limit], in steps), or slow down under load ([Latency]).
//
// # Faults
//
// A [Fault] is data: it can be written on a command line ([ParseFaults]), in JSON or YAML, and printed. [FaultWords]
// lists what can go wrong. What a fault does to the work is exact: nothing applied (drop-before, 503), applied and the answer
// lost or spoiled (drop-after, 500-after, cut-body), or applied later, when the client has long gone (delay-apply).
//
// Faults by count follow the order in which requests arrive. Faults by probability hang on the seed and on what is
// asked for (method, sourcedId, the how-manieth time), not on the order of arrival: the same rows meet the same faults in
// every run of a seed, however the scheduler interleaves them.
//
// # Order of a request
//
// Limit (429, before the body is read), body, fault, half of the latency, token, validation, write, the other half,
// answer. A write is done at its time even when the client has gone by then, as behind a gateway; a request whose body
// did not arrive whole is dropped. A connection is cut by panicking with [http.ErrAbortHandler], which net/http turns
// into a closed connection or a reset stream; a transport that calls ServeHTTP itself must recover it.
//
// # Time
//
// All waiting is by package time in the goroutine of the request, and the clock is read nowhere else, so that a server inside a
// testing/synctest bubble lives in the bubble's time. Late writes need no timer: they are applied, with the time at
// which they were due, by whoever looks at the store next. Nobody can tell the difference.
//
// # Memory and speed
//
// A stored result is its compact JSON, an id and some 200 bytes. Filters read the JSON in place, see lookup. There is
// one lock for writes, held for a few hundred nanoseconds, and a body is decoded once, before it.
//
// # What it does not
//
// It has results only: of line items, users and classes it knows whether they exist ([Known]), and shows that. No bulk POST below a line item or
// class, no search parameter (ignored: the document names no fields of results for it), no Link headers, no short pages. A POST
// that is retried under Config.AllocateIDs makes another result, as it does where ids are only mapped. Credentials
// are compared, tokens are random, but nothing here is meant to keep anybody out. The audit and the health check ([AuditPath],
// [HealthPath]) are the sandbox's own and ask for no token.
package sandbox
