package paging

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/store"
)

// Sizes of a page: what stands for 0, and the most.
const (
	DefaultSize = 50
	MaxSize     = 1000
)

// macSize is how much of the HMAC a token carries.
const macSize = 16

// Request is a request that asks for a page.
type Request interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// Tokens makes and reads page tokens. It is safe for concurrent use.
type Tokens struct{ key []byte }

// New returns tokens that are signed with key, which it keeps. Servers that
// share a key read each other's tokens.
func New(key []byte) *Tokens { return &Tokens{key: key} }

// Page returns the page that a request asks for. The error is INVALID_ARGUMENT
// with the reason BAD_PAGE_TOKEN.
func (t *Tokens) Page(request Request) (store.Page, error) {
	page := store.Page{Limit: size(request)}
	if request.GetPageToken() == "" {
		return page, nil
	}
	payload, ok := t.open(request)
	if !ok || len(payload) != 8 || binary.BigEndian.Uint64(payload) > 1<<63-1 {
		return store.Page{}, badToken()
	}
	page.After = int64(binary.BigEndian.Uint64(payload))
	return page, nil
}

// Next returns the token of the page after the element with that key, the empty
// one for key zero.
func (t *Tokens) Next(request Request, after int64) string {
	if after <= 0 {
		return ""
	}
	return t.seal(request, binary.BigEndian.AppendUint64(nil, uint64(after)))
}

// NamedPage is Page for lists that are ordered by a name: it returns the name of
// the last element seen and the size.
func (t *Tokens) NamedPage(request Request) (after string, limit int, err error) {
	if request.GetPageToken() == "" {
		return "", size(request), nil
	}
	payload, ok := t.open(request)
	if !ok {
		return "", 0, badToken()
	}
	return string(payload), size(request), nil
}

// NextNamed is Next for lists that are ordered by a name.
func (t *Tokens) NextNamed(request Request, after string) string {
	return t.seal(request, []byte(after))
}

func size(request Request) int {
	if request.GetPageSize() <= 0 {
		return DefaultSize
	}
	return min(int(request.GetPageSize()), MaxSize)
}

func (t *Tokens) seal(request Request, payload []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(payload, t.mac(request, payload)...))
}

func (t *Tokens) open(request Request) (payload []byte, ok bool) {
	// Other spellings of the same token are none: even a strict decoder skips line
	// breaks.
	raw, err := base64.RawURLEncoding.DecodeString(request.GetPageToken())
	if err != nil || len(raw) < macSize || base64.RawURLEncoding.EncodeToString(raw) != request.GetPageToken() {
		return nil, false
	}
	payload = raw[:len(raw)-macSize]
	return payload, hmac.Equal(raw[len(payload):], t.mac(request, payload))
}

// mac signs a payload for the query: the request without its page fields.
func (t *Tokens) mac(request Request, payload []byte) []byte {
	query := proto.Clone(request).ProtoReflect()
	fields := query.Descriptor().Fields()
	query.Clear(fields.ByName("page_size"))
	query.Clear(fields.ByName("page_token"))
	query.SetUnknown(nil)
	// A request that came over the wire can be written again.
	text, _ := proto.MarshalOptions{Deterministic: true}.Marshal(query.Interface())

	h := hmac.New(sha256.New, t.key)
	for _, part := range [][]byte{[]byte(query.Descriptor().FullName()), text, payload} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write(part)
	}
	return h.Sum(nil)[:macSize]
}

func badToken() error {
	return fault.New(codes.InvalidArgument, apiv1.ErrorReason_ERROR_REASON_BAD_PAGE_TOKEN,
		"page_token: must be the next_page_token of the page before, of the same query; "+
			"leave it empty to begin again")
}
