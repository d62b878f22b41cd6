// Command labdaemon runs a command with a Docker daemon of its own: another version
// than the machine's, or with further OCI runtimes such as gVisor's runsc.
//
//	labdaemon -bin bin/tools -- go test ./actions/runtime/docker
//	labdaemon -runtime runsc=bin/tools/runsc -- isolab run --runtime docker isolation-memory
//
// The daemon has its own data, sockets, containerd, cgroups and network namespace,
// from which nothing outside can be reached. The command runs in that namespace too,
// and finds the daemon through DOCKER_HOST. At the end, however it comes, the daemon,
// its containers and all that they made are removed:
//
//   - the front starts the keeper and the command, and waits for the command;
//   - the keeper, in a session and a network namespace of its own, starts the
//     daemon; when the pipe from the front ends, it stops the daemon and cleans up;
//   - the front cleans up once more, in case that the keeper was killed;
//   - where both were killed, the next labdaemon finds the directory unlocked.
//
// The exit code is the command's, 2 for wrong usage and 125 when there was no daemon.
package main
