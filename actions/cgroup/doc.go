// Package cgroup is the cgroup actions: making, limiting, reading and filling
// control groups by hand, the level below containers. A step names either a
// container of the scenario, whose cgroup is then found from its process, or a
// cgroup that an earlier step made; what a step makes lies below the run's own
// group, where it can be killed and removed as a whole.
package cgroup
