package checkpoint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
)

func asError[E error](err error, target *E) bool { return errors.As(err, target) }

const lockPathVar = "CHECKPOINT_TEST_LOCK"

// TestMain is also the second process of TestLockedByProcess.
func TestMain(m *testing.M) {
	if path := os.Getenv(lockPathVar); path != "" {
		_, err := checkpoint.Open(path, checkpoint.Options{})
		fmt.Println(err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A second process is told which file is in use, within two seconds, and gets it when the first is done.
func TestLockedByProcess(t *testing.T) {
	f := checkpointtest.Open(t)
	second := func() string {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), lockPathVar+"="+f.Path)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	start := time.Now()
	out := second()
	if took := time.Since(start); took > 2*time.Second || !strings.Contains(out, f.Path+" is in use") {
		t.Errorf("after %v: %s", took, out)
	}
	f.Store.Close()
	if out := second(); out != "<nil>\n" {
		t.Errorf("when it is free: %s", out)
	}
	f.Reopen()
}

// Whether another process holds a checkpoint is told from its lock alone: of a file that lost its end, too.
func TestHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gradebook.db")
	if err := checkpoint.Held(path); !os.IsNotExist(err) {
		t.Errorf("of a file that is not there: %v", err)
	}
	s := open(t, path)
	begin(t, journal(t, s), intents(0, 1000)...)
	var locked *checkpoint.LockedError
	if err := checkpoint.Held(path); !asError(err, &locked) {
		t.Errorf("while it is open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 16<<10); err != nil {
		t.Fatal(err)
	}
	var damaged *checkpoint.DamagedError
	if _, err := checkpoint.Open(path, checkpoint.Options{ReadOnly: true}); !asError(err, &damaged) {
		t.Errorf("cut off: %v", err)
	}
	for range 2 {
		if err := checkpoint.Held(path); err != nil {
			t.Errorf("of nobody: %v", err)
		}
	}
}

// New files are for their owner alone.
func TestNewFile(t *testing.T) {
	f := checkpointtest.Open(t)
	info, err := os.Stat(f.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

// What is no checkpoint is refused with the right word and left as it is.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	db, err := bbolt.Open(foreign, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("theirs"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	db.Close()
	later := filepath.Join(dir, "later.db")
	open(t, later).Close()
	if db, err = bbolt.Open(later, 0o600, nil); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("checkpoint")).Put([]byte("format"), []byte{0, 0, 0, 2, 0xff, 0xff, 0xff, 0xfd})
	}); err != nil {
		t.Fatal(err)
	}
	db.Close()
	text := filepath.Join(dir, "text.db")
	write(t, text, []byte("sourcedId,status\n"))
	long := filepath.Join(dir, "long.db")
	write(t, long, []byte(strings.Repeat("sourcedId,status\n", 10_000)))
	zeros := filepath.Join(dir, "zeros.db")
	write(t, zeros, make([]byte, 1<<16))
	over := filepath.Join(dir, "over.db")
	open(t, over).Close()
	whole, err := os.ReadFile(over)
	if err != nil {
		t.Fatal(err)
	}
	copy(whole, strings.Repeat("sourcedId,status\n", 64<<10/17))
	write(t, over, whole)
	for _, path := range []string{foreign, text, long, zeros, over} {
		before, _ := os.ReadFile(path)
		var damaged *checkpoint.DamagedError
		var other *checkpoint.ForeignError
		_, err := checkpoint.Open(path, checkpoint.Options{})
		if path == text || path == long || path == over { // nobody is told to move a file of theirs, nor to begin anew unasked
			if !asError(err, &other) || other.Path != path || strings.Contains(err.Error(), "mv ") || !strings.Contains(err.Error(), "--look-first") {
				t.Errorf("%s: %v", path, err)
			}
		} else if !asError(err, &damaged) || damaged.Path != path || !strings.Contains(err.Error(), "mv "+path) {
			t.Errorf("%s: %v", path, err)
		}
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("%s was changed", path)
		}
	}
	var version *checkpoint.VersionError
	if _, err := checkpoint.Open(later, checkpoint.Options{}); !asError(err, &version) || version.Found != 2 || version.Supported != 1 {
		t.Errorf("later format: %v", err)
	}
	var pathError *fs.PathError
	for _, path := range []string{dir, filepath.Join(dir, "none", "x.db"), os.DevNull} {
		if _, err := checkpoint.Open(path, checkpoint.Options{}); !asError(err, &pathError) {
			t.Errorf("%s: %T %v", path, err, err)
		}
	}
	empty := filepath.Join(dir, "empty.db")
	write(t, empty, nil)
	journal(t, open(t, empty))
}

