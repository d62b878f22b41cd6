package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// declares is a scenario that starts one container, declared with these keys.
func declares(keys string) (head, steps string) {
	return "containers: {c: {command: [sleep, '0'], " + keys + "}}", "  - container.run: c"
}

// declaration makes a case of container keys.
func declaration(name, keys string, end stage, says string, allow ...string) hostile {
	head, steps := declares(keys)
	return hostile{name: name, head: head, steps: steps, end: end, says: says, allow: allow}
}

// hostileDeclarations are containers that would be more than a container.
var hostileDeclarations = []hostile{
	declaration("bind without permission", "volumes: [{source: DIR, target: /x}]", atCheck, "container.bind"),
	declaration("bind by a relative path", "volumes: [{source: ../x, target: /x}]", atCheck, "container.bind"),
	declaration("bind declared and not granted", "volumes: [{source: DIR, target: /x}]}, d: {volumes: [/y]", atCheck, "container.bind"),
	declaration("bind by expression", "volumes: [{source: \"${'DIR'}\", target: /x}]", atCheck, "expression"),
	declaration("docker socket", "volumes: [{source: /var/run/docker.sock, target: /x}]", atCheck, "container.bind"),
	declaration("docker socket granted", "volumes: [{source: /var/run/docker.sock, target: /x}]", atStep, "no scenario may mount|no such file", "container.bind"),
	declaration("folder of the docker socket granted", "volumes: [{source: /run, target: /x}]", atStep, "no scenario may mount", "container.bind"),
	declaration("root directory granted", "volumes: [{source: /, target: /x}]", atStep, "no scenario may mount", "container.bind"),
	declaration("root of a process granted", "volumes: [{source: /proc/1/root, target: /x}]", atStep, "no scenario may mount|permission denied", "container.bind"),
	declaration("relative bind granted", "volumes: [{source: ../x, target: /x}]", atStep, "absolute path", "container.bind"),
	declaration("disk outside the run", "volumes: [{source: 'disk:../../DIR', target: /x}]", atStep, "not made yet", "container.bind"),
	declaration("privileged", "privileged: true", atCheck, "container.privileged"),
	declaration("privileged by expression", `privileged: "${1 == 1}"`, atCheck, "expression"),
	declaration("capabilities", "cap_add: [SYS_ADMIN]", atCheck, "container.capabilities"),
	declaration("capabilities by expression", `cap_add: ["${'SYS_ADMIN'}"]`, atCheck, "expression"),
	declaration("host network", "network: host", atCheck, "network"),
	declaration("bridge network", "network: bridge", atCheck, "network"),
	declaration("network of another container", "network: 'container:1'", atCheck, "network"),
	declaration("host processes", "pid: host", atCheck, "container.host_namespaces"),
	declaration("host processes by expression", `pid: "${'host'}"`, atCheck, "expression"),
	declaration("host shared memory", "ipc: host", atCheck, "container.host_namespaces"),
	declaration("host name", "uts: host", atCheck, "container.host_namespaces"),
	declaration("host cgroups", "cgroupns: host", atCheck, "container.host_namespaces"),
	declaration("host users", "userns: host", atCheck, "container.host_namespaces"),
	declaration("no seccomp", "seccomp: unconfined", atCheck, "container.seccomp"),
	declaration("own seccomp", `seccomp: '{"defaultAction": "SCMP_ACT_ALLOW"}'`, atCheck, "container.seccomp"),
	declaration("seccomp profile from above", "seccomp: ../secret", atStep, "beside the scenario", "container.seccomp"),
	declaration("seccomp profile by absolute path", "seccomp: FILE", atStep, "beside the scenario", "container.seccomp"),
	withFiles(declaration("seccomp profile through a link", "seccomp: link", atStep, "leads out", "container.seccomp"), link),
	declaration("foreign image", "image: alpine", atCheck, "image.pull"),
	declaration("image by expression", `image: "${'alpine'}"`, atCheck, "expression"),
	declaration("image built", "image: {build: .}", atCheck, "image.build"),
	declaration("image built from above", "image: {build: ..}", atStep, "beside the scenario", "image.build"),
	withFiles(declaration("image built through a link", "image: {build: folder}", atStep, "leads out", "image.build"), link),
	declaration("image loaded from above", "image: {load: ../secret}", atStep, "beside the scenario"),
	declaration("image loaded by absolute path", "image: {load: FILE}", atStep, "beside the scenario"),
	withFiles(declaration("image loaded through a link", "image: {load: link}", atStep, "leads out"), link),
	withFiles(declaration("image loaded through a folder's link", "image: {load: folder/secret}", atStep, "leads out"), link),
	declaration("kernel parameter of the machine", "sysctls: {vm.stat_interval: '1'}", atStep, "sysctl"),
	declaration("kernel parameter by path", "sysctls: {net./../vm/stat_interval: '1'}", atStep, "sysctl"),
	declaration("kill everything else first", "oom_score_adj: -1000", atStep, "without a memory limit"),
	declaration("memory beyond all sizes", "limits: {memory: 99999999999999999999TiB}", atCheck, "memory"),
	declaration("namespaces of a foreign container", "pid: 'container:canary'", atStep, "canary"),
}

