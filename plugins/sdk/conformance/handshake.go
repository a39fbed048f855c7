package conformance

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// handshake is the one line on stdout by which a plugin says where it listens:
//
//	1|1|unix|/path/of/the/socket|grpc|certificate
//
// The first number is the version of this line, the second that of the contract. The
// certificate is DER in base64 without padding, only there if one-time TLS was asked
// for and the plugin can do it.
type handshake struct {
	socket      string
	certificate *x509.Certificate
}

// readHandshake reads the line; the socket has to be in dir.
func readHandshake(line, dir string) (handshake, error) {
	fields := strings.Split(strings.TrimSpace(line), "|")
	if len(fields) < 5 {
		return handshake{}, fmt.Errorf("the first line on stdout is no handshake but %.80q; "+
			"print to stderr, and on stdout nothing before 1|%d|unix|SOCKET|grpc", line, pluginv1.ProtocolVersion)
	}
	for _, want := range []struct {
		what, have, want string
	}{
		{"version of the handshake", fields[0], "1"},
		{"version of the contract", fields[1], fmt.Sprint(pluginv1.ProtocolVersion)},
		{"network", fields[2], "unix"},
		{"protocol", fields[4], "grpc"},
	} {
		if want.have != want.want {
			return handshake{}, fmt.Errorf("the handshake's %s is %.40q, not %q", want.what, want.have, want.want)
		}
	}
	h := handshake{socket: fields[3]}
	if filepath.Dir(h.socket) != dir {
		return handshake{}, errors.New("the socket is not in the directory that PLUGIN_UNIX_SOCKET_DIR names")
	}
	if len(fields) > 5 && fields[5] != "" {
		raw, err := base64.RawStdEncoding.DecodeString(fields[5])
		if err == nil {
			h.certificate, err = x509.ParseCertificate(raw)
		}
		if err != nil {
			return handshake{}, fmt.Errorf("the handshake's certificate: %w", err)
		}
	}
	return h, nil
}

// identity is the one-time certificate by which a host proves itself.
type identity struct {
	certificate tls.Certificate
	pem         string
}

func newIdentity() (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return nil, err
	}
	// As hashicorp/go-plugin makes it.
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageKeyAgreement |
			x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		IsCA:        true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &identity{
		certificate: tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key},
		pem:         string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})),
	}, nil
}

// dial connects to the plugin: with TLS if there is an identity.
func (p *process) dial(own *identity, theirs *x509.Certificate) (*grpc.ClientConn, error) {
	transport := insecure.NewCredentials()
	if own != nil && theirs != nil {
		trusted := x509.NewCertPool()
		trusted.AddCert(theirs)
		transport = credentials.NewTLS(&tls.Config{
			Certificates: []tls.Certificate{own.certificate}, RootCAs: trusted,
			ServerName: "localhost", MinVersion: tls.VersionTLS12,
		})
	}
	return grpc.NewClient("unix://"+p.handshake.socket,
		grpc.WithUnaryInterceptor(func(
			ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, call grpc.UnaryInvoker,
			options ...grpc.CallOption,
		) error {
			p.calling(method)
			return call(ctx, method, request, reply, conn, options...)
		}),
		grpc.WithStreamInterceptor(func(
			ctx context.Context, d *grpc.StreamDesc, conn *grpc.ClientConn, method string, call grpc.Streamer,
			options ...grpc.CallOption,
		) (grpc.ClientStream, error) {
			p.calling(method)
			return call(ctx, d, conn, method, options...)
		}),
		grpc.WithTransportCredentials(transport),
		// The host's window, so that it is the plugin's limits that show.
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(pluginv1.MaxCallBytes), grpc.MaxCallSendMsgSize(pluginv1.MaxCallBytes)))
}
