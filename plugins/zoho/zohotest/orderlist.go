package zohotest

import (
	"slices"
	"strings"
	"time"
)

// orderFilters are those seen to have an effect (Zoho Inventory reference, section
// 3.4). customview_id names a view of the web page, of which there is none.
func orderFilters() []string {
	return []string{
		"reference_number", "salesorder_number", "salesorder_number_contains", "search_text", "last_modified_time",
		"customer_id", "date_start", "date_end", "date", "sort_column", "sort_order", "salesorder_ids", "filter_by",
	}
}

// listOrders serves GET /salesorders.
func (s *Server) listOrders(c *call) *reply {
	ids := []string(nil)
	if given := c.query("salesorder_ids"); given != "" {
		ids = strings.Split(given, ",")
		if len(ids) > 200 || !allIDs(ids) {
			return failed(invalidParameter("salesorder_ids"))
		}
	}
	since, refused := modifiedSince(c)
	if refused != nil {
		return failed(refused)
	}
	if c.query("filter_by") != "" && statusFilter(c) == "" {
		c.ignore("?filter_by")
	}
	rows := only(s, c.org.orders, func(o *Order) bool {
		return s.orderPasses(c, o) && (ids == nil || slices.Contains(ids, o.ID)) && !o.Modified.Before(since)
	})
	rows = sortOrders(c, rows)
	return page(c, "salesorders", rows, c.org.orderRow)
}

func (s *Server) orderPasses(c *call, o *Order) bool {
	from, to, status := c.query("date_start"), c.query("date_end"), statusFilter(c)
	words, name := fold(c.query("search_text")), ""
	if customer := c.org.contact(o.CustomerID); customer != nil && words != "" {
		name = customer.Name
	}
	return passes(c, map[string][]string{"reference_number": {o.Reference}, "salesorder_number": {o.Number}}) &&
		passes(c, map[string][]string{"customer_id": {o.CustomerID}, "date": {o.Date}}) &&
		(from == "" || o.Date >= from) && (to == "" || o.Date <= to) &&
		(status == "" || o.Status == status) && fuzzy(words, fold(o.Number+" "+o.Reference+" "+name))
}

// fuzzy is how search_text finds: a part of any of the fields will do, and so will a
// part of the words (section 3.4).
func fuzzy(words, in string) bool {
	if words == "" || strings.Contains(in, words) {
		return true
	}
	for word := range strings.FieldsSeq(strings.NewReplacer("-", " ", "#", " ").Replace(words)) {
		if strings.Contains(in, word) {
			return true
		}
	}
	return false
}

// statusFilter is the status that filter_by asks for, empty for one that is
// silently ignored: Status.Confirmed is (section 3.4).
func statusFilter(c *call) string {
	switch c.query("filter_by") {
	case "Status.Shipped":
		return "shipped"
	case "Status.Draft":
		return "draft"
	case "Status.Void":
		return "void"
	case "Status.Fulfilled":
		return "fulfilled"
	default:
		return ""
	}
}

func modifiedSince(c *call) (time.Time, *apiError) {
	given := c.query("last_modified_time")
	if given == "" {
		return time.Time{}, nil
	}
	since, err := time.Parse("2006-01-02T15:04:05-0700", given)
	if err != nil {
		return time.Time{}, invalidParameter("last_modified_time")
	}
	return since, nil
}

// sortOrders is by creation, the newest first unless sort_order says A; other columns
// than the times and the number are ignored.
func sortOrders(c *call, rows []*Order) []*Order {
	sorted := slices.Clone(rows)
	switch c.query("sort_column") {
	case "salesorder_number":
		slices.SortStableFunc(sorted, func(a, b *Order) int { return strings.Compare(a.Number, b.Number) })
	case "last_modified_time":
		slices.SortStableFunc(sorted, func(a, b *Order) int { return a.Modified.Compare(b.Modified) })
	}
	if c.query("sort_order") != "A" {
		slices.Reverse(sorted)
	}
	return sorted
}
