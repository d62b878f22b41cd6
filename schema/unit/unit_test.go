package unit

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "0B": 0, "150MiB": 157286400, "1.5GiB": 1610612736, "64k": 65536, "64 KiB": 65536, "1MB": 1000000, "1m": MiB,
		"2g": 2 * GiB, "1TiB": TiB, "none": Unlimited, "unlimited": Unlimited, "max": Unlimited, "0.5KiB": 512,
		"9007199254740993B": 9007199254740993, "9223372036854771712B": 9223372036854771712,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s: got %d, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"150": "no unit", "": "not a size", "MiB": "not a size", "1XB": "unknown unit", "-1B": "outside", "9EiB": "unknown unit",
		"99999999TiB": "outside", "1.2.3MiB": "not a size", "5s": "unknown unit", "1e3MiB": "unknown unit", "NaN": "not a size",
		"64Mib": "did you mean 64MiB?", "1Gb": "did you mean 1GB?",
	} {
		if got, err := ParseSize(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %d, %v; want an error with %q", text, got, err, want)
		}
	}
}

func TestParseOthers(t *testing.T) {
	if got, err := ParseCPUs("0.5cpu"); got != 0.5 || err != nil {
		t.Error(got, err)
	}
	if got, err := ParseCPUs("none"); got != UnlimitedCPUs || err != nil {
		t.Error(got, err)
	}
	if got, err := ParseRatio("10%"); got != 0.1 || err != nil {
		t.Error(got, err)
	}
	if got, err := ParseRate("1MiB/s"); got != Rate(MiB) || err != nil {
		t.Error(got, err)
	}
	if got, err := ParseDuration("1m30s"); got != 90*time.Second || err != nil {
		t.Error(got, err)
	}
	for _, wrong := range []error{
		second(ParseCPUs("-1")), second(ParseCPUs("5s")), second(ParseRatio("x%")), second(ParseRatio("5s")), second(ParseRate("5s")),
		second(ParseRate("100")), second(ParseDuration("5")), second(ParseDuration("")),
	} {
		if wrong == nil {
			t.Error("accepted")
		}
	}
}

func second[T any](_ T, err error) error { return err }

// What Exact prints is read back as the same value.
func TestExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := Size(rapid.Int64Range(0, int64(Unlimited)-1).Draw(t, "size"))
		if back, err := ParseSize(size.Exact()); err != nil || back != size {
			t.Fatalf("%d: %s is read as %d, %v", size, size.Exact(), back, err)
		}
		rate := Rate(rapid.Int64Range(0, 1<<60).Draw(t, "rate"))
		if back, err := ParseRate(rate.Exact()); err != nil || back != rate {
			t.Fatalf("%d: %s is read as %d, %v", rate, rate.Exact(), back, err)
		}
		ratio := Ratio(rapid.Float64Range(0, 100).Draw(t, "ratio"))
		if back, err := ParseRatio(ratio.Exact()); err != nil || back != ratio {
			t.Fatalf("%v: %s is read as %v, %v", float64(ratio), ratio.Exact(), back, err)
		}
		cpus := CPUs(rapid.Float64Range(0, 1024).Draw(t, "cpus"))
		if back, err := ParseCPUs(cpus.Exact()); err != nil || back != cpus {
			t.Fatalf("%v: %s is read as %v, %v", float64(cpus), cpus.Exact(), back, err)
		}
	})
	for want, size := range map[string]Size{"150MiB": 150 * MiB, "157286401B": 157286401, "0": 0, "none": Unlimited, "1536KiB": MiB + 512*KiB} {
		if size.Exact() != want {
			t.Errorf("%d: %s", size, size.Exact())
		}
	}
	if Ratio(0.1).Exact() != "10%" || UnlimitedRate.Exact() != "none" || CPUs(0.5).Exact() != "0.5cpu" || UnlimitedCPUs.Exact() != "none" {
		t.Error(Ratio(0.1).Exact(), UnlimitedRate.Exact(), CPUs(0.5).Exact(), UnlimitedCPUs.Exact())
	}
}
