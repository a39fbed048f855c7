package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/auth"
	"github.com/spurline/spurline/server/config"
)

// bearer sends a token with every call.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return true }

// selfSigned writes a certificate for the loopback address and its key.
func selfSigned(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "spurline"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, content []byte) string {
		path := filepath.Join(dir, name)
		block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
		if err := os.WriteFile(path, block, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "EC PRIVATE KEY", raw)
}

// TestTokensOverTLS: each token does what its role and merchants allow, and no
// more.
func TestTokensOverTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := selfSigned(t, dir)
	tokens := map[string]string{}
	entries := "tokens:\n"
	for name, scope := range map[string]struct {
		role      auth.Role
		merchants []string
	}{
		"admin":     {role: auth.Admin},
		"oms":       {role: auth.Submitter},
		"acme-only": {role: auth.Reader, merchants: []string{"acme"}},
	} {
		token, entry, err := auth.NewToken(name, scope.role, scope.merchants)
		if err != nil {
			t.Fatal(err)
		}
		tokens[name] = token
		entries += entry
	}
	tokensFile := filepath.Join(dir, "tokens.yaml")
	if err := os.WriteFile(tokensFile, []byte(entries), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, func(c *config.Config) {
		c.TLSCertFile, c.TLSKeyFile, c.TokensFile = certFile, keyFile, tokensFile
	})
	trust, err := credentials.NewClientTLSFromFile(certFile, "")
	if err != nil {
		t.Fatal(err)
	}
	as := func(name string) {
		s.dial(s.app.Address(), grpc.WithTransportCredentials(trust), grpc.WithPerRPCCredentials(bearer(tokens[name])))
	}

	as("admin")
	acme, other := s.merchant("acme"), s.merchant("other")
	as("oms")
	s.submitOrder(acme, order("A-1", "amazon", "US"))
	s.submitOrder(other, order("B-1", "amazon", "US"))
	_, err = s.orders.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: acme, OrderId: "A-1"})
	wantReason(t, err, "FORBIDDEN")
	as("acme-only")
	if _, err = s.orders.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: acme, OrderId: "A-1"}); err != nil {
		t.Error(err)
	}
	_, err = s.orders.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: other, OrderId: "B-1"})
	wantReason(t, err, "FORBIDDEN")
	as("nobody")
	_, err = s.orders.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: acme, OrderId: "A-1"})
	wantReason(t, err, "UNAUTHENTICATED")
}
