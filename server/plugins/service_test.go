package plugins_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/plugins"
)

type host []pluginhost.Status

func (h host) Plugins() []pluginhost.Status { return h }

func (h host) Plugin(name string) (pluginhost.Status, bool) {
	for _, status := range h {
		if status.Name == name {
			return status, true
		}
	}
	return pluginhost.Status{}, false
}

func (host) Restart(context.Context, string, string) error       { return nil }
func (host) Release(context.Context, string, string) error       { return nil }
func (host) Upgrade(context.Context, string, string, bool) error { return nil }

func (host) Reload(context.Context) ([]pluginhost.Reloaded, error) { return nil, nil }

func (host) CrashReports(string) ([]pluginhost.CrashReport, bool) { return nil, false }

func (host) Lines(string, uint64) ([]pluginhost.LogLine, <-chan struct{}, bool) {
	return nil, nil, false
}

// serviceOf shows the plugins of a host that only has statuses.
func serviceOf(h host, key string) *plugins.Service {
	return plugins.New(plugins.Options{Host: h, Pages: paging.New([]byte(key))})
}

func TestGetPluginShowsWhatAConnectionNeeds(t *testing.T) {
	t.Parallel()
	service := serviceOf(host{{
		Name: "aftership", State: pluginhost.Ready, Since: time.Unix(1, 0), PID: 7, Starts: 2,
		Description: &pluginv1.Description{
			Name: "aftership", Title: "AfterShip", Version: "1.2.3", SetupSteps: []string{"Sign up"},
			Contracts: []pluginv1.Contract{pluginv1.Contract_CONTRACT_TRACKING_FORWARD},
			Lifecycle: &pluginv1.Lifecycle{
				State: pluginv1.LifecycleState_LIFECYCLE_STATE_DEPRECATED, Message: "API ends", Replacement: "aftership2",
			},
			Settings: []*pluginv1.SettingField{
				{Name: "api_key", Kind: pluginv1.SettingKind_SETTING_KIND_SECRET, Required: true},
				{
					Name: "api_generation", Kind: pluginv1.SettingKind_SETTING_KIND_CHOICE,
					Choices: []*pluginv1.SettingChoice{{Value: "v4", Title: "Legacy"}},
				},
			},
		},
		NextStart: time.Unix(2, 0), StartTook: time.Second, Crashes: 3, Pinned: true, MemoryBytes: 4096,
		Upgrade: pluginhost.Upgrade{State: pluginhost.UpgradeRolledBack, Reason: "unstable", FromVersion: "1.2.3"},
	}}, "")
	response, err := service.GetPlugin(t.Context(), &apiv1.GetPluginRequest{Name: "plugins/aftership"})
	if err != nil {
		t.Fatal(err)
	}
	got := response.GetPlugin()
	if got.GetState() != apiv1.PluginState_PLUGIN_STATE_READY || got.GetPid() != 7 || got.GetStarts() != 2 ||
		got.GetContracts()[0] != "TRACKING_FORWARD" || got.GetSetupSteps()[0] != "Sign up" ||
		got.GetSettings()[0].GetKind() != apiv1.PluginSettingKind_PLUGIN_SETTING_KIND_SECRET ||
		got.GetSettings()[1].GetChoices()[0].GetValue() != "v4" ||
		got.GetDeprecation() != "deprecated; API ends; use plugin aftership2 instead" {
		t.Errorf("plugin = %v", got)
	}
	if got.GetNextStartTime().GetSeconds() != 2 || got.GetStartDuration().AsDuration() != time.Second ||
		got.GetCrashes() != 3 || !got.GetPinned() || got.GetMemoryBytes() != 4096 ||
		got.GetUpgrade().GetState() != apiv1.PluginUpgradeState_PLUGIN_UPGRADE_STATE_ROLLED_BACK ||
		got.GetUpgrade().GetReason() != "unstable" || got.GetUpgrade().GetFromVersion() != "1.2.3" {
		t.Errorf("plugin = %v", got)
	}
}

func TestUnknownPluginNamesThoseThereAre(t *testing.T) {
	t.Parallel()
	service := serviceOf(host{{Name: "aftership"}, {Name: "zoho"}}, "")
	_, err := service.GetPlugin(t.Context(), &apiv1.GetPluginRequest{Name: "plugins/shippo"})
	if status.Code(err) != codes.NotFound || !strings.Contains(err.Error(), "aftership, zoho") {
		t.Errorf("error = %v, want NOT_FOUND that names the installed ones", err)
	}
}

func TestListPluginsPages(t *testing.T) {
	t.Parallel()
	var all host
	for i := range 7 {
		all = append(all, pluginhost.Status{Name: fmt.Sprintf("p%d", i)}) // Without a description: never ran.
	}
	service := serviceOf(all, "key")
	request := &apiv1.ListPluginsRequest{PageSize: 3}
	var names []string
	for {
		response, err := service.ListPlugins(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, plugin := range response.GetPlugins() {
			names = append(names, plugin.GetName())
		}
		if request.PageToken = response.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	want := "plugins/p0 plugins/p1 plugins/p2 plugins/p3 plugins/p4 plugins/p5 plugins/p6"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("names = %s", got)
	}
}
