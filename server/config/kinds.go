package config

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// kind is the type of an option as the help names it.
type kind string

const (
	kindText     kind = "string"
	kindList     kind = "strings"
	kindBool     kind = "bool"
	kindSize     kind = "bytes"
	kindNumber   kind = "number"
	kindDuration kind = "duration"
)

// single makes an option that takes one value, which must not be empty.
func single[T any](key, help string, of kind, field func(*Config) *T,
	parse func(string) (T, error), show func(T) string,
) option {
	return option{
		key: key, help: help, kind: of,
		set: func(c *Config, values []string) error {
			if len(values) != 1 {
				return fmt.Errorf("must be one value, not a list of %d", len(values))
			}
			value, err := parse(strings.TrimSpace(values[0]))
			if err != nil {
				return err
			}
			*field(c) = value
			return nil
		},
		show: func(c *Config) string { return show(*field(c)) },
	}
}

func text(key, help string, field func(*Config) *string) option {
	return single(key, help, kindText, field, notEmpty, func(value string) string { return value })
}

func secret(key, help string, field func(*Config) *Secret) option {
	made := single(key, help, kindText, field, func(value string) (Secret, error) {
		value, err := notEmpty(value)
		return Secret(value), err
	}, Secret.String)
	made.secret = true
	return made
}

func notEmpty(value string) (string, error) {
	if value == "" {
		return "", errors.New("must not be empty; leave it out for the default")
	}
	return value, nil
}

func list(key, help string, field func(*Config) *[]string) option {
	return option{
		key: key, help: help, kind: kindList,
		set: func(c *Config, values []string) error {
			if len(values) == 0 || slices.Contains(values, "") {
				return errors.New("must be one or more values, none of them empty; leave it out for the default")
			}
			*field(c) = slices.Clone(values)
			return nil
		},
		show: func(*Config) string { return "" },
	}
}

// pairs makes an option whose values are name=value, each name once.
func pairs[T any](key, help string, field func(*Config) *map[string]T, parse func(string) (T, error)) option {
	return option{
		key: key, help: help, kind: kindList,
		set: func(c *Config, values []string) error {
			found := make(map[string]T, len(values))
			for _, pair := range values {
				name, text, ok := strings.Cut(pair, "=")
				name = strings.TrimSpace(name)
				if _, twice := found[name]; !ok || name == "" || twice {
					return errors.New("must be one or more of name=value, each name once")
				}
				value, err := parse(strings.TrimSpace(text))
				if err != nil {
					return fmt.Errorf("of %s: %w", name, err)
				}
				found[name] = value
			}
			*field(c) = found
			return nil
		},
		show: func(*Config) string { return "" },
	}
}

// Limits of what a plugin may be allowed.
const (
	leastPluginMemory = 64 << 20
	mostPluginMemory  = 1 << 40
)

func pluginMemory(text string) (int64, error) {
	parsed, err := humanize.ParseBytes(text)
	if err != nil || parsed < leastPluginMemory || parsed > mostPluginMemory {
		return 0, fmt.Errorf("must be a number of bytes, plain or with a unit such as 512MiB, from %s to %s",
			showSize(leastPluginMemory), showSize(mostPluginMemory))
	}
	return int64(parsed), nil
}

func boolean(key, help string, field func(*Config) *bool) option {
	return single(key, help, kindBool, field, func(value string) (bool, error) {
		switch value {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return false, errors.New("must be true or false")
	}, strconv.FormatBool)
}

func duration(key, help string, field func(*Config) *time.Duration, least, most time.Duration) option {
	return single(key, help, kindDuration, field, func(value string) (time.Duration, error) {
		parsed, err := time.ParseDuration(value)
		if err != nil || parsed < least || parsed > most {
			return 0, fmt.Errorf("must be a duration with a unit, such as 90s or 1h30m, from %s to %s",
				showDuration(least), showDuration(most))
		}
		return parsed, nil
	}, showDuration)
}

// showDuration writes 1h and not 1h0m0s.
func showDuration(value time.Duration) string {
	text := value.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func size(key, help string, field func(*Config) *int, least, most uint64) option {
	return single(key, help, kindSize, field, func(value string) (int, error) {
		parsed, err := humanize.ParseBytes(value)
		if err != nil || parsed < least || parsed > most {
			return 0, fmt.Errorf("must be a number of bytes, plain or with a unit such as 8MiB, from %s to %s",
				showSize(int(least)), showSize(int(most)))
		}
		return int(parsed), nil
	}, showSize)
}

// showSize writes 8MiB and not 8.0 MiB.
func showSize(value int) string {
	return strings.NewReplacer(".0 ", "", " ", "").Replace(humanize.IBytes(uint64(value)))
}

func number[T int | int64](key, help string, field func(*Config) *T, least, most T) option {
	return single(key, help, kindNumber, field, func(value string) (T, error) {
		parsed, err := strconv.ParseInt(value, 10, 64)
		if err != nil || parsed < int64(least) || parsed > int64(most) {
			return 0, fmt.Errorf("must be a whole number from %d to %d", least, most)
		}
		return T(parsed), nil
	}, func(value T) string { return strconv.FormatInt(int64(value), 10) })
}

func ratio(key, help string, field func(*Config) *float64) option {
	return single(key, help, kindNumber, field, func(value string) (float64, error) {
		parsed, err := strconv.ParseFloat(value, 64)
		if err != nil || !(parsed >= 0 && parsed <= 1) { // NaN is neither.
			return 0, errors.New("must be a number from 0 to 1, such as 0.01 for one in a hundred")
		}
		return parsed, nil
	}, func(value float64) string { return strconv.FormatFloat(value, 'g', -1, 64) })
}

func level(key, help string, field func(*Config) *slog.Level) option {
	named := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	return single(key, help, kindText, field, func(value string) (slog.Level, error) {
		parsed, ok := named[strings.ToLower(value)]
		if !ok {
			return 0, errors.New("must be debug, info, warn or error")
		}
		return parsed, nil
	}, func(value slog.Level) string { return strings.ToLower(value.String()) })
}

func choice[T ~string](key, help string, field func(*Config) *T, choices ...T) option {
	return single(key, help, kindText, field, func(value string) (T, error) {
		if !slices.Contains(choices, T(value)) {
			return "", fmt.Errorf("must be one of %v", choices)
		}
		return T(value), nil
	}, func(value T) string { return string(value) })
}
