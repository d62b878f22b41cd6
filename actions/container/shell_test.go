package container_test

import (
	"slices"
	"testing"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/container"
	"isolab/schema"
)

// shellOf decodes a step's parameters and asks for its commands.
func shellOf[P any](t *testing.T, action actions.Action, params, declared string) []string {
	t.Helper()
	view := actionstest.View{Containers: map[string]schema.Container{"hungry": actionstest.Decode[schema.Container](t, declared)}}
	return action.Shell(actionstest.Decode[P](t, params), view)
}

func TestShell_dockerRun(t *testing.T) {
	for _, test := range []struct{ declared, params, want string }{
		{"{command: [eatmemory, 100MiB], limits: {memory: 150MiB, swap: 0}}", "{container: hungry}",
			"docker run -d --name hungry --memory 150m --memory-swap 150m --network none workload eatmemory 100MiB"},
		{"{command: [a], limits: {memory: 150MiB}}", "{container: hungry, command: [sh, -c, 'echo $HOME'], limits: {memory: none}}",
			"docker run -d --name hungry --network none workload sh -c 'echo $HOME'"},
		{"{limits: {cpus: 0.5, cpuset: 0-1, cpu_shares: 512, swappiness: 50, reservation: 64MiB, oom_kill: false, pids: 20}}", "{container: hungry}",
			"docker run -d --name hungry --cpus 0.5 --cpuset-cpus 0-1 --cpu-shares 512 --memory-swappiness 50 --memory-reservation 64m --oom-kill-disable --pids-limit 20 --network none workload"},
		{"{limits: {read_bps: 1MiB/s, write_bps: 1500KiB/s, read_iops: 100, write_iops: 100, device: /dev/sda}}", "{container: hungry}",
			"docker run -d --name hungry --device-read-bps /dev/sda:1m --device-write-bps /dev/sda:1500k --device-read-iops /dev/sda:100 --device-write-iops /dev/sda:100 --network none workload"},
		{"{limits: {read_iops: 100}}", "{container: hungry}",
			"docker run -d --name hungry --device-read-iops <disk of the containers' data>:100 --network none workload"},
		{"{limits: {read_iops: 100, device: 'disk:other'}}", "{container: hungry}",
			"docker run -d --name hungry --device-read-iops <disk other>:100 --network none workload"},
		{"{image: 'alpine:3', network: bridge, pid: 'container:other', ipc: host, uts: host, cgroupns: private, userns: host, isolation: sandbox}", "{container: hungry}",
			"docker run -d --name hungry --network bridge --pid container:other --ipc host --uts host --cgroupns private --userns host --runtime runsc alpine:3"},
		{"{isolation: process}", "{container: hungry}", "docker run -d --name hungry --network none --runtime runc workload"},
		{"{isolation: process, runtime: crun}", "{container: hungry}", "docker run -d --name hungry --network none --runtime crun workload"},
		{"{isolation: hyperv}", "{container: hungry}", "docker run -d --name hungry --network none --isolation hyperv workload"},
		{"{privileged: true, cap_add: [SYS_TIME], cap_drop: [ALL], no_new_privileges: true, seccomp: unconfined, read_only: true, ulimits: {nofile: 64}, sysctls: {net.core.somaxconn: '1'}, oom_score_adj: 500}", "{container: hungry}",
			"docker run -d --name hungry --privileged --cap-drop ALL --cap-add SYS_TIME --security-opt=no-new-privileges --security-opt seccomp=unconfined --read-only --ulimit nofile=64 --sysctl net.core.somaxconn=1 --oom-score-adj 500 --network none workload"},
		{"{seccomp: '{\"defaultAction\": \"SCMP_ACT_ALLOW\"}'}", "{container: hungry}",
			"docker run -d --name hungry --security-opt seccomp=profile.json --network none workload"},
		{"{init: true, env: {B: '2', A: '1'}, user: student, workdir: /tmp, hostname: h, stop_signal: INT, stop_grace: 1500ms, entrypoint: [sh, -c], command: [ls]}", "{container: hungry}",
			"docker run -d --name hungry --network none --init --env A=1 --env B=2 --user student --workdir /tmp --hostname h --stop-signal INT --stop-timeout 2 --entrypoint sh workload -c ls"},
		{"{tmpfs: {/tmp: 8MiB}, shm_size: 1GiB, storage: 64MiB, volumes: [{source: data, target: /d, read_only: true}, /scratch]}", "{container: hungry}",
			"docker run -d --name hungry --network none --tmpfs /tmp:size=8m --volume data:/d:ro --volume <scratch directory>:/scratch --shm-size 1g --storage-opt size=64m workload"},
	} {
		got := shellOf[container.StartParams](t, container.Start, test.params, test.declared)
		if !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s\n got %s\nwant %s", test.declared, got, test.want)
		}
	}
}

