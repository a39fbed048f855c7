package sdk

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

var (
	pluginName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	semantic   = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$`)
)

// definition is a plugin without its type parameters, checked and complete.
type definition struct {
	description *pluginv1.Description
	pace        Pace
	clock       Clock
	traceparent bool // Requests tell the trace.
	fields      []field
	tracking    bool // ForwardTracking is there.
	orders      bool // CopyOrder is there.
	// build decodes the settings and makes an instance. Faults are of the
	// settings; none means that the instance is there.
	build func(env Env, settings, secrets map[string]string) (any, []Fault)
}

// define returns all that is wrong with a plugin, so that an author does not
// mend one fault at a time.
func define[S, I any](p Plugin[S, I]) (*definition, error) {
	fields, err := settingFields(reflect.TypeFor[S]())
	faults := []error{err}
	instance := reflect.TypeFor[I]()
	d := &definition{
		pace:     p.Pace.withDefaults(),
		clock:    orSystem(p.Clock),
		fields:   fields,
		tracking: instance.Implements(reflect.TypeFor[TrackingForwarder]()),
		orders:   instance.Implements(reflect.TypeFor[OrderCopier]()),
		build:    builder(p.New, fields),

		traceparent: p.SendTraceparent,
	}
	if !pluginName.MatchString(p.Name) {
		faults = append(faults, fmt.Errorf(`name: %q is not of "[a-z0-9-]"`, p.Name))
	}
	if !semantic.MatchString(p.Version) {
		faults = append(faults, fmt.Errorf(`version: %q is not semantic, like "1.4.0"`, p.Version))
	}
	if p.Title == "" {
		faults = append(faults, errors.New("title: is missing"))
	}
	if p.New == nil {
		faults = append(faults, errors.New("new: is missing"))
	}
	if !d.tracking && !d.orders {
		faults = append(faults, fmt.Errorf("instance: %s is neither a TrackingForwarder nor an OrderCopier", instance))
	}
	faults = append(faults, misfits(instance)...)
	faults = append(faults, d.pace.faults()...)
	d.description = describe(p.Name, p.Version, p.Title, p.SetupSteps, p.Lifecycle)
	d.description.Pace = d.pace.hints()
	d.description.OrderingScope = p.Scope
	d.description.Idempotency = p.Idempotency
	for _, f := range fields {
		d.description.Settings = append(d.description.Settings, f.SettingField)
	}
	for _, joined := range p.JoinedFacts {
		if joined.WhenSetting != "" && !slices.ContainsFunc(fields, func(f field) bool {
			return f.GetName() == joined.WhenSetting && f.GetKind() == pluginv1.SettingKind_SETTING_KIND_BOOL
		}) {
			faults = append(faults, fmt.Errorf("joined facts: %q is not a bool setting", joined.WhenSetting))
		}
		d.description.JoinedFacts = append(d.description.JoinedFacts,
			&pluginv1.JoinedFact{Fact: joined.Fact, WhenSetting: joined.WhenSetting})
	}
	if d.tracking {
		d.description.Contracts = append(d.description.Contracts, pluginv1.Contract_CONTRACT_TRACKING_FORWARD)
	}
	if d.orders {
		d.description.Contracts = append(d.description.Contracts, pluginv1.Contract_CONTRACT_ORDER_COPY)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("plugin %q: %w", p.Name, err)
	}
	return d, nil
}

func describe(name, version, title string, steps []string, l Lifecycle) *pluginv1.Description {
	state := pluginv1.LifecycleState_LIFECYCLE_STATE_ACTIVE
	if l.Deprecated {
		state = pluginv1.LifecycleState_LIFECYCLE_STATE_DEPRECATED
	}
	return &pluginv1.Description{
		Name: name, Version: version, Title: title, SetupSteps: slices.Clone(steps),
		Lifecycle: &pluginv1.Lifecycle{
			State: state, Message: l.Message, Replacement: l.Replacement, EndDate: l.EndDate,
		},
	}
}

func builder[S, I any](
	construct func(Env, S) (I, error), fields []field,
) func(Env, map[string]string, map[string]string) (any, []Fault) {
	return func(env Env, settings, secrets map[string]string) (any, []Fault) {
		var s S
		faults := decode(fields, reflect.ValueOf(&s).Elem(), settings, secrets)
		if len(faults) > 0 {
			return nil, append(faults, furtherFaults(env, construct, s, fields, faults)...)
		}
		instance, err := construct(env, s)
		if err != nil {
			return nil, faultsOf(err, fields)
		}
		return instance, nil
	}
}

// furtherFaults are what New finds beside the faults that are known, so that all of them
// are mended at once: it gets the settings without those that have one. Only what it says
// of a setting by name counts, and whatever comes of it otherwise comes of the known
// faults.
func furtherFaults[S, I any](
	env Env, construct func(Env, S) (I, error), s S, fields []field, known []Fault,
) (further []Fault) {
	defer func() {
		if recover() != nil {
			further = nil
		}
	}()
	instance, err := construct(env, s)
	if err == nil {
		env.panics.closeValue(instance, env.Logger, env.masks)
		return nil
	}
	if _, named := errors.AsType[Faults](err); !named {
		return nil
	}
	for _, fault := range faultsOf(err, fields) {
		if fault.Field != "" && !slices.ContainsFunc(known, func(k Fault) bool { return k.Field == fault.Field }) {
			further = append(further, fault)
		}
	}
	return further
}

// reasonSettings is the reason of whatever fails for the connection's settings.
const reasonSettings = "SETTINGS_INVALID"
