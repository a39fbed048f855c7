package config

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

const configKey = "config"

// Flags adds a flag for every setting but the secret ones. What the flags are
// given is judged by Load, together with everything else. The help lists them
// by subject, not by name.
func Flags(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.Var(&flagValue{kind: kindText}, configKey,
		"YAML `file` with settings, their names as the flags with _ for - (env SPURLINE_CONFIG)")
	defaults := Defaults()
	for _, o := range options() {
		if o.secret {
			continue
		}
		value := &flagValue{kind: o.kind, fallback: o.show(&defaults)}
		flag := flags.VarPF(value, o.flag(), "", fmt.Sprintf("%s (env %s)", o.help, o.environment()))
		if o.kind == kindBool {
			flag.NoOptDefVal = "true"
		}
	}
}

// flagValue keeps what the flag was given as text.
type flagValue struct {
	kind     kind
	fallback string
	values   []string
}

// Set takes a value. The last one counts, unless the flag is a list.
func (v *flagValue) Set(text string) error {
	if v.kind != kindList {
		v.values = v.values[:0]
	}
	v.values = append(v.values, text)
	return nil
}

// Type is the word for the value in the help.
func (v *flagValue) Type() string { return string(v.kind) }

// String is the value, or the default that the help shows.
func (v *flagValue) String() string {
	if len(v.values) == 0 {
		return v.fallback
	}
	return strings.Join(v.values, ",")
}
