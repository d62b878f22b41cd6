package container_test

import (
	"slices"
	"testing"

	"isolab/actions"
	"isolab/actions/actionstest"
	"isolab/actions/container"
	"isolab/schema"
)

func TestNeeds(t *testing.T) {
	built := func(image string) bool { return image == "built:1" }
	for _, test := range []struct {
		yaml string
		want []actions.Permission
	}{
		{"{}", nil},
		{"{image: workload, network: none, seccomp: default, uts: private, cap_drop: [ALL], tmpfs: {/tmp: 8MiB}}", nil},
		{"{network: bridge}", []actions.Permission{actions.Network}},
		{"{network: host}", []actions.Permission{actions.Network, actions.ContainerHostNS}},
		{"{image: alpine:3}", []actions.Permission{actions.ImagePull}},
		{"{image: built:1}", nil},
		{"{image: {build: ./dir}}", []actions.Permission{actions.ImageBuild}},
		{"{image: {load: app.tar}}", nil},
		{"{volumes: [{source: data, target: /x}, /scratch]}", nil},
		{"{volumes: [{source: /srv, target: /x}]}", []actions.Permission{actions.ContainerBind}},
		{"{volumes: [{source: ../up, target: /x}]}", []actions.Permission{actions.ContainerBind}},
		{"{cap_add: [SYS_TIME]}", []actions.Permission{actions.ContainerCapability}},
		{"{seccomp: unconfined}", []actions.Permission{actions.ContainerSeccomp}},
		{"{seccomp: '{}'}", []actions.Permission{actions.ContainerSeccomp}},
		{"{pid: host}", []actions.Permission{actions.ContainerHostNS}},
		{"{ipc: host}", []actions.Permission{actions.ContainerHostNS}},
		{"{uts: host}", []actions.Permission{actions.ContainerHostNS}},
		{"{cgroupns: host}", []actions.Permission{actions.ContainerHostNS}},
		{"{userns: host}", []actions.Permission{actions.ContainerHostNS}},
		{"{pid: container:other}", nil},
		{"{privileged: true}", []actions.Permission{actions.ContainerPrivileged}},
	} {
		if got := container.Needs(actionstest.Decode[schema.Container](t, test.yaml), built); !slices.Equal(got, test.want) {
			t.Errorf("%s needs %q, want %q", test.yaml, got, test.want)
		}
	}
}

func TestNeeds_aNameThatAnExpressionGives(t *testing.T) {
	declared := actionstest.View{Containers: map[string]schema.Container{"a": {Network: "bridge"}, "b": {Privileged: true}, "c": {Network: "bridge"}}}
	got := container.Start.Needs(container.StartParams{}, declared)
	if want := []actions.Permission{actions.ContainerPrivileged, actions.Network}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
