package main

// victim is the canary's process as a param, so that only the run knows it.
const victim = "params: {victim: {type: int, default: PID}, one: {type: int, default: 1}, group: {type: string, default: GROUP}}\n"

// runs has a container that lives.
const runs = "containers: {c: {command: [sleep, 60s]}}\n"

// hostileSteps are actions on what the run did not make.
var hostileSteps = []hostile{
	{name: "host command", steps: "  - host.exec: [touch, DIR/x]", says: "host.exec"},
	{name: "host command by expression", steps: `  - host.exec: ["${'touch'}", DIR/x]`, allow: []string{"host.exec"}, says: "expression"},
	{name: "host command that nobody granted", head: "permissions: [host.exec]", steps: "  - host.exec: [touch, DIR/x]", end: atGrant, says: "--allow host.exec"},
	{name: "bind that nobody granted", head: "permissions: [container.bind]\ncontainers: {c: {command: [rm, /x/secret], volumes: [{source: DIR, target: /x}]}}", steps: "  - container.run: c", end: atGrant, says: "--allow container.bind"},
	{name: "privileged that nobody granted", head: "permissions: [container.privileged]\ncontainers: {c: {privileged: true}}", steps: "  - container.run: c", end: atGrant, says: "--allow container.privileged"},
	{name: "kill that nobody granted", head: "permissions: [host.kill]", steps: "  - host.kill: PID", end: atGrant, says: "--allow host.kill"},
	{name: "cgroup that nobody granted", head: "permissions: [cgroup.write]", steps: "  - cgroup.set: {cgroup: GROUP, limits: {memory: 8MiB}}", end: atGrant, says: "--allow cgroup.write"},
	{name: "swap that nobody granted", head: "permissions: [host.swap]", steps: "  - host.swap: {size: 8MiB}", end: atGrant, says: "--allow host.swap"},
	{name: "shell in a cgroup", steps: "  - cgroup.create: a\n  - cgroup.run: {cgroup: a, command: [sh, -c, touch DIR/x]}", says: "host.exec"},
	{name: "workload by path in a cgroup", steps: "  - cgroup.create: a\n  - cgroup.run: {cgroup: a, command: [DIR/../stress, --hdd, '1']}", says: "host.exec"},
	{name: "workload that writes files in a cgroup", steps: "  - cgroup.create: a\n  - cgroup.run: {cgroup: a, dir: DIR, command: [stress, -d, '1', -t, 1s]}", says: "host.exec"},
	{name: "workload that writes files by expression", head: "params: {flag: {type: string, default: --hdd}}", steps: "  - cgroup.create: a\n  - cgroup.run: {cgroup: a, dir: DIR, command: [stress, '${params.flag}', '1', -t, 1s]}", end: atStep, says: "host.exec"},

	{name: "kill", steps: "  - host.kill: PID", says: "host.kill"},
	{name: "kill by expression", head: victim, steps: `  - host.kill: "${params.victim}"`, end: atStep, says: "not started by this run"},
	{name: "kill behind a container", head: victim + runs, steps: "  - container.start: c\n  - host.kill: {container: c, pid: \"${params.victim}\"}", end: atStep, says: "name one of them|not started by this run"},
	{name: "stop behind a container", head: victim + runs, steps: "  - container.start: c\n  - host.kill: {container: c, signal: STOP, pid: \"${params.victim}\"}", end: atStep, says: "name one of them|not started by this run"},
	{name: "kill a process group", head: victim, steps: `  - host.kill: "${0 - params.victim}"`, end: atStep, says: "process ids are above 0"},
	{name: "kill process 1", steps: "  - host.kill: {pid: 1, signal: CONT}", allow: []string{"host.kill"}, end: atStep, says: "neither process 1 nor isolab itself"},
	{name: "kill process 1 by expression", head: victim, steps: `  - host.kill: {pid: "${params.one}", signal: CONT}`, end: atStep, says: "neither process 1 nor isolab itself"},
	{name: "kill isolab", allow: []string{"host.exec", "host.kill"}, steps: "  - host.exec: [sh, -c, 'ps -o ppid= $$']\n    as: own\n  - host.kill: {pid: \"${int(trim(own.stdout))}\", signal: CONT}\n  - host.kill: PID", end: atStep, says: "neither process 1 nor isolab itself"},
	{name: "attach a foreign process", head: victim, steps: "  - cgroup.create: a\n  - cgroup.attach: {cgroup: a, pid: PID}", end: atStep, says: "not started by this run"},
	{name: "attach a foreign process by expression", head: victim, steps: "  - cgroup.create: a\n  - cgroup.attach: {cgroup: a, pid: \"${params.victim}\"}", end: atStep, says: "not started by this run"},
	{name: "attach process 1", steps: "  - cgroup.create: a\n  - cgroup.attach: {cgroup: a, pid: 1}", end: atStep, says: "not started by this run"},
	{name: "attach to the machine's cgroup", steps: "  - cgroup.attach: {cgroup: GROUP, pid: 1}", says: "cgroup name"},

	{name: "cgroup limits", steps: "  - cgroup.set: {cgroup: GROUP, limits: {memory: 8MiB}}", says: "cgroup.write"},
	{name: "cgroup limits by expression", head: victim, steps: `  - cgroup.set: {cgroup: "${params.group}", limits: {memory: 8MiB}}`, says: "expression"},
	{name: "cgroup limits above the run", steps: "  - cgroup.set: {cgroup: ../.., limits: {memory: 8MiB}}", says: "cgroup name"},
	{name: "cgroup limits of the run itself", steps: "  - cgroup.create: a\n  - cgroup.set: {cgroup: ., limits: {pids: 0}}", says: "cgroup name"},
	{name: "cgroup limits of the run itself the long way", steps: "  - cgroup.create: a\n  - cgroup.set: {cgroup: a/.., limits: {pids: 0}}", says: "cgroup name"},
	{name: "root cgroup granted", steps: "  - cgroup.set: {cgroup: /, limits: {memory: 8MiB}}", allow: []string{"cgroup.write"}, end: atStep, says: "root"},
	{name: "folder as a cgroup granted", steps: "  - cgroup.set: {cgroup: /../../../..DIR, files: {memory.max: '1'}}", allow: []string{"cgroup.write"}, end: atStep, says: "cgroup name"},
	{name: "freeze", steps: "  - cgroup.freeze: {cgroup: GROUP}", says: "cgroup.write"},
	{name: "freeze by expression", head: victim, steps: `  - cgroup.freeze: {cgroup: "${params.group}"}`, says: "expression"},
	{name: "kill a cgroup", steps: "  - cgroup.kill: {cgroup: GROUP}", says: "host.kill"},
	{name: "kill a cgroup by expression", head: victim, steps: `  - cgroup.kill: {cgroup: "${params.group}"}`, says: "expression"},
	{name: "release agent", steps: "  - cgroup.create: a\n  - cgroup.set: {cgroup: a, files: {release_agent: DIR/x}}", says: "release_agent"},
	{name: "release agent by path", steps: "  - cgroup.create: a\n  - cgroup.set: {cgroup: a, files: {memory/../../release_agent: DIR/x}}", says: "release_agent"},
	{name: "notification on release", steps: "  - cgroup.create: a\n  - cgroup.set: {cgroup: a, files: {notify_on_release: '1'}}", says: "notify_on_release"},
	{name: "processes by file", steps: "  - cgroup.create: a\n  - cgroup.set: {cgroup: a, files: {cgroup.procs: PID}}", says: "cgroup.procs"},
	{name: "threads by file", steps: "  - cgroup.create: a\n  - cgroup.set: {cgroup: a, files: {tasks: PID}}", says: "tasks"},
	{name: "devices by file", steps: "  - cgroup.create: a\n  - cgroup.set: {cgroup: a, files: {devices.allow: a}}", says: "devices.allow"},
	{name: "file of another group", steps: "  - cgroup.create: a\n  - cgroup.set: {cgroup: a, files: {memory.x/../../..GROUP/memory.max: '1'}}", says: "only files"},
	{name: "read a file through a name", steps: "  - cgroup.create: a\n  - cgroup.file: {cgroup: a, file: ../../../../..FILE}", says: "file name without a directory"},
	{name: "read a file through a group", steps: "  - cgroup.file: {cgroup: /../../../..DIR, file: secret}", end: atStep, says: "cgroup name"},
	{name: "read a file through a bar", steps: "  - cgroup.create: a\n  - cgroup.file: {cgroup: a, file: 'memory.max|../../../../..FILE'}", says: "file name without a directory"},
	{name: "read a file by expression", head: "params: {f: {type: string, default: ../../../../..FILE}}", steps: "  - cgroup.create: a\n  - cgroup.file: {cgroup: a, file: \"${params.f}\"}", end: atStep, says: "file name without a directory"},
	{name: "image.load from above", steps: "  - image.load: ../secret", end: atStep, says: "beside the scenario"},
	{name: "image.load through a link", steps: "  - image.load: link", files: link, end: atStep, says: "leads out"},
	{name: "image.pull", steps: "  - image.pull: alpine", says: "image.pull"},
	{name: "image.build", steps: "  - image.build: .", says: "image.build"},
	{name: "container of another run", head: runs, steps: "  - container.remove: isolab-foreign-c", says: "no container"},
	{name: "container of another run by expression", head: runs + "params: {n: {type: string, default: isolab-foreign-c}}", steps: `  - container.kill: "${params.n}"`, end: atStep, says: "container"},
}

