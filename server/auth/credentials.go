package auth

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// TLS says with which files a server proves who it is. All are PEM.
type TLS struct {
	// CertFile and KeyFile are the server's certificate with its chain and its
	// key. Both empty means no TLS.
	CertFile, KeyFile string
	// ClientCAFile has the authorities that client certificates must come from.
	// Empty means that none is asked for.
	ClientCAFile string
}

// ServerCredentials reads the files and returns the transport credentials of the
// server: TLS 1.2 or later, or none if there is no certificate.
func ServerCredentials(files TLS) (credentials.TransportCredentials, error) {
	if files.CertFile == "" {
		return insecure.NewCredentials(), nil
	}
	certificate, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read certificate %s with key %s: %w", files.CertFile, files.KeyFile, err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	if files.ClientCAFile != "" {
		text, err := os.ReadFile(files.ClientCAFile)
		if err != nil {
			return nil, fmt.Errorf("read client authorities: %w", err)
		}
		config.ClientCAs = x509.NewCertPool()
		if !config.ClientCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("read client authorities %s: no certificate in PEM form in it", files.ClientCAFile)
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return credentials.NewTLS(config), nil
}
