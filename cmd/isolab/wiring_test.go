package main

import (
	"context"
	"testing"

	"isolab/actions/actionstest"
	"isolab/actions/runtime"
	"isolab/engine/journal"
)

// A receipt tells an image that the run brought from another one under its name,
// and goes on seeing it when the journal has crossed it out.
func TestBrought(t *testing.T) {
	rt := actionstest.NewRuntime()
	j, err := journal.Open(t.TempDir(), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		j.Close(context.Background(), removers(t.TempDir(), func(context.Context, string) (runtime.Runtime, error) { return rt, nil }))
	})
	mine := j.Run("mine")
	for ref, id := range map[string]string{"left:1": "sha256:left:1", "gone:1": "sha256:gone:1", "theirs:1": "sha256:another", "half:1": ""} {
		if err := mine.Intend("image", ref, map[string]string{"runtime": "docker", "id": id}); err != nil {
			t.Fatal(err)
		}
		if err := mine.Done("image", ref); err != nil {
			t.Fatal(err)
		}
		rt.Store.Have[ref] = ref != "gone:1"
	}
	rt.Store.Have["other:1"] = true
	if err := j.Run("other").Intend("image", "other:1", map[string]string{"runtime": "docker"}); err != nil {
		t.Fatal(err)
	}
	items, err := brought(context.Background(), j, rt, "mine")
	seen := map[string]bool{}
	for _, item := range items {
		seen[item.Name] = item.Run == "mine"
	}
	if err != nil || len(items) != 2 || !seen["left:1"] || !seen["half:1"] {
		t.Errorf("got %+v, %v", items, err)
	}
}
