package pluginhost

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

const (
	// mostFields of a log line are forwarded, and mostValue bytes of each.
	mostFields = 16
	mostValue  = 1 << 10
)

// logLine is a line of a plugin as understood.
type logLine struct {
	level  slog.Level
	text   string
	fields []slog.Attr
	// tagged means that the line stated its level.
	tagged bool
}

// parseLine understands a line in the JSON of slog, hclog or zerolog, or plain
// text with a level in brackets. Whatever it cannot understand is plain text at
// Info: the line comes from a plugin and is believed in nothing (promise P7). The line was
// masked; what JSON had escaped in it shows only now and goes through mask.
func parseLine(line []byte, mask func([]byte) []byte) logLine {
	trimmed := bytes.TrimSpace(line)
	if len(trimmed) > 1 && trimmed[0] == '{' {
		var object map[string]any
		if json.Unmarshal(trimmed, &object) == nil {
			return parseObject(object, trimmed, mask)
		}
	}
	return parsePlain(clean(trimmed))
}

func parseObject(object map[string]any, raw []byte, mask func([]byte) []byte) logLine {
	parsed := logLine{level: slog.LevelInfo}
	for _, key := range []string{"@level", "level", "severity"} {
		if level, ok := levelOf(object[key]); ok {
			parsed.level, parsed.tagged = level, true
			delete(object, key)
			break
		}
	}
	for _, key := range []string{"@message", "msg", "message"} {
		if text, ok := object[key].(string); ok {
			parsed.text = cut(clean(mask([]byte(text))), mostValue)
			delete(object, key)
			break
		}
	}
	if parsed.text == "" {
		// Not a log record as anybody writes them: keep it as it is.
		parsed.text = clean(raw)
		return parsed
	}
	delete(object, "time")
	delete(object, "@timestamp")
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys[:min(len(keys), mostFields)] {
		parsed.fields = append(parsed.fields,
			slog.String(cut(clean(mask([]byte(key))), 64), cut(clean(mask(valueText(object[key]))), mostValue)))
	}
	return parsed
}

func valueText(value any) []byte {
	if text, ok := value.(string); ok {
		return []byte(text)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Append(nil, value)
	}
	return raw
}

// levelOf reads a level that may be of any type.
func levelOf(value any) (slog.Level, bool) {
	name, ok := value.(string)
	if !ok {
		return 0, false
	}
	// slog writes levels between the named ones as "INFO+2".
	name, _, _ = strings.Cut(strings.ToLower(name), "+")
	switch name {
	case "trace", "debug":
		return slog.LevelDebug, true
	case "info", "notice":
		return slog.LevelInfo, true
	case "warn", "warning":
		return slog.LevelWarn, true
	case "error", "err", "critical", "fatal", "panic":
		return slog.LevelError, true
	default:
		return 0, false
	}
}

func parsePlain(text string) logLine {
	if rest, ok := strings.CutPrefix(text, "["); ok {
		name, _, closed := strings.Cut(rest, "]")
		if level, known := levelOf(name); closed && known {
			return logLine{level: level, text: text, tagged: true}
		}
	}
	return logLine{level: slog.LevelInfo, text: text}
}

func clean(raw []byte) string { return strings.ToValidUTF8(string(raw), "\uFFFD") }

// cut shortens text to at most n bytes and a mark, at the border of a rune.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "") + "…"
}
