package proc

import (
	"fmt"
	"time"

	"github.com/prometheus/procfs/blockdevice"
)

// Disks reads /proc/diskstats, to a millisecond
// (https://docs.kernel.org/admin-guide/iostats.html: the time is field 11).
//
// By hand: iostat -x.
func (f *FS) Disks() ([]Disk, error) {
	devices, err := blockdevice.NewFS(f.path("proc"), f.path("sys"))
	if err != nil {
		return nil, fmt.Errorf("read disks: %w", err)
	}
	stats, err := devices.ProcDiskstats()
	if err != nil {
		return nil, fmt.Errorf("read disks: %w", err)
	}
	disks := make([]Disk, 0, len(stats))
	for _, s := range stats {
		requests := s.ReadIOs + s.WriteIOs + s.DiscardIOs + s.FlushRequestsCompleted
		disks = append(disks, Disk{Name: s.DeviceName, Requests: int64(requests), Waited: time.Duration(s.WeightedIOTicks) * time.Millisecond})
	}
	return disks, nil
}
