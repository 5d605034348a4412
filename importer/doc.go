// Package importer moves rows of a file into a gradebook, so that none is lost and none doubled.
//
//	file ─► Source ─► plan ─► tasks ─► work × N ─► outcomes ─► record ─► Report, rejects.csv, progress
//	        (rows)     │                │  health, pace ─► look or send      │
//	                   └ Journal: intents, one transaction a batch           └ Journal: outcomes, one transaction a batch
//
// # One direction
//
// There are three kinds of goroutine: one plan, which reads, validates and decides; N workers, which look and send; one
// record, which commits, counts and reports. Rows that plan decides go to record a batch at a time, those that workers end one
// by one. Each stage knows the next one's input and nothing else; nothing flows back
// but "stop", and to plan, that a task was taken: it begins the next rows when half of the last were taken, or as early as a slow
// disk needs, so that a kill leaves few rows in doubt at a slow server (stride.go). Only the file that holds Run starts
// goroutines and makes the channels between stages; the contexts are stop.go's.
//
// No stage returns while its input is open. A stage that fails latches its first error, stops intake and drains: plan
// defers what it had read, workers defer what they hold, the recorder goes on counting. So every row read ends in
// exactly one Outcome with exactly one Status, whatever fails. The recorder has no context: an answer that came must be
// recorded even though somebody pressed Ctrl-C.
//
// Two contexts answer two questions. Intake: may new work start? It bounds every wait. Flight: may running work go on? It
// bounds every request, and ends Grace after intake. The one wait that intake cannot bound is a Source's, for someone to write
// to standard input: Stopping tells it to give up, and what it then says is not heeded.
//
// # Never lost, never doubled
//
// An intent is durable before its row is sent; an outcome is durable before its row is counted. What a crash leaves:
//
//	before the intent    nothing is known: the row is sent next time
//	after the intent     in doubt: the row is looked up before anything else
//	after the outcome    unchanged: nothing is sent
//
// A row whose request was written and not answered is in doubt as well, and takes the same path: a task with look set.
// There is no other place where rows are reconciled. "Not found" is believed when Settle has passed since the request
// ended (for an intent of an earlier process, since this one started), because the server may still be working on a
// request whose client is gone; a look counts from when it was asked for. The same holds for "another content", which a
// request under way may yet replace. Found is believed at once, unless what is under way may be another content, a
// replacement or a deletion. A row that waits holds no worker: it sits in the room. One in doubt waits there until the look can
// be believed or the new rows have had their turn: one look is mostly enough, and however soon a run is killed, it has sent
// new rows.
//
// A look compares what was sent and nothing else, so a value that the file no longer has is missed by it. Where a
// replacement is in doubt, and where another content of the row is, more at the server than in the row counts as different.
//
// A row that ends rejected or failed while the server has something under its sourcedId that no record knows of keeps its
// intent: the next run looks again, and does not trust the server to refuse a second POST.
//
// # What nobody can promise
//
// TestSimulation excuses four things, and counts them. A server that allocates its own ids and has not yet told so in
// any answer that was written down: a row in doubt is looked for in vain and sent again. The same server when the
// checkpoint was lost. A disk that loses the intents it said it had written, at a server that takes a sourcedId twice;
// at others nothing is doubled even then. And --in-doubt resend, which is a person's decision.
//
// # Whose fault
//
// A send that ended in doubt is charged to its row, unless the server is down: five failures in a row with no useful
// answer between them (health). Then everybody waits, one probe at a time goes out, and nothing is charged; a charge
// from the beginning of the outage is taken back. A row is failed when its attempts are used up and a last look shows
// that it is not there.
//
// A 404 may be the row's fault or the address's, a 403 the row's or the client's. While 404s without a word of the API's are
// all that is known of a server, in this run and in those before, and while 403s are all that this run was answered, rows that
// got one are held back (address.go, permission.go, suspense.go): where the run ends for it, they are left for the next one. At a
// server that earlier runs reached, it does not end for 404s before the server was asked for a row that it took, if one was read.
//
// # Verify
//
// Verify is the same pipeline with tasks that only look, and no journal (verify.go): a row is accepted where the server has
// what the file says. Rows are asked for in groups, by one list for fifty of them; a list is believed only where it shows a
// row as the file has it, and every other row is looked up by itself. A list that leaves out what a look finds, or that
// does not heed its filter, is not asked again.
//
// # Log
//
// What happens to rows is told by the recorder alone, once it counts: the first few of each kind of problem, then their
// number at a steady pace (log.go). A row is named by its place and a hash salted for this run. The words of a log line
// (msg and keys) are a contract with whoever searches logs; README lists them.
//
// # Dry runs
//
// A dry run is the same pipeline with a Gateway that takes everything and a Journal that writes nothing (dryrun.go). Its
// report says what sending would do (Effects). The command's --max-changes is a dry run before the run;
// it has an Online that looks for results alone, and for each one that no list shows by itself (NewOnlineResults).
//
// With Online as its Gateway (online.go) a dry run asks the server, read-only, and answers each row as the server would.
// It is a Source as well, between the reader and the plan, to know which rows go into one list. Forecasts may be wrong where
// lists lie; rejections may not: what a row refers to is missing where the server says so of it alone (404), and has shown
// that it has others of the kind.
//
// # Bounds
//
// Rows in memory: planMost being planned, queueRows queued, one a worker, waitingRows in the room and as many aside, three times heldMost held
// back, 2·commitRows and planMost on their way to the report. The report keeps problemKinds kinds of problems with problemLines lines each and timelineMax points.
// What grows with the input is the journal's claims, 12 bytes a row, and 16 bytes for each text on a Pile: a row in a reject
// file, a problem in a list. The pairs of line item and student, of which retakes.go warns, take 1 MiB, and 12 bytes a row
// in a file without a name.
package importer
