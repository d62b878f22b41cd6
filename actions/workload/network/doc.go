// Package network holds the applets that show what a network namespace is: its
// interfaces, and ports that are free in one namespace while taken in another.
package network
