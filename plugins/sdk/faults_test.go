package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

type pickySettings struct {
	Key     sdk.Secret `setting:"api_key" title:"API key" required:"true"`
	Minutes int        `setting:"minutes" title:"Minutes" default:"5" pattern:"[1-9]"`
	Mapping string     `setting:"mapping" title:"Mapping"`
	Label   string     `setting:"label" title:"Label"`
}

// picky refuses what only it can judge.
type picky struct{ closed func() }

func (*picky) ForwardTracking(context.Context, *sdk.TrackingDelivery) sdk.Result {
	return sdk.Delivered("")
}

func (*picky) CheckConnection(context.Context) sdk.CheckResult {
	return sdk.CheckUnreachable("Nobody is there.")
}

func (p *picky) Close() error {
	p.closed()
	return nil
}

func pickyPlugin(closed func()) sdk.Plugin[pickySettings, *picky] {
	return sdk.Plugin[pickySettings, *picky]{
		Name: "picky", Version: "1.0.0", Title: "Picky",
		New: func(_ sdk.Env, s pickySettings) (*picky, error) {
			var faults sdk.Faults
			_, err := sdk.ParsePairs(s.Mapping)
			faults.Add("mapping", err)
			switch s.Label {
			case "long":
				faults.Add("label", fmt.Errorf("the key %s is too long", s.Key.Reveal()))
			case "stranger":
				faults.Add("no_setting", errors.New("cannot be"))
			case "plain":
				return nil, errors.New("a plain error")
			case "panic":
				panic("x")
			}
			if err := faults.Err(); err != nil {
				return nil, fmt.Errorf("wrapped: %w", err)
			}
			return &picky{closed}, nil
		},
	}
}

// TestCheckSettings: all faults come at once, those of the fields and those that only New
// finds, each with its field, from CheckSettings and CheckConnection alike; and no
// instance stays behind.
func TestCheckSettings(t *testing.T) {
	t.Parallel()
	closed := 0
	host := plugintest.New(t, pickyPlugin(func() { closed++ }))
	for name, test := range map[string]struct {
		settings, secrets map[string]string
		want              string
	}{
		"good":    {map[string]string{"mapping": "a=b", "minutes": "9"}, secrets, ""},
		"mapping": {map[string]string{"mapping": "GONE-7"}, secrets, "mapping SETTING_INVALID"},
		"together": {
			map[string]string{"mapping": "GONE-7", "label": "long"},
			secrets,
			"mapping SETTING_INVALID,label SETTING_INVALID",
		},
		"range": {
			map[string]string{"mapping": "GONE-7", "minutes": "0"},
			secrets,
			"minutes SETTING_INVALID,mapping SETTING_INVALID",
		},
		"no key":   {map[string]string{"mapping": "GONE-7"}, nil, "api_key SETTING_MISSING,mapping SETTING_INVALID"},
		"stranger": {map[string]string{"label": "stranger"}, secrets, " SETTING_INVALID"},
		"plain":    {map[string]string{"label": "plain"}, secrets, " SETTINGS_INVALID"},
		// What New says of no setting may come of what is missing.
		"plain, no key": {map[string]string{"label": "plain"}, nil, "api_key SETTING_MISSING"},
		"panic, no key": {map[string]string{"label": "panic"}, nil, "api_key SETTING_MISSING"},
	} {
		faults := host.CheckSettings(test.settings, test.secrets).GetFaults()
		if got := named(faults); got != test.want {
			t.Errorf("%s: CheckSettings: got %q, want %q", name, got, test.want)
		}
		tested := host.Check(test.settings, test.secrets)
		if got := named(tested.GetFaults()); got != test.want {
			t.Errorf("%s: CheckConnection: got %q, want %q", name, got, test.want)
		}
		for _, fault := range faults {
			if fault.GetHint() == "" || strings.Contains(fault.GetHint(), canary) {
				t.Errorf("%s: hint %q", name, fault.GetHint())
			}
		}
	}
	if closed != 2 { // The good settings, twice.
		t.Errorf("%d instances were closed", closed)
	}
	_, err := pluginv1.NewExtraInterfaceServiceClient(host.Conn()).CheckSettings(t.Context(),
		&pluginv1.CheckSettingsRequest{Connection: host.Connection(map[string]string{"label": "panic"}, secrets)})
	if status.Code(err) != codes.Internal {
		t.Errorf("a panic became %v", err)
	}
}

func named(faults []*pluginv1.SettingFault) string {
	var all []string
	for _, fault := range faults {
		all = append(all, fault.GetField()+" "+fault.GetReason())
	}
	return strings.Join(all, ",")
}
