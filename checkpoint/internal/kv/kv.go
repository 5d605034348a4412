// Package kv is the seam under the checkpoint: an ordered key-value store with transactions, no more than the journal
// needs of one. bbolt is behind it in production, a model with crashes in tests; what lies above is the same code.
package kv

// DB is a store of named buckets.
type DB interface {
	// View calls fn with a read transaction. What fn is given dies when it returns.
	View(fn func(Tx) error) error
	// Update calls fn with the one write transaction and commits it, unless fn fails. When it returns nil, the
	// transaction is durable. When it returns an error, the transaction may be in the store or not.
	Update(fn func(Tx) error) error
	// Size is the size of the store in bytes.
	Size() (int64, error)
	Close() error
}

// Tx is a transaction.
type Tx interface {
	// Bucket is the bucket at path. A write transaction creates what is missing of it; a read transaction returns nil.
	Bucket(path ...string) Bucket
	// Names yields the names of the buckets at path, in order, to the first error.
	Names(path []string, yield func(name string) error) error
}

// Bucket is a sorted map of bytes.
type Bucket interface {
	// Get returns nil for a key that is not there.
	Get(key []byte) []byte
	// Put keeps a copy of key; value must stay as it is until the transaction ends.
	Put(key, value []byte) error
	Delete(key []byte) error
	Cursor() Cursor
	// FillSequentially says that new keys come in order: pages are filled, not split in the middle.
	FillSequentially()
}

// Cursor steps through a bucket; a nil key is the end. It must not be used after a change to the bucket.
type Cursor interface {
	First() (key, value []byte)
	Last() (key, value []byte)
	Next() (key, value []byte)
	Prev() (key, value []byte)
	// Seek goes to key, or to the next one after it.
	Seek(key []byte) (k, value []byte)
}
