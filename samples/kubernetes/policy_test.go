package kubernetes

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// exitConstants are the exit statuses of the program, by the names of their constants.
func exitConstants(t *testing.T) map[string]int32 {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../importer/outcome.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	exits := map[string]int32{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Exit") {
			return true
		}
		value, err := strconv.ParseInt(spec.Values[0].(*ast.BasicLit).Value, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		exits[spec.Names[0].Name] = int32(value)
		return true
	})
	return exits
}

type action = batchv1.PodFailurePolicyAction

// wanted is what the exit statuses mean to a Job. Where there are shards, what concerns one of them does not end the others.
func wanted(indexed bool) map[string]action {
	w := map[string]action{
		"ExitFailed": batchv1.PodFailurePolicyActionFailJob, "ExitUsage": batchv1.PodFailurePolicyActionFailJob,
		"ExitRejects": batchv1.PodFailurePolicyActionFailJob, "ExitStopped": batchv1.PodFailurePolicyActionCount,
		"ExitRefused": batchv1.PodFailurePolicyActionFailJob, "ExitLocked": batchv1.PodFailurePolicyActionCount,
		"ExitInDoubt": batchv1.PodFailurePolicyActionFailJob,
	}
	if indexed {
		for _, one := range []string{"ExitFailed", "ExitRejects", "ExitInDoubt"} {
			w[one] = batchv1.PodFailurePolicyActionFailIndex
		}
	}
	return w
}

// decided is what the first rule that names an exit status does.
func decided(t *testing.T, w workload) map[int32]action {
	t.Helper()
	got := map[int32]action{}
	for _, rule := range w.job.PodFailurePolicy.Rules {
		if rule.OnExitCodes == nil {
			continue
		}
		if *rule.OnExitCodes.ContainerName != w.container().Name || rule.OnExitCodes.Operator != batchv1.PodFailurePolicyOnExitCodesOpIn {
			t.Errorf("%s: %+v", w.file, rule.OnExitCodes)
		}
		if !slices.IsSorted(rule.OnExitCodes.Values) {
			t.Errorf("%s: the API asks for exit statuses in order: %v", w.file, rule.OnExitCodes.Values)
		}
		for _, status := range rule.OnExitCodes.Values {
			if _, twice := got[status]; twice {
				t.Errorf("%s: exit status %d has two rules", w.file, status)
			}
			got[status] = rule.Action
		}
	}
	return got
}

func TestFailurePolicyFollowsTheExitStatuses(t *testing.T) {
	exits := exitConstants(t)
	for _, w := range workloads(t) {
		want := map[int32]action{}
		for name, does := range wanted(w.job.CompletionMode != nil) {
			status, ok := exits[name]
			if !ok {
				t.Fatalf("importer/outcome.go has no %s any more", name)
			}
			want[status] = does
		}
		if len(want) != len(exits)-1 {
			t.Errorf("say in wanted what a Job does about each of %v, except ExitOK", slices.Sorted(maps.Keys(exits)))
		}
		if got := decided(t, w); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", w.file, got, want)
		}
	}
}

func TestDisruptionsAreNoFailures(t *testing.T) {
	for _, w := range workloads(t) {
		first := w.job.PodFailurePolicy.Rules[0]
		if first.Action != batchv1.PodFailurePolicyActionIgnore || len(first.OnPodConditions) != 1 ||
			first.OnPodConditions[0].Type != corev1.DisruptionTarget || first.OnPodConditions[0].Status != corev1.ConditionTrue {
			t.Errorf("%s: the first rule is %+v", w.file, first)
		}
	}
}
