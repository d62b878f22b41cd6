package cgroup

import (
	"os"
	"path/filepath"
	"strings"
)

// Disk is a whole block device, as an I/O limit wants it.
type Disk struct {
	Number string `json:"number" expr:"number" doc:"Device number, major:minor."`
	Name   string `json:"name" expr:"name" doc:"Kernel name, such as sda or nvme0n1."`
}

// deviceName reads the link /sys/dev/block/<major:minor>, whose last element is
// the kernel's name for the device; "" when there is none.
func (h *Host) deviceName(number string) string {
	link, err := os.Readlink(filepath.Join(h.root, "sys/dev/block", number))
	if err != nil {
		return ""
	}
	return filepath.Base(link)
}

// wholeDisk turns a partition's number into that of the disk it is on: a
// partition's directory in sysfs has a file "partition" and lies in the disk's.
func (h *Host) wholeDisk(number string) (Disk, error) {
	link := filepath.Join(h.root, "sys/dev/block", number)
	dir, err := filepath.EvalSymlinks(link)
	if err != nil {
		return Disk{}, err
	}
	if isFile(filepath.Join(dir, "partition")) {
		dir = filepath.Dir(dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "dev"))
	if err != nil {
		return Disk{}, err
	}
	return Disk{Number: strings.TrimSpace(string(text)), Name: filepath.Base(dir)}, nil
}

// under lists the whole disks that a stacked device lies on (sysfs-block(5), slaves):
// a logical volume, an encrypted or a RAID device. Others lie on none.
func (h *Host) under(number string) []string {
	links, err := filepath.Glob(filepath.Join(h.root, "sys/dev/block", number, "slaves", "*", "dev"))
	if err != nil {
		return nil
	}
	var disks []string
	for _, link := range links {
		text, err := os.ReadFile(link)
		if err != nil {
			continue
		}
		if disk, err := h.wholeDisk(strings.TrimSpace(string(text))); err == nil {
			disks = append(disks, disk.Number)
		}
	}
	return disks
}
