package unit

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestSeries(t *testing.T) {
	var s Series[Size]
	if s.Len() != 0 || s.String() != "no samples" || len(s.Floats()) != 0 {
		t.Errorf("the zero Series is %v", s)
	}
	s.Add(0, MiB)
	s.Add(1500*time.Millisecond, 2*MiB)
	if s.Len() != 2 || s.String() != "2 samples over 1.5s" || s.Times()[1] != 1500*time.Millisecond || s.Floats()[1] != float64(2*MiB) {
		t.Errorf("%v: %v, %v", s, s.Times(), s.Floats())
	}
	data, err := json.Marshal(s)
	if err != nil || string(data) != `{"at":[0,1500000000],"values":[1048576,2097152]}` {
		t.Errorf("%s, %v", data, err)
	}
}

// A number becomes the series' own quantity; what does not fit is the largest one.
func TestSeriesQuantity(t *testing.T) {
	for _, test := range []struct{ got, want any }{
		{Series[Size]{}.Quantity(1.6), Size(2)},
		{Series[Size]{}.Quantity(math.Inf(1)), Unlimited},
		{Series[Rate]{}.Quantity(-1e30), Rate(math.MinInt64)},
		{Series[time.Duration]{}.Quantity(1e9), time.Second},
		{Series[CPUs]{}.Quantity(0.5), CPUs(0.5)},
		{Series[Ratio]{}.Quantity(0.5), Ratio(0.5)},
		{Series[float64]{}.Quantity(0.5), 0.5},
	} {
		if test.got != test.want {
			t.Errorf("%#v, want %#v", test.got, test.want)
		}
	}
}
