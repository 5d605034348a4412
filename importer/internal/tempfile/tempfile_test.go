package tempfile

import (
	"os"
	"testing"
)

// Nothing is left, also where an open file cannot be removed.
func TestNothingIsLeft(t *testing.T) {
	for _, named := range []bool{false, true} {
		dir := t.TempDir()
		f, err := New(dir, ".x-*")
		if named {
			var open *os.File
			open, err = os.CreateTemp(dir, ".x-*")
			f = &File{open, named}
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("row"); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("named %t: left %v, %v", named, left, err)
		}
	}
}
