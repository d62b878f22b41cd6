//go:build !linux

package machine

import "context"

// probe answers for a kernel that is not Linux: none of the features exist.
func (f *Facts) probe(_ context.Context, name string) *Lack {
	return &Lack{Reason: "needs " + name + ", a feature of the Linux kernel", Help: "run it on Linux"}
}
