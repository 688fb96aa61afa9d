// SPDX-License-Identifier: Apache-2.0

// A client of the same API as a good Go programmer would write it: the standard library, one shared transport and
// `concurrency` goroutines. It reads the rotator's configuration, as far as the benchmark uses it, and publishes each
// token with the same steps. It does not look for tokens that are still fresh, does not retry and runs no hooks.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gopkg.in/yaml.v3"
)

const (
	requestTimeout = 15 * time.Second
	maxResponse    = 64 << 10
)

type config struct {
	Endpoint    string        `yaml:"endpoint"`
	RunEvery    time.Duration `yaml:"run_every"`
	Concurrency int           `yaml:"concurrency"`
	TLS         struct {
		Directory string `yaml:"ca_directory"`
	} `yaml:"tls"`
	Defaults struct {
		ValidTime time.Duration `yaml:"valid_time"`
		Outputs   []output      `yaml:"outputs"`
	} `yaml:"defaults"`
	Brands []brand `yaml:"brands"`
}

type output struct {
	File   string `yaml:"file"`
	Format string `yaml:"format"`
	Mode   string `yaml:"mode"`
}

type brand struct {
	Name     string `yaml:"name"`
	ClientID string `yaml:"client_id"`
	Secret   struct {
		File string `yaml:"file"`
	} `yaml:"secret"`
}

// client holds what all brands share.
type client struct {
	http     *http.Client
	endpoint string
	target   string // the path that is signed
	body     []byte
	digest   string
	outputs  []output
	// The directories of published files, to be synced once at the end.
	directories sync.Map
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("client: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: client CONFIGURATION")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(path string) error {
	cfg, err := readConfig(path)
	if err != nil {
		return err
	}
	c, err := newClient(cfg)
	if err != nil {
		return err
	}

	queue := make(chan *brand)
	var workers sync.WaitGroup
	var failed atomic.Int64
	for i := 0; i < cfg.Concurrency; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for b := range queue {
				if err := c.rotate(b); err != nil {
					failed.Add(1)
					log.Printf("%s: %v", b.Name, err)
				}
			}
		}()
	}
	for i := range cfg.Brands {
		queue <- &cfg.Brands[i]
	}
	close(queue)
	workers.Wait()

	if err := c.syncDirectories(); err != nil {
		return err
	}
	if n := failed.Load(); n > 0 {
		return fmt.Errorf("%d of %d brands failed", n, len(cfg.Brands))
	}
	return nil
}

func readConfig(path string) (*config, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cfg := &config{Concurrency: 64}
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	if err := decoder.Decode(cfg); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, o := range cfg.Defaults.Outputs {
		if o.Format != "raw" {
			return nil, fmt.Errorf("%s: unknown format %q", path, o.Format)
		}
	}
	return cfg, nil
}

func newClient(cfg *config) (*client, error) {
	endpoint, err := url.Parse(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	roots, err := readAuthorities(cfg.TLS.Directory)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(struct {
		GrantType string `json:"grant_type"`
		ValidTime string `json:"valid_time"`
	}{"client_credentials", strconv.Itoa(int(cfg.Defaults.ValidTime / time.Minute))})
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(body)
	transport := &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
		// Without this, each goroutine opens a connection before the first one is known to speak HTTP/2.
		MaxConnsPerHost: 1,
	}
	return &client{
		http:     &http.Client{Transport: transport, Timeout: requestTimeout},
		endpoint: cfg.Endpoint,
		target:   endpoint.Path,
		body:     body,
		digest:   base64.StdEncoding.EncodeToString(digest[:]),
		outputs:  cfg.Defaults.Outputs,
	}, nil
}

// readAuthorities reads OpenSSL's hashed directory, where each certificate has one name that ends in a digit.
func readAuthorities(directory string) (*x509.CertPool, error) {
	paths, err := filepath.Glob(filepath.Join(directory, "*.[0-9]"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	for _, path := range paths {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		roots.AppendCertsFromPEM(pem)
	}
	return roots, nil
}

func (c *client) rotate(b *brand) error {
	secret, err := os.ReadFile(b.Secret.File)
	if err != nil {
		return err
	}
	token, err := c.request(b.ClientID, bytes.TrimSuffix(secret, []byte("\n")))
	if err != nil {
		return err
	}
	if err := checkClaims(token, b.ClientID); err != nil {
		return err
	}
	for _, o := range c.outputs {
		mode, err := strconv.ParseUint(o.Mode, 8, 32)
		if err != nil {
			return err
		}
		path := strings.ReplaceAll(o.File, "{brand}", b.Name)
		if err := publish(path, token, os.FileMode(mode)); err != nil {
			return err
		}
		c.directories.Store(filepath.Dir(path), nil)
	}
	return nil
}

// request signs and sends one request and returns the token of its response.
func (c *client) request(clientID string, secret []byte) (string, error) {
	requestID, err := newUUID()
	if err != nil {
		return "", err
	}
	timestamp := time.Now().UTC().Format("2006-01-02T15:04:05Z")
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "Client-Id:%s\nRequest-Id:%s\nRequest-Timestamp:%s\nRequest-Target:%s\nDigest:%s",
		clientID, requestID, timestamp, c.target, c.digest)

	request, err := http.NewRequest(http.MethodPost, c.endpoint, bytes.NewReader(c.body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Client-Id", clientID)
	request.Header.Set("Request-Id", requestID)
	request.Header.Set("Request-Timestamp", timestamp)
	request.Header.Set("Signature", "HMACSHA256="+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxResponse))
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("HTTP status %d", response.StatusCode)
	}
	var answer struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("invalid response: %w", err)
	}
	return answer.Token, nil
}

// checkClaims checks that a JWT has not expired and belongs to the client. There is no key to verify it with.
func checkClaims(token, clientID string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("the token is not a JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return fmt.Errorf("invalid claims: %w", err)
	}
	var claims struct {
		Expires int64 `json:"exp"`
		User    struct {
			ClientID string `json:"businessServiceClientId"`
		} `json:"user"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return fmt.Errorf("invalid claims: %w", err)
	}
	if claims.Expires <= time.Now().Unix() {
		return errors.New("the token has expired")
	}
	if claims.User.ClientID != clientID {
		return fmt.Errorf("the token belongs to %q", claims.User.ClientID)
	}
	return nil
}

// publish replaces the file at path. A reader sees the old content or the new one.
func publish(path, token string, mode os.FileMode) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(file.Name())
		}
	}()
	if _, err = file.WriteString(token); err != nil {
		return err
	}
	if err = file.Chmod(mode); err != nil {
		return err
	}
	if err = file.Sync(); err != nil {
		return err
	}
	if err = file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// syncDirectories makes the renames durable, once for each directory at the end, as the rotator does.
func (c *client) syncDirectories() (err error) {
	c.directories.Range(func(path, _ any) bool {
		err = syncDirectory(path.(string))
		return err == nil
	})
	return err
}

func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	defer directory.Close()
	return directory.Sync()
}

// newUUID returns a random UUID, version 4.
func newUUID() (string, error) {
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return "", err
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]), nil
}
