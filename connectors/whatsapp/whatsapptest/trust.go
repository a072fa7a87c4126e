package whatsapptest

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/logger"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCert"
	"google.golang.org/protobuf/proto"
)

// hostNames are the names that the server's certificate is good for, beside 127.0.0.1.
var hostNames = [...]string{
	"web.whatsapp.com", "*.whatsapp.net", "*.cdn.whatsapp.net", "mmg.whatsapp.net", "pps.whatsapp.net", "localhost",
}

// RootKey signs the Noise certificates of servers; clients that hold its public half accept them.
type RootKey struct{ pair curveKey }

// NewRootKey makes a root key.
func NewRootKey() (*RootKey, error) {
	settleSignalLogger()
	pair, err := newCurveKey()
	if err != nil {
		return nil, fmt.Errorf("make root key: %w", err)
	}
	return &RootKey{pair}, nil
}

// Public returns the public half, 32 bytes.
func (k *RootKey) Public() [32]byte { return k.pair.public }

// Hex returns the public half in hexadecimal.
func (k *RootKey) Hex() string { return hex.EncodeToString(k.pair.public[:]) }

// processRoot makes the root key of this process, once. whatsmeow.WACertPubKey is one variable a process, so servers of one
// process share one root.
var processRoot = sync.OnceValues(NewRootKey)

// trustOnce sets whatsmeow's root once: clients that are already running read it without a lock.
var trustOnce = sync.OnceValue(func() error {
	root, err := processRoot()
	if err != nil {
		return err
	}
	whatsmeow.WACertPubKey = root.Public()
	return nil
})

// silence is a libsignal logger that says nothing.
type silence struct{}

func (silence) Debug(_, _ string)   {}
func (silence) Info(_, _ string)    {}
func (silence) Warning(_, _ string) {}
func (silence) Error(_, _ string)   {}
func (silence) Configure(string)    {}

// settleSignalLogger gives libsignal a logger, if it has none, before several goroutines use it: the library would make one on
// first use, without a lock (libsignal logger/Logger.go, ensureLogger).
var settleSignalLogger = sync.OnceFunc(func() {
	if logger.Logger == nil {
		var quiet logger.Loggable = silence{}
		logger.Setup(&quiet)
	}
})

// TrustRoot makes the whatsmeow clients of this process accept the servers of this process. Call it before the first client
// connects; further calls change nothing.
func TrustRoot() error { return trustOnce() }

// curveKey is a Curve25519 pair, for key agreement and for XEdDSA signatures.
type curveKey struct{ public, private [32]byte }

func newCurveKey() (curveKey, error) {
	pair, err := ecc.GenerateKeyPair()
	if err != nil {
		return curveKey{}, err
	}
	return curveKey{public: pair.PublicKey().PublicKey(), private: pair.PrivateKey().Serialize()}, nil
}

func (k curveKey) sign(message []byte) []byte {
	signature := ecc.CalculateSignature(ecc.NewDjbECPrivateKey(k.private), message)
	return signature[:]
}

func (k curveKey) pair() *ecc.ECKeyPair {
	return ecc.NewECKeyPair(ecc.NewDjbECPublicKey(k.public), ecc.NewDjbECPrivateKey(k.private))
}

// agree returns the X25519 secret with another's public key.
func (k curveKey) agree(public []byte) ([]byte, error) {
	private, err := ecdh.X25519().NewPrivateKey(k.private[:])
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	other, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	return private.ECDH(other)
}

// verifySignature tells whether the signature of a message is the key's; keys and signatures of a wrong length are not.
func verifySignature(public, message, signature []byte) bool {
	if len(public) != 32 || len(signature) != 64 {
		return false
	}
	return ecc.VerifySignature(ecc.NewDjbECPublicKey([32]byte(public)), message, [64]byte(signature))
}

// noiseIdentity is a server's static key with the certificate chain that vouches for it.
type noiseIdentity struct {
	static       *ecdh.PrivateKey
	certificates []byte
}

func newNoiseIdentity(root *RootKey) (*noiseIdentity, error) {
	static, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	intermediate, err := newCurveKey()
	if err != nil {
		return nil, err
	}
	inner, err := noiseCertificate(root.pair, 1, whatsmeow.WACertIssuerSerial, intermediate.public[:])
	if err != nil {
		return nil, err
	}
	leaf, err := noiseCertificate(intermediate, 2, 1, static.PublicKey().Bytes())
	if err != nil {
		return nil, err
	}
	chain, err := proto.Marshal(&waCert.CertChain{Intermediate: inner, Leaf: leaf})
	if err != nil {
		return nil, err
	}
	return &noiseIdentity{static: static, certificates: chain}, nil
}

func noiseCertificate(signer curveKey, serial, issuer uint32, key []byte) (*waCert.CertChain_NoiseCertificate, error) {
	details, err := proto.Marshal(&waCert.CertChain_NoiseCertificate_Details{
		Serial: &serial, IssuerSerial: &issuer, Key: key,
		NotBefore: proto.Uint64(uint64(time.Now().Add(-24 * time.Hour).Unix())),
		NotAfter:  proto.Uint64(uint64(time.Now().AddDate(1, 0, 0).Unix())),
	})
	if err != nil {
		return nil, err
	}
	return &waCert.CertChain_NoiseCertificate{Details: details, Signature: signer.sign(details)}, nil
}

// tlsIdentity is a certificate authority and the server certificate that it issued.
type tlsIdentity struct {
	caPEM       []byte
	pool        *x509.CertPool
	certificate tls.Certificate
}

func newTLSIdentity() (*tlsIdentity, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "WhatsApp simulator CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return nil, fmt.Errorf("issue CA certificate: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "web.whatsapp.com"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, DNSNames: hostNames[:], IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return nil, fmt.Errorf("issue server certificate: %w", err)
	}
	caPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(caPEM)
	return &tlsIdentity{caPEM: caPEM, pool: pool, certificate: tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: key}}, nil
}
