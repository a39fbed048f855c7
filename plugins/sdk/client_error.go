package sdk

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
)

// errorKind is what went wrong on the way to an extra interface, in words that
// are the same for every call and so cannot leak anything.
type errorKind struct{ reason, text, hint string }

var (
	kindDeadline = errorKind{
		"DEADLINE_EXCEEDED", "deadline exceeded",
		"The extra interface did not answer in time.",
	}
	kindCanceled = errorKind{"CANCELED", "canceled", "The call was ended before the extra interface answered."}
	kindName     = errorKind{
		"HOST_NOT_FOUND", "host name not found",
		"Check the address in the connection's settings and the name service.",
	}
	kindTLS = errorKind{
		"TLS_FAILED", "TLS not established",
		"Check the address and the certificate of the extra interface.",
	}
	kindConnect = errorKind{
		"NOT_CONNECTED", "connection not established",
		"Check that the extra interface can be reached from here.",
	}
	kindNetwork = errorKind{
		"CONNECTION_FAILED", "connection failed",
		"The connection to the extra interface ended before the answer.",
	}
)

// callError keeps the kind of an error and drops its text, which may quote the
// URL with its query, headers or what the peer said.
type callError struct {
	kind  errorKind
	cause error // A context error or nil.
}

func (e *callError) Error() string { return "call extra interface: " + e.kind.text }

func (e *callError) Unwrap() error { return e.cause }

func safeError(err error) error {
	kind := kindOf(err)
	switch kind {
	case kindDeadline:
		return &callError{kind, context.DeadlineExceeded}
	case kindCanceled:
		return &callError{kind, context.Canceled}
	default:
		return &callError{kind: kind}
	}
}

func kindOf(err error) errorKind {
	var (
		safe        *callError
		name        *net.DNSError
		alert       tls.AlertError
		record      tls.RecordHeaderError
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		operation   *net.OpError
		timeout     net.Error
	)
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	switch {
	case errors.As(err, &safe):
		return safe.kind
	case errors.Is(err, context.DeadlineExceeded):
		return kindDeadline
	case errors.Is(err, context.Canceled):
		return kindCanceled
	case errors.As(err, &name):
		return kindName
	case errors.As(err, &certificate), errors.As(err, &authority), errors.As(err, &alert), errors.As(err, &record),
		errors.Is(err, http.ErrSchemeMismatch):
		return kindTLS
	case errors.As(err, &operation) && operation.Op == "dial":
		return kindConnect
	case errors.As(err, &timeout) && timeout.Timeout():
		return kindDeadline
	default:
		return kindNetwork
	}
}
