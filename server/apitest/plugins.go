package apitest

import (
	"context"
	"sync"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
)

// Plugins stand in for the plugin host. Change them with Set.
type Plugins struct {
	// Check and PreviewWith answer calls. Set them before the first call.
	Check       func(*pluginv1.CheckConnectionRequest) (*pluginv1.CheckConnectionResponse, error)
	PreviewWith func(*pluginv1.PreviewRequest) (*pluginv1.PreviewResponse, error)
	// Judge answers CheckSettings; nil finds no fault.
	Judge func(context.Context, *pluginv1.CheckSettingsRequest) (*pluginv1.CheckSettingsResponse, error)

	mu       sync.Mutex
	statuses []pluginhost.Status
}

// NewPlugins returns plugins that are READY.
func NewPlugins(descriptions ...*pluginv1.Description) *Plugins {
	p := &Plugins{}
	for _, description := range descriptions {
		p.statuses = append(p.statuses, pluginhost.Status{
			Name: description.GetName(), State: pluginhost.Ready, Description: description,
		})
	}
	return p
}

// Set puts a status in the place of that of the same plugin.
func (p *Plugins) Set(status pluginhost.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.statuses {
		if p.statuses[i].Name == status.Name {
			p.statuses[i] = status
			return
		}
	}
	p.statuses = append(p.statuses, status)
}

// Plugins returns all statuses.
func (p *Plugins) Plugins() []pluginhost.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]pluginhost.Status(nil), p.statuses...)
}

// Plugin returns one status.
func (p *Plugins) Plugin(name string) (pluginhost.Status, bool) {
	for _, status := range p.Plugins() {
		if status.Name == name {
			return status, true
		}
	}
	return pluginhost.Status{}, false
}

// CheckConnection answers with Check.
func (p *Plugins) CheckConnection(
	_ context.Context, _ string, request *pluginv1.CheckConnectionRequest,
) (*pluginv1.CheckConnectionResponse, error) {
	return p.Check(request)
}

// CheckSettings answers with Judge.
func (p *Plugins) CheckSettings(
	ctx context.Context, _ string, request *pluginv1.CheckSettingsRequest,
) (*pluginv1.CheckSettingsResponse, error) {
	if p.Judge == nil {
		return &pluginv1.CheckSettingsResponse{}, nil
	}
	return p.Judge(ctx, request)
}

// Preview answers with PreviewWith.
func (p *Plugins) Preview(
	_ context.Context, _ string, request *pluginv1.PreviewRequest,
) (*pluginv1.PreviewResponse, error) {
	return p.PreviewWith(request)
}

// Description describes a plugin that forwards tracking and has settings of every
// kind.
func Description() *pluginv1.Description {
	return &pluginv1.Description{
		Name: "aftership", Title: "AfterShip", Version: "1.0.0",
		Contracts:     []pluginv1.Contract{pluginv1.Contract_CONTRACT_TRACKING_FORWARD},
		OrderingScope: pluginv1.OrderingScope_ORDERING_SCOPE_TRACKING_NUMBER,
		JoinedFacts: []*pluginv1.JoinedFact{
			{Fact: pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE},
			{Fact: pluginv1.OrderFact_ORDER_FACT_CUSTOMER, WhenSetting: "contact"},
		},
		Settings: []*pluginv1.SettingField{
			{Name: "api_key", Kind: pluginv1.SettingKind_SETTING_KIND_SECRET, Required: true},
			{Name: "webhook_secret", Kind: pluginv1.SettingKind_SETTING_KIND_SECRET},
			{
				Name: "api_generation", Kind: pluginv1.SettingKind_SETTING_KIND_CHOICE, DefaultValue: "2026-07",
				Choices: []*pluginv1.SettingChoice{{Value: "v4"}, {Value: "2026-07"}},
			},
			{Name: "contact", Kind: pluginv1.SettingKind_SETTING_KIND_BOOL, DefaultValue: "false"},
			{Name: "base_url", Kind: pluginv1.SettingKind_SETTING_KIND_URL},
		},
	}
}
