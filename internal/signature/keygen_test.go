package signature

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// TestKeygen has ssh-keygen verify what is signed here, and verifies here what
// it signs, for every type of key that it makes without a security key.
func TestKeygen(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("no ssh-keygen here")
	}
	for _, kind := range []string{"ed25519", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "rsa -b 3072"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "key")
			keygen(t, "", append([]string{"-q", "-N", "", "-f", file, "-t"}, strings.Fields(kind)...)...)
			line := read(t, file+".pub")
			key, err := ParsePublicKey(line)
			if err != nil {
				t.Fatal(err)
			}
			if listed := keygen(t, "", "-l", "-f", file+".pub"); !strings.Contains(listed, " "+key.Fingerprint()+" ") {
				t.Errorf("fingerprint %s, ssh-keygen says %s", key.Fingerprint(), listed)
			}
			const text = "a text\n"
			if err := Verify(key, keygen(t, text, "-q", "-Y", "sign", "-n", namespace, "-f", file), text, namespace); err != nil {
				t.Errorf("what ssh-keygen signed: %v", err)
			}

			signer, err := ssh.ParsePrivateKey([]byte(read(t, file)))
			if err != nil {
				t.Fatal(err)
			}
			armored, err := Sign(signer, text, namespace)
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "sig"), armored)
			write(t, filepath.Join(dir, "allowed"), "user:4 "+line)
			keygen(t, text, "-q", "-Y", "verify", "-f", filepath.Join(dir, "allowed"), "-I", "user:4", "-n", namespace, "-s", filepath.Join(dir, "sig"))
		})
	}
}

func keygen(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("ssh-keygen", args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK=")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ssh-keygen %v: %v\n%s%s", args, err, out, stderr.String())
	}
	return string(out)
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
