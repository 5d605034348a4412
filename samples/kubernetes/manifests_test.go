// Package kubernetes holds no program: its tests hold the manifests in this directory against the Kubernetes API types
// and against the program, which knows nothing of Kubernetes' packages.
package kubernetes

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// strictly decodes a file into v; a field that v does not have, or one that is there twice, is an error.
func strictly(t *testing.T, file string, v any) {
	t.Helper()
	decode(t, file, read(t, file), v)
}

func decode(t *testing.T, file string, data []byte, v any) {
	t.Helper()
	if err := yaml.UnmarshalStrict(data, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// workload is a Job, whatever makes it.
type workload struct {
	file string
	job  batchv1.JobSpec
}

func (w workload) pod() corev1.PodSpec         { return w.job.Template.Spec }
func (w workload) container() corev1.Container { return w.pod().Containers[0] }

// flag is the value of --name=value among the arguments.
func (w workload) flag(t *testing.T, name string) string {
	t.Helper()
	for _, arg := range w.container().Args {
		if value, ok := strings.CutPrefix(arg, "--"+name+"="); ok {
			return value
		}
	}
	t.Fatalf("%s: no --%s", w.file, name)
	return ""
}

func (w workload) duration(t *testing.T, flag string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(w.flag(t, flag))
	if err != nil {
		t.Fatalf("%s: --%s: %v", w.file, flag, err)
	}
	return d
}

func cronJob(t *testing.T) batchv1.CronJob {
	t.Helper()
	var c batchv1.CronJob
	strictly(t, "cronjob.yaml", &c)
	return c
}

func indexedJob(t *testing.T) batchv1.Job {
	t.Helper()
	var j batchv1.Job
	strictly(t, "indexed-job.yaml", &j)
	return j
}

func workloads(t *testing.T) []workload {
	t.Helper()
	return []workload{{"cronjob.yaml", cronJob(t).Spec.JobTemplate.Spec}, {"indexed-job.yaml", indexedJob(t).Spec}}
}

func claims(t *testing.T) map[string]corev1.PersistentVolumeClaim {
	t.Helper()
	all := map[string]corev1.PersistentVolumeClaim{}
	for doc := range bytes.SplitSeq(read(t, "volumes.yaml"), []byte("\n---\n")) {
		var c corev1.PersistentVolumeClaim
		decode(t, "volumes.yaml", doc, &c)
		if c.APIVersion != "v1" || c.Kind != "PersistentVolumeClaim" {
			t.Errorf("volumes.yaml: a %s %s", c.APIVersion, c.Kind)
		}
		all[c.Name] = c
	}
	return all
}

// kustomization is what is used of that format.
type kustomization struct {
	APIVersion         string   `json:"apiVersion"`
	Kind               string   `json:"kind"`
	Resources          []string `json:"resources"`
	ConfigMapGenerator []struct {
		Name  string   `json:"name"`
		Files []string `json:"files"`
	} `json:"configMapGenerator"`
	GeneratorOptions struct {
		DisableNameSuffixHash bool `json:"disableNameSuffixHash"`
	} `json:"generatorOptions"`
	Images []struct {
		Name    string `json:"name"`
		NewName string `json:"newName"`
		NewTag  string `json:"newTag"`
	} `json:"images"`
}

func TestKustomizationHasWhatTheJobsMount(t *testing.T) {
	var k kustomization
	strictly(t, "kustomization.yaml", &k)
	for _, file := range k.Resources {
		read(t, file)
	}
	maps := map[string]bool{}
	for _, m := range k.ConfigMapGenerator {
		maps[m.Name] = k.GeneratorOptions.DisableNameSuffixHash
		for _, file := range m.Files {
			read(t, file)
		}
	}
	volumes := claims(t)
	for _, w := range workloads(t) {
		for _, v := range w.pod().Volumes {
			switch {
			case v.PersistentVolumeClaim != nil && volumes[v.PersistentVolumeClaim.ClaimName].Name == "":
				t.Errorf("%s: no claim %s in volumes.yaml", w.file, v.PersistentVolumeClaim.ClaimName)
			case v.ConfigMap != nil && !maps[v.ConfigMap.Name]:
				t.Errorf("%s: kustomization.yaml does not make the ConfigMap %s under this name", w.file, v.ConfigMap.Name)
			case v.Secret != nil && !strings.Contains(string(read(t, "README.md")), "create secret generic "+v.Secret.SecretName+" "):
				t.Errorf("%s: the README does not make the secret %s", w.file, v.Secret.SecretName)
			}
		}
		if image, _, _ := strings.Cut(w.container().Image, ":"); image != k.Images[0].Name {
			t.Errorf("%s: image %s is not the one that kustomization.yaml replaces", w.file, image)
		}
	}
}

func TestNothingNamesANamespace(t *testing.T) {
	namespaces := []string{cronJob(t).Namespace, indexedJob(t).Namespace}
	for _, c := range claims(t) {
		namespaces = append(namespaces, c.Namespace)
	}
	if slices.ContainsFunc(namespaces, func(n string) bool { return n != "" }) {
		t.Errorf("namespaces: %q", namespaces)
	}
}

func TestCronJobRunsOneAtATime(t *testing.T) {
	c := cronJob(t)
	if c.APIVersion != "batch/v1" || c.Kind != "CronJob" {
		t.Errorf("a %s %s", c.APIVersion, c.Kind)
	}
	if c.Spec.ConcurrencyPolicy != batchv1.ForbidConcurrent {
		t.Errorf("concurrencyPolicy %s", c.Spec.ConcurrencyPolicy)
	}
	if c.Spec.StartingDeadlineSeconds == nil || *c.Spec.StartingDeadlineSeconds < 60 {
		t.Error("no startingDeadlineSeconds: a controller that was away for long gives up on the CronJob")
	}
	if c.Spec.TimeZone == nil {
		t.Fatal("no timeZone: the controller's own would count")
	}
	if _, err := time.LoadLocation(*c.Spec.TimeZone); err != nil {
		t.Error(err)
	}
	fields := strings.Fields(c.Spec.Schedule)
	if hour, err := strconv.Atoi(fields[1]); len(fields) != 5 || err != nil || hour >= 1 && hour < 3 {
		t.Errorf("schedule %q: between one and three an hour is left out on one night of the year", c.Spec.Schedule)
	}
}

func TestIndexedJobHasAShardForEachIndex(t *testing.T) {
	j := indexedJob(t)
	if j.APIVersion != "batch/v1" || j.Kind != "Job" {
		t.Errorf("a %s %s", j.APIVersion, j.Kind)
	}
	n := *j.Spec.Completions
	if *j.Spec.CompletionMode != batchv1.IndexedCompletion || *j.Spec.Parallelism != n {
		t.Errorf("%s, %d of %d at a time: the rate is divided by all of them", *j.Spec.CompletionMode, *j.Spec.Parallelism, n)
	}
	w := workload{"indexed-job.yaml", j.Spec}
	if got, want := w.flag(t, "shard"), "$(JOB_COMPLETION_INDEX)/"+strconv.Itoa(int(n)); got != want {
		t.Errorf("--shard=%s, want %s", got, want)
	}
	for _, flag := range []string{"checkpoint", "report-dir"} {
		if got := w.flag(t, flag); !strings.Contains(got, "$(JOB_COMPLETION_INDEX)") {
			t.Errorf("--%s=%s is the same for all shards", flag, got)
		}
	}
	if j.Spec.BackoffLimitPerIndex == nil || j.Spec.MaxFailedIndexes == nil || *j.Spec.MaxFailedIndexes != n {
		t.Error("a shard that fails must use up nothing of the others: backoffLimitPerIndex, and maxFailedIndexes as many as there are")
	}
	if env := w.container().Env[0]; env.Name != "JOB_COMPLETION_INDEX" ||
		env.ValueFrom.FieldRef.FieldPath != "metadata.annotations['"+batchv1.JobCompletionIndexAnnotation+"']" {
		t.Errorf("JOB_COMPLETION_INDEX must come first, from the annotation: %+v", env)
	}
}

func TestPodsEndInTime(t *testing.T) {
	const push = 5 * time.Second // pushTimeout of the program
	for _, w := range workloads(t) {
		grace := time.Duration(*w.pod().TerminationGracePeriodSeconds) * time.Second
		if need := w.duration(t, "grace") + push; need >= grace {
			t.Errorf("%s: killed after %s, may need %s", w.file, grace, need)
		}
		deadline := time.Duration(*w.job.ActiveDeadlineSeconds) * time.Second
		if most := w.duration(t, "max-duration"); most >= deadline {
			t.Errorf("%s: --max-duration %s does not end the run before activeDeadlineSeconds, %s", w.file, most, deadline)
		}
		if w.pod().RestartPolicy != corev1.RestartPolicyNever {
			t.Errorf("%s: restartPolicy %s: a podFailurePolicy needs Never", w.file, w.pod().RestartPolicy)
		}
		if *w.job.PodReplacementPolicy != batchv1.Failed {
			t.Errorf("%s: podReplacementPolicy %s: two pods would fight for a checkpoint", w.file, *w.job.PodReplacementPolicy)
		}
		c := w.container()
		if c.TerminationMessagePath != corev1.TerminationMessagePathDefault || c.TerminationMessagePolicy != corev1.TerminationMessageFallbackToLogsOnError {
			t.Errorf("%s: the program leaves its summary in %s", w.file, corev1.TerminationMessagePathDefault)
		}
	}
}
