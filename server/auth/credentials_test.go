package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/spurline/spurline/server/auth"
)

func TestServerProvesItselfAndMayAskClientsTo(t *testing.T) {
	t.Parallel()
	certFile, keyFile, pool, pair := certificate(t)
	_, _, _, stranger := certificate(t)
	for _, test := range []struct {
		name     string
		clientCA string
		client   credentials.TransportCredentials
		want     codes.Code
	}{
		{"TLS", "", credentials.NewTLS(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}), codes.OK},
		{"plain text", "", insecure.NewCredentials(), codes.Unavailable},
		{
			"TLS without client certificate", certFile,
			credentials.NewTLS(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}), codes.Unavailable,
		},
		{"TLS with client certificate", certFile, credentials.NewTLS(&tls.Config{
			RootCAs: pool, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
		}), codes.OK},
		{"TLS with a stranger's certificate", certFile, credentials.NewTLS(&tls.Config{
			RootCAs: pool, Certificates: []tls.Certificate{stranger}, MinVersion: tls.VersionTLS12,
		}), codes.Unavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			made, err := auth.ServerCredentials(auth.TLS{CertFile: certFile, KeyFile: keyFile, ClientCAFile: test.clientCA})
			if err != nil {
				t.Fatal(err)
			}
			connection := serve(t, auth.AllowAll(), made, test.client)
			_, err = healthpb.NewHealthClient(connection).Check(t.Context(), &healthpb.HealthCheckRequest{})
			if status.Code(err) != test.want {
				t.Errorf("%v; want %s", err, test.want)
			}
		})
	}
}

func TestWithoutCertificateThereIsNoTLS(t *testing.T) {
	t.Parallel()
	made, err := auth.ServerCredentials(auth.TLS{})
	if err != nil || made.Info().SecurityProtocol != "insecure" {
		t.Errorf("got %v, %v", made, err)
	}
}

func TestBadCertificateFilesAreNamed(t *testing.T) {
	t.Parallel()
	certFile, keyFile, _, _ := certificate(t)
	for name, files := range map[string]auth.TLS{
		"/absent":           {CertFile: "/absent", KeyFile: keyFile},
		"rather than a key": {CertFile: certFile, KeyFile: certFile},
		"no certificate":    {CertFile: certFile, KeyFile: keyFile, ClientCAFile: keyFile},
		"open /absent-too":  {CertFile: certFile, KeyFile: keyFile, ClientCAFile: "/absent-too"},
	} {
		if _, err := auth.ServerCredentials(files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not say %q", err, name)
		}
	}
}

// certificate makes a self-signed certificate for localhost, good for servers
// and clients.
func certificate(t *testing.T) (certFile, keyFile string, pool *x509.CertPool, pair tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	coded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made})
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: coded})
	for path, text := range map[string][]byte{certFile: certText, keyFile: keyText} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certText)
	pair, err = tls.X509KeyPair(certText, keyText)
	if err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile, pool, pair
}
