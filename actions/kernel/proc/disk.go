package proc

import "time"

// Disk is what one block device, or a partition of one, did since boot. Requests
// that a cgroup's limit holds back have not reached the device and do not count.
type Disk struct {
	Name     string        // kernel name, such as sda
	Requests int64         // reads, writes, discards and flushes that were completed
	Waited   time.Duration // the time that requests spent at the device, summed over them
}

// DiskUse is what a device did between two moments, as iostat(1) shows it.
type DiskUse struct {
	Name  string
	Queue float64       // requests at the device on average: aqu-sz
	Wait  time.Duration // the average time of a request there: await
}

// BusiestDisk finds the device at which the most requests waited between two
// readings of [FS.Disks]. It is zero where none did anything.
func BusiestDisk(before, after []Disk, passed time.Duration) (busiest DiskUse) {
	earlier := map[string]Disk{}
	for _, d := range before {
		earlier[d.Name] = d
	}
	for _, d := range after {
		was, known := earlier[d.Name]
		waited := d.Waited - was.Waited
		if !known || passed <= 0 || waited <= 0 {
			continue
		}
		if queue := float64(waited) / float64(passed); queue > busiest.Queue {
			busiest = DiskUse{Name: d.Name, Queue: queue, Wait: waited / time.Duration(max(d.Requests-was.Requests, 1))}
		}
	}
	return busiest
}
