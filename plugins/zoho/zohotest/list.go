package zohotest

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// mostPerPage is the cap of a page (Zoho Inventory reference, section 1.2).
const mostPerPage = 200

// page answers one page of a list under its key.
func page[R any](c *call, key string, rows []R, render func(R) map[string]any) *reply {
	number, size := 1, mostPerPage
	for name, into := range map[string]*int{"page": &number, "per_page": &size} {
		given := c.query(name)
		if given == "" {
			continue
		}
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 {
			return failed(invalidParameter(name))
		}
		*into = n
	}
	size = min(size, mostPerPage)
	first := len(rows)
	if number-1 <= len(rows)/size {
		first = min((number-1)*size, len(rows))
	}
	last := min(first+size, len(rows))
	some := make([]any, 0, last-first)
	for _, r := range rows[first:last] {
		some = append(some, render(r))
	}
	r := shown(key, some)
	r.page = map[string]any{"page": number, "per_page": size, "has_more_page": last < len(rows)}
	return r
}

// compare holds a value against a filter whose name has the ending.
func compare(ending, value, wanted string) bool {
	switch ending {
	case "_startswith":
		return strings.HasPrefix(fold(value), fold(wanted))
	case "_contains":
		return strings.Contains(fold(value), fold(wanted))
	default:
		return strings.EqualFold(value, wanted)
	}
}

// fold is a text without regard to case.
func fold(words string) string { return strings.ToLower(words) }

// sameNumber compares as the guard of document numbers does: without blanks around
// and without case (section 3.4).
func (s *Server) sameNumber(a, b string) bool {
	if s.quirks[ExactNumbers] {
		return a == b
	}
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// tooLong finds a search text over 100 characters, which the list of contacts
// refuses (section 4).
func tooLong(c *call, filters []string) *apiError {
	for _, name := range filters {
		if utf8.RuneCountInString(c.query(name)) > 100 {
			return invalidParameter(name)
		}
	}
	return nil
}

// variants are a filter with its _startswith and _contains.
func variants(names ...string) []string {
	var all []string
	for _, name := range names {
		all = append(all, name, name+"_startswith", name+"_contains")
	}
	return all
}

// passes holds a row's values against the filters of the call that were sent, with
// their variants.
func passes(c *call, values map[string][]string) bool {
	for name, of := range values {
		for _, ending := range []string{"", "_startswith", "_contains"} {
			wanted := c.query(name + ending)
			if wanted == "" || !slices.Contains(c.route.filters, name+ending) {
				continue
			}
			hit := false
			for _, value := range of {
				hit = hit || compare(ending, value, wanted)
			}
			if !hit {
				return false
			}
		}
	}
	return true
}

// only keeps the rows that pass, or all of them under FiltersIgnored.
func only[R any](s *Server, rows []R, keep func(R) bool) []R {
	if s.quirks[FiltersIgnored] {
		return rows
	}
	var kept []R
	for _, r := range rows {
		if keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}
