package standin

import "net/http"

// Body answers any status, content type and bytes.
func Body[S any](status int, contentType, body string) Fault[S] {
	return New(status, 0, func(c Call[S]) {
		c.Writer.Header().Set("Content-Type", contentType)
		c.Writer.WriteHeader(status)
		_, _ = c.Writer.Write([]byte(body))
	})
}

// HTML answers a page, as a proxy in front of the API does.
func HTML[S any](status int) Fault[S] {
	return Body[S](status, "text/html", "<html><body><h1>"+http.StatusText(status)+"</h1></body></html>")
}

// Redirect answers 302 to another address.
func Redirect[S any](location string) Fault[S] {
	return New(http.StatusFound, 0, func(c Call[S]) {
		c.Writer.Header().Set("Location", location)
		c.Writer.WriteHeader(http.StatusFound)
	})
}
