package cgroup

import "strings"

// Place is one file of a group: its name, and the controller in whose directory it
// lies.
type Place struct{ Controller, File string }

// PlacesOf says where a person would look for a field of a [Reading], such as
// memory.usage or io.devices[0].read_bytes: in the file it is read from, or in those
// of the fields that it is worked out from. There is none for what is no file's, or
// not offered on that version.
func PlacesOf(version Version, field string) []Place {
	field = withoutIndexes(field)
	if parts := partsOf(version, field); parts != nil {
		var places []Place
		for _, part := range parts {
			places = append(places, PlacesOf(version, part)...)
		}
		return places
	}
	for _, controller := range []string{"memory", "cpu", "cpuacct", "cpuset", "pids"} {
		for _, s := range sources(version, controller) {
			if s.field == field {
				return []Place{{controller, s.file}}
			}
		}
	}
	family, rest, _ := strings.Cut(field, ".")
	switch family {
	case "io":
		return []Place{{"io", ioFileOf(ioFilesOf(version), rest)}}
	case "pressure":
		return pressurePlaces(version, rest)
	}
	return statePlaces(version, family)
}

// withoutIndexes makes io.devices.read_bytes of io.devices[0].read_bytes.
func withoutIndexes(field string) string {
	for {
		before, rest, ok := strings.Cut(field, "[")
		if !ok {
			return field
		}
		_, after, _ := strings.Cut(rest, "]")
		field = before + after
	}
}

// partsOf are the fields that one field is worked out from; nil for those with a file
// of their own.
func partsOf(version Version, field string) []string {
	switch {
	case field == "memory.used_ratio":
		return []string{"memory.usage", "memory.limit"}
	case field == "cpu.limit":
		return []string{"cpu.quota", "cpu.period"}
	case field == "cpu.cpuset_count":
		return []string{"cpu.cpuset_effective"}
	case field == "cpu.shares" && version == V2:
		return []string{"cpu.weight"}
	case field == "cpu.weight" && version != V2:
		return []string{"cpu.shares"}
	}
	return nil
}

// ioFileOf is the file of a field of io, or of one of its devices.
func ioFileOf(files ioFiles, field string) string {
	for i, limit := range []string{"read_bps", "write_bps", "read_iops", "write_iops"} {
		if strings.HasSuffix(field, limit+"_limit") {
			return files.limits[min(i, len(files.limits)-1)]
		}
	}
	if strings.HasSuffix(field, "_ops") {
		return files.ops[0]
	}
	return files.bytes[0]
}

// pressurePlaces are in the v2 tree, whoever serves the controllers.
func pressurePlaces(version Version, field string) []Place {
	kind, _, _ := strings.Cut(field, ".")
	switch {
	case version == V1:
		return nil
	case kind == "available":
		kind = "cpu"
	}
	return []Place{{unifiedKey, kind + ".pressure"}}
}

// statePlaces are those of what is about the group as a whole.
func statePlaces(version Version, field string) []Place {
	procs, events := Place{"memory", "cgroup.procs"}, Place{unifiedKey, "cgroup.events"}
	state := Place{"freezer", "freezer.state"}
	if version != V1 {
		procs.Controller = unifiedKey
	}
	switch {
	case field == "processes", field == "populated" && version == V1:
		return []Place{procs}
	case field == "populated", field == "frozen" && version == V2:
		return []Place{events}
	case field == "frozen" && version == Hybrid: // either of the two can hold it
		return []Place{events, state}
	case field == "frozen":
		return []Place{state}
	}
	return nil
}
