package cgroup_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/cgroup"
	"isolab/schema"
)

func TestActions_keepTheRules(t *testing.T) { actionstest.Rules(t, "cgroup", cgroup.Actions()) }

func TestCheck_unknownContainer(t *testing.T) {
	declared := actionstest.View{Containers: map[string]schema.Container{"hungry": {}}}
	for _, action := range []actions.Action{cgroup.Read} {
		if err := action.Check(cgroup.ReadParams{Container: "hungri"}, declared); err == nil {
			t.Errorf("%s accepts an unknown container", action.Name)
		}
		if err := action.Check(cgroup.ReadParams{Container: "hungry", Cgroup: "small"}, declared); err == nil {
			t.Errorf("%s accepts a container and a cgroup", action.Name)
		}
	}
}

func TestRun_expressionsOnlyInWorkloads(t *testing.T) {
	for params, ok := range map[string]bool{
		"{cgroup: small, command: [memhog, '${params.size}']}":                       true,
		"{cgroup: small, command: [sh, -c, '${other.stdout}']}":                      false,
		"{cgroup: small, command: ['${other.stdout}']}":                              false,
		"{cgroup: small, command: [sh, -c, 'echo $A'], env: {A: '${other.stdout}'}}": true,
	} {
		err := cgroup.Run.Check(actionstest.Decode[cgroup.RunParams](t, params), actionstest.View{})
		if (err == nil) != ok {
			t.Errorf("%s: %v", params, err)
		}
	}
}

// What only uses up memory, time, processes and files of its own needs no permission, and
// is on the reference page; what could touch the machine does.
func TestRun_harmlessWorkloads(t *testing.T) {
	for _, name := range []string{"burn", "spawn", "openfiles", "echo", "memhog", "stress"} {
		needs := cgroup.Run.Needs(cgroup.RunParams{Cgroup: "small", Command: []string{name}}, actionstest.View{})
		if len(needs) > 0 || !strings.Contains(cgroup.Run.About, "`"+name+"`") {
			t.Errorf("%s needs %q, or is not on the page", name, needs)
		}
	}
	for _, name := range []string{"sh", "timeit", "reap", "disk", "tee", "setuid-probe"} {
		if needs := cgroup.Run.Needs(cgroup.RunParams{Cgroup: "small", Command: []string{name}}, actionstest.View{}); len(needs) == 0 {
			t.Errorf("%s needs no permission", name)
		}
	}
}

func shellOf[P any](t *testing.T, action actions.Action, version, params string) []string {
	t.Helper()
	return action.Shell(actionstest.Decode[P](t, params), actionstest.View{Version: version, Containers: map[string]schema.Container{"hungry": {}}})
}

