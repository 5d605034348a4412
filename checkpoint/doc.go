// Package checkpoint is the importer's memory: which rows were accepted, and which may have been.
//
// An intent is on disk before a request leaves, its outcome before a row is counted. So a crash leaves one of three
// things behind, for each row: nothing (it is sent next time), an intent alone (in doubt: look before sending), or an
// outcome.
//
// # Use
//
// [Open] a [Store], take the [Journal] of a target, then StartRun; Claim the rows of a batch, Begin those to be sent,
// Finish them as answers come, EndRun. A store has no goroutine and no timer. Transactions are as large as the caller
// makes them, and durable when the call returns; a commit costs two fsyncs, so batches of some hundred rows are what
// makes it fast.
//
// After an error of a write, nothing more is written: the transaction may be on disk or not, and after a failed fsync
// the page cache is no witness. The next process finds the one or the other, and both are safe.
//
// # File
//
// One bbolt file, mode 0600, locked by one process (readers share a lock, so status cannot read while a run goes on, and
// is told so). Buckets:
//
//	checkpoint             format: the version of this layout
//	targets/<hash>         target, facts, tail (counts of the log)
//	targets/<hash>/log     seq of first → up to 128 intents, with checksum
//	targets/<hash>/states  the same key → their states, a byte each, with checksum
//	targets/<hash>/runs    number → run, JSON
//
// Keys only grow, whatever the rows are called: random keys cost bbolt fifteen times as much. Which record knows a row
// is found in memory, through a table built from the log when the journal is opened. A batch is a few values, not a value
// a row. On two cores of an AMD EPYC, in memory (TMPDIR=/dev/shm go test -run=^$ -bench 'BeginFinish|RowPuts'
// -benchtime 200000x ./checkpoint): 1.2 to 2.3 µs a row for a put each, without claim or checksum; 0.7 to 0.9 µs so,
// with both, in batches of 256; blocks of 64, 128 and 256 rows differ by a fifth at most. On a disk the two fsyncs of a
// commit, some 0.5 ms, come on top, for each batch.
//
// bbolt has no checksums of pages, so blocks have their own: a flipped bit in a key would otherwise send a row twice.
// A block that is missing is found by the counts in the tail, a target by the list of targets; missing states only make
// rows be looked up. Damage to bbolt's own pages, which could end the process, is looked for before bbolt reads them
// (verify.go).
//
// Free pages are kept in the file (bbolt's default): the log only grows, so the list of them is short beside it, while
// rebuilding it would read the whole file at each start, in a goroutine whose panic nobody can catch. In memory it is
// bbolt's sorted array: its map is sorted anew at each commit, which with 6 million rows was two fifths of their cost.
//
// # Memory
//
// 13.7 to 15.4 bytes for each row, seen now or known from before, and about 3 MiB. It holds no pointers, and growing it
// makes no garbage; but Go's collector lets garbage of others grow to the size of the heap, so a program that must stay
// small sets a memory limit.
//
// A run that takes in 10 million rows spends 1.5 µs of processor time on each, the first 200,000 take 0.7 µs
// (TMPDIR=/dev/shm go test -run=^$ -bench BeginFinish/1024 -benchtime 10000000x ./checkpoint): the table no longer fits
// into the processor's cache. The fsyncs of a commit come on top, and do not grow.
//
// With 10 million rows in the file (go test -run=^$ -bench Claim -benchtime 1x ./checkpoint), opening takes 0.22 µs a row
// and claiming them in the order of the log 0.32 µs, a thousand at a time: what several of them need of the table is read side
// by side. 14.2 bytes a row.
package checkpoint
