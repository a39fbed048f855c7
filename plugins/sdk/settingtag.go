package sdk

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// noSetting as the name says that a field of the struct is no setting.
const noSetting = "-"

// rightTag is shown where a tag is wrong.
const rightTag = `a setting has the tag ` + "`setting:\"some_name\" title:\"Some name\"`" +
	`, what is none has ` + "`setting:\"-\"`"

// settingTags are the tags of a setting.
var settingTags = []string{"setting", "title", "help", "kind", "choices", "default", "required", "pattern"}

// tagPair is one key:"value" at the beginning of a tag.
var tagPair = regexp.MustCompile(`^([^\s":]+):"(?:[^"\\]|\\.)*"(?:\s+|$)`)

// nameOfSetting returns the name in the tag of a struct field, or noSetting. A field that
// has none of our tags is no setting if it is not exported: nothing else could set it. On
// all others a tag that says nothing is a mistake, and would leave out a setting.
func nameOfSetting(at reflect.StructField) (string, error) {
	keys, err := tagKeys(at.Tag)
	if err != nil {
		return "", err
	}
	name, tagged := at.Tag.Lookup("setting")
	if tagged && name == noSetting {
		return name, nil
	}
	if at.Anonymous {
		return "", fmt.Errorf("an embedded struct has no settings: write its fields here; %s", rightTag)
	}
	ours := slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(settingTags, key) })
	if !tagged && !ours && !at.IsExported() && !slices.ContainsFunc(keys, nearlySetting) {
		return noSetting, nil
	}
	for _, key := range keys {
		if !slices.Contains(settingTags, key) && (tagged || nearlySetting(key)) {
			return "", fmt.Errorf("tag %q is unknown; the tags are %s; %s", key, strings.Join(settingTags, ", "), rightTag)
		}
	}
	if !tagged {
		return "", errors.New(`the tag "setting" is missing; ` + rightTag)
	}
	return name, nil
}

// nearlySetting says that a key was probably to be "setting".
func nearlySetting(key string) bool {
	key = strings.ToLower(key)
	return strings.Contains(key, "setting") || strings.Contains(key, "seting") || strings.Contains(key, "settin")
}

// tagKeys returns the keys of a tag. What is not key:"value" hides all that follows from
// the language itself, so it is a fault.
func tagKeys(tag reflect.StructTag) ([]string, error) {
	var keys []string
	for rest := strings.TrimSpace(string(tag)); rest != ""; {
		found := tagPair.FindStringSubmatch(rest)
		if found == nil {
			return nil, fmt.Errorf("the tag does not read from `%.40s` on: it has to be key:\"value\", with no blank "+
				"between them and one after each; %s", rest, rightTag)
		}
		if slices.Contains(keys, found[1]) {
			return nil, fmt.Errorf("tag %q occurs twice", found[1])
		}
		keys = append(keys, found[1])
		rest = rest[len(found[0]):]
	}
	return keys, nil
}