func TestShell(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want []string
	}{
		{"read v1", shellOf[cgroup.ReadParams](t, cgroup.Read, "v1", "hungry"), []string{
			"cat /sys/fs/cgroup/memory/hungry/memory.limit_in_bytes", "cat /sys/fs/cgroup/memory/hungry/memory.usage_in_bytes"}},
		{"read v2", shellOf[cgroup.ReadParams](t, cgroup.Read, "v2", "{cgroup: small}"), []string{
			"cat /sys/fs/cgroup/small/memory.max", "cat /sys/fs/cgroup/small/memory.current"}},
		{"read what claims read", cgroup.Read.Shell(actionstest.Decode[cgroup.ReadParams](t, "hungry"),
			actionstest.View{Fields: []string{"cpu.shares", "io.read_ops", "memory.anon", "memory.rss", "pids.current", "pressure.cpu.some_total", "version"}}), []string{
			"cat /sys/fs/cgroup/cpu/hungry/cpu.shares", "cat /sys/fs/cgroup/io/hungry/blkio.throttle.io_serviced_recursive",
			"cat /sys/fs/cgroup/memory/hungry/memory.stat", "cat /sys/fs/cgroup/pids/hungry/pids.current"}},
		{"read what is worked out", cgroup.Read.Shell(actionstest.Decode[cgroup.ReadParams](t, "hungry"),
			actionstest.View{Fields: []string{"cpu.limit", "populated"}}), []string{
			"cat /sys/fs/cgroup/cpu/hungry/cpu.cfs_quota_us", "cat /sys/fs/cgroup/cpu/hungry/cpu.cfs_period_us", "cat /sys/fs/cgroup/memory/hungry/cgroup.procs"}},
		{"read what is worked out on v2", cgroup.Read.Shell(actionstest.Decode[cgroup.ReadParams](t, "hungry"),
			actionstest.View{Version: "v2", Fields: []string{"cpu.limit", "populated", "pressure.cpu.some_total", "processes[0]"}}), []string{
			"cat /sys/fs/cgroup/hungry/cpu.max", "cat /sys/fs/cgroup/hungry/cgroup.events", "cat /sys/fs/cgroup/hungry/cpu.pressure", "cat /sys/fs/cgroup/hungry/cgroup.procs"}},
		{"file v1", shellOf[cgroup.FileParams](t, cgroup.ReadFile, "v1", "{container: hungry, file: memory.max|memory.limit_in_bytes}"),
			[]string{"cat /sys/fs/cgroup/memory/hungry/memory.limit_in_bytes"}},
		{"file v2", shellOf[cgroup.FileParams](t, cgroup.ReadFile, "v2", "{container: hungry, file: memory.max|memory.limit_in_bytes}"),
			[]string{"cat /sys/fs/cgroup/hungry/memory.max"}},
		{"files", shellOf[cgroup.ListParams](t, cgroup.List, "v1", "{cgroup: small}"), []string{"ls -la /sys/fs/cgroup/*/small"}},
		{"files of one controller", shellOf[cgroup.ListParams](t, cgroup.List, "v1", "{cgroup: small, controller: cpu}"), []string{"ls -la /sys/fs/cgroup/cpu/small"}},
		{"file of no controller", shellOf[cgroup.FileParams](t, cgroup.ReadFile, "v1", "{cgroup: small, file: cgroup.procs}"), []string{"cat /sys/fs/cgroup/memory/small/cgroup.procs"}},
		{"file of no controller, hybrid", shellOf[cgroup.FileParams](t, cgroup.ReadFile, "hybrid", "{cgroup: small, file: cgroup.events|cgroup.procs}"), []string{"cat /sys/fs/cgroup/unified/small/cgroup.events"}},
		{"file of the tree, hybrid", shellOf[cgroup.FileParams](t, cgroup.ReadFile, "hybrid", "{cgroup: small, file: cpu.pressure}"), []string{"cat /sys/fs/cgroup/unified/small/cpu.pressure"}},
		{"create v1", shellOf[cgroup.CreateParams](t, cgroup.Create, "v1", "{name: small, controllers: [memory, pids], owner: student, limits: {memory: 10MiB, swap: 0}}"), []string{
			"mkdir -p /sys/fs/cgroup/cpuacct/small /sys/fs/cgroup/freezer/small /sys/fs/cgroup/memory/small /sys/fs/cgroup/pids/small", "chown -R student /sys/fs/cgroup/*/small",
			"echo 10485760 > /sys/fs/cgroup/memory/small/memory.limit_in_bytes",
			"echo 10485760 > /sys/fs/cgroup/memory/small/memory.memsw.limit_in_bytes"}},
		{"create with all controllers, hybrid", shellOf[cgroup.CreateParams](t, cgroup.Create, "hybrid", "{name: small}"), []string{
			"mkdir -p /sys/fs/cgroup/cpu/small /sys/fs/cgroup/cpuacct/small /sys/fs/cgroup/cpuset/small /sys/fs/cgroup/freezer/small /sys/fs/cgroup/io/small /sys/fs/cgroup/memory/small /sys/fs/cgroup/pids/small /sys/fs/cgroup/unified/small",
			"cat /sys/fs/cgroup/cpuset/cpuset.cpus > /sys/fs/cgroup/cpuset/small/cpuset.cpus",
			"cat /sys/fs/cgroup/cpuset/cpuset.mems > /sys/fs/cgroup/cpuset/small/cpuset.mems"}},
		{"create below another", shellOf[cgroup.CreateParams](t, cgroup.Create, "v1", "{name: a/b, controllers: [cpuset]}"), []string{"mkdir -p /sys/fs/cgroup/cpuacct/a/b /sys/fs/cgroup/cpuset/a/b /sys/fs/cgroup/freezer/a/b",
			"cat /sys/fs/cgroup/cpuset/a/cpuset.cpus > /sys/fs/cgroup/cpuset/a/b/cpuset.cpus", "cat /sys/fs/cgroup/cpuset/a/cpuset.mems > /sys/fs/cgroup/cpuset/a/b/cpuset.mems"}},
		{"create v2", shellOf[cgroup.CreateParams](t, cgroup.Create, "v2", "{name: small}"), []string{"mkdir -p /sys/fs/cgroup/small"}},
		{"set v1", shellOf[cgroup.SetParams](t, cgroup.Set, "v1", "{cgroup: small, limits: {cpus: 0.5, cpu_shares: 512, cpuset: 0-1, memory: none, reservation: 1MiB, swappiness: 50, oom_kill: false, pids: 0, read_bps: 1MiB/s, write_iops: 0, device: '8:0'}}"), []string{
			"echo 50000 > /sys/fs/cgroup/cpu/small/cpu.cfs_quota_us", "echo 512 > /sys/fs/cgroup/cpu/small/cpu.shares",
			"echo 0-1 > /sys/fs/cgroup/cpuset/small/cpuset.cpus", "echo -1 > /sys/fs/cgroup/memory/small/memory.limit_in_bytes",
			"echo 1048576 > /sys/fs/cgroup/memory/small/memory.soft_limit_in_bytes", "echo 50 > /sys/fs/cgroup/memory/small/memory.swappiness",
			"echo 1 > /sys/fs/cgroup/memory/small/memory.oom_control", "echo max > /sys/fs/cgroup/pids/small/pids.max",
			"echo '8:0 1048576' > /sys/fs/cgroup/io/small/blkio.throttle.read_bps_device",
			"echo '8:0 0' > /sys/fs/cgroup/io/small/blkio.throttle.write_iops_device"}},
		{"set v2", shellOf[cgroup.SetParams](t, cgroup.Set, "v2", "{cgroup: small, limits: {cpus: 0, cpu_shares: 1024, memory: 1MiB, swap: none, write_bps: 0, read_iops: 100, device: '8:0'}, files: {memory.oom.group: '1', memory.high: 64M}}"), []string{
			"echo 'max 100000' > /sys/fs/cgroup/small/cpu.max", "echo 100 > /sys/fs/cgroup/small/cpu.weight",
			"echo 1048576 > /sys/fs/cgroup/small/memory.max", "echo max > /sys/fs/cgroup/small/memory.swap.max",
			"echo '8:0 wbps=max' > /sys/fs/cgroup/small/io.max", "echo '8:0 riops=100' > /sys/fs/cgroup/small/io.max",
			"echo 64M > /sys/fs/cgroup/small/memory.high", "echo 1 > /sys/fs/cgroup/small/memory.oom.group"}},
		{"attach v1", shellOf[cgroup.AttachParams](t, cgroup.Attach, "v1", "{cgroup: small, container: hungry}"), []string{
			"echo <hungry's pid> | tee /sys/fs/cgroup/*/small/cgroup.procs"}},
		{"attach v2", shellOf[cgroup.AttachParams](t, cgroup.Attach, "v2", "{cgroup: small, pid: 7}"), []string{"echo 7 > /sys/fs/cgroup/small/cgroup.procs"}},
		{"run v1", shellOf[cgroup.RunParams](t, cgroup.Run, "v1", "{cgroup: small, command: [cat]}"), []string{
			"sh -c 'echo $$ | tee /sys/fs/cgroup/*/small/cgroup.procs > /dev/null; exec cat'"}},
		{"run v2", shellOf[cgroup.RunParams](t, cgroup.Run, "v2", `{cgroup: small, user: "65534", command: [memhog, 100MiB]}`), []string{
			"sh -c 'echo $$ > /sys/fs/cgroup/small/cgroup.procs; exec setpriv --reuid 65534 --clear-groups memhog 100MiB'"}},
		{"run with what is around it", shellOf[cgroup.RunParams](t, cgroup.Run, "v2", `{cgroup: small, command: [cat], env: {A: hello}, dir: /tmp, stdin: "in\n"}`), []string{
			`cd /tmp && printf %b 'in\n' | env A=hello sh -c 'echo $$ > /sys/fs/cgroup/small/cgroup.procs; exec cat'`}},
		{"freeze v1", shellOf[cgroup.FreezeParams](t, cgroup.Freeze, "v1", "{cgroup: small}"), []string{"echo FROZEN > /sys/fs/cgroup/freezer/small/freezer.state"}},
		{"freeze hybrid", shellOf[cgroup.FreezeParams](t, cgroup.Freeze, "hybrid", "{cgroup: small}"), []string{"echo 1 > /sys/fs/cgroup/unified/small/cgroup.freeze"}},
		{"freeze a container, hybrid", shellOf[cgroup.FreezeParams](t, cgroup.Freeze, "hybrid", "hungry"), []string{"echo FROZEN > /sys/fs/cgroup/freezer/hungry/freezer.state"}},
		{"thaw v2", shellOf[cgroup.ThawParams](t, cgroup.Thaw, "v2", "{cgroup: small}"), []string{"echo 0 > /sys/fs/cgroup/small/cgroup.freeze"}},
		{"kill v1", shellOf[cgroup.KillParams](t, cgroup.Kill, "v1", "{cgroup: small}"), []string{"kill -9 $(sort -u /sys/fs/cgroup/*/small/cgroup.procs)"}},
		{"kill hybrid", shellOf[cgroup.KillParams](t, cgroup.Kill, "hybrid", "{cgroup: small}"), []string{"echo 1 > /sys/fs/cgroup/unified/small/cgroup.kill"}},
		{"remove v1", shellOf[cgroup.RemoveParams](t, cgroup.Remove, "v1", "small"), []string{"rmdir /sys/fs/cgroup/*/small"}},
		{"remove v2", shellOf[cgroup.RemoveParams](t, cgroup.Remove, "v2", "small"), []string{"rmdir /sys/fs/cgroup/small"}},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("%s\n got %q\nwant %q", test.name, test.got, test.want)
		}
	}
}

// Whatever acts on a container or a cgroup is told which, before anything runs.
func TestParams_nameTheirTarget(t *testing.T) {
	for _, action := range cgroup.Actions() {
		node, diags := schema.Parse("test", []byte("{}"))
		if len(diags) > 0 || action.Name == "cgroup.create" { // which makes the target
			continue
		}
		diags = schema.Decode(node, reflect.New(action.Params).Interface(), nil)
		if !slices.ContainsFunc(diags, func(d schema.Diagnostic) bool {
			return d.Code == schema.CodeMissingKey && strings.Contains(d.Message, "cgroup")
		}) {
			t.Errorf("%s acts on nothing: %v", action.Name, diags)
		}
	}
}
