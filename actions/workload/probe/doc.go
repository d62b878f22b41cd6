// Package probe holds the applets that ask the kernel what this process may do:
// which system calls, namespaces, capabilities and files it is given. They report
// the kernel's own answer by its errno name and do no harm when the answer is yes.
package probe
