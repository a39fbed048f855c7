package plugins

import (
	"google.golang.org/protobuf/types/known/durationpb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/resource"
)

func upgradeToProto(upgrade pluginhost.Upgrade) *apiv1.PluginUpgrade {
	if upgrade.State == pluginhost.UpgradeNone {
		return nil
	}
	return &apiv1.PluginUpgrade{
		State:       upgradeStateToProto(upgrade.State),
		Reason:      upgrade.Reason,
		Time:        timeToProto(upgrade.Time),
		FromVersion: upgrade.FromVersion,
		FromSha256:  upgrade.FromSHA256,
		ToSha256:    upgrade.ToSHA256,
		Settled:     upgrade.Settled,
	}
}

func upgradeStateToProto(state pluginhost.UpgradeState) apiv1.PluginUpgradeState {
	switch state {
	case pluginhost.UpgradeRunning:
		return apiv1.PluginUpgradeState_PLUGIN_UPGRADE_STATE_RUNNING
	case pluginhost.UpgradeDone:
		return apiv1.PluginUpgradeState_PLUGIN_UPGRADE_STATE_DONE
	case pluginhost.UpgradeRefused:
		return apiv1.PluginUpgradeState_PLUGIN_UPGRADE_STATE_REFUSED
	case pluginhost.UpgradeFailed:
		return apiv1.PluginUpgradeState_PLUGIN_UPGRADE_STATE_FAILED
	case pluginhost.UpgradeRolledBack:
		return apiv1.PluginUpgradeState_PLUGIN_UPGRADE_STATE_ROLLED_BACK
	case pluginhost.UpgradeNone:
	}
	return apiv1.PluginUpgradeState_PLUGIN_UPGRADE_STATE_UNSPECIFIED
}

func reportToProto(report pluginhost.CrashReport) *apiv1.PluginCrashReport {
	shown := &apiv1.PluginCrashReport{
		Time:     timeToProto(report.Time),
		Cause:    causeToProto(report.Cause),
		Reason:   report.Reason,
		Ending:   report.Ending,
		Pid:      int64(report.PID),
		Sha256:   report.SHA256,
		Version:  report.Version,
		Isolated: report.Isolated,
		Tail:     report.Tail,
		Dump:     report.Dump,
	}
	if report.Ready > 0 {
		shown.ReadyDuration = durationpb.New(report.Ready)
	}
	return shown
}

func causeToProto(cause pluginhost.CrashCause) apiv1.PluginCrashCause {
	switch cause {
	case pluginhost.CrashStart:
		return apiv1.PluginCrashCause_PLUGIN_CRASH_CAUSE_START
	case pluginhost.CrashExit:
		return apiv1.PluginCrashCause_PLUGIN_CRASH_CAUSE_EXIT
	case pluginhost.CrashSignal:
		return apiv1.PluginCrashCause_PLUGIN_CRASH_CAUSE_SIGNAL
	case pluginhost.CrashHung:
		return apiv1.PluginCrashCause_PLUGIN_CRASH_CAUSE_HUNG
	case pluginhost.CrashMemory:
		return apiv1.PluginCrashCause_PLUGIN_CRASH_CAUSE_OUT_OF_MEMORY
	case pluginhost.CrashRefused:
		return apiv1.PluginCrashCause_PLUGIN_CRASH_CAUSE_REFUSED
	}
	return apiv1.PluginCrashCause_PLUGIN_CRASH_CAUSE_UNSPECIFIED
}

func reloadToProto(reloaded pluginhost.Reloaded) *apiv1.PluginReload {
	shown := &apiv1.PluginReload{Plugin: resource.Plugin(reloaded.Name)}
	switch reloaded.Action {
	case pluginhost.Added:
		shown.Action = apiv1.PluginReloadAction_PLUGIN_RELOAD_ACTION_ADDED
	case pluginhost.Upgraded:
		shown.Action = apiv1.PluginReloadAction_PLUGIN_RELOAD_ACTION_UPGRADED
	case pluginhost.Removed:
		shown.Action = apiv1.PluginReloadAction_PLUGIN_RELOAD_ACTION_REMOVED
	case pluginhost.Failed:
		shown.Action = apiv1.PluginReloadAction_PLUGIN_RELOAD_ACTION_FAILED
	}
	if reloaded.Err != nil {
		shown.Error = reloaded.Err.Error()
	}
	return shown
}
