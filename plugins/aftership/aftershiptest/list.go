package aftershiptest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultListLimit = 100
	mostListLimit    = 200
	mostNumbers      = 50
)

// list serves GET /trackings with the filters that the project uses:
// tracking_numbers, slug and order_id (AfterShip API reference, section 9).
func (s *Server) list(c *call) *reply {
	query := c.r.URL.Query()
	limit, offset, failure := paging(c.generation, query)
	if failure != nil {
		return failed(failure)
	}
	numbers := listed(query, "tracking_numbers")
	if len(numbers) > mostNumbers {
		return failed(invalidValue("tracking_numbers"))
	}
	slugs := listed(query, "slug")
	for _, slug := range slugs {
		if !slugCharacters.MatchString(slug) {
			return failed(invalidValue("slug"))
		}
	}
	var orders []string
	if c.generation.since(V202404) {
		orders = listed(query, "order_id")
	}
	oldest := s.clock().Add(-keptFor)
	found := []*Tracking{}
	for _, t := range slices.Backward(s.trackings) {
		orderID, _ := t.facts["order_id"].(string)
		if t.Organisation == c.organisation && t.Created.After(oldest) &&
			wanted(numbers, t.Number) && wanted(slugs, t.Slug) && wanted(orders, orderID) {
			found = append(found, t)
		}
	}
	page := []any{}
	for i := offset; i < min(offset+limit, len(found)); i++ {
		page = append(page, found[i].render(c.generation))
	}
	data := map[string]any{"trackings": page}
	if c.generation.cursors() {
		more := offset+limit < len(found)
		pagination := map[string]any{"total": len(found), "has_next_page": more, "next_cursor": ""}
		if more {
			pagination["next_cursor"] = strconv.Itoa(offset + limit)
		}
		data["pagination"] = pagination
	} else {
		data["page"], data["limit"], data["count"] = offset/limit+1, limit, len(found)
	}
	return success(http.StatusOK, data)
}

// paging reads limit and, by generation, cursor or page.
func paging(g Generation, query url.Values) (limit, offset int, failure *apiError) {
	limit = defaultListLimit
	if given := query.Get("limit"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > mostListLimit {
			return 0, 0, invalidValue("limit")
		}
		limit = n
	}
	name, first := "page", 1
	if g.cursors() {
		name, first = "cursor", 0
	}
	given := query.Get(name)
	if given == "" {
		return limit, 0, nil
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < first {
		return 0, 0, invalidValue(name)
	}
	if g.cursors() {
		return limit, n, nil
	}
	return limit, (n - 1) * limit, nil
}

func listed(query url.Values, name string) []string {
	if query.Get(name) == "" {
		return nil
	}
	return strings.Split(query.Get(name), ",")
}

func wanted(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
