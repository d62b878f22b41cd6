// Package host is the host actions: what the machine itself sees, beside and
// around the containers. Looking needs no permission; touching anything that the
// run did not start does.
package host