// tries is a workload that has to fail at what it tries.
func tries(name, script string) hostile {
	return hostile{name: "inside: " + name, end: inside, head: "containers: {c: {command: [sh, -c, '" + script + "']}}",
		steps: "  - container.run: c\n    as: r\n    expect: [r.exit_code != 0]"}
}

// hostileWorkloads try from within a container.
var hostileWorkloads = []hostile{
	tries("kill the canary", "kill -9 PID"),
	tries("read the canary", "cat FILE"),
	tries("read through process 1", "cat /proc/1/root/FILE"),
	tries("write a kernel parameter", "echo 1 > /proc/sys/vm/stat_interval"),
	tries("mount the cgroups", "mount -t cgroup -o memory none /tmp"),
	tries("mount proc", "mount -t proc none /proc"),
	tries("write a release agent", "echo /x > /sys/fs/cgroup/memory/release_agent"),
	tries("lift the limit", "echo -1 > /sys/fs/cgroup/memory/memory.limit_in_bytes"),
	{name: "inside: mount points that lead out", end: inside,
		head:  "containers: {c: {command: [sh, -c, 'echo x > DIR/mine; echo x > /dir/mine'], tmpfs: {/../../..DIR: 1MiB}, volumes: [/../../dir], workdir: /../../../dir}}",
		steps: "  - container.run: c"},
}
