package gradecsv

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A OneRoster file that lacks required columns is told which; it is not taken for a plain list of grades, whose score
// status would be made up.
func TestOneRosterFileWithoutItsColumns(t *testing.T) {
	for header, missing := range map[string]string{
		"sourcedId,lineitemsourcedid,studentSourcedId,score":             "scoreStatus, scoreDate",
		"sourcedId,lineItemSourcedId,studentSourcedId,score,scoreDate":   "scoreStatus",
		"scoreStatus,studentSourcedId,scoreDate":                         "lineItemSourcedId",
		"sourcedId,lineItemSourcedId,scoreStatus,score,scoreDate,sudent": "studentSourcedId",
	} {
		path := filepath.Join(t.TempDir(), "f.csv")
		if err := os.WriteFile(path, []byte(header+"\na,b,c,d,e,f\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open([]string{path}, Options{})
		var input *InputError
		if !errors.As(err, &input) || !strings.Contains(err.Error(), missing) {
			t.Errorf("%s: %v; want the missing %s", header, err, missing)
		}
	}
}
