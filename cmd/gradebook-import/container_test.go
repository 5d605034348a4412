//go:build linux

package main

import (
	"bytes"
	"crypto/tls"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gradebook-import/importer/oneroster/sandbox"
)

// TestBareContainer runs the program as the image of samples/kubernetes does: a static file in a root where there is
// nothing but CA certificates, the input and one volume that may be written to, as a user whom nobody knows.
func TestBareContainer(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may change the root directory; skipped")
	}
	const nobody = 65532
	ca := newAuthority(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, tls.NewListener(l, ca.good()), sandbox.New(sandbox.Config{}))

	root, err := os.MkdirTemp("", "container") // t.TempDir is its owner's alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	copied := func(from, to string, mode os.FileMode) {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(root, to)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(root, to), data, mode)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	copied(build(t), program, 0o555)
	copied(ca.file, "etc/ssl/certs/ca-certificates.crt", 0o444)
	copied("../../samples/results.csv", "input/results.csv", 0o444)
	volume := filepath.Join(root, "gradebook")
	if err := os.Mkdir(volume, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(volume, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(root, 0o555); err != nil {
		t.Fatal(err)
	}

	server := "https://" + l.Addr().String()
	cmd := exec.Command("/"+program, "run", "--base-url", server, "--token-url", server+sandbox.TokenPath, "--client-id", "district",
		"--checkpoint", "/gradebook/gradebook.db", "--report-dir", "/gradebook/report", "--time-zone", "America/New_York",
		"--metrics-addr", "127.0.0.1:0", "--give-up-after", "10s", "--termination-log", "/gradebook/termination-log", "/input/results.csv")
	cmd.Err = nil // the path is one of the new root
	cmd.Dir, cmd.Env = "/", []string{secretVariable + "=" + testSecret, "KUBERNETES_SERVICE_HOST=10.0.0.1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if os.IsPermission(err) {
		t.Skipf("changing the root directory is not permitted here (%v); skipped", err)
	}
	if got := statusOf(err); got != "3" || !strings.Contains(out.String(), "finished: 384 rows are in the gradebook") {
		t.Fatalf("status %s:\n%s", got, out.String())
	}
	message, err := os.ReadFile(filepath.Join(volume, "termination-log"))
	if err != nil || !strings.HasPrefix(string(message), "exit status 3: finished: 384 rows") || len(message) > terminationBytes {
		t.Errorf("termination message: %v, %.80s", err, message)
	}
	for _, name := range []string{"report.json", "report.html", "rejects.csv"} {
		if info, err := os.Stat(filepath.Join(volume, "report", name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
