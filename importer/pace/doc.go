// Package pace is the one controller that all workers of a run share. It learns how many requests a second and how many
// in flight a server allows, stays just under, and follows when that moves:
//
//	Acquire(ctx) → one request → Release(Event)
//
// [Config.Rate] and [Config.Concurrency] are ceilings; nothing here tries to reach them. What a refused row itself does
// (it waits for its Retry-After) is its sender's affair; the Pacer decides what everybody else does.
//
// # What it does, in order of appearance
//
// Start. One request in flight, then twice as many each round trip up to eight, then half as many again, until the
// ceiling, a refusal or growing latency. No rate holds. With 50 ms a request, 64 are in flight after half a second.
//
// Episode. The first refusal (429) slows everyone down, once: the other requests that were in flight then were sent
// under the old rate, and their refusals say nothing new. The first cut of a run goes to 70 % of what was being
// accepted, and takes off the limit in flight what was refused. Where fewer than 16 were accepted before it, they count for
// a round trip of 10 ms at least: one request in a moment says nothing of a second.
//
// Wall. Each later cut measures. A server that refuses has spent its allowance; if it had spent it at the last refusal
// too, then what it accepted in between, a second, is its rate, whatever its burst. The new rate begins 10 % below that
// wall (3 % below the old rate at least), runs back to it along a cubic, flattens near it, and climbs past it twice as
// steeply. What it leaves unused below the wall a server's burst gives back above, so that on the average the wall itself is
// sent. The estimate is too low where the server had room in between (the rate was being doubled, or everyone paused):
// then a cut takes 30 % to 50 % at most, deeper only when the next one says so again, and the curve is short.
//
// Depth. It is too low as well where the burst is so small that it was full in between: then the rate is the largest of
// what was accepted a second in any stretch of time that ended with the refusal, above what the bucket held at its
// beginning (past.go). How much a bucket holds is not known, so five depths are held against each other, from none to one
// that is never full: the true one tells of the same rate after every curve, and the others do not, because the 1st,
// 3rd, 7th, 15th ... curve begins nearer to the wall. So a server without any burst is sent 98 % of its rate in the end,
// and one with a large burst 100 %.
//
// Next to nothing. A refusal less than 16 accepted requests after a pause says little: the estimate then lies anywhere between
// what came through, pause included, and the rate. The curve is a few requests long, longer each time that happens again,
// and after it the rate doubles every 8 to 32 accepted requests.
//
// Whims. A refusal may have nothing to do with the rate: a server sheds load, or requests arrive in one moment because the
// way stood still. Such refusals come as often at half the rate, and a law that cut at each would end at a crawl. So once
// the wall has been confirmed, a refusal moves nothing where 5 % less was accepted since the last cut than the wall allows,
// unless more than one in 25 is refused; and when refusals have shown themselves to come there as often as one in 200, those
// at the wall move it only where they come four times as often. Shards overlook none.
//
// Probe. A curve ends in a refusal after about 160 accepted requests: after half as many when refusals have been saved up
// (each 200 accepted requests earn one, 15 at most), after 290 when too many were spent. But where requests are many it
// takes a second and a half (two and a half when the wall stayed where it was), and where they are few a minute at most. A curve
// past its end without a refusal means that the wall has moved: the rate then doubles every 32 accepted requests (not
// within two round trips, but within five seconds). So a limit that rises from 60 to 400 a second is found in about
// three seconds, one that rises from 5 to 500 in about a minute; one that falls is followed in a few round trips. The
// curve is clocked by accepted requests: what stands still does not grow, and a process that was stopped for a minute
// has no minute to make good. The token bucket holds 10 ms of the rate and one request, so
// that what a timer was late is made good; where the server seems to have no burst, one request alone.
//
// Shards. Where N processes share what the server allows ([Config.Shards]), what one of them leaves must be found by the
// others: a curve then takes 32 ÷ N seconds at most, as often as one process would ask, begins 20 % below its wall and ends
// two a second above its wall at least, so that large shares shrink more and small ones grow faster. Eight shards that are
// refused by one bucket take 3 % longer than one process (37 % to 58 % without this), and the slowest has done half of its
// rows when the first is through.
//
// Hold and pause. When a request that was sent after a cut is refused before any such was accepted, everyone waits until an
// answer could be back. When it is refused after that, one request goes each round trip, never two in the same moment; when
// that one is refused too, everyone waits until the latest moment that any refusal of the episode asked for in its
// Retry-After, however long (its cap is the client's), or where none did for 0.1 s, doubled each time up to 30 s. Then one
// goes first again. One success ends it all. So a Retry-After of a whole second where the true wait is milliseconds holds
// the refused row alone, and the end of a quota holds everybody.
//
// In flight. A refusal may be about requests in flight instead. Until that is settled both limits hold, and the rate climbs
// fast: when it has left the limit in flight alone to hold for eight round trips (64 requests at most) without a refusal, it
// was never the reason and is dropped. From then one more in flight is tried after four round trips (32 requests at most),
// and after twice as many each time that is refused, up to 300; when it goes well for four round trips, two more, then four.
// While it is tried requests are kept apart, by half of a round trip divided among those in flight: two in the same moment
// may be refused for their rate. The belief in a limit in flight ends when requests are refused with fewer in flight, when a
// confirmed limit is refused, or when probes are twice refused late (a limit in flight shows itself at once); it returns
// when three refusals in a row came with more in flight than nearly all that were accepted. Where it ends and no rate is
// known, 70 % of what was being accepted is.
//
// Latency. Where more in flight only wait longer at the server, fewer are as fast. When mean latency has grown by more
// than 10 ms and 30 % over the lowest seen, the limit in flight falls to where about one to three requests wait. Every
// ten seconds of that, half as many go for one sample, to see the lowest again. Latency below 10 ms is never acted on.
// Where less than 80 % of what came through before comes through then, the wait was not at the server: the way has become
// longer, or this machine is busy. As many as before go again, and the next try comes after 10 s, then 20 s, 320 s at most.
//
// Failures. A 500 among successes is no reason to slow down. After eight failures (5xx, no answer) in a row everyone
// pauses for 0.5 s, doubled each time up to 30 s, or for what the server asked; one success ends it.
//
// # Cost
//
// While no rate is known, Acquire and Release are a mutex and a few counters: no timer, and a look at the clock once a
// round trip.
//
// # Shape
//
// law is the policy: pure functions of what is known, what happened and when. law.go has the episodes, rate.go the curve,
// past.go what a refusal says of the rate, whims.go when it says nothing, flight.go the limit in flight, latency.go the one
// by latency. pacer.go is the mechanism around it: a turnstile, a [golang.org/x/time/rate.Limiter] and a condition to look
// again; whoever is first in the turnstile waits for the token, so that a cut reaches everybody at once. No goroutine is
// started.
//
// # Figures
//
// importer/pace/benchpace runs this very code in simulated time against the servers of importer/pace/profile, beside an
// oracle that is told the server's state, and three baselines:
//
//	go test ./importer/pace/benchpace -run TestTable -v -timeout 30m -args -table
//
// Medians and worst of nine seeds on 2026-11-26, in per cent: goodput ÷ the oracle's, goodput ÷ what the server allows,
// requests refused ÷ sent, and the seconds until the first half second at full speed. Nothing was lost, save by "no
// backoff", which gives a row up after five attempts and so loses most of them (its goodput counts attempts at what is
// left). The baselines are of the day before, but at whims. 20 ms a request where the profile does not say, 64 as the ceiling of requests in flight. At stalls, tight, shallow and
// thin the baselines only hammer.
//
//	             pace                                          fixed 8        aws adaptive   no backoff
//	profile      goodput worst allowed refused worst  full s   goodput refus. goodput refus. goodput refus.
//	bucket         97.8  89.7    97.7    0.35  0.39    0.02      76.7    0.0      53.2    0.3     107.6   97.9
//	blind          99.8  99.8    99.8    0.30  0.45    0.02     100.0   20.6      87.0    0.5     100.0   99.3
//	slow bucket    99.4  99.4    99.4    0.97  1.15    0.02      99.8   60.6      99.7   11.5     542.8   99.9
//	date           99.9  99.9    99.9    0.45  0.48    0.02      71.1    8.7      88.6    1.2     100.0   99.7
//	window        100.0 100.0   100.0    1.33  1.46    0.02     100.0    0.8      86.5    1.1     100.0   99.7
//	cap            99.5  99.1    99.3    0.36  0.36    0.75      79.9    0.0      66.6    1.0     111.0   98.0
//	step           93.0  90.3    92.9    0.36  0.44    0.02      94.7    0.9      49.9    0.9     100.0   99.0
//	neighbour      99.2  97.8    99.1    0.63  0.89    0.02      92.4    1.2      77.7    0.3     112.4   98.9
//	slow server   100.0  99.7    99.3    0.00  0.00    0.12      90.5    0.0     100.5    0.0     100.5    0.0
//	flaky          99.8  99.6    99.8    0.22  0.28    0.02      94.2    0.6      85.6    0.3     100.0   98.9
//	long           99.4  99.3    99.3    0.00  0.00    0.44      12.5    0.0     100.0    0.0     100.0    0.0
//	whims          93.7  88.5    93.8    2.56  3.01    3.26      65.7    2.0       6.5    4.6     102.0   98.9
//	stalls         66.7  62.6    65.8    4.98  5.55   never
//	tight          94.4  93.5    94.1    0.62  0.62    4.79
//	shallow        98.4  96.0    98.4    0.12  0.12    0.00
//	thin           83.2  80.5    82.5    0.43  0.50   never
//
// On slow server the median latency is 61 ms with 13 in flight, 40 ms being the least; without a limit it is 297 ms.
//
// What it does not reach: step begins its third part up to six seconds late, when the limit rises at the beginning of a curve.
// The 5,000 rows of "bucket" take ten seconds, and a row refused in the last of them waits out its second alone (with 30,000
// rows: 99.4). "fixed 8" is as good at "step" because 8 ÷ 20 ms happens to be its rate. Tight spends four seconds on
// finding out how little 60 requests a second are, and goes at 98 % of them in the end. Stalls has no burst to make good
// what stood still: to go at its rate is to be refused at every standstill. Thin takes four seconds to find out that not the
// number in flight was refused but their moment; then arrivals are uneven, which the oracle is spared.
package pace
