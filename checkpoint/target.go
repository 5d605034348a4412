package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"gradebook-import/checkpoint/internal/kv"
)

// Target says what a journal belongs to.
type Target struct {
	BaseURL  string `json:"baseUrl"`
	ClientID string `json:"clientId"`
}

// bucket is the name of the target's bucket.
func (t Target) bucket() string {
	sum := sha256.Sum256([]byte(t.BaseURL + "\x00" + t.ClientID))
	return hex.EncodeToString(sum[:8])
}

// Target returns the journal of a target. Unless the store is read-only, it reads the whole journal, so that damage is
// found before anything is sent. A journal serves one run; take a new one for the next.
func (s *Store) Target(baseURL, clientID string) (*Journal, error) {
	t := Target{baseURL, clientID}
	facts, known, err := s.Facts(t)
	if err == nil && !known && !s.opts.ReadOnly {
		err = s.update(func(tx kv.Tx) error { return createTarget(tx, t) })
	}
	if err != nil {
		return nil, err
	}
	j := &Journal{store: s, bucket: t.bucket(), readOnly: s.opts.ReadOnly, table: newTable(), facts: facts}
	if s.opts.ReadOnly {
		return j, nil
	}
	return j, j.load()
}

func createTarget(tx kv.Tx, t Target) error {
	meta, name := tx.Bucket(metaBucket), t.bucket()
	if err := meta.Put(listKey, []byte(string(meta.Get(listKey))+" "+name)); err != nil {
		return err
	}
	for _, sub := range []string{logBucket, statesBucket, runsBucket} {
		tx.Bucket(targetsBucket, name, sub)
	}
	b := tx.Bucket(targetsBucket, name)
	if err := (tail{next: 1}).put(b); err != nil {
		return err
	}
	return putJSON(b, targetKey, t)
}

// Targets lists the targets in the file.
func (s *Store) Targets() ([]Target, error) {
	var targets []Target
	err := s.view(func(tx kv.Tx) error {
		return tx.Names([]string{targetsBucket}, func(name string) error {
			t, err := targetIn(tx, name)
			targets = append(targets, t)
			return err
		})
	})
	return targets, err
}

// Facts is what was learned about a target, and whether the file knows it. Its log is not read.
func (s *Store) Facts(t Target) (facts Facts, known bool, err error) {
	err = s.view(func(tx kv.Tx) error {
		b := tx.Bucket(targetsBucket, t.bucket())
		if known = b != nil; !known {
			return nil
		}
		found, err := targetIn(tx, t.bucket())
		if err == nil && found != t {
			err = errMisplaced
		}
		if err != nil {
			return err
		}
		tail, err := readTail(b)
		facts = tail.facts
		return err
	})
	return facts, known, err
}

var errMisplaced = errors.New("a target lies under the name of another")

// targetIn is the target of a bucket. A damaged address would be that of a target of which nothing is known.
func targetIn(tx kv.Tx, name string) (t Target, err error) {
	if err = getJSON(tx.Bucket(targetsBucket, name), targetKey, &t); err == nil && t.bucket() != name {
		err = errMisplaced
	}
	return t, err
}
