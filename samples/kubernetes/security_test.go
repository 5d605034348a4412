package kubernetes

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// pods are those of all manifests.
func pods(t *testing.T) map[string]corev1.PodSpec {
	t.Helper()
	var inspect corev1.Pod
	strictly(t, "inspect.yaml", &inspect)
	all := map[string]corev1.PodSpec{"inspect.yaml": inspect.Spec}
	for _, w := range workloads(t) {
		all[w.file] = w.pod()
	}
	return all
}

// The Pod Security Standard "restricted", and a read-only root file system.
func TestPodsAreRestricted(t *testing.T) {
	for file, p := range pods(t) {
		s := p.SecurityContext
		if !*s.RunAsNonRoot || *s.RunAsUser == 0 || *s.RunAsGroup == 0 || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
			t.Errorf("%s: securityContext %+v", file, s)
		}
		if p.HostNetwork || p.HostPID || p.HostIPC || *p.AutomountServiceAccountToken || *p.EnableServiceLinks {
			t.Errorf("%s: the pod has more of its surroundings than it needs", file)
		}
		for _, c := range p.Containers {
			s := c.SecurityContext
			if *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) ||
				len(s.Capabilities.Add) > 0 || s.Privileged != nil {
				t.Errorf("%s: %s: securityContext %+v", file, c.Name, s)
			}
			if c.Resources.Requests.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
				t.Errorf("%s: %s: resources %+v", file, c.Name, c.Resources)
			}
		}
	}
}

// Files of the secret and of the volumes can be used by the user that the container is, and by nobody else.
func TestTheUserReadsTheSecretAndOthersDoNot(t *testing.T) {
	for _, w := range workloads(t) {
		if group := w.pod().SecurityContext.FSGroup; group == nil || *group != *w.pod().SecurityContext.RunAsGroup {
			t.Errorf("%s: fsGroup is not the group of the user", w.file)
		}
		for _, v := range w.pod().Volumes {
			if v.Secret != nil && *v.Secret.DefaultMode != 0o400 {
				t.Errorf("%s: secret with mode %#o", w.file, *v.Secret.DefaultMode)
			}
		}
		for _, env := range w.container().Env {
			if strings.Contains(env.Name, "SECRET") || env.ValueFrom != nil && env.ValueFrom.SecretKeyRef != nil {
				t.Errorf("%s: %s: secrets are files here; the environment is shown by kubectl describe and inherited", w.file, env.Name)
			}
		}
	}
}

func TestImageIsForTheUserOfThePods(t *testing.T) {
	dockerfile := string(read(t, "Dockerfile"))
	user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(dockerfile)
	if user == nil {
		t.Fatal("no numeric USER: runAsNonRoot could not tell")
	}
	for file, p := range pods(t) {
		if got := strconv.FormatInt(*p.SecurityContext.RunAsUser, 10); got != user[1] {
			t.Errorf("%s: runAsUser %s, the image has %s", file, got, user[1])
		}
	}
	goMod := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(read(t, "../../go.mod")))
	if !strings.Contains(dockerfile, "golang:"+goMod[1]+" ") {
		t.Errorf("the image is not built with go %s", goMod[1])
	}
	for _, w := range workloads(t) {
		if len(w.container().Command) > 0 || !strings.Contains(dockerfile, `ENTRYPOINT ["/gradebook-import"]`) {
			t.Errorf("%s: the image's entrypoint is the program, args are its arguments", w.file)
		}
	}
}
