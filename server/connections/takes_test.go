package connections_test

import (
	"testing"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/store"
)

func facts(all ...pluginv1.OrderFact) store.FactSet {
	var set store.FactSet
	for _, fact := range all {
		set = set.With(store.Fact(fact))
	}
	return set
}

func TestTakes(t *testing.T) {
	t.Parallel()
	tracking := pluginv1.Contract_CONTRACT_TRACKING_FORWARD
	orders := pluginv1.Contract_CONTRACT_ORDER_COPY
	source := &pluginv1.JoinedFact{Fact: pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE}
	customer := &pluginv1.JoinedFact{
		Fact: pluginv1.OrderFact_ORDER_FACT_CUSTOMER, WhenSetting: "send_customer_contact",
	}
	choice := func(byDefault string) []*pluginv1.SettingField {
		return []*pluginv1.SettingField{{
			Name: "send_customer_contact", Kind: pluginv1.SettingKind_SETTING_KIND_BOOL, DefaultValue: byDefault,
		}}
	}
	for name, tc := range map[string]struct {
		description *pluginv1.Description
		settings    map[string]string
		want        store.Takes
	}{
		"tracking with scope per number": {
			&pluginv1.Description{
				Contracts:     []pluginv1.Contract{tracking},
				JoinedFacts:   []*pluginv1.JoinedFact{source},
				OrderingScope: pluginv1.OrderingScope_ORDERING_SCOPE_TRACKING_NUMBER,
			},
			nil,
			store.Takes{Tracking: true, Facts: facts(pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE)},
		},
		"unstated scope is the stricter one": {
			&pluginv1.Description{Contracts: []pluginv1.Contract{tracking}}, nil,
			store.Takes{Tracking: true, ScopePerOrder: true},
		},
		"orders join nothing": {
			&pluginv1.Description{
				Contracts: []pluginv1.Contract{orders}, JoinedFacts: []*pluginv1.JoinedFact{source},
			},
			nil,
			store.Takes{Orders: true, ScopePerOrder: true},
		},
		"chosen fact": {
			&pluginv1.Description{
				Contracts:   []pluginv1.Contract{orders, tracking},
				JoinedFacts: []*pluginv1.JoinedFact{customer}, Settings: choice("false"),
			},
			map[string]string{"send_customer_contact": "true"},
			store.Takes{
				Orders: true, Tracking: true, ScopePerOrder: true,
				Facts: facts(pluginv1.OrderFact_ORDER_FACT_CUSTOMER),
			},
		},
		"fact nobody chose": {
			&pluginv1.Description{
				Contracts: []pluginv1.Contract{tracking}, JoinedFacts: []*pluginv1.JoinedFact{customer},
				Settings: choice("false"),
			},
			nil,
			store.Takes{Tracking: true, ScopePerOrder: true},
		},
		"fact chosen by default": {
			&pluginv1.Description{
				Contracts: []pluginv1.Contract{tracking}, JoinedFacts: []*pluginv1.JoinedFact{customer},
				Settings: choice("true"),
			},
			nil,
			store.Takes{
				Tracking: true, ScopePerOrder: true, Facts: facts(pluginv1.OrderFact_ORDER_FACT_CUSTOMER),
			},
		},
		"facts of a later contract": {
			&pluginv1.Description{
				Contracts: []pluginv1.Contract{tracking, 99}, JoinedFacts: []*pluginv1.JoinedFact{{Fact: 99}, {}},
			},
			nil,
			store.Takes{Tracking: true, ScopePerOrder: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.description.Idempotency = pluginv1.Idempotency_IDEMPOTENCY_KEYED
			if got := connections.Takes(tc.description, tc.settings); got != tc.want {
				t.Errorf("Takes = %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestTakesIntentsWhereRepeatsAreNotRecognised(t *testing.T) {
	t.Parallel()
	for idempotency, want := range map[pluginv1.Idempotency]bool{
		pluginv1.Idempotency_IDEMPOTENCY_UNSPECIFIED: true,
		pluginv1.Idempotency_IDEMPOTENCY_NONE:        true,
		pluginv1.Idempotency_IDEMPOTENCY_LOOKUP:      false,
		pluginv1.Idempotency_IDEMPOTENCY_KEYED:       false,
	} {
		got := connections.Takes(&pluginv1.Description{Idempotency: idempotency}, nil)
		if got.Intents != want {
			t.Errorf("%s: intents = %t, want %t", idempotency, got.Intents, want)
		}
	}
}
