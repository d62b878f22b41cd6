//go:build !linux

package cgroup

import (
	"context"
	"os"
)

// None of this can be reached: [Open] does not return a host on this system.

func notHere(what string) error {
	return unsupported(what, "not on this system: cgroups are a Linux kernel feature", "")
}

func (g *Group) apply(Limits) error                { return notHere("set limits") }
func (g *Group) makeIn(member, Options) error      { return notHere("create") }
func (g *Group) killEach([]int) error              { return notHere("kill") }
func attachIn(member, int) error                   { return notHere("attach") }
func (g *Group) OpenDir() (*os.File, error)        { return nil, notHere("open") }
func (g *Group) Files() ([]Entry, error)           { return nil, notHere("list files") }
func (h *Host) ResolveDevice(string) (Disk, error) { return Disk{}, notHere("resolve device") }

func isGone(error) bool     { return false }
func isBusy(error) bool     { return false }
func isThreaded(error) bool { return false }

func waitFile(ctx context.Context, path string, done func(string) bool) error {
	return pollFile(ctx, path, done)
}
