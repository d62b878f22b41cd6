package cgroup

import "math"

// Both versions of the CPU controller set the same number in the kernel, the
// group's scheduler shares (1024 by default). v1 shows it as cpu.shares; v2 shows
// it divided by 10.24 as cpu.weight, so that the default is 100
// (kernel/sched/core.c, sched_weight_to_cgroup).
const (
	defaultShares = 1024
	defaultWeight = 100
	minShares     = 2
	maxShares     = 1 << 18 // 262144
	minWeight     = 1
	maxWeight     = 10000
)

// SharesToWeight converts CPU shares, as in docker run --cpu-shares (2 to
// 262144), into what container runtimes of today write into cpu.weight (1 to
// 10000):
//
//	weight = ⌈10^((l² + 125·l)/612 − 7/34)⌉   with l = log2(shares)
//
// which goes through (2, 1), (1024, 100) and (262144, 10000). runc has it since
// 1.3.2 (https://github.com/opencontainers/cgroups/pull/20,
// https://github.com/opencontainers/runc/issues/4896) and crun since 1.23
// (https://github.com/containers/crun/pull/1767). Older ones wrote
// 1+(shares−2)·9999/262142, which makes 39 of the default 1024: read a weight
// back from the kernel before expecting a ratio. Shares out of range are taken
// to the nearest end; 0 means unset and stays 0.
func SharesToWeight(shares int64) int64 {
	switch {
	case shares == 0:
		return 0
	case shares <= minShares:
		return minWeight
	case shares >= maxShares:
		return maxWeight
	}
	l := math.Log2(float64(shares))
	return int64(math.Ceil(math.Pow(10, (l*l+125*l)/612-7.0/34)))
}

// kernelShares is the cpu.shares value that has the same effect as a cpu.weight.
func kernelShares(weight int64) int64 {
	return int64(math.Round(float64(weight) * defaultShares / defaultWeight))
}

// kernelWeight is the cpu.weight value that has the same effect as cpu.shares.
func kernelWeight(shares int64) int64 {
	return int64(math.Round(float64(shares) * defaultWeight / defaultShares))
}
