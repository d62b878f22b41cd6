// Package measure is the measuring action: the kernel's own counters, read again
// and again over a time, as series with their means, peaks and rates, together
// with what else went on on the machine meanwhile.
package measure
