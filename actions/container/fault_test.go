package container

import (
	"errors"
	"fmt"
	"testing"

	"isolab/actions/runtime"
)

func TestFailingNamesTheContainerOnce(t *testing.T) {
	for _, told := range []string{"start container isolab-x-web: no memory", "no memory"} {
		err := failing("start", "web", "isolab-x-web", fmt.Errorf("%s: %w", told, runtime.ErrUnsupported))
		if err.Error() != "start container web: no memory: "+runtime.ErrUnsupported.Error() || !errors.Is(err, runtime.ErrUnsupported) {
			t.Errorf("%v", err)
		}
	}
}
