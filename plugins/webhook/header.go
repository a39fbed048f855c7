package webhook

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
)

// extraHeader is a header of the merchant's choice, such as Authorization. The zero
// value is none.
type extraHeader struct {
	name  string
	value sdk.Secret
}

// reserved are headers that the plugin or the transport sets.
var reserved = []string{
	"Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host",
	"Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent",
}

// parseHeader reads the settings header_name and header_value. The field is that to
// mend; the error never quotes the value.
func parseHeader(name string, value sdk.Secret) (h extraHeader, field string, err error) {
	const nameField, valueField = "header_name", "header_value"
	canonical := http.CanonicalHeaderKey(name)
	switch {
	case name == "" && value.Empty():
		return extraHeader{}, "", nil
	case name == "":
		return extraHeader{}, nameField, errors.New("enter the name of the header that header_value is for")
	case value.Empty():
		return extraHeader{}, valueField, errors.New("enter the value of the header, or clear header_name")
	case strings.Trim(name, headerCharacters) != "":
		return extraHeader{}, nameField, errors.New("a header's name has letters, digits and hyphens only")
	case slices.Contains(reserved, canonical) || strings.HasPrefix(canonical, "Webhook-"):
		return extraHeader{}, nameField, errors.New("this header is set by the plugin itself: choose another")
	}
	text := value.Reveal()
	if strings.TrimSpace(text) != text || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		return extraHeader{}, valueField, errors.New("a header's value has printable ASCII characters only, and no space " +
			"at its ends")
	}
	return extraHeader{canonical, value}, "", nil
}

const headerCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
