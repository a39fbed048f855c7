package inventory

import (
	"net/url"
	"strconv"
)

// PageSize is how many rows a page of a list has at most (section 1.2).
const PageSize = 200

// paged is the query for a page of a list, with a filter by name and value if any.
func paged(page int, filter ...string) url.Values {
	query := url.Values{"page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(PageSize)}}
	if len(filter) > 1 {
		query.Set(filter[0], filter[1])
	}
	return query
}

// Item is what a line refers to (section 5).
type Item struct {
	ID     Text `json:"item_id"`
	SKU    Text `json:"sku"`
	Status Text `json:"status"`
}

// Active says that orders may have it. A status that is not told counts as one.
func (i Item) Active() bool { return i.Status == "" || i.Status == "active" }

// FindItems searches by SKU. The rows have to be compared with it again, as Zoho
// ignores filters at times.
func FindItems(sku string, page int) Call {
	return Call{
		Endpoint: read("items.READ", "find items"), Path: "/items",
		Query: paged(page, "sku", sku),
	}
}

// ListItems lists them all, page by page.
func ListItems(page int) Call {
	return Call{
		Endpoint: read("items.READ", "list items"), Path: "/items",
		Query: paged(page),
	}
}

// Items are those of an answer.
func (e Envelope) Items() []Item { return list[Item](e, "items", "item") }
