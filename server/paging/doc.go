// Package paging cuts lists into pages. A page token is opaque to callers: it
// carries the key of the last element seen, signed and bound to the query, so
// that a token from another query, another server or nobody is refused instead
// of giving a wrong page.
//
//	page, err := tokens.Page(request)
//	...
//	rows, err := store.Connections(ctx, merchant, page)
//	...
//	response.NextPageToken = tokens.Next(request, lastKey)
package paging
