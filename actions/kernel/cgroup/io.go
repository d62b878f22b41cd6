package cgroup

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"isolab/schema/unit"
)

// ioFiles are where one version keeps traffic and limits. v1 has a recursive and
// an own variant of each counter; the recursive one, which includes the groups
// below as v2 does, comes first.
type ioFiles struct {
	bytes, ops []string
	limits     []string
}

func ioFilesOf(version Version) ioFiles {
	if version == V2 {
		return ioFiles{bytes: []string{"io.stat"}, ops: []string{"io.stat"}, limits: []string{"io.max"}}
	}
	return ioFiles{
		bytes: []string{"blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes"},
		ops:   []string{"blkio.throttle.io_serviced_recursive", "blkio.throttle.io_serviced"},
		limits: []string{"blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device",
			"blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device"},
	}
}

// io fills the block device part of the reading.
func (r *reader) io() {
	m := r.group.member("io")
	if m == nil {
		r.ioMissing("this machine has no io (blkio) controller mounted")
		return
	}
	files := ioFilesOf(m.tree.version)
	bytes, ops := r.firstOf(*m, files.bytes), r.firstOf(*m, files.ops)
	if bytes.err != nil || ops.err != nil {
		r.ioMissing(absence(*m, source{file: files.bytes[0]}, cmp.Or(bytes.err, ops.err)))
		return
	}
	devices := deviceTable{}
	for _, file := range []content{bytes, ops} {
		devices.traffic(file.File)
	}
	for _, name := range files.limits {
		devices.limits(name, r.file(filepath.Join(m.dir, name)).File)
	}
	r.into.IO = devices.sum(r.group.host)
	r.ioOrigins(*m, files, bytes.Path, ops.Path)
}

// firstOf is the first file that can be read.
func (r *reader) firstOf(m member, names []string) (c content) {
	for _, name := range names {
		if c = r.file(filepath.Join(m.dir, name)); c.err == nil {
			break
		}
	}
	return c
}

func (r *reader) ioMissing(reason string) {
	for _, field := range []string{"read_bytes", "write_bytes", "read_ops", "write_ops", "devices"} {
		r.into.Missing["io."+field] = reason
	}
}

func (r *reader) ioOrigins(m member, files ioFiles, bytes, ops string) {
	from := map[string]string{"read_bytes": bytes, "write_bytes": bytes, "read_ops": ops, "write_ops": ops}
	r.into.origins["io.devices"] = bytes
	for field, path := range from {
		r.into.origins["io."+field] = path
	}
	limits := []string{"read_bps_limit", "write_bps_limit", "read_iops_limit", "write_iops_limit"}
	for i := range r.into.IO.Devices {
		at := fmt.Sprintf("io.devices[%d].", i)
		for field, path := range from {
			r.into.origins[at+field] = path
		}
		for j, field := range limits {
			r.into.origins[at+field] = filepath.Join(m.dir, files.limits[min(j, len(files.limits)-1)])
		}
	}
}

// deviceTable collects by "major:minor" what several files say.
type deviceTable map[string]*DeviceIO

func (t deviceTable) at(key string) (device *DeviceIO, rest string) {
	number, rest, _ := strings.Cut(key, ".")
	if !strings.Contains(number, ":") {
		return &DeviceIO{}, "" // a total, which is summed here instead
	}
	if t[number] == nil {
		t[number] = &DeviceIO{Device: number, ReadBPSLimit: unit.UnlimitedRate, WriteBPSLimit: unit.UnlimitedRate,
			ReadIOPSLimit: NoLimit, WriteIOPSLimit: NoLimit}
	}
	return t[number], rest
}

// traffic takes the numbers of v2's io.stat, "8:0 rbytes=1 wbytes=2 rios=3
// wios=4 …", or of a v1 counter, "8:0 Read 1".
func (t deviceTable) traffic(file File) {
	ops := strings.Contains(filepath.Base(file.Path), "serviced")
	for key, value := range file.Keys {
		device, what := t.at(key)
		switch {
		case what == "rbytes" || what == "Read" && !ops:
			device.ReadBytes = unit.Size(value)
		case what == "wbytes" || what == "Write" && !ops:
			device.WriteBytes = unit.Size(value)
		case what == "rios" || what == "Read":
			device.ReadOps = value
		case what == "wios" || what == "Write":
			device.WriteOps = value
		}
	}
}

// limits takes v2's io.max, "8:0 rbps=max wbps=1048576 …", or one of v1's files,
// "8:0 1048576".
func (t deviceTable) limits(name string, file File) {
	for key, value := range file.Keys {
		device, what := t.at(key)
		switch cmp.Or(what, strings.TrimPrefix(name, "blkio.throttle.")) {
		case "rbps", "read_bps_device":
			device.ReadBPSLimit = unit.Rate(value)
		case "wbps", "write_bps_device":
			device.WriteBPSLimit = unit.Rate(value)
		case "riops", "read_iops_device":
			device.ReadIOPSLimit = value
		case "wiops", "write_iops_device":
			device.WriteIOPSLimit = value
		}
	}
}

// sum orders the devices by number and adds them up. The kernel counts a request at
// a stacked device (LVM, LUKS, RAID), and once more at the disk below it; the sum has
// what was asked for, so it leaves out disks that another listed device lies on.
func (t deviceTable) sum(host *Host) (io IO) {
	below := map[string]bool{}
	for number := range t {
		for _, disk := range host.under(number) {
			below[disk] = disk != number
		}
	}
	for number, device := range t {
		device.Name = host.deviceName(device.Device)
		io.Devices = append(io.Devices, *device)
		if below[number] {
			continue
		}
		io.ReadBytes += device.ReadBytes
		io.WriteBytes += device.WriteBytes
		io.ReadOps += device.ReadOps
		io.WriteOps += device.WriteOps
	}
	slices.SortFunc(io.Devices, func(a, b DeviceIO) int {
		return cmp.Or(cmp.Compare(major(a.Device), major(b.Device)), cmp.Compare(len(a.Device), len(b.Device)), cmp.Compare(a.Device, b.Device))
	})
	return io
}

func major(device string) int {
	number, _, _ := strings.Cut(device, ":")
	v, _ := strconv.Atoi(number)
	return v
}

// CountIO makes a v1 kernel count the traffic with a block device ("8:0"). Since
// Linux 6.10 it does so only for devices on which some group has set a limit
// (block/blk-throttle.c, blk_throtl_init); writing "no limit" is enough, changes
// nothing else and lasts until the device goes. On v2 counting is always on, and
// CountIO does nothing.
func (g *Group) CountIO(device string) error {
	m := g.member("io")
	if m == nil || m.tree.version == V2 {
		return nil
	}
	if _, _, err := (DeviceLimit{Device: device}).number(); err != nil {
		return err
	}
	return g.WriteFile("blkio.throttle.read_bps_device", device+" 0")
}