func withFiles(h hostile, files func(t *testing.T, dir string, c trap)) hostile {
	h.files = files
	return h
}

// link puts symbolic links to the canary's file and folder beside the scenario.
func link(t *testing.T, dir string, c trap) {
	for name, to := range map[string]string{"link": c.file, "link.yaml": c.file, "folder": filepath.Dir(c.file)} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// hostileNames are names that are paths, or not what they look like.
var hostileNames = []hostile{
	{name: "container name with slashes", head: "containers: {../../c: {}}", steps: "  - container.run: ../../c", says: "not a name for a container"},
	{name: "container name that starts with a dash", head: "containers: {-rf: {}}", steps: "  - container.run: -rf", says: "not a name for a container"},
	{name: "container name that reads backwards", head: `containers: {"a\u202eb": {}}`, steps: `  - container.run: "a\u202eb"`, says: "cannot be seen"},
	{name: "scenario name with dots", doc: "isolab: 1\nname: ../../x\ntitle: T\nsteps: [{host.memory: {}, expect: [result.total > 0B]}]\n", says: "not a name for a scenario"},
	{name: "step name with a path", steps: "  - id: ../x\n    flow.note: x", says: "not a name"},
	{name: "result name that hides params", steps: "  - host.memory: {}\n    as: params", says: "params"},
	{name: "case name with a path", head: "cases: [{name: ../../x}]", steps: "  - flow.note: x", says: "not a name for a case"},
	{name: "title with an escape", doc: "isolab: 1\nname: x\ntitle: \"\\e]0;x\\a\"\nsteps: [{host.memory: {}, expect: [result.total > 0B]}]\n", says: "cannot be seen"},
	{name: "cgroup above the run", steps: "  - cgroup.create: ../../x", says: "cgroup name"},
	{name: "cgroup of the machine", steps: "  - cgroup.create: GROUP/x", says: "cgroup name"},
	{name: "cgroup that comes back", steps: "  - cgroup.create: a/../../../x", says: "cgroup name"},
	{name: "cgroup by expression", head: "params: {name: {type: string, default: ../../x}}", steps: `  - cgroup.create: "${params.name}"`, end: atStep, says: "cgroup name"},
	{name: "command in the machine's cgroup", steps: "  - cgroup.run: {cgroup: GROUP, command: [sleep, '0']}", says: "only in cgroups that a step made"},
	{name: "command above the run", steps: "  - cgroup.run: {cgroup: .., command: [sleep, '0']}", says: "cgroup name"},
	{name: "removal of the machine's cgroup", steps: "  - cgroup.remove: GROUP", says: "cgroup name"},
	{name: "include from above", head: "include: [../x.yaml]", steps: "  - flow.note: x", says: "not a file of the same folder"},
	{name: "include by absolute path", head: "include: [FILE]", steps: "  - flow.note: x", says: "not a file of the same folder"},
	{name: "include through a link", head: "include: [link.yaml]", steps: "  - flow.note: x", says: "symbolic link", files: link},
	{name: "include of itself", head: "include: [hostile.yaml]", steps: "  - flow.note: x", says: "include one another"},
	{name: "disk with a path", allow: []string{"host.disk"}, steps: "  - host.disk: {name: ../x, size: 8MiB}", says: "lower case letters"},
}

// hostileDocuments are files that cost more than they may, or are none.
var hostileDocuments = []hostile{
	{name: "aliases that multiply", doc: bomb(), says: "is not read"},
	{name: "an alias of itself", doc: "isolab: 1\nname: &a [*a]\n", says: "is not read"},
	{name: "a merge key", doc: "isolab: 1\nname: x\ntitle: T\nsteps: [{<<: {host.memory: {}}}]\n", says: "<<|merge"},
	{name: "a tag", doc: "isolab: 1\nname: !!python/object x\ntitle: T\nsteps: []\n", says: "tag"},
	{name: "two documents", doc: "isolab: 1\n---\nisolab: 1\n", says: "document"},
	{name: "brackets without end", doc: "isolab: " + strings.Repeat("[", 100_000), says: "inside one another|levels|deep"},
	{name: "too many keys", doc: "isolab: 1\nparams:\n" + many("  k%d: {type: int}\n", 5000), says: "keys"},
	{name: "too large a file", doc: "isolab: 1\n" + strings.Repeat("# x\n", 70_000), says: "256 KiB"},
	{name: "too large a value", doc: "isolab: 1\nabout: " + strings.Repeat("x", 70_000) + "\n", says: "64 KiB|65536|bytes"},
	{name: "no text at all", doc: "\x7fELF\x00\x01\xff", says: "not text"},
	{name: "an expression that is too long", steps: "  - host.memory: {}\n    expect: ['" + strings.Repeat("1 + ", 400) + "1 < 2']", says: "1024|long"},
	{name: "an expression that does not end", steps: "  - host.memory: {}\n    expect: ['count(1..9999999, {count(1..9999999, {count(1..9999999, {true}) > 0}) > 0}) > result.total']", says: "expr|nest|range|1 ?\\.\\.|known|predicate"},
	{name: "brackets in an expression", steps: "  - host.memory: {}\n    expect: ['" + strings.Repeat("(", 400) + "1" + strings.Repeat(")", 400) + " < 2']", says: "brackets"},
	{name: "permissions by expression", head: `permissions: ["${'host.exec'}"]`, steps: "  - host.exec: [touch, DIR/x]", says: "expression"},
	{name: "a permission for everything", head: `permissions: ["*"]`, steps: "  - host.exec: [touch, DIR/x]", says: "unknown permission"},
	{name: "a control that takes a privilege", prove: true, head: "containers: {c: {command: [sleep, '0']}}\ncontrols:\n  - {name: more, change: {containers.c.privileged: true}, breaks: [last]}",
		steps: "  - container.run: c\n  - id: last\n    host.memory: {}\n    expect: [result.total > 0B]", says: "container.privileged"},
	{name: "a control that mounts the canary", prove: true, head: "containers: {c: {command: [cat, /x/secret], volumes: [/x]}}\ncontrols:\n  - {name: more, change: {containers.c.volumes: [{source: DIR, target: /x}]}, breaks: [last]}",
		steps: "  - container.run: c\n    expect: [result.exit_code == 1]\n  - id: last\n    host.memory: {}\n    expect: [result.total > 0B]", says: "container.bind"},
}

// bomb is the billion laughs.
func bomb() string {
	text := "isolab: 1\nname: x\na0: &a0 [x, x]\n"
	for i := range 9 {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	return text
}

func many(format string, count int) string {
	var text strings.Builder
	for i := range count {
		fmt.Fprintf(&text, format, i)
	}
	return text.String()
}
