package aftershiptest

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// The rules of values (AfterShip API reference, section 2.4). Each is given a
// value of the field's shape.

var (
	numberCharacters = regexp.MustCompile(`^[A-Z0-9._/-]+$`)
	slugCharacters   = regexp.MustCompile(`^[a-z0-9-]+$`)
	idCharacters     = regexp.MustCompile(`^[0-9a-zA-Z_-]{1,128}$`)
	postalCharacters = regexp.MustCompile(`^[0-9A-Za-z+ -]{1,10}$`)
	accountCharacter = regexp.MustCompile(`^[0-9A-Za-z]{1,512}$`)
	keyCharacters    = regexp.MustCompile(`^[0-9A-Za-z._-]+$`)
	phoneCharacters  = regexp.MustCompile(`^\+[0-9]{4,15}$`)
)

// numberLength is the length rule; the characters are a rule of their own since
// they have another code.
func numberLength(_ Generation, v any) bool {
	n := utf8.RuneCountInString(v.(string))
	return n >= 4 && n <= 100
}

func slugPattern(_ Generation, v any) bool { return slugCharacters.MatchString(v.(string)) }

func ownID(_ Generation, v any) bool { return idCharacters.MatchString(v.(string)) }

func notEmpty(_ Generation, v any) bool { return v.(string) != "" }

func instant(_ Generation, v any) bool {
	_, err := time.Parse(time.RFC3339, v.(string))
	return err == nil
}

// shipDate is the one format that changed: eight digits up to 2024-10, a date
// with dashes and perhaps a time afterwards. Whether eight digits are still
// taken afterwards is uncertain; the stand-in refuses them.
func shipDate(g Generation, v any) bool {
	layouts := []string{"20060102"}
	if g.since(V202501) {
		layouts = []string{time.DateOnly, "2006-01-02T15:04:05", time.RFC3339}
	}
	return slices.ContainsFunc(layouts, func(layout string) bool {
		_, err := time.Parse(layout, v.(string))
		return err == nil
	})
}

func promisedText(g Generation, v any) bool {
	return shipDate(V202501, v) && (g.since(V202504) || len(v.(string)) == len(time.DateOnly))
}

// alpha3 is an ISO 3166-1 alpha-3 code in upper case. What the API does with
// anything else is not documented; the stand-in refuses it.
func alpha3(_ Generation, v any) bool {
	code := v.(string)
	if len(code) != 3 || code != strings.ToUpper(code) {
		return false
	}
	region, err := language.ParseRegion(code)
	return err == nil && region.IsCountry() && region.ISO3() == code
}

func postalCode(_ Generation, v any) bool { return postalCharacters.MatchString(v.(string)) }

func accountNumber(_ Generation, v any) bool { return accountCharacter.MatchString(v.(string)) }

func trackingKey(_ Generation, v any) bool { return keyCharacters.MatchString(v.(string)) }

func oneOf(values ...string) func(Generation, any) bool {
	return func(_ Generation, v any) bool { return slices.Contains(values, v.(string)) }
}

func atMost(n int) func(Generation, any) bool {
	return func(_ Generation, v any) bool { return len(v.([]any)) <= n }
}

func phoneNumbers(_ Generation, v any) bool {
	numbers := v.([]any)
	return len(numbers) <= 3 && !slices.ContainsFunc(numbers, func(n any) bool {
		return !phoneCharacters.MatchString(n.(string))
	})
}

// customers has at most three entries whose values are texts.
func customers(_ Generation, v any) bool {
	entries := v.([]any)
	for _, e := range entries {
		for key, value := range e.(map[string]any) {
			content, isText := value.(string)
			if !isText || key == "phone_number" && !phoneCharacters.MatchString(content) {
				return false
			}
		}
	}
	return len(entries) <= 3
}

func shipmentTags(g Generation, v any) bool {
	tags := v.([]any)
	return !g.since(V202607) || len(tags) <= 50 && !slices.ContainsFunc(tags, func(tag any) bool {
		return utf8.RuneCountInString(tag.(string)) > 32
	})
}

// customFields checks sizes; the types of the values depend on the generation
// and are checked before.
func customFields(_ Generation, v any) bool {
	pairs := v.(map[string]any)
	for key, value := range pairs {
		content, isText := value.(string)
		if utf8.RuneCountInString(key) > 30 || isText && utf8.RuneCountInString(content) > 512 {
			return false
		}
	}
	return len(pairs) <= 25
}
