package plugins

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/resource"
)

// toProto shows a plugin. One that never ran has no description yet.
func toProto(status pluginhost.Status) *apiv1.Plugin {
	description := status.Description
	shown := &apiv1.Plugin{
		Name:        resource.Plugin(status.Name),
		Title:       description.GetTitle(),
		Version:     description.GetVersion(),
		State:       stateToProto(status.State),
		StateReason: status.Reason,
		StateTime:   timeToProto(status.Since),
		SetupSteps:  description.GetSetupSteps(),
		Deprecation: deprecation(description.GetLifecycle()),
		Sha256:      status.SHA256,
		Starts:      uint32(status.Starts),
		Pid:         int64(status.PID),

		NextStartTime: timeToProto(status.NextStart),
		Crashes:       uint32(status.Crashes),
		MemoryBytes:   status.MemoryBytes,
		Pinned:        status.Pinned,
		Upgrade:       upgradeToProto(status.Upgrade),
	}
	if status.StartTook > 0 {
		shown.StartDuration = durationpb.New(status.StartTook)
	}
	for _, contract := range description.GetContracts() {
		shown.Contracts = append(shown.Contracts, strings.TrimPrefix(contract.String(), "CONTRACT_"))
	}
	for _, field := range description.GetSettings() {
		shown.Settings = append(shown.Settings, settingToProto(field))
	}
	return shown
}

func settingToProto(field *pluginv1.SettingField) *apiv1.PluginSetting {
	shown := &apiv1.PluginSetting{
		Name:         field.GetName(),
		Title:        field.GetTitle(),
		Help:         field.GetHelp(),
		Kind:         kindToProto(field.GetKind()),
		Required:     field.GetRequired(),
		DefaultValue: field.GetDefaultValue(),
		Pattern:      field.GetPattern(),
	}
	for _, choice := range field.GetChoices() {
		shown.Choices = append(shown.Choices, &apiv1.PluginSettingChoice{
			Value: choice.GetValue(), Title: choice.GetTitle(),
		})
	}
	return shown
}

func kindToProto(kind pluginv1.SettingKind) apiv1.PluginSettingKind {
	switch kind {
	case pluginv1.SettingKind_SETTING_KIND_TEXT:
		return apiv1.PluginSettingKind_PLUGIN_SETTING_KIND_TEXT
	case pluginv1.SettingKind_SETTING_KIND_SECRET:
		return apiv1.PluginSettingKind_PLUGIN_SETTING_KIND_SECRET
	case pluginv1.SettingKind_SETTING_KIND_CHOICE:
		return apiv1.PluginSettingKind_PLUGIN_SETTING_KIND_CHOICE
	case pluginv1.SettingKind_SETTING_KIND_BOOL:
		return apiv1.PluginSettingKind_PLUGIN_SETTING_KIND_BOOL
	case pluginv1.SettingKind_SETTING_KIND_INTEGER:
		return apiv1.PluginSettingKind_PLUGIN_SETTING_KIND_INTEGER
	case pluginv1.SettingKind_SETTING_KIND_URL:
		return apiv1.PluginSettingKind_PLUGIN_SETTING_KIND_URL
	case pluginv1.SettingKind_SETTING_KIND_UNSPECIFIED:
	}
	return apiv1.PluginSettingKind_PLUGIN_SETTING_KIND_UNSPECIFIED
}

func stateToProto(state pluginhost.State) apiv1.PluginState {
	switch state {
	case pluginhost.Stopped:
		return apiv1.PluginState_PLUGIN_STATE_STOPPED
	case pluginhost.Starting:
		return apiv1.PluginState_PLUGIN_STATE_STARTING
	case pluginhost.Ready:
		return apiv1.PluginState_PLUGIN_STATE_READY
	case pluginhost.Draining:
		return apiv1.PluginState_PLUGIN_STATE_DRAINING
	case pluginhost.Backoff:
		return apiv1.PluginState_PLUGIN_STATE_BACKOFF
	case pluginhost.Quarantined:
		return apiv1.PluginState_PLUGIN_STATE_QUARANTINED
	}
	return apiv1.PluginState_PLUGIN_STATE_UNSPECIFIED
}

// deprecation says in one line why a plugin has no future and what to do.
func deprecation(lifecycle *pluginv1.Lifecycle) string {
	if lifecycle.GetState() != pluginv1.LifecycleState_LIFECYCLE_STATE_DEPRECATED {
		return ""
	}
	parts := []string{"deprecated"}
	if lifecycle.GetMessage() != "" {
		parts = append(parts, lifecycle.GetMessage())
	}
	if lifecycle.GetReplacement() != "" {
		parts = append(parts, "use plugin "+lifecycle.GetReplacement()+" instead")
	}
	if lifecycle.GetEndDate() != "" {
		parts = append(parts, "it ends on "+lifecycle.GetEndDate())
	}
	return strings.Join(parts, "; ")
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
