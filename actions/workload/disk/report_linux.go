package disk

import (
	"time"

	"isolab/actions/workload/applet"
	"isolab/schema/unit"
)

// report is what --json prints, in bytes and seconds.
type report struct {
	Mode      string  `json:"mode"`
	BlockSize int64   `json:"block_size"`
	Direct    bool    `json:"direct"`
	Jobs      int     `json:"jobs"`
	Seconds   float64 `json:"seconds"`
	Read      rates   `json:"read"`
	Write     rates   `json:"write"`
	Error     string  `json:"error,omitempty"`
}

// rates are the totals of one direction over all jobs.
type rates struct {
	Ops            int64   `json:"ops"`
	Bytes          int64   `json:"bytes"`
	IOPS           float64 `json:"iops"`
	BytesPerSecond float64 `json:"bytes_per_second"`
}

func newReport(o options, took time.Duration, jobs []*job) report {
	r := report{Mode: o.mode.name, BlockSize: int64(o.block), Direct: o.direct, Jobs: o.jobs, Seconds: took.Seconds()}
	for _, j := range jobs {
		r.Read.add(j.done[reading])
		r.Write.add(j.done[writing])
	}
	r.Read.over(took)
	r.Write.over(took)
	return r
}

func (r *rates) add(t tally) {
	r.Ops += t.ops
	r.Bytes += t.bytes
}

func (r *rates) over(took time.Duration) {
	if took > 0 {
		r.IOPS = float64(r.Ops) / took.Seconds()
		r.BytesPerSecond = float64(r.Bytes) / took.Seconds()
	}
}

func (r report) print(c *applet.Call, o options) {
	if o.json {
		c.JSON(r)
		return
	}
	if o.mode.reads {
		r.Read.print(c, "read", r.Seconds)
	}
	if o.mode.writes {
		r.Write.print(c, "write", r.Seconds)
	}
}

func (r rates) print(c *applet.Call, name string, seconds float64) {
	c.Printf("%s: %d operations, %d bytes in %.2f s: %.1f IOPS, %s\n",
		name, r.Ops, r.Bytes, seconds, r.IOPS, unit.Rate(r.BytesPerSecond))
}
