package conformance

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Harness is what the suite cannot know of a plugin by itself. The zero value does
// for a plugin whose settings have defaults or take any value; without a Remote most
// checks are not claimed.
type Harness struct {
	// Settings and Secrets make a connection that works, by field name. A required
	// field that is not in them gets a value of its kind.
	Settings map[string]string
	Secrets  map[string]string
	// Faulty are connections whose settings cannot work. The suite adds those that
	// follow from the description: required fields missing, values of another kind.
	Faulty []Faulty
	// Tracking and Orders are sample records. In every text of theirs "{n}" becomes
	// a number of ten digits that no other record of the run has. Each list has a
	// default.
	Tracking []*pluginv1.TrackingRecord
	Orders   []*commercev1.Order
	// Environment are variables of the processes, as whoever runs the server sets them
	// for this plugin.
	Environment map[string]string
	// Outcomes are those of refusals, by HTTP status, where the extra interface means
	// something else than HTTP does. The report tells them. None says that the record
	// arrived.
	Outcomes map[int]pluginv1.Outcome
	// Remote is how the plugin is pointed at a stand-in for its extra interface, nil
	// if it cannot be.
	Remote *Remote
}

// Faulty is a change of the working connection after which it cannot work.
type Faulty struct {
	// Name is for the report.
	Name string
	// Settings and Secrets replace those of the working connection, one by one.
	Settings map[string]string
	Secrets  map[string]string
	// Field is the setting that is at fault.
	Field string
}

// Remote is the extra interface as the suite plays it.
type Remote struct {
	// Setting is the field that takes its base URL.
	Setting string
	// New makes a stand-in without records. Each check has one or more of its own,
	// in use at the same time.
	New func() StandIn
}

// StandIn answers as the extra interface does when all is well. The suite stands in
// front of it, keeps a journal, and answers faults in its place. It is used by many
// goroutines at once.
type StandIn interface {
	http.Handler
	// Records names the records that it keeps, one entry each, for the check that a
	// repeat makes no second one.
	Records() []string
	// Failure is the body, and its content type, of a refusal with that status.
	Failure(status int) (contentType, body string)
	// Writes says whether a request changes anything.
	Writes(r *http.Request) bool
}

// validate returns all that is wrong with the harness.
func (h Harness) validate(d *pluginv1.Description) error {
	var faults []error
	kinds := map[string]pluginv1.SettingKind{}
	for _, field := range d.GetSettings() {
		kinds[field.GetName()] = field.GetKind()
	}
	for name := range h.Settings {
		if kind, ok := kinds[name]; !ok || kind == pluginv1.SettingKind_SETTING_KIND_SECRET {
			faults = append(faults, fmt.Errorf("settings: %s: the plugin has no such setting", name))
		}
	}
	for name := range h.Secrets {
		if kinds[name] != pluginv1.SettingKind_SETTING_KIND_SECRET {
			faults = append(faults, fmt.Errorf("secrets: %s: the plugin has no such secret", name))
		}
	}
	for status, outcome := range h.Outcomes {
		if slices.Contains(arrived, outcome) || outcome == pluginv1.Outcome_OUTCOME_UNSPECIFIED {
			faults = append(faults, fmt.Errorf("outcomes: %d: %s is no outcome of a refusal", status, outcome))
		}
	}
	if h.Remote != nil {
		if kind, ok := kinds[h.Remote.Setting]; !ok || kind == pluginv1.SettingKind_SETTING_KIND_SECRET {
			faults = append(faults, fmt.Errorf("remote: setting: the plugin has no setting %q", h.Remote.Setting))
		}
		if h.Remote.New == nil {
			faults = append(faults, errors.New("remote: there is no stand-in"))
		}
	}
	return errors.Join(faults...)
}

// settings completes the harness's values for a plugin.
func (h Harness) settings(d *pluginv1.Description) (settings, secrets map[string]string) {
	settings, secrets = map[string]string{}, map[string]string{}
	for _, field := range d.GetSettings() {
		name, into, given := field.GetName(), settings, h.Settings
		if field.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET {
			into, given = secrets, h.Secrets
		}
		value, ok := given[name]
		switch {
		case ok:
		case field.GetDefaultValue() != "":
			value = field.GetDefaultValue() // As the host does.
		case field.GetRequired():
			value = anyValue(field)
		default:
			continue
		}
		into[name] = value
	}
	return settings, secrets
}

// anyValue is a value of the field's kind. A pattern may refuse it: then the harness
// has to name one.
func anyValue(field *pluginv1.SettingField) string {
	switch field.GetKind() {
	case pluginv1.SettingKind_SETTING_KIND_SECRET:
		return "canary-" + field.GetName() + "-9f4c1e"
	case pluginv1.SettingKind_SETTING_KIND_CHOICE:
		if len(field.GetChoices()) > 0 {
			return field.GetChoices()[0].GetValue()
		}
		return ""
	case pluginv1.SettingKind_SETTING_KIND_BOOL:
		return "false"
	case pluginv1.SettingKind_SETTING_KIND_INTEGER:
		return "1"
	case pluginv1.SettingKind_SETTING_KIND_URL:
		return "https://conformance.invalid"
	default:
		return "conformance"
	}
}
