package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/token"
	"slices"
	"strings"
	"time"

	"isolab/actions"
	"isolab/actions/kernel/cgroup"
	"isolab/actions/shell"
	"isolab/actions/target"
)

// SampleParams are the parameters of measure.sample.
type SampleParams struct {
	Of    []string      `json:"of" doc:"What is measured: containers by name, cgroups of the run as cgroup:<name>, or host; one or several." isolab:"main,required,one" example:"[first, second]"`
	For   time.Duration `json:"for" doc:"How long." default:"3s" example:"3s"`
	Every time.Duration `json:"every" doc:"The time between two samples." default:"100ms" example:"100ms"`
}

// SampleResult is the result of measure.sample. Its own usage is that of the one
// target, or of all targets together (without the host, unless it is alone).
type SampleResult struct {
	Usage
	Duration time.Duration     `json:"duration" expr:"duration" doc:"The time that passed between the first sample and the last."`
	Of       map[string]Usage  `json:"of" expr:"of" doc:"Each target by itself, by its name."`
	Host     Around            `json:"host" expr:"host" doc:"What went on on the machine meanwhile."`
	Late     time.Duration     `json:"late" expr:"late" doc:"How late the latest sample was."`
	Noisy    string            `json:"noisy" expr:"noisy" doc:"What disturbed the measurement; empty when nothing did."`
	Missing  map[string]string `json:"missing" expr:"missing" doc:"For each field that this machine does not offer, by its dotted name, the reason."`

	origins map[string]string
	noise   noise            // of all figures
	disk    map[string]noise // of the traffic with disks, by the beginning of the field
}

// Origins implements actions.Sourced.
func (r SampleResult) Origins() map[string]string { return r.origins }

// Noise implements actions.Noisy. A slow disk explains only why traffic was less than
// it should have been; and whatever others do, a target uses no more CPU time for it.
func (r SampleResult) Noise(field string, miss actions.Miss) (string, float64) {
	worst := r.noise
	if miss == actions.MissHigh && isOwnCPU(field) {
		worst = noise{}
	}
	for prefix, disk := range r.disk {
		if miss == actions.MissLow && disk.share > worst.share && strings.HasPrefix(field, prefix) {
			worst = disk
		}
	}
	return worst.what, worst.share
}

// isOwnCPU reports a figure of the CPU time that targets used over all of the window.
// (Over a part of it a late reading can make it more, and the host has no own.)
func isOwnCPU(field string) bool {
	host := strings.HasPrefix(field, "of."+hostName+".") || strings.HasPrefix(field, fmt.Sprintf("of[%q].", hostName))
	return !host && (strings.HasSuffix(field, "cpu.mean") || strings.HasSuffix(field, "cpu.used"))
}

// Sample is measure.sample.
var Sample = actions.Define(actions.Spec[SampleParams, SampleResult]{
	Name:    "measure.sample",
	Summary: "Measure what containers use over a time, from the kernel's counters",
	About: `Reads the counters of each target's cgroup again and again, and takes rates from their
differences over the time that really passed; ` + "`docker stats`" + ` plays no part. With one target the
result has its numbers directly (` + "`s.cpu.mean`" + `); with several it has their sums, and each by itself
under its name (` + "`s.of.first.cpu.mean`" + `). ` + "`share`" + ` is a target's part of the CPU time of all of them.

Traffic is what reaches block devices. On cgroup v1 since Linux 6.10 a device is counted only
after some group has set a limit on it; the step makes the kernel count the disk of the
containers' data.

` + "`host`" + ` says what else went on. A claim that is false while other programs or the hypervisor took
the CPUs is inconclusive and not false, unless they cannot be the reason: nobody uses more CPU
time because of others. So is one on traffic that is less than it should be while the disk
itself was slow.`,
	Example: `measure.sample: {of: [first, second], for: 3s}
as: s
expect:
  - within(s.of.first.share, 2/3, 5%)
  - s.cpu.mean <= 1.05cpu
`,
	Observes: true,
	Check:    check,
	Shell:    commands,
	Run:      sample,
})

// The bounds keep a step from filling memory with samples.
const (
	everyMin   = 5 * time.Millisecond
	samplesMax = 10_000
)

func check(p SampleParams, d actions.Declared) error {
	var errs []error
	for _, name := range p.Of {
		if name == hostName || strings.HasPrefix(name, cgroupPrefix) {
			continue
		}
		errs = append(errs, target.Check(d, name))
	}
	return errors.Join(append(errs, checkTimes(p))...)
}

// checkTimes lets zeros through: an expression may give the value later.
func checkTimes(p SampleParams) error {
	switch {
	case p.For < 0 || p.Every < 0:
		return errors.New("time cannot pass backwards")
	case p.Every > 0 && p.Every < everyMin:
		return fmt.Errorf("every %v: at least %v", p.Every, everyMin)
	case p.Every > 0 && p.For/p.Every > samplesMax:
		return fmt.Errorf("%v every %v: at most %d samples", p.For, p.Every, samplesMax)
	}
	return nil
}

func sample(ctx context.Context, env *actions.Env, p SampleParams) (SampleResult, error) {
	if err := checkTimes(p); err != nil {
		return SampleResult{}, err
	}
	if len(p.Of) == 0 || p.For == 0 || p.Every == 0 {
		return SampleResult{}, errors.New("of, for and every must not be empty")
	}
	probes, err := open(ctx, env, p.Of)
	if err != nil {
		return SampleResult{}, err
	}
	before, err := readMachine(env)
	if err != nil {
		return SampleResult{}, err
	}
	tracks, timing, err := sampleAll(ctx, env, probes, p.For, min(p.Every, p.For))
	if err != nil {
		return SampleResult{}, err
	}
	after, err := readMachine(env)
	if err != nil {
		return SampleResult{}, err
	}
	return result(ctx, env, p, tracks, timing, before, after)
}