func TestShell_imageOfAFolderOrFile(t *testing.T) {
	for declared, want := range map[string][]string{
		"{image: {build: web}}":  {"docker build --tag hungry web", "docker run -d --name hungry --network none hungry"},
		"{image: {load: a.tar}}": {"docker load --input a.tar", "docker run -d --name hungry --network none <image loaded from a.tar>"},
	} {
		if got := shellOf[container.StartParams](t, container.Start, "hungry", declared); !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", declared, got, want)
		}
	}
}

func TestShell_verbs(t *testing.T) {
	for _, test := range []struct {
		got  []string
		want string
	}{
		{shellOf[container.RunParams](t, container.Run, "hungry", "{command: [a]}"), "docker run --name hungry --network none workload a"},
		{shellOf[container.RunParams](t, container.Run, "{container: hungry, remove: true}", "{command: [a]}"), "docker run --rm --name hungry --network none workload a"},
		{shellOf[container.ExecParams](t, container.Exec, "{container: hungry, command: [ps, -e], user: student, env: {A: b}}", "{}"), "docker exec --env A=b --user student hungry ps -e"},
		{shellOf[container.ExecParams](t, container.Exec, "{container: hungry, command: [cat], stdin: a b}", "{}"), "printf %s 'a b' | docker exec -i hungry cat"},
		{shellOf[container.StopParams](t, container.Stop, "{container: hungry, grace: 3s}", "{}"), "docker stop -t 3 hungry"},
		{shellOf[container.KillParams](t, container.Kill, "{container: hungry, signal: TERM}", "{}"), "docker kill --signal TERM hungry"},
		{shellOf[container.PauseParams](t, container.Pause, "hungry", "{}"), "docker pause hungry"},
		{shellOf[container.UnpauseParams](t, container.Unpause, "hungry", "{}"), "docker unpause hungry"},
		{shellOf[container.UpdateParams](t, container.Update, "{container: hungry, limits: {cpus: 1, memory: 1GiB, swap: 1GiB}}", "{}"), "docker update --cpus 1 --memory 1g --memory-swap 2g hungry"},
		{shellOf[container.UpdateParams](t, container.Update, "{container: hungry, limits: {memory: 160MiB}}", "{limits: {memory: 80MiB, swap: 0}}"), "docker update --memory 160m --memory-swap 160m hungry"},
		{shellOf[container.UpdateParams](t, container.Update, "{container: hungry, limits: {memory: 160MiB}}", "{limits: {memory: 80MiB}}"), "docker update --memory 160m --memory-swap 240m hungry"},
		{shellOf[container.UpdateParams](t, container.Update, "{container: hungry, limits: {memory: 64MiB, pids: 20}}", "{}"), "docker update --memory 64m --memory-swap -1 --pids-limit 20 hungry"},
		{shellOf[container.UpdateParams](t, container.Update, "{container: hungry, limits: {memory: 64MiB}}", "{limits: {memory: none}}"), "docker update --memory 64m --memory-swap -1 hungry"},
		{shellOf[container.WaitParams](t, container.Wait, "hungry", "{}"), "docker wait hungry"},
		{shellOf[container.RemoveParams](t, container.Remove, "hungry", "{}"), "docker rm --force hungry"},
		{shellOf[container.LogsParams](t, container.Logs, "hungry", "{}"), "docker logs hungry"},
		{shellOf[container.TopParams](t, container.Top, "hungry", "{}"), "docker top hungry"},
		{shellOf[container.StatsParams](t, container.Stats, "hungry", "{}"), "docker stats --no-stream hungry"},
	} {
		if !slices.Equal(test.got, []string{test.want}) {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}
