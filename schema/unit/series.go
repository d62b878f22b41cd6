package unit

import (
	"math"
	"strconv"
	"time"
)

// Quantity is what can be sampled over time.
type Quantity interface {
	Size | CPUs | Ratio | Rate | time.Duration | float64
}

// Series is a quantity sampled over time. At and Values have the same length;
// At counts from the first sample and never goes back. The zero Series is empty
// and ready for Add. It is not safe for use while samples are added.
type Series[T Quantity] struct {
	At     []time.Duration `json:"at" doc:"When each sample was read, counted from the first one, in nanoseconds."`
	Values []T             `json:"values" doc:"What was read each time, in the quantity's base unit."`
}

// Add appends one sample, read at that time after the first one.
func (s *Series[T]) Add(at time.Duration, value T) {
	s.At = append(s.At, at)
	s.Values = append(s.Values, value)
}

// Len is the number of samples.
func (s Series[T]) Len() int { return min(len(s.At), len(s.Values)) }

// String says how many samples there are: "12 samples over 1.1s".
func (s Series[T]) String() string {
	if s.Len() == 0 {
		return "no samples"
	}
	over := (s.At[s.Len()-1] - s.At[0]).Round(time.Millisecond)
	return strconv.Itoa(s.Len()) + " samples over " + over.String()
}

// Sampled is any Series, whatever its quantity.
type Sampled interface {
	Len() int
	// Times is when each sample was read, counted from the first one.
	Times() []time.Duration
	// Floats are the samples in the quantity's base unit. Whole numbers are exact
	// up to 2^53: 9 PB, or 104 days in nanoseconds.
	Floats() []float64
	// Quantity turns a number in the base unit into the series' quantity.
	Quantity(float64) any
}

var _ Sampled = Series[Size]{}

// Times implements Sampled.
func (s Series[T]) Times() []time.Duration { return s.At }

// Floats implements Sampled.
func (s Series[T]) Floats() []float64 {
	floats := make([]float64, s.Len())
	for i := range floats {
		floats[i] = float64(s.Values[i])
	}
	return floats
}

// Quantity implements Sampled. What does not fit is the largest or least value.
func (s Series[T]) Quantity(v float64) any {
	switch any(T(0)).(type) {
	case Size:
		return Size(nearest(v))
	case Rate:
		return Rate(nearest(v))
	case time.Duration:
		return time.Duration(nearest(v))
	}
	return T(v)
}

// nearest rounds to a whole number that fits.
func nearest(v float64) int64 {
	switch {
	case v >= math.MaxInt64:
		return math.MaxInt64
	case v <= math.MinInt64:
		return math.MinInt64
	}
	return int64(math.Round(v))
}
