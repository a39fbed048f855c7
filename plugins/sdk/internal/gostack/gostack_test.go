package gostack

import (
	"slices"
	"testing"
)

func TestOwn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		stack string
		most  int
		want  []Frame
	}{
		"recovered by the kit": {
			stack: `goroutine 34 [running]:
runtime/debug.Stack()
	/usr/local/go/src/runtime/debug/stack.go:26 +0x5e
github.com/spurline/spurline/plugins/sdk.panics.recoverTo({0x1}, {0xc000?, 0x1})
	/src/spurline/plugins/sdk/panic.go:24 +0x1b0
panic({0xb4eec0?, 0xc000012345?})
	/usr/local/go/src/runtime/panic.go:783 +0x132
example.com/plugin-acme.courier(...)
	/src/acme/courier.go:20
example.com/plugin-acme.(*Connector).ForwardTracking(0xc000, {0xd3, 0xc0}, 0xc0)
	/src/acme/tracking.go:28 +0x45
github.com/spurline/spurline/plugins/sdk.tracking[...].func1({0xd3, 0xc0}, {0xb8?, 0xc0?}, {0x0?})
	/src/spurline/plugins/sdk/contracts.go:40 +0xa5
github.com/spurline/spurline/proto/spurline/plugin/v1._ExtraInterfaceService_Preview_Handler({0xd3}, 0x1)
	/src/spurline/proto/spurline/plugin/v1/extra_interface_service_grpc.pb.go:183 +0x1
created by github.com/spurline/spurline/plugins/sdk.(*crew).do in goroutine 16
	/src/spurline/plugins/sdk/crew.go:50 +0x85`,
			most: 5,
			want: []Frame{
				{"example.com/plugin-acme.courier", "/src/acme/courier.go:20"},
				{"example.com/plugin-acme.(*Connector).ForwardTracking", "/src/acme/tracking.go:28"},
			},
		},
		"a goroutine of one's own": {
			stack: `panic: with (parentheses)

goroutine 35 [running]:
acme.inner()
	acme/boom.go:48 +0x25
created by acme.explode in goroutine 34
	acme/boom.go:27 +0x185
exit status 2`,
			most: 5, want: []Frame{{"acme.inner", "acme/boom.go:48"}, {"acme.explode", "acme/boom.go:27"}},
		},
		"no more than wanted": {
			stack: "main.a()\n\t/a.go:1 +0x1\nmain.b()\n\t/a.go:2 +0x1\n", most: 1, want: []Frame{{"main.a", "/a.go:1"}},
		},
		"generic": {
			stack: "strings.Map[example.com/x/y.T](0x1)\n\t/usr/strings.go:1\n" +
				"example.com/x/y.Map[example.com/z.T](0x1)\n\t/y.go:2\n",
			most: 5, want: []Frame{{"example.com/x/y.Map[example.com/z.T]", "/y.go:2"}},
		},
		"beside the kit": {
			stack: "github.com/spurline/spurline/plugins/sdkother.f()\n\t/a.go:1\n", most: 5,
			want: []Frame{{"github.com/spurline/spurline/plugins/sdkother.f", "/a.go:1"}},
		},
		"nothing of ours": {stack: "runtime.main()\n\t/usr/proc.go:1 +0x1\nno stack", most: 5},
		"nothing":         {most: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Own(test.stack, test.most); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if is := (Frame{"example.com/plugin-acme.(*Connector).f", "/src/acme/courier.go:20"}).String(); is !=
		"plugin-acme.(*Connector).f (courier.go:20)" {
		t.Errorf("a frame in a line: %q", is)
	}
}