func result(ctx context.Context, env *actions.Env, p SampleParams, tracks []*track, t timing, before, after machine) (SampleResult, error) {
	r := SampleResult{Of: map[string]Usage{}, Duration: t.duration, Late: t.late, Missing: after.missing, origins: map[string]string{}}
	var all []point
	var targets int
	for _, track := range tracks {
		if len(track.points) < 2 {
			return r, fmt.Errorf("%s ended before it could be measured", track.name)
		}
		usage := usageOf(track.points)
		usage.Ended, usage.Missing = track.ended, track.probe.missing
		r.Of[track.name] = usage
		r.note(fieldOf(track.name)+".", track.probe)
		if track.name != hostName {
			all = add(all, track.points)
			targets++
		}
	}
	if targets == 0 {
		all = tracks[0].points
	}
	r.Usage = usageOf(all)
	if len(tracks) == 1 {
		r.Usage = r.Of[tracks[0].name]
	}
	for _, track := range tracks {
		if track.name != hostName || len(tracks) == 1 {
			r.note("", track.probe)
		}
	}
	r.share(targets)
	used := r.CPU.Mean
	if targets == 0 {
		used = 0
	}
	r.Host = around(ctx, env, before, after, used)
	if targets > 0 {
		r.noise = disturbance(r.Host, allowed(tracks), after.cpu.OnlineCount, t, p.Every)
		r.disk = map[string]noise{"io.": slowDisk(r.Host.Disk, r.IO)}
		for name, usage := range r.Of {
			r.disk[fieldOf(name)+".io."] = slowDisk(r.Host.Disk, usage.IO)
		}
		r.Noisy = cmp.Or(r.noise.what, r.disk["io."].what)
	}
	return r, nil
}

// fieldOf is the field of one target, as expressions name it: of.first, of["my-app"].
func fieldOf(name string) string {
	if token.IsIdentifier(name) || token.IsKeyword(name) {
		return "of." + name
	}
	return fmt.Sprintf("of[%q]", name)
}

// note takes over where a target's numbers come from, and which it lacks.
func (r *SampleResult) note(prefix string, p probe) {
	for _, leaf := range leaves() {
		group, _, _ := strings.Cut(leaf, ".")
		if path := p.origins[group]; path != "" {
			r.origins[prefix+leaf] = path
		}
	}
	for field, reason := range p.missing {
		r.Missing[prefix+field] = reason
	}
}

// share divides the CPU time of all targets among them.
func (r *SampleResult) share(targets int) {
	if targets == 0 {
		return
	}
	var sum time.Duration
	for name, usage := range r.Of {
		if name != hostName {
			sum += usage.CPU.Used
		}
	}
	if sum <= 0 {
		return
	}
	for name, usage := range r.Of {
		if name != hostName {
			usage.Share = ratioOf(usage.CPU.Used, sum)
			r.Of[name] = usage
		}
	}
	r.Share = 1
}

// allowed is how many CPUs the targets may run on, where all of them are pinned
// to the same; 0 when they are not.
func allowed(tracks []*track) int64 {
	var cpus string
	var count int64
	for _, t := range tracks {
		if t.name == hostName {
			continue
		}
		if cpus != "" && t.cpus != cpus {
			return 0
		}
		cpus, count = t.cpus, t.count
	}
	return count
}

// commands read the counters twice, with the time between them.
func commands(p SampleParams, v actions.View) []string {
	var lines []string
	for _, name := range p.Of {
		if name == hostName {
			lines = append(lines, "cat /proc/stat /proc/meminfo")
			continue
		}
		name = strings.TrimPrefix(name, cgroupPrefix)
		if paths := files(v, name); len(paths) > 0 {
			lines = append(lines, shell.Line(append([]string{"cat"}, paths...)...))
		}
	}
	again := append([]string{}, lines...)
	return append(append(lines, shell.Line("sleep", fmt.Sprint(p.For.Seconds()))), again...)
}

// counters are what is read of a target, and which parts of a result are made of it.
var counters = []struct {
	field string
	parts []string
}{
	{"cpu.usage", []string{"cpu", "share"}}, {"memory.usage", []string{"memory"}}, {"io.read_bytes", []string{"io"}},
	{"pids.current", []string{"pids"}}, {"cpu.throttled_time", []string{"throttled"}},
}

// files are those of the counters that the scenario's expressions speak of, or else
// of the first three.
func files(v actions.View, name string) (paths []string) {
	words := strings.FieldsFunc(strings.Join(v.Reads(), "."), func(r rune) bool { return strings.ContainsRune(`.[]"`, r) })
	version := cgroup.Version(v.CgroupVersion())
	for i, c := range counters {
		spoken := slices.ContainsFunc(c.parts, func(part string) bool { return slices.Contains(words, part) })
		if !spoken && (len(v.Reads()) > 0 || i >= 3) {
			continue
		}
		for _, place := range cgroup.PlacesOf(version, c.field) {
			paths = append(paths, v.Cgroup(name, place.Controller)+"/"+place.File)
		}
	}
	return paths
}