// damagedFile is a checkpoint with rows in it.
func damagedFile(t *testing.T) []byte {
	t.Helper()
	f := checkpointtest.Open(t)
	j := journal(t, f.Store)
	for i := range 10 {
		first := begin(t, j, intents(i*150, i*150+150)...)
		finish(t, j, first, slices.Repeat([]checkpoint.State{accepted}, 140)...)
	}
	return f.Bytes()
}

// use opens and uses a file that may be damaged, and says what it knows, row by row.
func use(path string) (known []checkpoint.Known, err error) {
	s, err := checkpoint.Open(path, checkpoint.Options{LockWait: time.Millisecond})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	j, err := s.Target(baseURL, clientID)
	if err != nil {
		return nil, err
	}
	var claims []checkpoint.Claim
	for i := range 1500 {
		claims = append(claims, checkpoint.Claim{Key: key(i), At: uint32(i + 1)})
	}
	if known, err = j.Claim(claims); err != nil {
		return nil, err
	}
	if _, err := j.StartRun(checkpoint.RunInfo{}); err != nil {
		return nil, err
	}
	if _, err := j.Begin(intents(5000, 5300)); err != nil {
		return nil, err
	}
	return known, nil
}

// Whatever is wrong with the file, the process lives, an error says so where it matters, and no row that was begun
// is ever taken for unknown: that row would be doubled.
func TestDamage(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	good := damagedFile(t)
	page := os.Getpagesize()
	used := len(good) // the end of the file may be unused
	for used > 0 && good[used-1] == 0 {
		used--
	}
	path := filepath.Join(t.TempDir(), "gradebook.db")
	found, quiet := 0, 0
	try := func(what string, data []byte) {
		t.Helper()
		os.Remove(path) // a new file: what is mapped of the old one after a panic stays as it was
		write(t, path, data)
		known, err := use(path)
		var damaged *checkpoint.DamagedError
		if err != nil {
			found++
			if !asError(err, &damaged) {
				t.Errorf("%s: %T %v", what, err, err)
			}
			return
		}
		quiet++
		for i, k := range known {
			if k.State == 0 || k.State == accepted && i%150 >= 140 {
				t.Errorf("%s: row %d is %v", what, i, k.State)
				return
			}
		}
	}
	try("nothing", good)
	if quiet != 1 {
		t.Fatal("the undamaged file is refused")
	}
	for n := page / 2; n < used; n += page / 2 {
		try(fmt.Sprintf("cut to %d bytes", n), good[:n])
	}
	if quiet != 1 {
		t.Error("a cut file was not found")
	}
	for n := 0; n < used; n += page {
		bad := slices.Clone(good)
		clear(bad[n:min(len(bad), n+page)])
		try(fmt.Sprintf("zeros at %d", n), bad)
	}
	for range 150 {
		bad := slices.Clone(good)
		bit := r.IntN(used * 8)
		bad[bit/8] ^= 1 << (bit % 8)
		try(fmt.Sprintf("bit %d flipped", bit), bad)
	}
	for n := 0; n < used; n += page { // page headers, where bbolt is most easily led astray
		for range 5 {
			bad := slices.Clone(good)
			bit := n*8 + r.IntN(64*8)
			bad[bit/8] ^= 1 << (bit % 8)
			try(fmt.Sprintf("bit %d flipped", bit), bad)
		}
	}
	t.Logf("%d found, %d without consequence", found, quiet)
}

// A part of the log that is gone without a trace is missed.
func TestLostBlock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gradebook.db")
	write(t, path, damagedFile(t))
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		targets := tx.Bucket([]byte("targets"))
		name, _ := targets.Cursor().First()
		log, states := targets.Bucket(name).Bucket([]byte("log")), targets.Bucket(name).Bucket([]byte("states"))
		last, _ := log.Cursor().Last()
		return errors.Join(log.Delete(last), states.Delete(last))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	var damaged *checkpoint.DamagedError
	if _, err := use(path); !asError(err, &damaged) {
		t.Errorf("%v", err)
	}
}
